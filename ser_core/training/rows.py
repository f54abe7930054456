"""Clips and their copies as rows of their own, as if each were a clip.

What copies give away when they are made before a split is measured so (`leak_meter`), and repeated
where an original did so (`faults.copies_before_split`). Everywhere else a copy never leaves its
clip.
"""

import numpy as np
import pandas as pd

from ser_core.training.examples import Examples
from ser_core.training.targets import Targets

COPY, PARENT = "copy", "parent"
"""Columns of a table of rows: which copy it is (0: the clip itself), and of which clip."""


def rows_of(table: pd.DataFrame, versions: int) -> pd.DataFrame:
    """A row for each clip and for each copy of it, in turn; copies have names of their own.

    Args:
        table: utterances.
        versions: of each clip, itself and its copies.

    >>> rows_of(pd.DataFrame({"clip": ["a.wav"]}), 2)["clip"].tolist()
    ['a.wav', 'a.wav, copy 1']
    """
    rows = table.loc[table.index.repeat(versions)].reset_index(drop=True)
    rows[COPY] = np.tile(np.arange(versions), len(table))
    is_copy = rows[COPY].gt(0)
    rows[PARENT] = rows["clip"].where(is_copy, "")
    numbered = rows["clip"] + ", copy " + rows[COPY].astype(str)
    rows["clip"] = rows["clip"].where(~is_copy, numbered)
    return rows


def copies_in(rows: pd.DataFrame) -> int:
    """How many rows of a table are copies."""
    return int(rows[COPY].gt(0).sum()) if COPY in rows else 0


def files_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with no file for copies, whose sound is in none: for what compares files."""
    if COPY not in rows:
        return rows
    return rows.assign(path=rows["path"].where(rows[COPY].eq(0), ""))


def examples_by_row(examples: Examples) -> Examples:
    """Each version of a clip as a clip that has but one, which is trained on and tested alike."""
    rows = {
        name: [clip[place : place + 1] for clip in clips for place in range(len(clip))]
        for name, clips in examples.versions.items()
    }
    versions = len(next(iter(examples.versions.values()))[0])
    return Examples(rows, rows, np.repeat(examples.speakers, versions))


def targets_by_row(targets: Targets, versions: int) -> Targets:
    """What is learned of each clip, for itself and its copies."""
    votes = None if targets.votes is None else np.repeat(targets.votes, versions, axis=0)
    return Targets(targets.heads, np.repeat(targets.values, versions, axis=0), votes)
