"""A clip in 181 numbers."""

import numpy as np
from pydantic import Field

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.f0 import F0, F0Config
from ser_core.features.signal import Array, Signal

_MEAN_AND_DEVIATION = (
    "chroma",
    "spectral_centroid",
    "spectral_bandwidth",
    "spectral_rolloff",
    "zero_crossing_rate",
    "rms",
    "spectral_flatness",
    "spectral_contrast",
)
_N_MFCC = 40
_PITCH_NAMES = (
    "F0 mean",
    "F0 standard deviation",
    "F0 10th percentile",
    "F0 90th percentile",
    "jitter mean",
    "shimmer mean",
    "voiced share",
    "level mean",
    "level standard deviation",
    "voicing mean",
    "voicing standard deviation",
)


class Vector181Config(FrameConfig):
    """Frames that the values are taken over."""

    sampling_rate: int = Field(16_000, ge=16_000, le=48_000, description="Hz")
    n_fft: int = Field(
        2048, ge=256, le=8192, multiple_of=2, description="Window length (samples, even)"
    )


@EXTRACTORS.register("vector181")
class Vector181(Extractor):
    """A clip of any length in 181 numbers: its spectrum, its notes, its melody and its steadiness.

    The system that this size comes from names MFCC, spectral centroid, bandwidth, roll-off,
    zero-crossing rate and chroma; its exact 181 values are not published. These are:

    - 120: mean and standard deviation over time of 40 MFCC, and standard deviation of their
      slopes (Δ)
    - 24: mean and standard deviation of 12 chroma bins (tuning 0)
    - 8: mean and standard deviation of spectral centroid, bandwidth, roll-off (85 %) and
      zero-crossing rate
    - 4: mean and standard deviation of RMS and spectral flatness
    - 14: mean and standard deviation of 7 bands of spectral contrast
    - 11 of the pitch contour (60 to 600 Hz, frames every 10 ms): mean, standard deviation, 10th and
      90th percentile of F0, mean jitter and mean shimmer over voiced frames, 0 if there are none;
      share of voiced frames; mean and standard deviation of level (dB) and voicing

    Mel bands are not among them: the MFCC are their cosine transform. Each part is what its own
    extractor gives with the same frames; standard deviations are those of the population.

    Shape (181,), in the order of `feature_names()`; units as in the parts.

    Source: recipe a's feature vector, recomposed; for the parts see mfcc, chroma,
    spectral_centroid, spectral_bandwidth, spectral_rolloff, zero_crossing_rate, rms,
    spectral_flatness, spectral_contrast and f0.
    """

    config_type = Vector181Config
    title = "Vector of 181 values"
    kind = "vector"

    def __init__(self, config: Vector181Config | None = None) -> None:
        self.config: Vector181Config = config or Vector181Config()
        frames = self.config.model_dump()
        self._mfcc = EXTRACTORS.create("mfcc", **frames, n_mfcc=_N_MFCC, deltas=1)
        self._spectral = [EXTRACTORS.create(name, **frames) for name in _MEAN_AND_DEVIATION]
        rate = self.config.sampling_rate
        self._f0 = F0(F0Config(sampling_rate=rate, hop_length=rate // 100))

    def _compute(self, signal: Signal) -> Array:
        mfcc = self._mfcc.of(signal)
        cepstrum, slopes = mfcc[:, :_N_MFCC], mfcc[:, _N_MFCC:]
        spectral = np.concatenate([each.of(signal) for each in self._spectral], axis=1)
        return np.concatenate(
            [
                _mean_and_deviation(cepstrum),
                slopes.std(axis=0, dtype=np.float64),
                _mean_and_deviation(spectral),
                _of_pitch(self._f0.of(signal)),
            ]
        ).astype(np.float32)

    def feature_names(self) -> tuple[str, ...]:
        """MFCC 1 mean, MFCC 1 standard deviation and so on, in the order of the list above."""
        mfcc = self._mfcc.feature_names()
        spectral = [
            name if len(each.feature_names()) == 1 else f"{each.title} {name}"
            for each in self._spectral
            for name in each.feature_names()
        ]
        return (
            *_pairs(mfcc[:_N_MFCC]),
            *(f"{name} standard deviation" for name in mfcc[_N_MFCC:]),
            *_pairs(spectral),
            *_PITCH_NAMES,
        )


def _pairs(names: tuple[str, ...] | list[str]) -> list[str]:
    return [f"{name} {each}" for name in names for each in ("mean", "standard deviation")]


def _mean_and_deviation(frames: Array) -> Array:
    """Both of each column, column by column: (2 * num_features,)."""
    values = frames.astype(np.float64)
    return np.stack([values.mean(axis=0), values.std(axis=0)], axis=1).ravel()


def _of_pitch(contour: Array) -> Array:
    """The 11 values of a pitch contour (num_frames, 5), in the order of `_PITCH_NAMES`."""
    f0_hz, voicing, level_db, jitter, shimmer = contour.T.astype(np.float64)
    voiced = f0_hz > 0
    of_voice = [0.0] * 6
    if voiced.any():
        heard = f0_hz[voiced]
        of_f0 = [heard.mean(), heard.std(), *np.percentile(heard, [10, 90])]
        of_voice = [*of_f0, jitter[voiced].mean(), shimmer[voiced].mean()]
    whole = [voiced.mean(), level_db.mean(), level_db.std(), voicing.mean(), voicing.std()]
    return np.array([*of_voice, *whole])
