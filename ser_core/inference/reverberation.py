"""How long sound lingers in a recording: a blind estimate, from speech alone.

In a room, a sound fades no faster than the room lets it. So where a band of the spectrum falls
steadily, the slope tells how much the room adds: after Prego, de Lima, Zambrano-López & Netto
(2015), "Blind estimators for reverberation time and direct-to-reverberant energy ratio using
subband speech decomposition", WASPAA. Speech fades in its own time too: what comes out is no
reverberation time to build halls by, but rises with it, and is compared with training clips that
are measured in the same way.
"""

import numpy as np
from numpy.typing import NDArray

from ser_core.audio import Waveform
from ser_core.features.mel import mel_filterbank
from ser_core.features.stft import power_spectrogram

_WINDOW_S, _HOP_S = 0.032, 0.008
_BANDS, _LOW_HZ, _HIGH_HZ = 16, 150.0, 5_000.0
_SMOOTHED = 5  # frames
_LEAST_FRAMES = 10  # that a fall lasts: 80 ms
_LEAST_FALL_DB = 5.0
_OVER_NOISE_DB = 10.0  # above the band's quietest tenth: noise falls and rises, too
_FROM_TOP_DB, _DOWN_TO_DB = 30.0, 50.0  # below the band's loudest: where falls begin and end
_LEAST_FALLS = 5
_QUARTILE = 75  # the slower falls are the room's, the faster ones the voice's


def decay_s(sound: Waveform, sampling_rate: int) -> float:
    """Seconds in which bands of the spectrum fall by 60 dB, where they fall; the upper quartile.

    Args:
        sound: (num_samples,) float32.
        sampling_rate: Hz.

    Returns:
        Seconds; not a number where fewer than five falls are found.
    """
    n_fft, hop = (2 * round(each * sampling_rate / 2) for each in (_WINDOW_S, _HOP_S))
    highest_hz = min(_HIGH_HZ, sampling_rate / 2)
    filters = mel_filterbank(sampling_rate, n_fft, _BANDS, _LOW_HZ, highest_hz)
    power = power_spectrogram(sound, n_fft, hop) @ filters
    if len(power) < 2 * _LEAST_FRAMES:
        return float("nan")
    smooth = np.lib.stride_tricks.sliding_window_view(10 * np.log10(power + 1e-12), _SMOOTHED, 0)
    found = [fall for band in smooth.mean(axis=-1).T for fall in _falls(band, hop / sampling_rate)]
    return float(np.percentile(found, _QUARTILE)) if len(found) >= _LEAST_FALLS else float("nan")


def _falls(level_db: NDArray[np.floating], hop_s: float) -> list[float]:
    """Seconds for 60 dB of every long enough fall of one band, (num_frames,)."""
    top = level_db.max()
    least = max(np.percentile(level_db, 10) + _OVER_NOISE_DB, top - _DOWN_TO_DB)
    falling = (np.diff(level_db) < 0) & (level_db[1:] > least)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], falling.astype(int), [0]))))
    found = []
    for first, last in edges.reshape(-1, 2):
        fall = level_db[first : last + 1]
        deep = fall[0] - fall[-1] >= _LEAST_FALL_DB and fall[0] > top - _FROM_TOP_DB
        if deep and fall.size >= _LEAST_FRAMES:
            steps = np.arange(fall.size) - (fall.size - 1) / 2
            slope_db = float(steps @ fall) / float(steps @ steps)  # of the line of least squares
            found.append(-60.0 * hop_s / slope_db)
    return found
