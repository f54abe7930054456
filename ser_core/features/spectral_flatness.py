"""Spectral flatness."""

import numpy as np

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.signal import Array, Signal

_FLOOR = np.float32(1e-10)  # as librosa: power below counts as this, so that silence is flat


class SpectralFlatnessConfig(FrameConfig):
    """Frames of a spectral flatness."""


@EXTRACTORS.register("spectral_flatness")
class SpectralFlatness(Extractor):
    """Whether a sound is more like a tone (towards 0) or like noise (towards 1).

    Geometric mean of the power spectrum divided by its arithmetic mean; 1 where there is no sound.
    Equal to `librosa.feature.spectral_flatness`.

    Shape (num_frames, 1), 0 to 1.

    Source: Gray & Markel (1974), "A spectral-flatness measure for studying the autocorrelation
    method of linear prediction of speech analysis", IEEE TASSP 22(3).
    """

    config_type = SpectralFlatnessConfig
    title = "Spectral flatness"

    def __init__(self, config: SpectralFlatnessConfig | None = None) -> None:
        self.config: SpectralFlatnessConfig = config or SpectralFlatnessConfig()

    def _compute(self, signal: Signal) -> Array:
        power = np.maximum(signal.power(self.config.n_fft, self.config.hop_length), _FLOOR)
        arithmetic = power.mean(axis=-1, keepdims=True)
        geometric = np.exp(np.log(power, out=power).mean(axis=-1, keepdims=True))
        flatness: Array = geometric / arithmetic
        return flatness

    def feature_names(self) -> tuple[str, ...]:
        """One."""
        return ("Spectral flatness",)
