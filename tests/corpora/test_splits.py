"""Who is trained on, who validates and who is tested."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from ser_core.corpora.folds import Draft, make_folds, untrained_labels
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.protocols.speakers import deal_speakers
from ser_core.corpora.splits import balance, protocol_folds, split_notes, split_words
from ser_core.errors import CorpusError, ParameterError, UnknownNameError
from tests.corpora.split_tables import (
    ACTORS,
    PRESENT,
    TABLES,
    as_before,
    made,
    ravdess_table,
    several_corpora,
    sides,
    together,
    unequal_speakers,
)


@pytest.mark.parametrize("count", [3, 4, 7, 20, 24])
@pytest.mark.parametrize("wanted", [2, 5, 30])
def test_every_speaker_is_tested_once_and_stands_on_one_side(count: int, wanted: int) -> None:
    names = ACTORS[:count]
    folds = protocol_folds(made(names), "speaker-independent", wanted, 2, 0)
    assert len(folds) == (3 if count == 3 else min(wanted, count))
    assert sorted(s for fold in folds for s in fold.test_speakers) == names
    for train, validation, test in sides(folds):
        assert Counter([*train, *validation, *test]) == Counter(names)


def test_test_and_validation_speakers_are_balanced_by_gender() -> None:
    for fold in protocol_folds(made(ACTORS), "speaker-independent", 6, 2, 0):
        assert sorted(int(s) % 2 for s in fold.test_speakers) == [0, 0, 1, 1]
        assert sorted(int(s) % 2 for s in fold.validation_speakers) == [0, 1]


def test_too_few_speakers_for_the_folds_asked_for_are_said_so() -> None:
    folds = protocol_folds(made(ACTORS[:4]), "speaker-independent", 5, 2, 0)
    assert split_notes(folds) == ["folds reduced to 4: only 4 speakers"]
    folds = protocol_folds(made(ACTORS[:3]), "speaker-independent", 2, 2, 0)
    assert split_notes(folds) == [
        "3 folds instead of 2: with 3 speakers, a larger fold would leave nobody to train or to "
        "validate on",
        "validation speakers reduced to 1: only 2 are not tested",
    ]


def test_unequal_speakers_are_dealt_by_their_clips() -> None:
    table = unequal_speakers()
    folds = protocol_folds(table, "speaker-independent", 5, 1, 0)
    assert split_notes(folds) == ["speakers are dealt out by their clips, which are unequal"]
    assert sorted(s for fold in folds for s in fold.test_speakers) == sorted(set(table["speaker"]))
    assert spread(table, sides(folds)) < 0.6 * spread(table, as_before(table, 5, 1))
    assert all(not untrained_labels(table, fold) for fold in folds)


def spread(table: pd.DataFrame, folds: Sequence[tuple[set[str], set[str], set[str]]]) -> float:
    """How far test folds differ in clips, from the smallest to the largest."""
    sizes = [table["speaker"].isin(list(test)).sum() for _, _, test in folds]
    return float(np.ptp(sizes))


def test_random_corpora_are_never_dealt_worse_than_in_turn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        names = ACTORS[: rng.integers(4, 20)]
        table = together(*(made([name], clips=int(rng.integers(1, 15))) for name in names))
        groups, _ = deal_speakers(table, 4)
        assert sorted(s for group in groups for s in group) == names
        in_turn = as_before(table, 4, 1)
        sizes = [table["speaker"].isin(group).sum() for group in groups]
        assert np.ptp(sizes) <= spread(table, in_turn) + 15


def test_clips_of_nobody_known_are_left_out_of_speaker_folds() -> None:
    table = TABLES["some not known"]
    folds = protocol_folds(table, "loso", 5, 2, 0)
    assert split_notes(folds)[0] == "9 clips left out: nobody knows who speaks in them"
    everything = {c for fold in folds for c in fold.train + fold.validation + fold.test}
    assert everything == set(table.loc[table["speaker"].ne(""), "clip"])


def test_loso_holds_out_one_speaker_a_fold() -> None:
    folds = protocol_folds(made(ACTORS[:5]), "loso", 2, 2, 0)
    assert [fold.name for fold in folds] == [f"speaker {name}" for name in ACTORS[:5]]
    assert [fold.test_speakers for fold in folds] == [(name,) for name in ACTORS[:5]]


def test_one_corpus_is_tested_by_models_that_never_heard_it() -> None:
    table = several_corpora()
    folds = protocol_folds(table, "leave-one-corpus-out", 5, 2, 0)
    assert [fold.name for fold in folds] == ["corpus dyads", "corpus german", "corpus ravdess"]
    corpus = dict(zip(table["clip"], table["corpus"], strict=True))
    for fold in folds:
        assert len({corpus[clip] for clip in fold.test}) == 1
        assert corpus[fold.test[0]] not in {corpus[c] for c in fold.train + fold.validation}
        # Validation takes no training corpus away as a whole.
        assert {corpus[c] for c in fold.validation} <= {corpus[c] for c in fold.train}
        assert set(fold.train_speakers).isdisjoint(fold.validation_speakers)
        assert split_words([fold]) == "1 speaker-independent fold"


def test_a_corpus_of_one_speaker_is_not_lost_to_validation() -> None:
    table = together(made(["01"], "a"), made(["01"], "b"), made(["01"], "c"))
    for fold in protocol_folds(table, "leave-one-corpus-out", 5, 2, 0):
        assert len(fold.train_speakers) == 2
        assert "validation clips are drawn from those of the training speakers" in fold.notes[0]
        assert fold.speakers_apart


def test_one_language_is_tested_by_models_that_never_heard_it() -> None:
    folds = protocol_folds(several_corpora(), "leave-one-language-out", 5, 2, 0)
    assert [fold.name for fold in folds] == ["language de", "language en"]
    assert set(folds[0].test_speakers) == {f"german/{n:02}" for n in (1, 2, 3, 4)}


def test_one_session_is_tested_and_the_next_one_validates() -> None:
    table = several_corpora()
    folds = protocol_folds(table[table["corpus"].eq("dyads")], "leave-one-session-out", 5, 2, 0)
    assert [fold.name for fold in folds] == [f"session {number}" for number in range(1, 6)]
    assert folds[4].test_speakers == ("509", "510")
    assert folds[4].validation_speakers == ("101", "102")
    assert all(fold.speakers_apart for fold in folds)
    folds = protocol_folds(table, "leave-one-session-out", 5, 2, 0)
    assert "63 clips without a session are trained on and never tested" in split_notes(folds)


def test_sessions_of_two_corpora_are_not_one() -> None:
    table = together(made(["01", "02"], "a", session="1"), made(["03", "04"], "b", session="1"))
    folds = protocol_folds(table, "leave-one-session-out", 5, 2, 0)
    assert [fold.name for fold in folds] == ["session a/1", "session b/1"]


def test_speakers_who_come_back_to_other_sessions_are_said_to_be_mixed() -> None:
    table = TABLES["a session each speaker comes back to"]
    for fold in protocol_folds(table, "leave-one-session-out", 5, 2, 0):
        assert not fold.speakers_apart
        assert "speakers are mixed: 01, 02 are tested and trained on" in fold.notes


@pytest.mark.parametrize("seed", range(3))
def test_the_hold_out_has_every_emotion_in_its_share(seed: int) -> None:
    table = ravdess_table(song=False)
    (fold,) = protocol_folds(table, "stratified-holdout", 5, 2, seed)
    assert [len(fold.train), len(fold.validation), len(fold.test)] == [1038, 114, 288]
    emotion = table.set_index("clip")["emotion"]
    of_all = emotion.value_counts()
    for part, share in (("test", 0.2), ("validation", 0.08), ("train", 0.72)):
        counts = emotion[list(fold.clips(part))].value_counts()
        assert ((counts - share * of_all).abs() < 2).all()


def test_stratified_folds_are_even_by_emotion_channel_and_corpus() -> None:
    table = together(ravdess_table(), made(ACTORS[:5], "german", "de", clips=7))
    kinds = table.set_index("clip")[["emotion", "corpus", "channel"]].agg("|".join, axis=1)
    folds = protocol_folds(table, "stratified-kfold", 7, 2, 0)
    assert sorted(c for fold in folds for c in fold.test) == sorted(table["clip"])
    counts = pd.DataFrame([kinds[list(fold.test)].value_counts() for fold in folds]).fillna(0)
    assert (counts.max() - counts.min()).max() <= 1
    assert np.ptp([len(fold.test) for fold in folds]) <= 1


def test_a_single_clip_of_an_emotion_is_trained_on_and_said_so() -> None:
    table = TABLES["a rare emotion"]
    for name in ("stratified-kfold", "stratified-holdout"):
        folds = protocol_folds(table, name, 5, 2, 0)
        assert split_notes(folds) == [
            "trained on but not tested, as there is one clip only: disgust"
        ]
        assert all(not untrained_labels(table, fold) for fold in folds)


@pytest.mark.parametrize("seed", range(20))
def test_rare_emotions_always_have_a_training_clip(seed: int) -> None:
    table = together(made(["01", "02", "03"]), made(["02"], emotions=["disgust", "happy"], clips=2))
    for name in ("stratified-kfold", "stratified-holdout"):
        for fold in protocol_folds(table, name, 5, 2, seed):
            assert untrained_labels(table, fold) == []


def test_clips_that_cannot_be_used_stand_in_no_part() -> None:
    table = made(ACTORS[:6])
    table.loc[0, "problems"] = "empty file"
    table.loc[1, "emotion"] = ""
    for name in ("speaker-independent", "stratified-kfold"):
        for fold in protocol_folds(table, name, 5, 2, 0):
            parts = {*fold.train, *fold.validation, *fold.test}
            assert parts == set(table["clip"][2:])


def test_a_label_that_is_tested_but_not_trained_is_found() -> None:
    table = together(made(["01", "02"], "a"), made(["03", "04"], "b", emotions=["calm", "happy"]))
    folds = protocol_folds(table, "leave-one-corpus-out", 5, 1, 0)
    assert [untrained_labels(table, fold) for fold in folds] == [["sad", "angry"], ["happy"]]


def test_clip_names_must_be_unique() -> None:
    table = together(made(["01", "02", "03"]), made(["01"]))
    with pytest.raises(CorpusError, match="clip names must differ"):
        protocol_folds(table, "speaker-independent", 5, 2, 0)


def test_a_clip_on_two_sides_is_refused() -> None:
    table = made(["01"], emotions=["sad"])
    yes, no = np.array([True, True, False]), np.array([False, False, True])
    with pytest.raises(CorpusError, match="stands in two parts"):
        make_folds(table, "own", [Draft(yes, yes, no)])
    with pytest.raises(CorpusError, match="own, fold 'x': no clip is left for validation"):
        make_folds(table, "own", [Draft(yes, no & yes, no, "x")])


def test_an_unknown_protocol_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match=", ".join(PROTOCOLS.names())):
        protocol_folds(made(ACTORS), "random", 5, 2, 0)


def test_numbers_out_of_bounds_are_refused() -> None:
    with pytest.raises(ParameterError, match="folds: .* greater than or equal to 2"):
        protocol_folds(made(ACTORS), "speaker-independent", 1, 2, 0)


def test_balance_counts_what_each_part_holds() -> None:
    table = ravdess_table(PRESENT, song=False)
    folds = protocol_folds(table, "ravdess-20", 5, 2, 0)
    found = balance(table, folds)
    assert found[["fold", "part"]].to_numpy().tolist()[:3] == [
        [1, "train"], [1, "validation"], [1, "test"]
    ]  # fmt: skip
    first = found[found["fold"].eq(1)].set_index("part")
    assert first["clips"].tolist() == [840, 120, 240]
    assert first["speakers"].tolist() == [14, 2, 4]
    assert first.loc["test", ["female", "male", "unknown", "neutral", "angry"]].tolist() == [
        120, 120, 0, 16, 32
    ]  # fmt: skip
    assert first.loc["test", "duration_s"] == pytest.approx(480.0)
    assert found.groupby("fold")["clips"].sum().eq(len(table)).all()
