"""The leak check finds what was planted, names it, and finds nothing where nothing is."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_core.corpora import CORPORA
from ser_core.corpora.folds import Fold
from ser_core.corpora.leaks import leak_check, recordings
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.splits import protocol_folds
from ser_core.errors import CorpusError


def table_of(*clips: str, speaker: str = "01", emotion: str = "sad") -> pd.DataFrame:
    return pd.DataFrame(
        {"clip": clips, "speaker": speaker, "gender": "female", "emotion": emotion, "statement": ""}
    )


@pytest.fixture
def four_people(tmp_path: Path) -> pd.DataFrame:
    """Four speakers with four files each, all different."""
    rng = np.random.default_rng(0)
    rows = []
    for speaker in ("01", "02", "03", "04"):
        for number in range(4):
            path = tmp_path / f"{speaker}-{number}.wav"
            soundfile.write(path, rng.uniform(-0.5, 0.5, 800), 16_000)
            rows.append((path.name, str(path), speaker, "sad" if number % 2 else "happy"))
    table = pd.DataFrame(rows, columns=["clip", "path", "speaker", "emotion"])
    return table.assign(gender="female", corpus="made", statement="")


def apart(table: pd.DataFrame) -> list[Fold]:
    return protocol_folds(table, "loso", 5, 1, 0)


def test_nothing_is_found_where_nothing_is(four_people: pd.DataFrame) -> None:
    check = leak_check(four_people, apart(four_people))
    assert not check.leaks
    assert check.sentence == (
        "no leak: no speaker, no audio and no augmented copy stands on both sides"
    )
    assert check.clips.empty
    assert check.table["shared"].eq(0).all()
    assert len(check.table) == 4 * 3 * 5  # every fold, pair of sides and kind was compared


def test_speakers_on_both_sides_are_counted(four_people: pd.DataFrame) -> None:
    folds = protocol_folds(four_people, "stratified-kfold", 4, 2, 0)
    check = leak_check(four_people, folds)
    assert check.leaks
    assert check.sentence == "leaks: 4 of 4 speakers stand on both sides"


def test_statements_are_reported_but_are_no_leak(four_people: pd.DataFrame) -> None:
    table = four_people.assign(statement=["kids", "dogs"] * 8)
    check = leak_check(table, apart(table), compare_audio=False)
    assert not check.leaks
    assert check.sentence == (
        "no leak: no speaker and no augmented copy stands on both sides; 2 of 2 statements are "
        "said on both; audio was not compared"
    )
    said = check.table[check.table["what"].eq("statement") & check.table["side"].eq("test")]
    assert said["shared"].eq(2).all()
    assert said["clips"].eq(4).all()
    assert set(said["examples"]) == {"kids, dogs"}


def test_the_same_audio_under_two_names_is_found_in_any_format(four_people: pd.DataFrame) -> None:
    paths = four_people.set_index("clip")["path"]
    samples, rate = soundfile.read(paths["01-0.wav"], dtype="int16")
    soundfile.write(paths["03-2.wav"], samples, rate, format="FLAC")
    check = leak_check(four_people, apart(four_people))
    assert check.leaks
    assert check.sentence == (
        "leaks: 2 clips' audio stand on both sides; 2 clips' audio stand in training and "
        "validation, which chooses too late an epoch"
    )
    tested = check.clips[check.clips["side"].eq("test")]
    assert set(zip(tested["clip"], tested["other_clip"], strict=True)) == {
        ("01-0.wav", "03-2.wav"),
        ("03-2.wav", "01-0.wav"),
    }
    assert set(tested["what"]) == {"audio"}


def test_the_same_audio_on_one_side_is_no_leak(four_people: pd.DataFrame) -> None:
    paths = four_people.set_index("clip")["path"]
    shutil.copyfile(paths["01-0.wav"], paths["01-2.wav"])
    assert not leak_check(four_people, apart(four_people)).leaks


def test_files_that_are_gone_are_no_duplicates(four_people: pd.DataFrame) -> None:
    for path in four_people["path"][:6]:
        Path(path).unlink()
    assert not leak_check(four_people, apart(four_people)).leaks


def test_a_clip_that_is_tested_and_trained_on_is_found(four_people: pd.DataFrame) -> None:
    clips = tuple(four_people["clip"])
    fold = Fold(train=clips[8:], validation=clips[4:8], test=clips[:9])
    check = leak_check(four_people, [fold])
    assert check.sentence == (
        "leaks: 5 clips themselves, 2 of 3 speakers and 5 clips' audio stand on both sides"
    )
    assert len(check.clips[check.clips["what"].eq("clip") & check.clips["side"].eq("test")]) == 5
    once = Fold(train=clips[8:], validation=clips[5:8], test=clips[:5] + clips[8:9])
    assert "1 clip itself" in leak_check(four_people, [once], compare_audio=False).sentence


def test_speakers_who_only_validate_and_train_taint_no_test(four_people: pd.DataFrame) -> None:
    clips = tuple(four_people["clip"])
    check = leak_check(four_people, [Fold(clips[:10], clips[10:12], clips[12:])])
    assert not check.leaks
    assert check.sentence.endswith("; 1 speaker validates and trains")


def test_the_same_samples_in_training_and_validation_are_said(four_people: pd.DataFrame) -> None:
    paths = four_people.set_index("clip")["path"]
    shutil.copyfile(paths["01-0.wav"], paths["03-0.wav"])
    clips = tuple(four_people["clip"])
    check = leak_check(four_people, [Fold(clips[:8], clips[8:12], clips[12:])])
    assert not check.leaks
    assert check.sentence == (
        "no leak: no speaker, no audio and no augmented copy stands on both sides; 1 clip's audio "
        "stands in training and validation, which chooses too late an epoch"
    )


def test_unknown_speakers_are_not_called_apart(four_people: pd.DataFrame) -> None:
    table = four_people.assign(speaker="")
    check = leak_check(table, protocol_folds(table, "stratified-kfold", 4, 2, 0))
    assert check.sentence == (
        "no leak: no audio and no augmented copy stands on both sides; nobody knows who speaks in "
        "16 of the tested clips"
    )


@pytest.mark.parametrize(
    "copy",
    [
        *("a_noise.wav", "a-pitch.wav", "a_stretch_0.9.wav", "a_pitch_-2.wav", "a_aug1.wav"),
        *("a (1).wav", "copies/a_noise_2.wav", "a_noise_pitch2st.wav", "A_Noisy.WAV", "a copy.wav"),
    ],
)
def test_augmented_copies_are_known_by_their_names(copy: str) -> None:
    table = table_of("a.wav", copy, "b.wav")
    assert recordings(table).ne("").tolist() == [True, True, False]
    check = leak_check(table, [Fold(("a.wav",), ("b.wav",), (copy,))])
    assert "1 augmented copy" in check.sentence
    assert check.clips.loc[0, ["what", "clip", "other_clip"]].tolist() == ["copy", copy, "a.wav"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a1.wav", "a2.wav"),
        ("03-01-05-01-01-01-12.wav", "03-01-05-01-01-02-12.wav"),
        ("OAF_noise_sad.wav", "OAF_pitch_sad.wav"),
        ("Ses01F_impro01_F000.wav", "Ses01F_impro01_F001.wav"),
        ("1001_DFA_ANG_XX.wav", "1001_IEO_ANG_HI.wav"),
        ("noise.wav", "noisy.wav"),
        ("angry (1).wav", "angry (20).wav"),  # so the Explorer names what is renamed together
    ],
)
def test_names_of_published_clips_are_not_taken_for_copies(one: str, other: str) -> None:
    assert recordings(table_of(one, other)).eq("").all()


def test_copies_of_numbered_recordings_are_known() -> None:
    table = table_of("a (1).wav", "a (1)_noise.wav", "a (2).wav", "b_noise.wav", "b_noise (1).wav")
    found = recordings(table)
    assert found.ne("").tolist() == [True, True, False, True, True]
    assert found[0] == found[1] != found[3] == found[4]
    of_another = table_of("a.wav", speaker="02")
    assert recordings(pd.concat([of_another, table[:1], table[2:3]])).eq("").all()


def test_copies_need_the_same_speaker_and_emotion() -> None:
    tables = [table_of("sad/1.wav"), table_of("happy/1_noise.wav", emotion="happy")]
    assert recordings(pd.concat(tables, ignore_index=True)).eq("").all()


def test_augmented_copies_are_known_by_their_declared_parents() -> None:
    table = table_of("x.wav", "y.wav", "z.wav").assign(parent=["", "x.wav", ""])
    assert recordings(table).ne("").tolist() == [True, True, False]
    gone = table.assign(parent=["", "lost.wav", "lost.wav"])  # two copies, and no original
    assert recordings(gone).ne("").tolist() == [False, True, True]


@pytest.mark.parametrize("name", PROTOCOLS.names())
def test_what_a_protocol_promises_the_check_confirms(name: str, synthetic_corpus: Path) -> None:
    table = CORPORA.get("synthetic")().index(synthetic_corpus)
    table = table.assign(
        corpus=np.where(table["speaker"].isin(["01", "02"]), "other", "ravdess"),
        language=np.where(table["speaker"].isin(["01", "02"]), "de", "en"),
        session=(table["speaker"].astype(int) + 1) // 2,
    )
    try:
        folds = protocol_folds(table, name, 3, 1, 0)
    except CorpusError:
        assert name == "ravdess-20"  # it needs twenty actors
        return
    check = leak_check(table, folds)
    mixed = not PROTOCOLS.get(name).speakers_apart and name.startswith("stratified")
    assert check.leaks == mixed
    assert ("6 of 6 speakers" in check.sentence) == mixed
    assert "2 of 2 statements are said on both" in check.sentence
