"""Log-mel, MFCC, chroma, zero-crossing rate and RMS side by side."""

import numpy as np
from pydantic import Field

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig, MelConfig
from ser_core.features.chroma import Chroma, ChromaConfig
from ser_core.features.log_mel import LogMel, LogMelConfig
from ser_core.features.mfcc import Mfcc, MfccConfig
from ser_core.features.rms import Rms, RmsConfig
from ser_core.features.signal import Array, Signal
from ser_core.features.zero_crossing_rate import ZeroCrossingRate, ZeroCrossingRateConfig


class FrameMatrixConfig(MfccConfig):
    """Frames, bands and cepstral coefficients of a frame matrix."""

    top_db: float = Field(
        80.0, gt=0, le=100, description="Bands further below the loudest are raised to this (dB)"
    )


@EXTRACTORS.register("frame_matrix")
class FrameMatrix(Extractor):
    """Five kinds of features of the same frames side by side, 182 numbers a frame.

    128 log-mel bands (dB re the clip's loudest cell, limited to `top_db` below it), 40 MFCC, 12
    chroma bins (tuning 0), zero-crossing rate and RMS, each as its own extractor gives it: nothing
    is standardised here.

    Shape (num_frames, n_mels + n_mfcc * (1 + deltas) + 14).

    Source: the feature matrix of the CNN and BiLSTM system (recipe b), whose rows are columns here;
    for the parts see log_mel, mfcc, chroma, zero_crossing_rate and rms.
    """

    config_type = FrameMatrixConfig
    title = "Frame matrix"

    def __init__(self, config: FrameMatrixConfig | None = None) -> None:
        self.config: FrameMatrixConfig = config or FrameMatrixConfig()
        c = self.config
        frames = c.model_dump(include=set(FrameConfig.model_fields))
        bands = c.model_dump(include=set(MelConfig.model_fields))
        self._parts: tuple[Extractor, ...] = (
            LogMel(LogMelConfig(**bands, reference="peak", floor_db=-c.top_db)),
            Mfcc(MfccConfig(**c.model_dump())),
            Chroma(ChromaConfig(**frames)),
            ZeroCrossingRate(ZeroCrossingRateConfig(**frames)),
            Rms(RmsConfig(**frames)),
        )

    def _compute(self, signal: Signal) -> Array:
        return np.concatenate([part.of(signal) for part in self._parts], axis=1)

    def feature_names(self) -> tuple[str, ...]:
        """Names of all parts; a mel band is told from a pitch class by its Hz."""
        return tuple(name for part in self._parts for name in part.feature_names())
