"""Spectral centroid."""

import numpy as np

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.bins import bins_hz
from ser_core.features.signal import Array, Signal

_TINY = np.finfo(np.float32).tiny


class SpectralCentroidConfig(FrameConfig):
    """Frames of a spectral centroid."""


@EXTRACTORS.register("spectral_centroid")
class SpectralCentroid(Extractor):
    """How bright a sound is: the middle of its spectrum.

    Mean frequency of each frame, weighted by the magnitude spectrum; 0 Hz where there is no sound.
    Equal to `librosa.feature.spectral_centroid`.

    Shape (num_frames, 1), in Hz.

    Source: Klapuri & Davy (2006), "Signal Processing Methods for Music Transcription", Springer,
    chapter 5.
    """

    config_type = SpectralCentroidConfig
    title = "Spectral centroid"
    unit = "Hz"

    def __init__(self, config: SpectralCentroidConfig | None = None) -> None:
        self.config: SpectralCentroidConfig = config or SpectralCentroidConfig()

    def _compute(self, signal: Signal) -> Array:
        _, centroid_hz = total_and_centroid(signal, self.config.n_fft, self.config.hop_length)
        return centroid_hz

    def feature_names(self) -> tuple[str, ...]:
        """One."""
        return ("Spectral centroid",)


def total_and_centroid(signal: Signal, n_fft: int, hop_length: int) -> tuple[Array, Array]:
    """Sum of each frame's magnitudes, never 0, and its centroid in Hz, both (num_frames, 1)."""

    def make() -> tuple[Array, Array]:
        frequency = bins_hz(signal.sampling_rate, n_fft)
        weights = np.column_stack([np.ones_like(frequency), frequency])
        total, moment = np.hsplit(signal.magnitude(n_fft, hop_length) @ weights, 2)
        total = np.maximum(total, _TINY)
        return total, moment / total

    return signal.once(("centroid", n_fft, hop_length), make)
