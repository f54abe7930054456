"""Chroma: energy in the twelve pitch classes."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.signal import Array, Signal
from ser_core.features.tuning import estimate_tuning, octaves_above_a0

_PITCH_CLASSES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
_CENTRE_OCTAVE = 5.0  # above 27.5 Hz: 880 Hz
_OCTAVE_WIDTH = 2.0
_TINY = np.finfo(np.float32).tiny


class ChromaConfig(FrameConfig):
    """Frames, bins and tuning of a chromagram."""

    n_chroma: Literal[12, 24, 36] = Field(12, description="Bins in an octave")
    tuning: float = Field(
        0.0, ge=-0.5, lt=0.5, description="Deviation from A = 440 Hz (fraction of a bin)"
    )
    estimate_tuning: bool = Field(
        False, description="Estimate the deviation from each clip instead"
    )


@EXTRACTORS.register("chroma")
class Chroma(Extractor):
    """Which notes sound, whatever their octave.

    Power spectrum in overlapping bins a semitone apart (for 12), all octaves folded into one and
    those around 880 Hz weighted most; the largest bin of each frame is 1, and all are 0 where there
    is no sound. Equal to `librosa.feature.chroma_stft` with the same tuning, and, where tuning is
    estimated, with `tuning=None`.

    Shape (num_frames, n_chroma), 0 to 1, from C.

    Source: Ellis (2007), "Chroma feature analysis and synthesis", Columbia University.
    """

    config_type = ChromaConfig
    title = "Chroma"

    def __init__(self, config: ChromaConfig | None = None) -> None:
        self.config: ChromaConfig = config or ChromaConfig()

    def _compute(self, signal: Signal) -> Array:
        c = self.config
        tuning = c.tuning
        if c.estimate_tuning:
            tuning = estimate_tuning(signal, c.n_fft, c.hop_length, c.n_chroma)
        filters = chroma_filterbank(signal.sampling_rate, c.n_fft, c.n_chroma, tuning)
        chroma = signal.power(c.n_fft, c.hop_length) @ filters
        return chroma / np.maximum(chroma.max(axis=-1, keepdims=True), _TINY)

    def feature_names(self) -> tuple[str, ...]:
        """Pitch classes from C, between them the distance in cents."""
        steps = self.config.n_chroma // 12
        return tuple(
            f"{name} +{100 * step / steps:.0f} cents" if step else name
            for name in _PITCH_CLASSES
            for step in range(steps)
        )


@lru_cache(maxsize=128)  # estimated tuning alone has a hundred values
def chroma_filterbank(
    sampling_rate: int, n_fft: int, n_chroma: int, tuning: float
) -> NDArray[np.float32]:
    """Gaussian bumps around each pitch class, shape (n_fft // 2 + 1, n_chroma), read-only.

    The definition is that of `librosa.filters.chroma`: each frequency bin is spread over the pitch
    classes with a Euclidean norm of 1, then weighted by a Gaussian over octaves.

    Args:
        sampling_rate: Hz.
        n_fft: transform length in samples.
        n_chroma: bins in an octave, a multiple of 12.
        tuning: deviation from A = 440 Hz in fractions of a bin.
    """
    hz = np.arange(1, n_fft // 2 + 2) * sampling_rate / n_fft
    position = n_chroma * octaves_above_a0(hz, tuning, n_chroma)
    position = np.concatenate([[position[0] - 1.5 * n_chroma], position])  # 0 Hz has none: made up
    width = np.maximum(np.diff(position), 1)[:, None]
    position = position[:-1, None]
    half = n_chroma // 2
    distance = np.remainder(position - np.arange(n_chroma) + half, n_chroma) - half
    bumps = np.exp(-0.5 * (2 * distance / width) ** 2)
    bumps /= np.linalg.norm(bumps, axis=1, keepdims=True)
    bumps *= np.exp(-0.5 * ((position / n_chroma - _CENTRE_OCTAVE) / _OCTAVE_WIDTH) ** 2)
    filters = np.roll(bumps, -3 * (n_chroma // 12), axis=1).astype(np.float32)  # from A to C
    filters.setflags(write=False)
    return filters
