"""Spectral bandwidth."""

import numpy as np

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.bins import bins_hz
from ser_core.features.signal import Array, Signal
from ser_core.features.spectral_centroid import total_and_centroid


class SpectralBandwidthConfig(FrameConfig):
    """Frames of a spectral bandwidth."""


@EXTRACTORS.register("spectral_bandwidth")
class SpectralBandwidth(Extractor):
    """How far a sound's spectrum spreads: narrow for a whistle, wide for noise.

    Standard deviation of frequency around the spectral centroid, weighted by the magnitude
    spectrum; 0 Hz where there is no sound. Equal to `librosa.feature.spectral_bandwidth`.

    Shape (num_frames, 1), in Hz.

    Source: Klapuri & Davy (2006), "Signal Processing Methods for Music Transcription", Springer,
    chapter 5.
    """

    config_type = SpectralBandwidthConfig
    title = "Spectral bandwidth"
    unit = "Hz"

    def __init__(self, config: SpectralBandwidthConfig | None = None) -> None:
        self.config: SpectralBandwidthConfig = config or SpectralBandwidthConfig()

    def _compute(self, signal: Signal) -> Array:
        frames = self.config.n_fft, self.config.hop_length
        magnitude = signal.magnitude(*frames)
        total, centroid_hz = total_and_centroid(signal, *frames)
        # Not as mean square less squared mean: of a tone that would leave rounding errors only.
        deviation = bins_hz(signal.sampling_rate, self.config.n_fft) - centroid_hz
        np.square(deviation, out=deviation)
        return np.sqrt(np.einsum("ij,ij->i", magnitude, deviation)[:, None] / total)

    def feature_names(self) -> tuple[str, ...]:
        """One."""
        return ("Spectral bandwidth",)
