"""Feature extractors: one file each, all on one shared short-time Fourier transform."""

from ser_core.features import chroma as _chroma  # noqa: F401
from ser_core.features import f0 as _f0  # noqa: F401
from ser_core.features import frame_matrix as _frame_matrix  # noqa: F401
from ser_core.features import functionals as _functionals  # noqa: F401
from ser_core.features import gaussian_filterbank as _gaussian_filterbank  # noqa: F401
from ser_core.features import mel_mfcc as _mel_mfcc  # noqa: F401
from ser_core.features import mfcc as _mfcc  # noqa: F401  (registers itself)
from ser_core.features import opensmile as _opensmile  # noqa: F401
from ser_core.features import precomputed as _precomputed  # noqa: F401
from ser_core.features import rms as _rms  # noqa: F401
from ser_core.features import smoothed_spectrogram as _smoothed_spectrogram  # noqa: F401
from ser_core.features import spectral_bandwidth as _spectral_bandwidth  # noqa: F401
from ser_core.features import spectral_centroid as _spectral_centroid  # noqa: F401
from ser_core.features import spectral_contrast as _spectral_contrast  # noqa: F401
from ser_core.features import spectral_flatness as _spectral_flatness  # noqa: F401
from ser_core.features import spectral_rolloff as _spectral_rolloff  # noqa: F401
from ser_core.features import spectrogram_image as _spectrogram_image  # noqa: F401
from ser_core.features import vector181 as _vector181  # noqa: F401
from ser_core.features import zero_crossing_rate as _zero_crossing_rate  # noqa: F401
from ser_core.features.base import EXTRACTORS, Extractor, extract_all
from ser_core.features.log_mel import LogMel, LogMelConfig
from ser_core.features.signal import Signal

__all__ = ["EXTRACTORS", "Extractor", "LogMel", "LogMelConfig", "Signal", "extract_all"]
