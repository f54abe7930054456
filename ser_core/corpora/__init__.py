"""Corpora: one file each, all read into one table of utterances."""

from ser_core.corpora import ravdess as _ravdess  # noqa: F401  (registers itself)
from ser_core.corpora import synthetic as _synthetic  # noqa: F401
from ser_core.corpora.base import COLUMNS, CORPORA, Corpus, Progress

__all__ = ["COLUMNS", "CORPORA", "Corpus", "Progress"]
