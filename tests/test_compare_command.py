"""`compare`: which run is better, in a sentence, a table and a document."""

import json
from pathlib import Path

import pytest

from ser_core.__main__ import main
from tests.reports.test_reports import write_run


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    place = tmp_path_factory.mktemp("runs")
    skills = {"weak": 0.3, "strong": 2.5, "fewer": 1.0}
    return [
        str(write_run(place / name, skill, seed, clips=174 if name == "fewer" else 180))
        for seed, (name, skill) in enumerate(skills.items())
    ]


def test_the_sentence_comes_first(folders: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *folders, "--reported"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("strong is ahead of weak by ")
    assert lines[0].endswith("on 180 clips of 6 speakers.")
    said = "weak and fewer are not comparable: they were tested on different clips or labels"
    assert any(line.startswith(said) for line in lines)
    assert any(line.startswith("weak - strong") and "< 0.001" in line for line in lines)
    assert any("McNemar takes clips for independent" in line for line in lines)


def test_an_ensemble_stands_as_one_more_run(
    folders: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["compare", *folders[:2], "--ensemble", "stack", "--json"]
    assert main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in found["runs"]] == ["weak", "strong", "stack of 2"]
    assert found["runs"][2]["members"] == ["weak", "strong"]
    assert len({run["tested"] for run in found["runs"]}) == 1
    assert len(found["pairs"]) == 3
    pair = found["pairs"][0]
    assert pair["uar"]["low"] < pair["uar"]["value"] < pair["uar"]["high"] < 0
    assert pair["agreement"]["clips"] == 180


def test_the_same_run_twice_is_refused(
    folders: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", folders[0], folders[0]]) == 1
    assert "runs must differ from each other" in capsys.readouterr().err
