"""The short-time Fourier transform that all spectral features share."""

import numpy as np
from numpy.typing import NDArray


def hann(n_fft: int) -> NDArray[np.float32]:
    """Periodic Hann window, shape (n_fft,)."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)).astype(np.float32)


def num_frames(num_samples: int, hop_length: int) -> int:
    """Frames of a centred transform.

    >>> num_frames(48_000, 160)
    301
    """
    return 1 + num_samples // hop_length


def power_spectrogram(
    waveform: NDArray[np.float32], n_fft: int, hop_length: int
) -> NDArray[np.float32]:
    """Squared magnitude of the short-time Fourier transform (Hann window, centred, zero-padded).

    The definition is that of `librosa.stft(center=True, pad_mode="constant")`.

    Args:
        waveform: (..., num_samples); leading axes are independent signals.
        n_fft: window and transform length in samples.
        hop_length: step between frames in samples.

    Returns:
        (..., num_frames, n_fft // 2 + 1) float32, time first.
    """
    from scipy.fft import rfft  # late: 0.4 s that pages without a spectrum need not pay

    half = n_fft // 2
    padded = np.pad(waveform, [(0, 0)] * (waveform.ndim - 1) + [(half, half)])
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft, axis=-1)
    frames = frames[..., ::hop_length, :] * hann(n_fft)
    spectrum = rfft(frames, axis=-1, overwrite_x=True)
    power: NDArray[np.float32] = spectrum.real**2 + spectrum.imag**2
    return power
