"""The mel scale (Slaney) and its triangular filterbank."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

# Slaney (1998), "Auditory Toolbox", Technical Report 1998-010: linear below 1 kHz, then
# logarithmic.
_HZ_PER_MEL = 200.0 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27


def hz_to_mel(hz: ArrayLike) -> NDArray[np.float64]:
    """Frequency in Hz on Slaney's mel scale.

    >>> float(hz_to_mel(1000.0))
    15.0
    """
    hz = np.asarray(hz, np.float64)
    logarithmic = _BREAK_MEL + np.log(np.maximum(hz, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(hz < _BREAK_HZ, hz / _HZ_PER_MEL, logarithmic)


def mel_to_hz(mel: ArrayLike) -> NDArray[np.float64]:
    """Slaney's mel back to Hz."""
    mel = np.asarray(mel, np.float64)
    logarithmic = _BREAK_HZ * np.exp(_LOG_STEP * (np.maximum(mel, _BREAK_MEL) - _BREAK_MEL))
    return np.where(mel < _BREAK_MEL, mel * _HZ_PER_MEL, logarithmic)


def mel_edges_hz(n_mels: int, fmin_hz: float, fmax_hz: float) -> NDArray[np.float64]:
    """Corner frequencies of the triangles, shape (n_mels + 2,); band i is centred on edge i + 1."""
    return mel_to_hz(np.linspace(hz_to_mel(fmin_hz), hz_to_mel(fmax_hz), n_mels + 2))


@lru_cache(maxsize=16)
def mel_filterbank(
    sampling_rate: int, n_fft: int, n_mels: int, fmin_hz: float, fmax_hz: float
) -> NDArray[np.float32]:
    """Triangles of equal area ("slaney" norm), shape (n_fft // 2 + 1, n_mels), read-only."""
    bins_hz = np.fft.rfftfreq(n_fft, 1 / sampling_rate)[:, None]
    edges = mel_edges_hz(n_mels, fmin_hz, fmax_hz)
    low, centre, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (bins_hz - low) / (centre - low)
    falling = (high - bins_hz) / (high - centre)
    filters = np.maximum(0, np.minimum(rising, falling)) * (2 / (high - low))
    single = filters.astype(np.float32)
    single.setflags(write=False)
    return single


def mel_power(
    power: NDArray[np.float32],
    sampling_rate: int,
    n_fft: int,
    n_mels: int,
    fmin_hz: float,
    fmax_hz: float,
) -> NDArray[np.float32]:
    """Power (num_frames, n_mels) in the triangles of `mel_filterbank`.

    Args:
        power: (num_frames, n_fft // 2 + 1).
    """
    triangles = _triangles(sampling_rate, n_fft, n_mels, fmin_hz, fmax_hz)
    return np.ascontiguousarray((triangles @ power.T).T)


@lru_cache(maxsize=16)
def _triangles(sampling_rate: int, n_fft: int, n_mels: int, fmin_hz: float, fmax_hz: float) -> Any:
    """The same filterbank without its zeros, (n_mels, n_fft // 2 + 1).

    A bin lies in two triangles at most: a dense product is four to nine times the work, and BLAS
    would spread it over all cores, which wait for each other on a machine that is busy.
    """
    from scipy.sparse import csr_array

    return csr_array(mel_filterbank(sampling_rate, n_fft, n_mels, fmin_hz, fmax_hz).T)
