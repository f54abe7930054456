"""A recording as models hear it: prepared, cut and analysed once, however many listen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Preprocessing, Waveform
from ser_core.features import Extractor, Signal
from ser_core.features.statistics import Statistics
from ser_core.inference.cautions import NO_SPEECH, STEADY_DB, cautions, swing_db
from ser_core.inference.network import Answers, Network

_BATCH = 64  # windows at once, so that an hour of audio needs no more memory than a minute


@dataclass(frozen=True)
class Recording:
    """A prepared recording, the same for all models of the same preprocessing.

    Attributes:
        voice: (num_samples,) as `audio.prepare` leaves it.
        windows: (num_windows, samples), what a network is given at once.
        starts_s: where each window starts in the recording.
        window_s: how long they are, without the silence around a short voice.
        duration_s: of the recording.
        notes: what may be wrong with it, in plain sentences.
    """

    preprocessing: Preprocessing
    voice: Waveform
    windows: NDArray[np.float32]
    starts_s: list[float]
    window_s: float
    duration_s: float
    notes: list[str]

    @classmethod
    def of(
        cls, waveform: Waveform, sampling_rate: int, preprocessing: Preprocessing
    ) -> "Recording":
        """Of a recording as it came.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        voice, offset_s = audio.prepare(waveform, sampling_rate, preprocessing)
        notes = cautions(waveform, voice.size / preprocessing.sampling_rate)
        return cls._cut(voice, preprocessing, offset_s, waveform.size / sampling_rate, notes)

    @classmethod
    def of_voice(cls, voice: Waveform, preprocessing: Preprocessing) -> "Recording":
        """Of a sound that is prepared already.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        audio.check(voice, preprocessing.sampling_rate)
        duration_s = voice.size / preprocessing.sampling_rate
        return cls._cut(voice, preprocessing, 0.0, duration_s, cautions(voice, duration_s))

    @classmethod
    def _cut(
        cls,
        voice: Waveform,
        preprocessing: Preprocessing,
        offset_s: float,
        duration_s: float,
        notes: list[str],
    ) -> "Recording":
        windows, starts_s = audio.windows(voice, preprocessing)
        if swing_db(voice, preprocessing.sampling_rate) < STEADY_DB:
            notes = [NO_SPEECH, *notes]
        return cls(
            preprocessing,
            voice,
            windows,
            [offset_s + start for start in starts_s],
            min(preprocessing.window_s, voice.size / preprocessing.sampling_rate),
            duration_s,
            notes,
        )

    @property
    def steady(self) -> bool:
        """Whether it is too steady to be speech."""
        return NO_SPEECH in self.notes


class Portion:
    """Some prepared windows, with the features that networks take of them: each kind once.

    Args:
        windows: (num_windows, samples).
        sampling_rate: Hz.
    """

    def __init__(self, windows: NDArray[np.float32], sampling_rate: int) -> None:
        self._signals = [Signal(window, sampling_rate) for window in windows]
        self._rate = sampling_rate
        self._taken: dict[str, NDArray[np.float32]] = {}

    def features(self, extractor: Extractor, key: str) -> NDArray[np.float32]:
        """Features (num_windows, *shape).

        Args:
            key: the extractor's fingerprint.
        """
        if key not in self._taken:
            rate = extractor.sampling_rate or self._rate
            self._taken[key] = np.stack([extractor.of(each.at(rate)) for each in self._signals])
        return self._taken[key]


def answers(
    networks: Sequence[Network],
    windows: NDArray[np.float32],
    speakers: Sequence[Statistics | None],
) -> list[Answers]:
    """What the heads of each network say of the same prepared windows.

    Args:
        networks: of one preprocessing.
        windows: (num_windows, samples).
        speakers: how the speaker usually sounds to each network, see `Predictor.predict`.

    Returns:
        For each network (num_windows, outputs) by head.
    """
    rate = networks[0].spec.preprocessing.sampling_rate
    said: list[list[Answers]] = [[] for _ in networks]
    for start in range(0, len(windows), _BATCH):
        portion = Portion(windows[start : start + _BATCH], rate)
        for network, speaker, own in zip(networks, speakers, said, strict=True):
            inputs = {
                name: portion.features(each, network.keys[name])
                for name, each in network.extractors.items()
            }
            own.append(network.answer(inputs, speaker))
    return [
        {head: np.concatenate([each[head] for each in parts]) for head in parts[0]}
        for parts in said
    ]
