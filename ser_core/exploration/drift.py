"""What a change did to a voice, in numbers: length, pitch, level, brightness, added noise."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import audio
from ser_core.errors import AudioError
from ser_core.features import EXTRACTORS, Signal
from ser_core.features.spectral_centroid import total_and_centroid

Array = NDArray[np.float32]

_RATE = 16_000  # Hz, at which pitch and centroid are measured, whatever the clip's own
_N_FFT, _HOP = 2048, 512
_REFERENCE_HZ = 100.0
_LEAST_VOICED, _MOST_LAG = 10, 100  # frames
_FLOOR_DB = -100.0
_LEAST_SNR_DB, _MOST_SNR_DB = -12.0, 90.0
_FRAME_S = 0.032
_MOST_ALIKE = 0.1  # coherence of what was added with the clip: noise has 0, an echo up to 1


@dataclass(frozen=True)
class _Measured:
    """One sound: what is NaN cannot be measured of it."""

    duration_s: float
    level_db: float = np.nan
    centroid_hz: float = np.nan
    f0_hz: Array = field(default_factory=lambda: np.zeros(1, np.float32))  # 0 where unvoiced


def drift(before: Array, after: Array, sampling_rate: int) -> pd.DataFrame:
    """How far a change moved a sound.

    Pitch is measured in the frames that are voiced before and after: those at the same share of the
    duration, moved by up to a second where voice comes earlier or later. Its change is given in
    semitones, too: 2 of them are what a shift by 2 asks for. Its range is that from the 5th to the
    95th percentile. Level is mean power, at least -100 dB; the centroid is the middle of the
    magnitude spectrum below 8 kHz. The signal-to-noise ratio stands there only where `after` is
    `before`, louder or softer, with noise: see `snr_db`.

    Args:
        before: (num_samples,) float32.
        after: (num_samples,) float32, of another length perhaps.
        sampling_rate: Hz, of both.

    Returns:
        A row for each measure, its unit in its name; columns before, after and change. NaN where
        there is nothing to measure, such as the pitch of a sound without voice.

    Raises:
        AudioError: more than one channel, or samples that are not numbers or far beyond full scale.

    >>> tone = np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000).astype(np.float32)
    >>> drift(tone, tone[::2] / 2, 16_000).round(1).loc["Level (dB re full scale)"].tolist()
    [-3.0, -9.0, -6.0]
    """
    old, new = _measured(before, sampling_rate), _measured(after, sampling_rate)
    pitch = [_pitch(voiced_hz) for voiced_hz in _voiced_in_both(old.f0_hz, new.f0_hz)]
    median_hz, range_semitones = zip(*pitch, strict=True)
    rows = {
        "Duration (s)": (old.duration_s, new.duration_s),
        "F0 median (Hz)": median_hz,
        "F0 median (semitones re 100 Hz)": [_semitones(each) for each in median_hz],
        "F0 range (semitones)": range_semitones,
        "Level (dB re full scale)": (old.level_db, new.level_db),
        "Spectral centroid (Hz)": (old.centroid_hz, new.centroid_hz),
        "SNR (dB)": (np.nan, snr_db(before, after, sampling_rate)),
    }
    table = pd.DataFrame.from_dict(rows, "index", float, columns=["before", "after"])
    return table.assign(change=table["after"] - table["before"])


def snr_db(before: Array, after: Array, sampling_rate: int) -> float:
    """Ratio of a clip to the noise that was added to it, in dB of mean power over the whole clip.

    What is left of the clip is found by least squares, so a gain beside the noise does not matter:
    the scale-invariant ratio of Le Roux et al. (2019), "SDR – half-baked or well done?", ICASSP.

    Returns:
        NaN where the two differ by something else than noise: in length, by a shift, a filter, an
        echo or a distortion, all of which leave in the difference a likeness to the clip. Below
        -12 dB, and in half a second and less, noise cannot be told from such a change; above 90 dB
        there is none to speak of.
    """
    if before.size != after.size or before.size == 0:
        return np.nan
    clip, changed = before.astype(np.float64), after.astype(np.float64)
    power = float(clip @ clip)
    share = float(clip @ changed) / power if power else 0.0
    added = changed - share * clip
    left, noise = share**2 * power, float(added @ added)
    if left == 0 or noise <= left * 10 ** (-_MOST_SNR_DB / 10):
        return np.nan
    ratio_db = float(10 * np.log10(left / noise))
    if ratio_db < _LEAST_SNR_DB or _likeness(clip, added, sampling_rate) > _MOST_ALIKE:
        return np.nan
    return ratio_db


def _likeness(clip: NDArray[np.float64], added: NDArray[np.float64], sampling_rate: int) -> float:
    """Mean coherence of two sounds, by the power of the second: 0 unrelated, 1 one is filtered."""
    length = round(_FRAME_S * sampling_rate)
    if clip.size <= 16 * length:  # too few frames: any two sounds look alike
        return 1.0
    window = np.hanning(length)
    spectra = [
        np.fft.rfft(np.lib.stride_tricks.sliding_window_view(each, length)[:: length // 2] * window)
        for each in (clip, added)
    ]
    powers = [np.mean(np.abs(each) ** 2, axis=0) for each in spectra]
    cross = np.abs(np.mean(spectra[0] * spectra[1].conj(), axis=0)) ** 2
    explained = np.divide(cross, powers[0], out=np.zeros_like(cross), where=powers[0] > 0)
    return float(explained.sum() / max(powers[1].sum(), 1e-30))


def _measured(waveform: Array, sampling_rate: int) -> _Measured:
    if waveform.ndim != 1:
        raise AudioError(
            f"waveform: one channel (num_samples,) is needed, got shape {waveform.shape}"
        )
    duration_s = waveform.size / sampling_rate
    if waveform.size == 0:
        return _Measured(duration_s)
    audio.check_samples(waveform, "waveform")
    power = float(np.mean(np.square(waveform, dtype=np.float64)))
    level_db = max(_FLOOR_DB, float(10 * np.log10(power + 1e-30)))
    resampled = audio.resample(waveform, sampling_rate, _RATE)
    if resampled.size == 0:  # a sample or two at a high rate
        return _Measured(duration_s, level_db)
    signal = Signal(resampled, _RATE)
    f0_hz = EXTRACTORS.create("f0").of(signal)[:, 0]
    return _Measured(duration_s, level_db, _centroid_hz(signal), f0_hz)


def _voiced_in_both(old_hz: Array, new_hz: Array) -> tuple[Array, Array]:
    """Pitch where both are voiced; where that is hardly ever, of each by itself."""
    place = np.arange(new_hz.size) * old_hz.size // new_hz.size
    stretched = old_hz[place]
    lag = _lag(stretched > 0, new_hz > 0)
    there = slice(max(0, lag), new_hz.size + min(0, lag))
    came_from = slice(max(0, -lag), new_hz.size + min(0, -lag))
    old, new = stretched[came_from], new_hz[there]
    both = (old > 0) & (new > 0)
    if both.sum() < _LEAST_VOICED:
        return old_hz[old_hz > 0], new_hz[new_hz > 0]
    return old[both], new[both]


def _lag(old: NDArray[np.bool_], new: NDArray[np.bool_]) -> int:
    """By how many frames, at most a second of them, voice comes later than it did."""
    centred = [each - each.mean() for each in (old, new)]
    likeness = np.correlate(centred[1], centred[0], "full")
    most = min(_MOST_LAG, old.size - 1)
    near = likeness[old.size - 1 - most : old.size + most]
    if near.max() <= 0:  # all voiced, or none
        return 0
    return int(near.argmax()) - most


def _pitch(voiced_hz: Array) -> tuple[float, float]:
    """Median in Hz, and range in semitones."""
    if voiced_hz.size == 0:
        return np.nan, np.nan
    low, median, high = np.percentile(voiced_hz.astype(np.float64), [5, 50, 95])
    return float(median), float(12 * np.log2(high / low))


def _semitones(f0_hz: float) -> float:
    return float(12 * np.log2(f0_hz / _REFERENCE_HZ))


def _centroid_hz(signal: Signal) -> float:
    """Of all frames together: those with sound decide."""
    total, centroid = total_and_centroid(signal, _N_FFT, _HOP)
    if total.max() <= 1e-6:  # silence has no middle
        return np.nan
    return float(np.average(centroid[:, 0], weights=total[:, 0]))
