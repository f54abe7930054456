"""What holds of every protocol, on every table that it accepts, and what it refuses."""

from collections import Counter
from functools import cache

import pytest

from ser_core.corpora.folds import Fold, people
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.splits import protocol_folds, split_notes, split_words
from ser_core.errors import CorpusError
from tests.corpora.split_tables import ACCEPTED, REFUSED, TABLES


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
