"""Mel-frequency cepstral coefficients."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ser_core.features.base import EXTRACTORS, Extractor, MelConfig
from ser_core.features.decibels import decibels
from ser_core.features.delta import with_delta_names, with_deltas
from ser_core.features.signal import Array, Signal

_FLOOR_DB = -100.0


class MfccConfig(MelConfig):
    """Frames, bands and number of cepstral coefficients."""

    n_mfcc: int = Field(40, ge=1, le=256, description="Coefficients, the first is the loudness")
    top_db: float = Field(
        80.0, gt=0, le=200, description="Bands further below the loudest are raised to this (dB)"
    )
    deltas: Literal[0, 1, 2] = Field(
        0, description="Slopes over time to add: none, first (Δ), first and second (Δ, ΔΔ)"
    )

    @model_validator(mode="after")
    def _no_more_than_bands(self) -> "MfccConfig":
        if self.n_mfcc > self.n_mels:
            raise ValueError(
                f"n_mfcc: at most n_mels ({self.n_mels}) coefficients, got {self.n_mfcc}"
            )
        return self


@EXTRACTORS.register("mfcc")
class Mfcc(Extractor):
    """The shape of the spectrum in few numbers: cosine transform of the log-mel spectrogram.

    Type-II orthonormal DCT of log-mel (Slaney's scale, dB, limited to `top_db` below the clip's
    loudest cell), first `n_mfcc` coefficients; Δ and ΔΔ are slopes of a Savitzky-Golay fit over 9
    frames. Equal to `librosa.feature.mfcc` with `pad_mode="constant"`, and to
    `librosa.feature.delta`.

    Shape (num_frames, n_mfcc * (1 + deltas)).

    Source: Davis & Mermelstein (1980), IEEE TASSP 28(4).
    """

    config_type = MfccConfig
    title = "MFCC"

    def __init__(self, config: MfccConfig | None = None) -> None:
        self.config: MfccConfig = config or MfccConfig()

    def _compute(self, signal: Signal) -> Array:
        c = self.config
        frames = (c.n_fft, c.hop_length, c.n_mels, c.fmin_hz, c.fmax_hz)
        power = signal.mel_power(*frames)
        cepstrum = signal.once(("cepstrum", *frames, c.top_db), lambda: _cepstrum(power, c.top_db))
        return with_deltas(cepstrum[:, : c.n_mfcc], c.deltas)

    def feature_names(self) -> tuple[str, ...]:
        """MFCC 1 … n, then their slopes."""
        names = [f"MFCC {number}" for number in range(1, self.config.n_mfcc + 1)]
        return with_delta_names(names, self.config.deltas)


def _cepstrum(power: Array, top_db: float) -> Array:
    """All coefficients (num_frames, n_mels), so that any number of them can be shared."""
    from scipy.fft import dct

    coefficients = dct(decibels(power, _FLOOR_DB, top_db), type=2, norm="ortho", axis=-1)
    return np.asarray(coefficients, np.float32)
