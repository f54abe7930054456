"""RAVDESS in its published layout: names to labels, broken files to problems."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_core.corpora import COLUMNS, CORPORA
from ser_core.corpora.ravdess import parse_name
from ser_core.errors import CorpusError

RATE = 48_000


def write(path: Path, duration_s: float = 0.5, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    samples = rng.uniform(-0.1, 0.1, (round(duration_s * RATE), channels))
    soundfile.write(path, samples, RATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "RAVDESS"
    write(root / "Audio_Speech_Actors_01-24" / "Actor_12" / "03-01-05-02-01-02-12.wav", channels=2)
    write(root / "Audio_Song_Actors_01-24" / "Actor_01" / "03-02-02-01-02-01-01.flac")
    return root


def index(root: Path) -> pd.DataFrame:
    return CORPORA.get("ravdess")().index(root)


def test_labels_come_from_the_name(folder: Path) -> None:
    table = index(folder)
    assert tuple(table.columns) == COLUMNS
    song, speech = table.to_dict("records")
    assert (song["channel"], speech["channel"]) == ("song", "speech")
    assert speech["clip"] == "Audio_Speech_Actors_01-24/Actor_12/03-01-05-02-01-02-12.wav"
    assert (speech["speaker"], speech["gender"]) == ("12", "female")
    assert (song["speaker"], song["gender"]) == ("01", "male")
    assert (speech["emotion"], speech["intensity"], speech["repetition"]) == ("angry", "strong", 2)
    assert (song["label"], song["emotion"]) == ("calm", "calm")
    assert (speech["session"], speech["style"], speech["votes"]) == ("", "", "")
    assert table[["valence", "arousal", "dominance"]].isna().all(axis=None)
    assert song["statement"] == "Dogs are sitting by the door"
    assert (speech["duration_s"], speech["sampling_rate"]) == (0.5, RATE)
    assert set(table["problems"]) == {""}
    assert soundfile.info(speech["path"]).channels == 2


def test_files_of_another_kind_are_passed_over(folder: Path) -> None:
    write(folder / "notes.wav")
    write(folder / "Actor_12" / "._03-01-05-02-01-01-12.wav")
    write(folder / "Actor_12" / "01-01-05-02-01-01-12.wav")  # the sound of a video
    write(folder / "Actor_12" / "03-01-09-02-01-01-12.wav")  # no such emotion
    assert len(index(folder)) == 2


def test_broken_clips_stay_in_the_table_with_their_problem(folder: Path) -> None:
    actor = folder / "Actor_02"
    write(actor / "03-01-01-01-01-01-02.wav", duration_s=0.1)
    (actor / "03-01-02-01-01-01-02.wav").touch()
    (actor / "03-01-03-01-01-01-02.wav").write_bytes(b"not a sound file" * 50)
    table = index(folder)
    by_name = dict(zip(table["clip"].map(lambda c: Path(c).stem), table["problems"], strict=True))
    assert by_name["03-01-01-01-01-01-02"] == "too short: 0.10 s, at least 0.3 s are needed"
    assert by_name["03-01-02-01-01-01-02"] == "empty file"
    assert "not readable as audio" in by_name["03-01-03-01-01-01-02"]


def test_a_corpus_unpacked_twice_is_counted_once(folder: Path) -> None:
    shutil.copytree(folder / "Audio_Song_Actors_01-24", folder / "copy" / "Audio_Song")
    table = index(folder)
    assert len(table) == 3
    marked = table.loc[table["problems"].ne("")]
    assert marked["clip"].tolist() == ["copy/Audio_Song/Actor_01/03-02-02-01-02-01-01.flac"]
    assert "same clip as Audio_Song_Actors_01-24" in marked["problems"].item()


def test_a_missing_or_foreign_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        index(tmp_path / "gone")
    write(tmp_path / "music.wav")
    with pytest.raises(CorpusError, match=r"music\.wav: this is a file; give the folder"):
        index(tmp_path / "music.wav")
    with pytest.raises(CorpusError, match="no RAVDESS clip found.*got 1 other sound file$"):
        index(tmp_path)


def test_progress_reaches_the_number_of_files(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    CORPORA.get("ravdess")().index(folder, lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, 2)
    assert seen[-1] == (2, 2)


@pytest.mark.parametrize("name", ["", "speech", "03-01-05-02-01-01", "3-1-5-2-1-1-12"])
def test_other_names_are_no_clips(name: str) -> None:
    assert parse_name(name) is None


def test_the_real_corpus_is_as_its_paper_says(ravdess: Path) -> None:
    table = index(ravdess)
    assert set(table["problems"]) == {""}
    speech = table[table["channel"] == "speech"].groupby("speaker")["emotion"].value_counts()
    assert set(speech[speech.index.get_level_values("emotion") == "neutral"]) == {4}
    assert set(speech[speech.index.get_level_values("emotion") != "neutral"]) == {8}
    assert set(table.loc[table["emotion"] == "neutral", "intensity"]) == {"normal"}
    song = table.loc[table["channel"] == "song", "emotion"]
    assert set(song) == {"neutral", "calm", "happy", "sad", "angry", "fearful"}
