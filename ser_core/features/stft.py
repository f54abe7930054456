"""The short-time Fourier transform that all spectral features share."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Bytes transformed at once: they stay in the processor's cache, and their spectrum stays below the
# 128 KB from which memory is asked of the system anew each time, which took as long as the rest.
_BLOCK = 2**16


@lru_cache(maxsize=16)
def hann(n_fft: int, precise: bool = False) -> NDArray[np.floating[Any]]:
    """Periodic Hann window, shape (n_fft,), read-only; single or double precision."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    window = window.astype(np.float64 if precise else np.float32)
    window.setflags(write=False)
    return window


def num_frames(num_samples: int, hop_length: int) -> int:
    """Frames of a centred transform.

    >>> num_frames(48_000, 160)
    301
    """
    return 1 + num_samples // hop_length


def centred_frames(
    waveform: NDArray[np.float32], frame_length: int, hop_length: int, edge: bool = False
) -> NDArray[np.float32]:
    """Frames whose middles lie at multiples of the hop.

    Args:
        waveform: (num_samples,).
        frame_length: samples in a frame.
        hop_length: samples between frames.
        edge: repeat the first and last sample beyond the ends, instead of zeros.

    Returns:
        (num_frames, frame_length), a read-only view.
    """
    half = frame_length // 2
    padded = np.pad(waveform, half, mode="edge" if edge else "constant")
    if padded.size < frame_length:  # an odd frame of a waveform of no sample
        padded = np.pad(padded, (0, frame_length - padded.size))
    return np.lib.stride_tricks.sliding_window_view(padded, frame_length)[::hop_length]


def power_spectrogram(
    waveform: NDArray[np.float32], n_fft: int, hop_length: int, precise: bool = False
) -> NDArray[np.float32]:
    """Squared magnitude of the short-time Fourier transform (Hann window, centred, zero-padded).

    The definition is that of `librosa.stft(center=True, pad_mode="constant")`.

    Args:
        waveform: (num_samples,).
        n_fft: window and transform length in samples, even.
        hop_length: step between frames in samples.
        precise: transform in double precision, for what compares cells more than 120 dB apart; it
            takes twice as long.

    Returns:
        (num_frames, n_fft // 2 + 1) float32, time first.
    """
    from scipy.fft import rfft  # late: 0.4 s that pages without a spectrum need not pay

    frames = centred_frames(waveform, n_fft, hop_length)
    window = hann(n_fft, precise)
    power = np.zeros((len(frames), n_fft // 2 + 1), np.float32)
    step = max(1, _BLOCK // (n_fft * window.itemsize))
    first, end = _sounding(waveform, n_fft, hop_length)
    for start in range(first, end, step):
        block = slice(start, min(start + step, end))
        spectrum = rfft(frames[block] * window, axis=-1, overwrite_x=True)
        power[block] = np.square(spectrum.real) + np.square(spectrum.imag)
    return power


def _sounding(waveform: NDArray[np.float32], n_fft: int, hop_length: int) -> tuple[int, int]:
    """The first centred frame with a sample that is not 0, and the one after the last.

    A voice in a longer window is followed by silence, which need not be transformed.
    """
    sounds = waveform != 0
    if not sounds.any():
        return 0, 0
    first, last = int(sounds.argmax()), sounds.size - 1 - int(sounds[::-1].argmax())
    half = n_fft // 2
    return max(0, (first - half) // hop_length + 1), (last + half) // hop_length + 1
