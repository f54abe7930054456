"""A stretch of speech in 80 numbers: timbre, how it moves, and melody, for "your voice".

Few and robust, since what is ordinary for a speaker is to be known from ten seconds. Nothing in
them depends on the level of the recording, and little on which words are said.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ser_core.features import EXTRACTORS, Signal

RATE = 16_000
"""Hz that they are taken at."""

_MFCC = EXTRACTORS.create(
    "mfcc", n_fft=512, hop_length=200, n_mels=64, fmin_hz=40.0, n_mfcc=20, top_db=60.0
)
_F0 = EXTRACTORS.create("f0")
_SHAPES = 6  # MFCC whose range is told as well
_LEAST_VOICED = 5  # frames, before a melody is told
_REFERENCE_HZ = 100.0

NAMES: tuple[str, ...] = (
    *(f"MFCC {number} {what}" for what in ("mean", "deviation", "step") for number in range(1, 21)),
    *(f"MFCC {n} {what}" for what in ("10th", "90th") for n in range(1, _SHAPES + 1)),
    "F0 mean",
    "F0 deviation",
    "F0 10th",
    "F0 median",
    "F0 90th",
    "F0 step",
    "voicing",
    "voiced share",
)
"""What each is: mean, deviation, deviation of the steps from frame to frame, and percentiles of
cepstral coefficients; F0 in semitones over 100 Hz; the autocorrelation's peak where voiced."""


def functionals(windows: Iterable[NDArray[np.float32]], sampling_rate: int) -> NDArray[np.float64]:
    """Functionals (num_windows, 80) of prepared windows, without the silence they were filled with.

    Args:
        windows: each (num_samples,), as `audio.windows` cuts them.
        sampling_rate: Hz.

    Returns:
        NaN for the melody of a window in which hardly anything is voiced.
    """
    return np.stack([_of(np.trim_zeros(window), sampling_rate) for window in windows])


def _of(voice: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float64]:
    signal = Signal(voice, sampling_rate).at(RATE)
    cepstrum = _MFCC.of(signal).astype(np.float64)
    steps = np.diff(cepstrum, axis=0) if len(cepstrum) > 1 else np.zeros_like(cepstrum)
    shapes = np.percentile(cepstrum[:, :_SHAPES], [10, 90], axis=0).ravel()
    moving = [cepstrum.mean(axis=0), cepstrum.std(axis=0), steps.std(axis=0), shapes]
    return np.concatenate([*moving, _melody(_F0.of(signal).astype(np.float64))])


def _melody(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    f0_hz, voicing = frames[:, 0], frames[:, 1]
    voiced = f0_hz > 0
    if voiced.sum() < _LEAST_VOICED:
        return np.full(8, np.nan)
    semitones = 12 * np.log2(f0_hz[voiced] / _REFERENCE_HZ)
    step = np.abs(np.diff(semitones)).clip(0, 2).mean()  # an octave error is no glide
    low, middle, high = np.percentile(semitones, [10, 50, 90])
    spread = semitones.std()
    return np.array(
        [semitones.mean(), spread, low, middle, high, step, voicing[voiced].mean(), voiced.mean()]
    )
