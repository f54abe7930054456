"""Who stands where in every fold."""

import numpy as np
import pandas as pd
import pytest

from ser_core.corpora.fold_grid import fold_grid
from ser_core.corpora.splits import protocol_folds
from ser_core.errors import ParameterError


@pytest.fixture
def table() -> pd.DataFrame:
    """Four clips of each of four speakers, who come to two sessions."""
    rows = [
        {"clip": f"{speaker}{take}", "speaker": speaker, "gender": gender, "emotion": emotion,
         "session": "1" if speaker in "ab" else "2"}
        for speaker, gender in zip("abcd", ("female", "male") * 2, strict=True)
        for take, emotion in enumerate(("sad", "happy") * 2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_speakers_apart_make_a_staircase(table: pd.DataFrame) -> None:
    folds = protocol_folds(table, "speaker-independent", 4, 1, 0)
    rows, counts = fold_grid(table, folds)
    assert counts.shape == (4, 4, 3)
    assert counts.sum(axis=(0, 2)).tolist() == [16] * 4
    assert (np.count_nonzero(counts, axis=2) == 1).all()
    assert [int(counts[row, row, 2]) for row in range(4)] == [4] * 4
    assert [rows[place] for place in range(4)] == [fold.test_speakers[0] for fold in folds]


def test_sessions_and_mixed_speakers(table: pd.DataFrame) -> None:
    rows, counts = fold_grid(table, protocol_folds(table, "loso", 0, 1, 0), "session")
    assert rows == ["1", "2"]
    assert counts[0, 0].sum() == 8
    folds = protocol_folds(table, "stratified-kfold", 2, 1, 0)
    assert (np.count_nonzero(fold_grid(table, folds).counts, axis=2) > 1).any()


def test_another_column_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="by: one of speaker, session"):
        fold_grid(table, [], "emotion")
