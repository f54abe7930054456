"""Feature extractors: one file each, all on one shared short-time Fourier transform."""

from ser_core.features import mfcc as _mfcc  # noqa: F401  (registers itself)
from ser_core.features.base import EXTRACTORS, Extractor, extract_all
from ser_core.features.log_mel import LogMel, LogMelConfig
from ser_core.features.signal import Signal

__all__ = ["EXTRACTORS", "Extractor", "LogMel", "LogMelConfig", "Signal", "extract_all"]
