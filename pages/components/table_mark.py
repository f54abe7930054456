"""A short name of what a corpus' table says and of the files it speaks of, to know work done by."""

import os
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

_KEPT = "table_mark"  # (a table, its marks by columns), so that each is worked out once


def mark(table: pd.DataFrame, columns: Sequence[str]) -> str:
    """Another word where a value in these columns, or the file of a clip, is another.

    Worked out once for as long as the same table is shown; a corpus whose files changed gets a new
    one.

    Args:
        table: all clips of a corpus.
        columns: what the work depends on.
    """
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] is not table:
        kept = st.session_state[_KEPT] = (table, {})
    marks: dict[tuple[str, ...], str] = kept[1]
    asked = tuple(columns)
    if asked not in marks:
        rows = pd.util.hash_pandas_object(table[list(asked)].assign(_file=_files(table)))
        marks[asked] = f"{int(rows.sum()):x}"
    return marks[asked]


def _files(table: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    """Size and time of every clip's file as one number; no file is opened."""
    return np.fromiter((_file(path) for path in table["path"]), np.uint64, len(table))


def _file(path: str) -> int:
    try:
        found = os.stat(path)
    except OSError:
        return 0
    return hash((found.st_size, found.st_mtime_ns)) & (2**64 - 1)
