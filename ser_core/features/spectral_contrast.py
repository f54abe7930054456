"""Spectral contrast."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from pydantic import Field, model_validator

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.bins import bins_hz
from ser_core.features.decibels import decibels
from ser_core.features.signal import Array, Signal

_FLOOR_DB, _TOP_DB = -100.0, 80.0


class SpectralContrastConfig(FrameConfig):
    """Frames and bands of a spectral contrast."""

    n_bands: int = Field(6, ge=1, le=10, description="Octave bands above the lowest band")
    fmin_hz: float = Field(200.0, ge=20, le=4000, description="Upper edge of the lowest band (Hz)")
    quantile: float = Field(
        0.02, gt=0, le=0.5, description="Part of a band's bins that its peak and valley are"
    )

    @model_validator(mode="after")
    def _each_band_holds_bins(self) -> "SpectralContrastConfig":
        last_hz = self.fmin_hz * 2 ** (self.n_bands - 1)
        if last_hz >= self.sampling_rate / 2:
            raise ValueError(
                "n_bands, fmin_hz: the last band must begin below half the sampling rate "
                f"({self.sampling_rate / 2:g} Hz), got {last_hz:g} Hz"
            )
        if self.fmin_hz < self.sampling_rate / self.n_fft:
            raise ValueError(
                "fmin_hz: at least one bin of the transform, sampling_rate / n_fft "
                f"({self.sampling_rate / self.n_fft:g} Hz), got {self.fmin_hz:g} Hz"
            )
        return self


@EXTRACTORS.register("spectral_contrast")
class SpectralContrast(Extractor):
    """How far the peaks of the spectrum stand out from the valleys between them.

    In each octave band, the mean of the largest magnitudes (the peak) over the mean of the smallest
    (the valley), as a difference of `10 * log10`, both limited to 80 dB below the clip's largest.
    High for clear harmonics, low for noise. The spectrum is taken in double precision, since
    valleys may lie 160 dB below peaks. Equal to `librosa.feature.spectral_contrast`.

    Shape (num_frames, n_bands + 1), in dB.

    Source: Jiang, Lu, Zhang, Tao & Cai (2002), "Music type classification by spectral contrast
    feature", ICME.
    """

    config_type = SpectralContrastConfig
    title = "Spectral contrast"
    unit = "dB"

    def __init__(self, config: SpectralContrastConfig | None = None) -> None:
        self.config: SpectralContrastConfig = config or SpectralContrastConfig()

    def _compute(self, signal: Signal) -> Array:
        c = self.config
        magnitude = signal.precise_magnitude(c.n_fft, c.hop_length)
        extremes = [_extremes(magnitude[:, band], count) for band, count in self._bands()]
        valley, peak = np.stack(extremes, axis=-1)
        return decibels(peak, _FLOOR_DB, _TOP_DB) - decibels(valley, _FLOOR_DB, _TOP_DB)

    def _bands(self) -> Iterator[tuple[slice, int]]:
        """Bins of each band, and how many of them make its peak or valley.

        As in librosa, a band begins one bin below its lower edge and ends one bin below its upper
        edge, the first begins at 0 Hz, and the last ends with the spectrum.
        """
        c = self.config
        hz = bins_hz(c.sampling_rate, c.n_fft)
        edges_hz = self._edges_hz()
        starts = np.searchsorted(hz, edges_hz[:-1]) - 1
        stops = np.searchsorted(hz, edges_hz[1:], side="right") - 1
        starts[0], stops[-1] = 0, hz.size
        sizes = stops - starts
        sizes[:-1] += 1  # the bin that is left out counts here
        counts = np.maximum(np.rint(c.quantile * sizes), 1).astype(int)
        for start, stop, count in zip(starts, stops, counts, strict=True):
            yield slice(start, stop), int(count)

    def _edges_hz(self) -> list[float]:
        c = self.config
        return [0.0, *(c.fmin_hz * 2.0**octave for octave in range(c.n_bands + 1))]

    def feature_names(self) -> tuple[str, ...]:
        """Each band by its edges, the last one ending at half the sampling rate."""
        edges_hz = [*self._edges_hz()[:-1], self.config.sampling_rate / 2]
        return tuple(f"{low:.0f}–{high:.0f} Hz" for low, high in pairwise(edges_hz))


def _extremes(band: Array, count: int) -> Array:
    """Means of the `count` smallest and of the `count` largest, shape (2, num_frames)."""
    ordered = np.sort(band, axis=-1)
    return np.stack([ordered[:, :count].mean(axis=-1), ordered[:, -count:].mean(axis=-1)])
