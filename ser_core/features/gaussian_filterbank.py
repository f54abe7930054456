"""Cepstrum of a bank of Gaussian-shaped filters."""

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ser_core.features.base import EXTRACTORS, BandConfig, Extractor
from ser_core.features.decibels import decibels
from ser_core.features.delta import with_delta_names, with_deltas
from ser_core.features.mel import mel_edges_hz
from ser_core.features.signal import Array, Signal

_FLOOR_DB = -100.0
Scale = Literal["mel", "linear"]


class GaussianFilterbankConfig(BandConfig):
    """Frames, filters and number of cepstral coefficients."""

    n_filters: int = Field(64, ge=4, le=256, description="Filters")
    scale: Scale = Field("mel", description="Scale on which the centres are equally spaced")
    width: float = Field(
        0.5,
        ge=0.1,
        le=4,
        description="Standard deviation of a filter, as a share of the distance to its neighbours",
    )
    n_coefficients: int = Field(
        40, ge=1, le=256, description="Coefficients, the first is the loudness"
    )
    top_db: float = Field(
        80.0, gt=0, le=200, description="Filters further below the loudest are raised to this (dB)"
    )
    deltas: Literal[0, 1, 2] = Field(
        0, description="Slopes over time to add: none, first (Δ), first and second (Δ, ΔΔ)"
    )

    @model_validator(mode="after")
    def _no_more_than_filters(self) -> "GaussianFilterbankConfig":
        if self.n_coefficients > self.n_filters:
            raise ValueError(
                f"n_coefficients: at most n_filters ({self.n_filters}), got {self.n_coefficients}"
            )
        return self

    @model_validator(mode="after")
    def _every_filter_meets_a_bin(self) -> "GaussianFilterbankConfig":
        narrowest_hz = self.shapes_hz()[1].min()
        bin_hz = self.sampling_rate / self.n_fft
        if narrowest_hz < bin_hz / 2:
            raise ValueError(
                f"n_filters, width, n_fft: the narrowest filter has a standard deviation of "
                f"{narrowest_hz:.1f} Hz and may fall between the spectrum's bins, {bin_hz:.1f} Hz "
                "apart; at least half that distance is needed: take fewer or wider filters, or a "
                "longer window"
            )
        return self

    def shapes_hz(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Centres and standard deviations of the filters, each (n_filters,), in Hz."""
        if self.scale == "mel":
            points = mel_edges_hz(self.n_filters, self.fmin_hz, self.fmax_hz)
        else:
            points = np.linspace(self.fmin_hz, self.fmax_hz, self.n_filters + 2)
        return points[1:-1], self.width * (points[2:] - points[:-2]) / 2


@EXTRACTORS.register("gaussian_filterbank")
class GaussianFilterbank(Extractor):
    """The shape of the spectrum in few numbers, heard through soft-edged, overlapping filters.

    Power spectrogram (Hann window, centred frames) weighted by filters `exp(-(f - c)² / 2σ²)` of
    height 1, where c is the filter's centre and σ its `width` times the mean distance to its two
    neighbours; then dB (limited to `top_db` below the clip's loudest cell), type-II orthonormal
    DCT, first `n_coefficients`. At the default width of 0.5, neighbours cross at 0.6 of their
    height; unlike triangles, no filter ends abruptly. Δ and ΔΔ are slopes of a Savitzky-Golay fit
    over 9 frames.

    Shape (num_frames, n_coefficients * (1 + deltas)).

    Source: Chakroborty & Saha (2009), "Improved text-independent speaker identification using
    fused MFCC & IMFCC feature sets based on Gaussian filter", International Journal of Signal
    Processing 5(1).
    """

    config_type = GaussianFilterbankConfig
    title = "Gaussian filterbank"

    def __init__(self, config: GaussianFilterbankConfig | None = None) -> None:
        self.config: GaussianFilterbankConfig = config or GaussianFilterbankConfig()

    def _compute(self, signal: Signal) -> Array:
        from scipy.fft import dct

        c = self.config
        power = signal.power(c.n_fft, c.hop_length) @ gaussian_filters(c)
        level = decibels(power, _FLOOR_DB, c.top_db)
        cepstrum = dct(level, type=2, norm="ortho", axis=-1)[:, : c.n_coefficients]
        return with_deltas(np.asarray(cepstrum, np.float32), c.deltas)

    def feature_names(self) -> tuple[str, ...]:
        """Coefficient 1 … n, then their slopes."""
        names = [f"coefficient {number}" for number in range(1, self.config.n_coefficients + 1)]
        return with_delta_names(names, self.config.deltas)


@lru_cache(maxsize=16)
def gaussian_filters(config: GaussianFilterbankConfig) -> NDArray[np.float32]:
    """Weights of each filter at each frequency, shape (n_fft // 2 + 1, n_filters), read-only."""
    centres_hz, sigmas_hz = config.shapes_hz()
    bins_hz = np.fft.rfftfreq(config.n_fft, 1 / config.sampling_rate)[:, None]
    filters = np.exp(-0.5 * ((bins_hz - centres_hz) / sigmas_hz) ** 2)
    filters[filters < np.finfo(np.float32).tiny] = 0  # subnormal numbers slow the product down
    single = filters.astype(np.float32)
    single.setflags(write=False)
    return single
