"""Folds: no speaker on two sides, ever."""

from collections import Counter

import pandas as pd
import pytest

from ser_core.corpora.splits import (
    PROTOCOLS,
    RAVDESS_20,
    RAVDESS_20_FOLDS,
    protocol_folds,
    speaker_folds,
)
from ser_core.errors import CorpusError, UnknownNameError


def speakers(names: list[str]) -> pd.DataFrame:
    """Two clips a speaker; odd numbers are men."""
    rows = [(s, "male" if int(s) % 2 else "female") for s in names for _ in range(2)]
    return pd.DataFrame(rows, columns=["speaker", "gender"])


ACTORS = [f"{number:02}" for number in range(1, 25)]
PRESENT = [actor for actor in ACTORS if actor not in {"09", "14", "19", "22"}]


@pytest.mark.parametrize("count", [3, 4, 7, 20, 24])
@pytest.mark.parametrize("folds", [2, 5, 30])
def test_every_speaker_is_tested_once_and_stands_on_one_side(count: int, folds: int) -> None:
    names = ACTORS[:count]
    made = speaker_folds(speakers(names), folds)
    assert len(made) == (3 if count == 3 else min(folds, count))
    assert sorted(s for fold in made for s in fold.test) == names
    for fold in made:
        assert fold.train
        assert fold.validation
        assert Counter(fold.train + fold.validation + fold.test) == Counter(names)


def test_test_and_validation_speakers_are_balanced_by_gender() -> None:
    for fold in speaker_folds(speakers(ACTORS), 6):
        assert sorted(int(s) % 2 for s in fold.test) == [0, 0, 1, 1]
        assert sorted(int(s) % 2 for s in fold.validation) == [0, 1]


def test_the_named_folds_are_those_of_the_shipped_model() -> None:
    folds = protocol_folds(speakers(PRESENT), RAVDESS_20, 5, 2)
    assert tuple(fold.test for fold in folds) == RAVDESS_20_FOLDS
    assert folds[4].validation == ("01", "02")


def test_speakers_that_no_named_fold_tests_are_trained_on() -> None:
    folds = protocol_folds(speakers(ACTORS), RAVDESS_20, 5, 2)
    assert all({"09", "14", "19", "22"} <= set(fold.train) for fold in folds)


def test_named_folds_need_their_speakers() -> None:
    with pytest.raises(CorpusError, match="24 not in the corpus"):
        protocol_folds(speakers(PRESENT[:-1]), RAVDESS_20, 5, 2)


def test_two_speakers_are_too_few() -> None:
    with pytest.raises(CorpusError, match="at least 3 speakers.*got 2"):
        speaker_folds(speakers(["01", "02"]))


def test_an_unknown_protocol_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=", ".join(PROTOCOLS)):
        protocol_folds(speakers(ACTORS), "random", 5, 2)
