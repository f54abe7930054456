"""Protocols: named rules that split a table of utterances into folds, one family a file."""

from ser_core.corpora.protocols import groups as _groups  # noqa: F401  (registers itself)
from ser_core.corpora.protocols import ravdess as _ravdess  # noqa: F401
from ser_core.corpora.protocols import speakers as _speakers  # noqa: F401
from ser_core.corpora.protocols import stratified as _stratified  # noqa: F401
from ser_core.corpora.protocols.base import PROTOCOLS, ProtocolConfig, SplitProtocol

__all__ = ["PROTOCOLS", "ProtocolConfig", "SplitProtocol"]
