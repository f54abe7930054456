"""A changed version of a clip, as one model input: for training, and to average over."""

import numpy as np

from ser_core.audio import Preprocessing, Waveform
from ser_core.augment.chain import Chain


def version(
    voice: Waveform,
    chain: Chain,
    preprocessing: Preprocessing,
    rng: np.random.Generator,
    emotion: str | None = None,
    copy: int = 0,
) -> Waveform:
    """What is heard of a clip once a chain has changed it: one model input, (num_samples,).

    Args:
        voice: (num_samples,) as `audio.prepare` leaves it.
        rng: what is drawn from; nothing else is.
        emotion: of the clip, where it is known; see `Chain.draw`.
        copy: which version of the clip this is, from 0; see `Chain.draw`.

    Raises:
        AudioError: see `WaveformAugmenter.apply`.
        ParameterError: a file or package that a step needs is not there.
    """
    drawn = chain.draw(rng, emotion, copy)
    changed = chain.apply(voice, preprocessing.sampling_rate, drawn)
    return placed(changed, preprocessing, rng)


def placed(voice: Waveform, preprocessing: Preprocessing, rng: np.random.Generator) -> Waveform:
    """One model input: the voice at a drawn place in silence, or a drawn part of a longer voice."""
    length = round(preprocessing.window_s * preprocessing.sampling_rate)
    spare = length - voice.size
    start = int(rng.integers(0, abs(spare), endpoint=True))
    if spare < 0:
        return voice[start : start + length]
    window = np.zeros(length, np.float32)  # np.pad takes five times as long
    window[start : start + voice.size] = voice
    return window
