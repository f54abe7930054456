"""A part of a split as a filter: the clips that train, validate or are tested in a fold."""

import json
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.corpora.folds import PARTS, Fold, usable
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.errors import ParameterError

_KEPT = 4  # splits whose clips are remembered


@dataclass(frozen=True)
class SplitPart:
    """One part of one fold.

    Attributes:
        protocol: as registered in `PROTOCOLS`.
        fold: from 1.
        part: one of `PARTS`.
        settings: of the protocol, as JSON with sorted keys; "" for the usual ones.
    """

    protocol: str
    fold: int
    part: str
    settings: str = ""

    def passing(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows of the table are in the part.

        Raises:
            SerError: the table cannot be split so, or has no such fold.
        """
        return _passing(SameTable(table), self)

    def words(self) -> str:
        """What it is, for people."""
        return f"{PROTOCOLS.get(self.protocol).title}, fold {self.fold}: {self.part}"


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """The table without categories, which make filters quick but cannot be joined as text can."""
    categories = table.select_dtypes("category").columns
    return table.astype(dict.fromkeys(categories, str))


class SameTable:
    """A table by its identity, so that what was computed of it can be found again."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table

    def __hash__(self) -> int:
        return id(self.table)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameTable) and other.table is self.table


@lru_cache(_KEPT)
def _folds(whole: SameTable, protocol: str, settings: str) -> list[Fold]:
    protocol_made = PROTOCOLS.create(protocol, **(json.loads(settings) if settings else {}))
    return protocol_made.folds(usable(as_text(whole.table)))


@lru_cache(_KEPT)
def _passing(whole: SameTable, wanted: SplitPart) -> NDArray[np.bool_]:
    if wanted.part not in PARTS:
        raise ParameterError(f"part: one of {', '.join(PARTS)}, got {wanted.part!r}")
    folds = _folds(whole, wanted.protocol, wanted.settings)
    if not 1 <= wanted.fold <= len(folds):
        raise ParameterError(f"fold: 1 to {len(folds)}, got {wanted.fold}")
    clips = folds[wanted.fold - 1].clips(wanted.part)
    return np.asarray(whole.table["clip"].isin(clips))
