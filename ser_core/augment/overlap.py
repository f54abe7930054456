"""A waveform as overlapping spectra, and back: what augmenters of the spectrum share."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ser_core.augment.base import Array
from ser_core.features.stft import centred_frames, hann

Spectrum = NDArray[np.complex64]

_OVERLAP = 4  # frames over each sample
_BLOCK = 1024  # frames


def analysed(waveform: Array, n_fft: int) -> Spectrum:
    """Short-time Fourier transform: Hann window, a frame every quarter of it, centred.

    Args:
        waveform: (num_samples,).
        n_fft: window in samples, a multiple of 4.

    Returns:
        (num_frames, n_fft // 2 + 1) complex64, time first.
    """
    from scipy.fft import rfft  # late: 0.4 s that pages need not pay

    frames = centred_frames(waveform, n_fft, n_fft // _OVERLAP)
    return np.asarray(rfft(frames * hann(n_fft), axis=-1, overwrite_x=True))


def synthesised(spectrum: Spectrum, n_fft: int, num_samples: int) -> Array:
    """The waveform whose spectra come closest to these, by overlap-add.

    Griffin & Lim (1984), "Signal estimation from modified short-time Fourier transform", IEEE
    Transactions on Acoustics, Speech, and Signal Processing 32(2), equation 6.

    Args:
        spectrum: (num_frames, n_fft // 2 + 1), overwritten.
        n_fft: as in `analysed`.
        num_samples: of the result; zeros follow where the frames end before.
    """
    from scipy.fft import irfft

    frames = np.asarray(irfft(spectrum, n_fft, axis=-1, overwrite_x=True))
    frames *= hann(n_fft)
    summed = _summed(frames)
    summed *= _scale(len(frames), n_fft)
    return fitted(summed[n_fft // 2 :], num_samples)


def changed_by_blocks(waveform: Array, n_fft: int, change: Callable[[Spectrum], Spectrum]) -> Array:
    """A waveform whose spectra are changed, some at a time: what it takes is a block's worth.

    The same as `synthesised(change(analysed(waveform)))`, but for rounding.

    Args:
        waveform: (num_samples,).
        n_fft: window in samples, a multiple of 4.
        change: given spectra (num_frames, n_fft // 2 + 1) of some frames, each by itself.

    Returns:
        (num_samples,) float32.
    """
    from scipy.fft import irfft, rfft

    hop, window = n_fft // _OVERLAP, hann(n_fft)
    frames = centred_frames(waveform, n_fft, hop)
    summed = np.zeros((len(frames) + _OVERLAP - 1) * hop, np.float32)
    for first in range(0, len(frames), _BLOCK):
        spectrum = np.asarray(rfft(frames[first : first + _BLOCK] * window, axis=-1))
        block = np.asarray(irfft(change(spectrum), n_fft, axis=-1, overwrite_x=True))
        added = _summed(block * window)
        summed[first * hop :][: added.size] += added
    summed *= _scale(len(frames), n_fft)
    return fitted(summed[n_fft // 2 :], waveform.size)


def fitted(waveform: Array, num_samples: int) -> Array:
    """Cut at the end, or filled with zeros there.

    >>> fitted(np.ones(2, np.float32), 3).tolist()
    [1.0, 1.0, 0.0]
    """
    if waveform.size >= num_samples:
        return waveform[:num_samples]
    return np.pad(waveform, (0, num_samples - waveform.size))


@lru_cache(maxsize=16)
def _scale(num_frames: int, n_fft: int) -> Array:
    """One over the sum of squared windows, read-only."""
    scale = _summed(np.broadcast_to(hann(n_fft) ** 2, (num_frames, n_fft)))
    scale[scale <= np.finfo(np.float32).tiny] = 1
    np.reciprocal(scale, out=scale)
    scale.setflags(write=False)
    return scale


def _summed(frames: Array) -> Array:
    """Frames (num_frames, n_fft) added up, each a quarter of its length after the one before."""
    hop = frames.shape[1] // _OVERLAP
    blocks = np.zeros((len(frames) + _OVERLAP - 1, hop), np.float32)
    for part in range(_OVERLAP):
        blocks[part : part + len(frames)] += frames[:, part * hop : (part + 1) * hop]
    return blocks.ravel()
