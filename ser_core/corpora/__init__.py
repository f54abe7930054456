"""Corpora: one file each, all read into one table of utterances."""

from ser_core.corpora import cafe as _cafe  # noqa: F401  (registers itself)
from ser_core.corpora import crema_d as _crema_d  # noqa: F401
from ser_core.corpora import emodb as _emodb  # noqa: F401
from ser_core.corpora import emovo as _emovo  # noqa: F401
from ser_core.corpora import iemocap as _iemocap  # noqa: F401
from ser_core.corpora import labelled_folder as _labelled_folder  # noqa: F401
from ser_core.corpora import ravdess as _ravdess  # noqa: F401
from ser_core.corpora import savee as _savee  # noqa: F401
from ser_core.corpora import synthetic as _synthetic  # noqa: F401
from ser_core.corpora import tess as _tess  # noqa: F401
from ser_core.corpora.base import COLUMNS, CORPORA, Corpus, Progress

__all__ = ["COLUMNS", "CORPORA", "Corpus", "Progress"]
