"""A sound as a plane of time and frequency, of which parts can be made silent and the rest heard.

Phases are kept: what is left sounds as it did.
"""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.audio import Waveform
from ser_core.augment.overlap import Spectrum, analysed, synthesised
from ser_core.features.mel import hz_to_mel, mel_edges_hz

Array = NDArray[np.float32]

BANDS = 40  # of the fine grid that parts are cut out on
_WINDOW_S = 0.032  # shorter than most syllables, long enough to part the first harmonics
_OVERLAP = 4


class Plane:
    """A sound's short-time Fourier transform, and the way back.

    Frames are 8 ms apart, frame i is centred on `i * hop_s`; bands are evenly spaced in mel.

    Args:
        voice: (num_samples,) float32.
        sampling_rate: Hz.
    """

    def __init__(self, voice: Waveform, sampling_rate: int) -> None:
        self.voice, self.sampling_rate = voice, sampling_rate
        self._n_fft = _OVERLAP * round(_WINDOW_S * sampling_rate / _OVERLAP)
        self._spectrum: Spectrum = analysed(voice, self._n_fft)

    @property
    def num_frames(self) -> int:
        """Frames over the sound."""
        return len(self._spectrum)

    @property
    def duration_s(self) -> float:
        """Length of the sound."""
        return self.voice.size / self.sampling_rate

    @property
    def hop_s(self) -> float:
        """Seconds from frame to frame."""
        return self._n_fft // _OVERLAP / self.sampling_rate

    @cached_property
    def times_s(self) -> NDArray[np.float64]:
        """(num_frames,) the middle of each frame."""
        return np.arange(self.num_frames, dtype=np.float64) * self.hop_s

    @cached_property
    def bins_hz(self) -> NDArray[np.float64]:
        """(num_bins,) frequency of each bin of the transform."""
        return np.asarray(np.fft.rfftfreq(self._n_fft, 1 / self.sampling_rate), np.float64)

    @cached_property
    def bands_hz(self) -> NDArray[np.float64]:
        """(BANDS,) middle of each band of the fine grid."""
        return band_middles_hz(BANDS, self.sampling_rate)

    @cached_property
    def _to_bins(self) -> Array:
        """(BANDS, num_bins) what each band's gain counts in each bin."""
        return weights(hz_to_mel(self.bins_hz), hz_to_mel(self.bands_hz)).T

    def played(self, gains: NDArray[np.floating[Any]]) -> Waveform:
        """The sound with every cell turned down.

        Args:
            gains: (num_frames, num_bins), from 0, silence, to 1, as it is.

        Returns:
            (num_samples,) float32, as long as the sound.
        """
        return synthesised(self._spectrum * gains, self._n_fft, self.voice.size)

    def kept(self, share: ArrayLike) -> Waveform:
        """The sound with the bands of each frame turned down; see `played`.

        Args:
            share: (num_frames, BANDS), from 0 to 1, or which are kept.
        """
        return self.played(np.asarray(share, np.float32) @ self._to_bins)


def band_middles_hz(number: int, sampling_rate: int) -> NDArray[np.float64]:
    """Middles of bands that are evenly spaced in mel from 0 Hz to half the sampling rate."""
    return mel_edges_hz(number, 0.0, sampling_rate / 2)[1:-1]


def weights(places: NDArray[np.float64], middles: NDArray[np.float64]) -> Array:
    """How much of each cell a place takes, by straight lines between the cells' middles.

    Args:
        places: (num_places,).
        middles: (num_cells,), rising.

    Returns:
        (num_places, num_cells) float32; rows sum to 1.

    >>> weights(np.array([0.0, 1.5, 9.0]), np.array([1.0, 2.0])).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    unit = np.eye(len(middles))
    columns = [np.interp(places, middles, row) for row in unit]
    return np.stack(columns, axis=1).astype(np.float32)
