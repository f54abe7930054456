"""Folds of every protocol: what must stand apart does, and what a score does not say is said."""

import math
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_core.corpora import CORPORA
from ser_core.corpora.folds import Draft, Fold, make_folds, people, untrained_labels
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.protocols.ravdess import (
    EMOBOX_FOLDS,
    LUNA_JIMENEZ_FOLDS,
    RAVDESS_20_FOLDS,
)
from ser_core.corpora.protocols.speakers import deal_speakers
from ser_core.corpora.splits import balance, protocol_folds, split_notes, split_words
from ser_core.errors import CorpusError, ParameterError, UnknownNameError

ACTORS = [f"{number:02}" for number in range(1, 25)]
PRESENT = [actor for actor in ACTORS if actor not in {"09", "14", "19", "22"}]
EMOTIONS = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]


def made(
    speakers: Sequence[str],
    corpus: str = "made",
    language: str = "en",
    emotions: Sequence[str] = ("angry", "calm", "sad"),
    clips: int = 3,
    session: str = "",
) -> pd.DataFrame:
    """Some clips of each emotion by each speaker; odd numbers are men."""
    rows = [
        {
            "clip": f"{corpus}/{session}{speaker}-{emotion}-{number}.wav",
            "corpus": corpus,
            "language": language,
            "speaker": speaker,
            "gender": "male" if int(speaker[-2:]) % 2 else "female",
            "emotion": emotion,
            "statement": f"statement {number % 2}",
            "session": session,
            "channel": "speech",
            "duration_s": 2.0,
            "problems": "",
        }
        for speaker in speakers
        for emotion in emotions
        for number in range(clips)
    ]
    return pd.DataFrame(rows)


def together(*tables: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)


def ravdess_table(actors: Sequence[str] = ACTORS, song: bool = True) -> pd.DataFrame:
    """Labels of RAVDESS as published: 60 clips of speech each, 44 of song but none by actor 18."""
    speech = together(
        *(made(actors, "ravdess", "en", [emotion], 4 if emotion == "neutral" else 8)
          for emotion in EMOTIONS)
    )  # fmt: skip
    if not song:
        return speech
    singers = [actor for actor in actors if actor != "18"]
    sung = together(
        *(made(singers, "ravdess", "en", [emotion], 4 if emotion == "neutral" else 8)
          for emotion in EMOTIONS[:6])
    )  # fmt: skip
    sung = sung.assign(channel="song", clip="song/" + sung["clip"])
    return together(speech, sung)


