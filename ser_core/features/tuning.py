"""How far a recording's pitches lie off A = 440 Hz."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.features.bins import bins_hz
from ser_core.features.signal import Array, Signal

_A0_HZ = 27.5
_LOWEST_HZ, _HIGHEST_HZ = 150.0, 4000.0
_LOUD = 0.1  # of the frame's largest value
_STEPS = 100  # per bin


def octaves_above_a0(
    hz: ArrayLike, tuning: float = 0.0, bins_per_octave: int = 12
) -> NDArray[np.float64]:
    """Octaves above 27.5 Hz, or where A = 440 Hz lies with a tuning, in fractions of a bin.

    >>> float(octaves_above_a0(440.0))
    4.0
    """
    return np.log2(np.asarray(hz, np.float64) / _A0_HZ) - tuning / bins_per_octave


def estimate_tuning(signal: Signal, n_fft: int, hop_length: int, bins_per_octave: int) -> float:
    """Deviation from A = 440 Hz that most of the louder spectral peaks share.

    The definition is that of `librosa.estimate_tuning(S=power)`, as `librosa.feature.chroma_stft`
    asks for it, in hundredths.

    Returns:
        Fraction of a bin, from -0.5 to just below 0.5; 0 where there is no peak.
    """
    power = signal.power(n_fft, hop_length)
    hz, height = spectral_peaks(power, signal.sampling_rate, n_fft)
    if hz.size == 0:
        return 0.0
    loud = hz[height >= np.median(height)]
    residual = np.mod(bins_per_octave * octaves_above_a0(loud), 1.0)
    residual[residual >= 0.5] -= 1
    counts, edges = np.histogram(residual, np.linspace(-0.5, 0.5, _STEPS + 1))
    return float(edges[counts.argmax()])


def spectral_peaks(spectrogram: Array, sampling_rate: int, n_fft: int) -> tuple[Array, Array]:
    """Local maxima over frequency, between bins by a parabola through three of them.

    Args:
        spectrogram: (num_frames, n_fft // 2 + 1), power or magnitude.
        sampling_rate: Hz.
        n_fft: samples.

    Returns:
        Frequency in Hz and height of each peak between 150 Hz and 4 kHz that reaches a tenth of
        its frame's maximum, of all frames one after another.
    """
    hz = bins_hz(sampling_rate, n_fft)[1:-1]
    floor = _LOUD * spectrogram.max(axis=-1, keepdims=True)
    loud = np.where(spectrogram > floor, spectrogram, 0)
    peak = (loud[:, 1:-1] > loud[:, :-2]) & (loud[:, 1:-1] >= loud[:, 2:])
    peak &= (hz >= _LOWEST_HZ) & (hz < min(_HIGHEST_HZ, sampling_rate / 2))
    frame, place = np.nonzero(peak)
    left, middle, right = (spectrogram[frame, place + offset] for offset in range(3))
    slope, curvature = (right - left) / 2, left + right - 2 * middle
    inside = np.abs(slope) < np.abs(curvature)  # the parabola peaks less than a bin away
    shift = np.divide(-slope, curvature, out=np.zeros_like(slope), where=inside)
    return (place + 1 + shift) * sampling_rate / n_fft, middle + slope * shift / 2
