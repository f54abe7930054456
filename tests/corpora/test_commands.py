"""Corpora on the command line: every one is read, several at once, with a choice of labels."""

import json
from pathlib import Path

import pytest

from ser_core.__main__ import main
from tests.corpora import made


def document(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", sorted(made.MAKERS))
def test_every_corpus_is_indexed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = document(capsys, "index", name, made.MAKERS[name](tmp_path))
    assert found["corpus"] == name
    left_out = len(found["problems"])
    assert found["clips"] == sum(found["labels"].values()) + left_out >= 2
    assert left_out == found["left_out"].get("another file is the same clip", 0)
    assert found["speakers"] >= 2
    used = sum(found["emotions"].values()) + sum(found["unmapped"].values())
    assert used == found["clips"] - left_out
    assert all(item["problem"].startswith("same clip as") for item in found["problems"])


def test_labels_that_mean_nothing_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = made.iemocap(tmp_path)
    assert document(capsys, "index", "iemocap", root)["unmapped"] == {"oth": 1, "xxx": 1}
    assert main(["index", "iemocap", str(root)]) == 0
    printed = capsys.readouterr().out
    assert "1 clip with the label 'xxx', which is not mapped to an emotion" in printed


def test_what_is_there_twice_is_counted_once_and_summed_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = made.tess(tmp_path)
    made.write_clips(root, (f"third/OAF_{word}_sad.wav" for word in ("back", "dog", "hat", "pen")))
    assert main(["index", "tess", str(root)]) == 0
    words = capsys.readouterr().out
    assert words.startswith(
        "tess: 20 clips of 2 speakers; 9 left out: 9 (another file is the same clip)\n"
    )
    assert "  sad             4\n" in words


def test_labels_that_are_no_emotions_are_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.write_clips(tmp_path, ("a.wav", "b.wav", "c.wav"))
    made.write_table(tmp_path / "t.csv", [["f", "text"], ["a.wav", "ok"], ["b.wav", "sad"]])
    asked = ["index", "labelled_folder", str(tmp_path), "--set", "label_column=text"]
    assert main(asked) == 0
    words = capsys.readouterr().out
    assert "ok              1  no known emotion: a label of its own\n" in words
    assert "sad             1\n" in words


def test_a_folder_of_ones_own_takes_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made.write_clips(tmp_path, ("a.wav", "b.wav"))
    rows = [["f", "acted", "heard"], ["a.wav", "sad", "joy"], ["c.wav", "sad", "sad"]]
    made.write_table(tmp_path / "t.csv", rows)
    settings = ["--set", "label_column=heard", "--set", "speaker_pattern=^(.)"]
    found = document(capsys, "index", "labelled_folder", tmp_path, *settings)
    assert (found["emotions"], found["speakers"]) == ({"happy": 1}, 2)
    assert "1 row without a clip, such as c.wav" in found["notes"][0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["index", "emodb", ".", "--set", "table=x"],
            "--set table is not known; there",
        ),
        (["index", "labelled_folder", ".", "--set", "table"], "--set: expected KEY=VALUE"),
        (["index", "labelled_folder", ""], "DIR: nothing given"),
        (["evaluate", "default", "--corpus", "emodb=x", "--labels", "a.toml"], "(No such file or"),
        (["train", "studio", "--corpus", "emodb=x", "--labels", "four"], "labels 'four' are not"),
        (["evaluate", "default", "--corpus", "emodb=x", "--map", "a"], "expected LABEL=EMOTION"),
        (["splits", "--corpus", "emodb=x", "--corpus", "nope=y"], "corpus 'nope' is not known"),
    ],
)
def test_a_mistake_is_one_line_and_a_status(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.count("\n") == 1


class TestScores:
    @pytest.fixture
    def corpora(self, tmp_path: Path) -> list[str]:
        made.emodb(tmp_path / "a")
        made.cafe(tmp_path / "b")
        return ["--corpus", f"emodb={tmp_path / 'a'}", "--corpus", f"cafe={tmp_path / 'b'}"]

    def test_several_corpora_are_scored_together(
        self, corpora: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = document(capsys, "evaluate", "default", *corpora)
        assert found["corpus"] == "cafe+emodb"
        assert found["clips"] == 14
        assert found["left_out"] == {"the model has no label bored": 1}
        assert found["label_map"] == {"name": "", "map": {}, "only_these": False}
        assert found["known_speakers"] == []

    def test_labels_are_mapped_and_what_is_left_out_is_said(
        self, corpora: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked = ["--labels", "iemocap-4", "--map", "boredom=neutral"]
        found = document(capsys, "evaluate", "default", *corpora, *asked)
        assert found["clips"] == 10
        assert found["label_map"]["name"] == "iemocap-4, boredom=neutral"
        assert found["left_out"] == {
            "label 'disgust' is not mapped to an emotion": 2,
            "label 'fear' is not mapped to an emotion": 2,
            "label 'surprise' is not mapped to an emotion": 1,
        }
        assert main(["evaluate", "default", *corpora, *asked]) == 0
        words = capsys.readouterr().out
        assert "left out: 2 (label 'fear' is not mapped to an emotion)" in words
        assert "on cafe+emodb: 10 speech clips of " in words
        assert "corpus; none of its speakers was in its training" in words
        assert "excited counts as happy, boredom counts as neutral, whatever is not" in words
