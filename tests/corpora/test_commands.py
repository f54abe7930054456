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
    assert found["clips"] == sum(found["labels"].values()) >= 2
    assert found["speakers"] >= 2
    assert sum(found["emotions"].values()) + sum(found["unmapped"].values()) == found["clips"]
    assert all(item["problem"].startswith("same clip as") for item in found["problems"])


def test_labels_that_mean_nothing_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = made.iemocap(tmp_path)
    assert document(capsys, "index", "iemocap", root)["unmapped"] == {"oth": 1, "xxx": 1}
    assert main(["index", "iemocap", str(root)]) == 0
    printed = capsys.readouterr().out
    assert "1 clip with the label 'xxx', which is not mapped to an emotion" in printed


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
        assert "left out: 2 (label 'fear' is not mapped to an emotion)" in capsys.readouterr().out
