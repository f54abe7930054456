"""Who stands where in every fold: clips of each speaker, session or corpus in each part."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.corpora.folds import PARTS, Fold, column, people
from ser_core.errors import ParameterError

COLUMNS = ("speaker", "session", "corpus", "language")
"""What the rows of a grid may stand for."""


class FoldGrid(NamedTuple):
    """Clips counted by row, fold and part.

    Attributes:
        rows: names, those that the first fold tests first; "" stands for clips without a name.
        counts: (rows, folds, 3) clips; the parts are train, validation and test.
    """

    rows: list[str]
    counts: NDArray[np.int64]


def fold_grid(table: pd.DataFrame, folds: Sequence[Fold], by: str = "speaker") -> FoldGrid:
    """Count the clips of each row in each part of each fold.

    Args:
        table: what was split, with `clip` and the column `by`.
        folds: at least one.
        by: one of `COLUMNS`.

    Raises:
        ParameterError: `by` is another column.
    """
    if by not in COLUMNS:
        raise ParameterError(f"by: one of {', '.join(COLUMNS)}, got {by!r}")
    named = people(table) if by == "speaker" else column(table, by)
    codes, names = pd.factorize(named, sort=True)
    place = pd.Series(codes, index=table["clip"])
    counts = np.zeros((len(names), len(folds), len(PARTS)), np.int64)
    for number, fold in enumerate(folds):
        for part, name in enumerate(PARTS):
            rows = place[list(fold.clips(name))].to_numpy()
            counts[:, number, part] = np.bincount(rows, minlength=len(names))
    there = counts.sum(axis=(1, 2)) > 0
    # Rows that are tested in one fold only make a staircase; others follow by name.
    tested = counts[:, :, PARTS.index("test")] > 0
    first = np.where(tested.sum(axis=1) == 1, tested.argmax(axis=1), len(folds))
    order = [row for row in np.argsort(first, kind="stable") if there[row]]
    return FoldGrid([str(names[row]) for row in order], counts[order])
