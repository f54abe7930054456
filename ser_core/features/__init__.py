"""Feature extractors: one file each, all on one shared short-time Fourier transform."""

from ser_core.features.base import EXTRACTORS, Extractor
from ser_core.features.log_mel import LogMel, LogMelConfig

__all__ = ["EXTRACTORS", "Extractor", "LogMel", "LogMelConfig"]
