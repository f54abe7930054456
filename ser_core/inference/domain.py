"""Is a recording like those that a model learned from? Level, background and bandwidth, compared.

The comparison is with the card's `domain`: what a sample of the training clips measured.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import AudioError

MOST_CLIPS = 400  # of a corpus: enough for its percentiles, a few seconds to measure
_SPAN_S = 60.0  # of a recording: a minute tells
_FRAME_S = 0.032
_VOICE_DB = 30.0  # frames up to this far below the loudest are voice
_AUDIBLE_DB = 55.0  # of the mean spectrum, below its peak
_NEAR_DB = 15.0  # a background nearer to the voice than this is noise to any listener
_LEAST_FRAMES = 40  # before the quietest tenth of the frames means anything


class Conditions(NamedTuple):
    """How a recording was made.

    Attributes:
        level_db: of the voice, dB re full scale.
        background_db: how far the quietest tenth of the frames is below the voice, in dB.
        bandwidth_hz: the highest frequency of the voice within 55 dB of its strongest.
    """

    level_db: float
    background_db: float
    bandwidth_hz: float


def measure(waveform: Waveform, sampling_rate: int, rate: int = 16_000) -> Conditions:
    """Measure the first minute of a recording.

    Args:
        waveform: (num_samples,) float32, full scale is 1.
        sampling_rate: Hz.
        rate: of the model, in Hz: what is above half of it is not heard.

    Raises:
        AudioError: empty, silent, shorter than 0.3 s, or not finite.
    """
    audio.check(waveform, sampling_rate)
    sound = audio.resample(waveform[: round(_SPAN_S * sampling_rate)], sampling_rate, rate)
    size = round(_FRAME_S * rate)
    frames = sound[: sound.size // size * size].reshape(-1, size).astype(np.float64)
    frames = frames - frames.mean()
    levels = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-12)
    voiced = levels >= levels.max() - _VOICE_DB
    level_db = 10 * np.log10(np.square(frames[voiced]).mean() + 1e-12)
    power = np.square(np.abs(np.fft.rfft(frames[voiced] * np.hanning(size)))).mean(axis=0)
    audible = np.flatnonzero(power >= power.max() * 10 ** (-_AUDIBLE_DB / 10))
    bandwidth_hz = audible[-1] * rate / size
    background_db = level_db - float(np.percentile(levels, 10))
    return Conditions(float(level_db), background_db, float(bandwidth_hz))


def domain_of(files: Sequence[str | Path], rate: int) -> dict[str, Any]:
    """What a card says of the training clips: of each condition the 5th, 50th and 95th percentile.

    Args:
        files: sound files; of many, 400 evenly spaced ones are measured.
        rate: of the model, in Hz.

    Returns:
        `clips` (how many were measured) and `low`, `middle`, `high` by condition; empty where no
        file can be read.
    """
    step = max(1, len(files) // MOST_CLIPS)
    found = []
    for file in files[::step][:MOST_CLIPS]:
        try:
            found.append(measure(*audio.load(file), rate))
        except AudioError:
            continue
    if not found:
        return {}
    low, middle, high = np.percentile(np.array(found), [5, 50, 95], axis=0).round(2).tolist()
    ends = {
        name: {"low": low[at], "middle": middle[at], "high": high[at]}
        for at, name in enumerate(Conditions._fields)
    }
    return {"clips": len(found), **ends}


def remarks(
    waveform: Waveform, sampling_rate: int, domain: Mapping[str, Any], rate: int = 16_000
) -> list[str]:
    """In plain sentences, in what a recording is unlike those that a model learned from.

    Args:
        waveform: (num_samples,) float32, full scale is 1.
        sampling_rate: Hz.
        domain: as `domain_of` gives it; of an empty one nothing is said.
        rate: of the model, in Hz.

    Raises:
        AudioError: empty, silent, shorter than 0.3 s, or not finite.
    """
    if not domain:
        return []
    found = measure(waveform, sampling_rate, rate)
    long_enough = waveform.size / sampling_rate >= _LEAST_FRAMES * _FRAME_S
    said = [_level(found.level_db, domain["level_db"])]
    said.append(_background(found.background_db, domain["background_db"]) if long_enough else "")
    said.append(_bandwidth(found.bandwidth_hz, domain["bandwidth_hz"]))
    return [words for words in said if words]


def _level(level_db: float, known: Mapping[str, float]) -> str:
    away = level_db - known["middle"]
    if level_db < known["low"]:
        return f"Quiet: {-away:.0f} dB below the training speech, and below 95 % of it."
    if level_db > known["high"]:
        return f"Loud: {away:.0f} dB above the training speech, and above 95 % of it."
    return ""


def _background(background_db: float, known: Mapping[str, float]) -> str:
    if background_db >= min(known["low"], _NEAR_DB):
        return ""
    return (
        f"Noisy: the background is {background_db:.0f} dB below the voice; in the training speech "
        f"it is {known['middle']:.0f} dB."
    )


def _bandwidth(bandwidth_hz: float, known: Mapping[str, float]) -> str:
    if bandwidth_hz >= 0.75 * known["low"]:
        return ""
    return (
        f"Dull: hardly anything above {bandwidth_hz / 1000:.1f} kHz, as on a telephone; the "
        f"training speech reaches {known['middle'] / 1000:.1f} kHz."
    )