def several_corpora() -> pd.DataFrame:
    """Three corpora, two languages, five sessions in one of them, and two people called 01."""
    pairs = [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8"), ("9", "10")]
    sessions = together(
        *(
            made([f"{i}{man:0>2}", f"{i}{woman:0>2}"], "dyads", session=f"{i}")
            for i, (man, woman) in enumerate(pairs, start=1)
        )
    )
    return together(
        sessions,
        made(["01", "02", "03", "04"], "german", "de"),
        made(["01", "02", "03"], "ravdess", "en"),
    )


def unequal_speakers() -> pd.DataFrame:
    """Ten speakers, the first with twelve times the clips of the last, some without an emotion."""
    names = [f"{number:02}" for number in range(1, 11)]
    tables = [made([name], clips=max(1, 12 - 2 * i)) for i, name in enumerate(names)]
    table = together(*tables)
    return table[~(table["speaker"].isin(["09", "10"]) & table["emotion"].eq("sad"))].reset_index(
        drop=True
    )


def as_before(
    table: pd.DataFrame, num_folds: int, num_validation: int
) -> list[tuple[set[str], set[str], set[str]]]:
    """The dealing that all scores so far come from, written down once more."""
    pairs = table[["speaker", "gender"]].drop_duplicates("speaker")
    gender = dict(zip(pairs["speaker"], pairs["gender"], strict=True))
    dealt = sorted(gender, key=lambda s: (gender[s], s))
    count = min(num_folds, len(dealt))
    while len(dealt) - math.ceil(len(dealt) / count) < 2:
        count += 1
    return named_as_before(gender, [dealt[i::count] for i in range(count)], num_validation)


def named_as_before(
    gender: dict[str, str], groups: Sequence[Sequence[str]], num_validation: int
) -> list[tuple[set[str], set[str], set[str]]]:
    folds = []
    for i, test in enumerate(groups):
        others = [s for step in range(1, len(groups)) for s in groups[(i + step) % len(groups)]]
        others += sorted(set(gender) - {s for group in groups for s in group})
        seen: Counter[str] = Counter()
        rank = {}
        for s in others:
            rank[s] = seen[gender[s]]
            seen[gender[s]] += 1
        validation = sorted(others, key=lambda s: rank[s])[: min(num_validation, len(others) - 1)]
        folds.append((set(others) - set(validation), set(validation), set(test)))
    return folds


def sides(folds: Sequence[Fold]) -> list[tuple[set[str], set[str], set[str]]]:
    return [
        (set(f.train_speakers), set(f.validation_speakers), set(f.test_speakers)) for f in folds
    ]


TABLES = {
    "ravdess": ravdess_table(),
    "ravdess without four actors": ravdess_table(PRESENT),
    "several corpora": several_corpora(),
    "unequal speakers": unequal_speakers(),
    "one gender": made(["01", "03", "05", "07"]),
    "three speakers": made(["01", "02", "03"]),
    "two speakers": made(["01", "02"]),
    "nobody known": made(["01", "02", "03"]).assign(speaker="", gender=""),
    "some not known": together(
        made(["01", "02", "03", "04"]), made(["05"]).assign(speaker="", gender="")
    ),
    "a session each speaker comes back to": together(
        made(["01", "02"], session="1"), made(["01", "02"], session="2")
    ),
    "a rare emotion": together(
        made(["01", "02", "03"]), made(["02"], emotions=["disgust"], clips=1)
    ),
    "six clips": made(["01", "02", "03"], emotions=["angry", "sad"], clips=1),
    "two clips": made(["01"], emotions=["sad"], clips=2),
}


ONE_KIND = set(TABLES) - {"several corpora"}
FEW_SPEAKERS = {
    *("two speakers", "nobody known", "two clips", "a session each speaker comes back to")
}
NO_ACTORS = set(TABLES) - {"ravdess", "ravdess without four actors", "several corpora"}
REFUSED = {
    "emobox": NO_ACTORS,
    "leave-one-corpus-out": ONE_KIND,
    "leave-one-language-out": ONE_KIND,
    "leave-one-session-out": ONE_KIND - {"a session each speaker comes back to"},
    "loso": FEW_SPEAKERS,
    "luna-jimenez": NO_ACTORS,
    "ravdess-20": NO_ACTORS | {"several corpora"},
    "speaker-independent": FEW_SPEAKERS,
    "stratified-holdout": {"two clips"},
    "stratified-kfold": {"two clips"},
}
"""Which tables a protocol cannot split."""

ACCEPTED = [(name, which) for name in REFUSED for which in TABLES if which not in REFUSED[name]]


@cache
def split(name: str, which: str) -> list[Fold]:
    return protocol_folds(TABLES[which], name, 5, 2, 0)


def test_every_protocol_is_tried() -> None:
    assert sorted(REFUSED) == PROTOCOLS.names()


@pytest.mark.parametrize(("name", "which"), ACCEPTED)
class TestEveryProtocol:
    """Whatever the table, a protocol keeps its promises."""

    def test_parts_are_disjoint_and_no_clip_is_tested_twice(self, name: str, which: str) -> None:
        tested: Counter[str] = Counter()
        for fold in split(name, which):
            parts = [fold.train, fold.validation, fold.test]
            assert all(parts)
            clips = [clip for part in parts for clip in part]
            assert len(set(clips)) == len(clips)
            assert set(clips) <= set(TABLES[which]["clip"])
            assert fold.protocol == name
            tested.update(fold.test)
        assert set(tested.values()) == {1}

    def test_every_clip_is_tested_once_or_the_notes_say_why_not(
        self, name: str, which: str
    ) -> None:
        folds = split(name, which)
        tested = {clip for fold in folds for clip in fold.test}
        if name == "stratified-holdout":
            assert len(tested) == pytest.approx(len(TABLES[which]) / 5, abs=1)
        elif tested != set(TABLES[which]["clip"]):
            never = ("left out", "not tested", "never tested", "absent")
            assert any(word in note for note in split_notes(folds) for word in never)

    def test_speakers_stand_apart_where_that_is_promised(self, name: str, which: str) -> None:
        for fold in split(name, which):
            if PROTOCOLS.get(name).speakers_apart:
                assert fold.speakers_apart
            if fold.speakers_apart:
                heard = {*fold.train_speakers, *fold.validation_speakers}
                assert heard.isdisjoint(fold.test_speakers)
                assert split_words([fold]) == "1 speaker-independent fold"
            else:
                assert "speakers are mixed" in split_words([fold])
                assert "speaker-independent" not in split_words([fold])
            if not any("validation clips are drawn" in note for note in fold.notes):
                apart = set(fold.validation_speakers).isdisjoint(fold.train_speakers)
                assert apart or name.startswith(("stratified", "leave-one-session"))

    def test_speakers_are_those_of_the_clips(self, name: str, which: str) -> None:
        table = TABLES[which]
        voice = dict(zip(table["clip"], people(table), strict=True))
        for fold in split(name, which):
            assert {voice[clip] for clip in fold.train} - {""} == set(fold.train_speakers)
            assert {voice[clip] for clip in fold.validation} - {""} == set(fold.validation_speakers)
            assert {voice[clip] for clip in fold.test} - {""} == set(fold.test_speakers)

    def test_a_seed_is_all_that_it_depends_on(self, name: str, which: str) -> None:
        again = protocol_folds(TABLES[which], name, 5, 2, 0)
        assert split(name, which) == again
        assert [fold.key for fold in again] == [fold.key for fold in split(name, which)]
        if name.startswith("stratified") and len(TABLES[which]) > 20:
            assert again != protocol_folds(TABLES[which], name, 5, 2, 1)


@pytest.mark.parametrize(
    ("name", "which", "reason"),
    [
        ("speaker-independent", "two speakers", "at least 3 speakers .* got 2"),
        ("loso", "two speakers", "at least 3 speakers .* got 2"),
        ("loso", "nobody known", "got 0; stratified-kfold does without"),
        ("luna-jimenez", "one gender", "tests actors of ravdess: .* it has made"),
        ("emobox", "unequal speakers", "tests actors of ravdess: .* it has made"),
        ("ravdess-20", "several corpora", "04, .* 24 not in the corpus; it has 01, 02, 03"),
        ("leave-one-session-out", "ravdess", "more than one session among the clips, got none"),
        ("leave-one-corpus-out", "ravdess", "more than one corpus .* got one, ravdess"),
        ("leave-one-language-out", "ravdess", "more than one language .* got one, en"),
        ("stratified-kfold", "two clips", "at least 4 clips"),
    ],
)
def test_a_refusal_says_what_is_missing(name: str, which: str, reason: str) -> None:
    with pytest.raises(CorpusError, match=reason):
        split(name, which)


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_cannot_be_split_is_refused(name: str) -> None:
    for which in REFUSED[name]:
        with pytest.raises(CorpusError):
            split(name, which)


# Speakers


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


# Named folds


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


# Groups


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


# Clips


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


# All


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
