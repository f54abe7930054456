"""Cepstrum of a smoothed log spectrogram."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.decibels import decibels
from ser_core.features.delta import with_delta_names, with_deltas
from ser_core.features.signal import Array, Signal

_FLOOR_DB = -100.0


class SmoothedSpectrogramConfig(FrameConfig):
    """Frames, smoothing and number of cepstral coefficients."""

    sigma: float = Field(
        2.0,
        ge=0,
        le=20,
        description="Standard deviation of the smoothing (frames and frequency bins); 0: none",
    )
    axes: Literal["time and frequency", "frequency"] = Field(
        "time and frequency", description="Directions that are smoothed"
    )
    n_coefficients: int = Field(
        63, ge=1, le=256, description="Coefficients, after the loudness, which is left out"
    )
    top_db: float = Field(
        80.0, gt=0, le=200, description="Cells further below the loudest are raised to this (dB)"
    )
    deltas: Literal[0, 1, 2] = Field(
        2, description="Slopes over time to add: none, first (Δ), first and second (Δ, ΔΔ)"
    )

    @model_validator(mode="after")
    def _no_more_than_the_spectrum_has(self) -> "SmoothedSpectrogramConfig":
        if self.n_coefficients > self.n_fft // 2:
            raise ValueError(
                f"n_coefficients: at most n_fft / 2 ({self.n_fft // 2}), got {self.n_coefficients}"
            )
        return self


@EXTRACTORS.register("smoothed_spectrogram")
class SmoothedSpectrogram(Extractor):
    """The coarse shape of the spectrum in few numbers, its fine grain blurred away.

    Log power spectrogram (Hann window, centred frames, dB, limited to `top_db` below the clip's
    loudest cell), smoothed with a Gaussian of standard deviation `sigma`, type-II orthonormal DCT
    over frequency, coefficients 1 to `n_coefficients` (the 0th, the loudness, is left out), with
    Δ and ΔΔ: slopes of a Savitzky-Golay fit over 9 frames.

    Both axes are smoothed by default, σ = 2 frames and 2 bins, since one σ given to
    `scipy.ndimage.gaussian_filter` means every axis; at the default frames that is 64 ms and
    16 Hz. `axes` can leave time alone.

    Shape (num_frames, n_coefficients * (1 + deltas)).

    Source: the "Gaussian filterbank" of the code behind recipe d, a cepstrum in the sense of
    Davis & Mermelstein (1980), IEEE TASSP 28(4), without mel bands; `gaussian_filterbank` is what
    its text describes.
    """

    config_type = SmoothedSpectrogramConfig
    title = "Smoothed spectrogram"

    def __init__(self, config: SmoothedSpectrogramConfig | None = None) -> None:
        self.config: SmoothedSpectrogramConfig = config or SmoothedSpectrogramConfig()

    def _compute(self, signal: Signal) -> Array:
        from scipy.fft import dct
        from scipy.ndimage import gaussian_filter

        c = self.config
        level = decibels(signal.power(c.n_fft, c.hop_length), _FLOOR_DB, c.top_db)
        over_time = c.sigma if c.axes == "time and frequency" else 0
        smooth = gaussian_filter(level, sigma=(over_time, c.sigma))
        cepstrum = dct(smooth, type=2, norm="ortho", axis=-1)[:, 1 : c.n_coefficients + 1]
        return with_deltas(np.asarray(cepstrum, np.float32), c.deltas)

    def feature_names(self) -> tuple[str, ...]:
        """Coefficient 1 … n, then their slopes."""
        names = [f"coefficient {number}" for number in range(1, self.config.n_coefficients + 1)]
        return with_delta_names(names, self.config.deltas)
