"""Folds with names: those of all scores so far, and those that papers name."""

from pathlib import Path

import pytest

from ser_core.corpora import CORPORA
from ser_core.corpora.protocols.ravdess import (
    EMOBOX_FOLDS,
    LUNA_JIMENEZ_FOLDS,
    RAVDESS_20_FOLDS,
)
from ser_core.corpora.splits import protocol_folds, split_notes
from ser_core.errors import CorpusError
from tests.corpora.split_tables import (
    ACTORS,
    PRESENT,
    as_before,
    made,
    named_as_before,
    ravdess_table,
    sides,
    together,
)


@pytest.mark.parametrize("song", [False, True])
@pytest.mark.parametrize("actors", [ACTORS, PRESENT], ids=["all 24", "20 of them"])
@pytest.mark.parametrize("num_validation", [2, 3])
def test_folds_of_ravdess_are_those_of_all_scores_so_far(
    song: bool, actors: list[str], num_validation: int
) -> None:
    table = ravdess_table(actors, song)
    for num_folds in (2, 3, 5, 6, 7, 10, 24):
        folds = protocol_folds(table, "speaker-independent", num_folds, num_validation, 0)
        assert sides(folds) == as_before(table, num_folds, num_validation)
    gender = {actor: "male" if int(actor) % 2 else "female" for actor in actors}
    folds = protocol_folds(table, "ravdess-20", 5, num_validation, 0)
    assert sides(folds) == named_as_before(gender, RAVDESS_20_FOLDS, num_validation)


def test_folds_of_the_real_corpus_are_those_of_all_scores_so_far(ravdess: Path) -> None:
    table = CORPORA.get("ravdess")().index(ravdess)
    for num_folds in (2, 5, 6, 20):
        folds = protocol_folds(table, "speaker-independent", num_folds, 2, 0)
        assert sides(folds) == as_before(table, num_folds, 2)


def test_folds_of_the_synthetic_corpus_are_those_of_all_scores_so_far(
    synthetic_corpus: Path,
) -> None:
    table = CORPORA.get("synthetic")().index(synthetic_corpus)
    for num_folds in range(2, 8):
        folds = protocol_folds(table, "speaker-independent", num_folds, 2, 0)
        assert sides(folds) == as_before(table, num_folds, 2)


def test_the_named_folds_are_those_of_the_shipped_model() -> None:
    folds = protocol_folds(ravdess_table(PRESENT), "ravdess-20", 5, 2, 0)
    assert tuple(fold.test_speakers for fold in folds) == RAVDESS_20_FOLDS
    assert folds[4].validation_speakers == ("01", "02")
    assert split_notes(folds) == []


def test_speakers_that_no_named_fold_tests_are_trained_on() -> None:
    folds = protocol_folds(ravdess_table(), "ravdess-20", 5, 2, 0)
    assert all({"09", "14", "19", "22"} <= set(fold.train_speakers) for fold in folds)
    assert split_notes(folds) == ["never tested, as the folds do not name them: 09, 14, 19, 22"]


def test_the_shipped_models_folds_need_all_their_actors() -> None:
    with pytest.raises(CorpusError, match="24 not in the corpus"):
        protocol_folds(ravdess_table(PRESENT[:-1]), "ravdess-20", 5, 2, 0)


@pytest.mark.parametrize(
    ("name", "groups", "first"),
    [("luna-jimenez", LUNA_JIMENEZ_FOLDS, "F0"), ("emobox", EMOBOX_FOLDS, "EmoBox 1")],
)
def test_named_folds_test_the_actors_that_the_paper_names(
    name: str, groups: tuple[tuple[str, ...], ...], first: str
) -> None:
    assert sorted(actor for group in groups for actor in group) == ACTORS
    folds = protocol_folds(ravdess_table(), name, 5, 2, 0)
    assert tuple(fold.test_speakers for fold in folds) == groups
    assert folds[0].name == first
    assert split_notes(folds) == []
    partial = protocol_folds(ravdess_table(PRESENT), name, 5, 2, 0)
    assert split_notes(partial) == ["partial: actors 09, 14, 19, 22 absent"]
    assert [set(fold.test_speakers) for fold in partial] == [
        set(group) & set(PRESENT) for group in groups
    ]


def test_a_named_fold_without_actors_is_left_out_and_named() -> None:
    folds = protocol_folds(ravdess_table(["01", "03", "04", "06", "08"]), "luna-jimenez", 5, 2, 0)
    assert [fold.name for fold in folds] == ["F1", "F3", "F4"]
    assert "left out, as none of their actors is there: F0, F2" in split_notes(folds)


def test_named_folds_know_their_actors_among_several_corpora() -> None:
    table = together(ravdess_table(song=False), made(["01", "02"], "german", "de"))
    folds = protocol_folds(table, "luna-jimenez", 5, 2, 0)
    assert folds[4].test_speakers == ("ravdess/01", "ravdess/04", "ravdess/09", "ravdess/22")
    assert {"german/01", "german/02"} <= set(folds[4].train_speakers)
