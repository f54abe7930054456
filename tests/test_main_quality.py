"""`quality` on the command line."""

import json
from pathlib import Path

import pandas as pd
import pytest
import soundfile

from ser_core.__main__ import main
from tests.conftest import SAMPLING_RATE, speech_like

NAMES = [f"03-01-0{emotion}-01-01-01-0{actor}.wav" for actor in (1, 2) for emotion in (3, 5)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four clips, of which two are one sound."""
    for number, name in enumerate(NAMES):
        clip = speech_like(1.0, seed=max(1, number))
        soundfile.write(tmp_path / name, clip, SAMPLING_RATE)
    return tmp_path


def test_findings_are_printed_as_json_and_written_as_csv(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "found.csv"
    arguments = ["quality", "--corpus", f"ravdess={root}", "--out", str(out)]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["corpus"], found["clips"], found["severe"]) == ("ravdess", 4, 2)
    assert found["counts"] == {"duplicate": 2}
    assert [each["clip"] for each in found["findings"]] == NAMES[:2]
    assert pd.read_csv(out)["kind"].tolist() == ["Same audio"] * 2
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("4 clips, 2 findings\n       2  Same audio (severe)\n")
    assert f"{NAMES[0]}: the same sound as {NAMES[1]}" in printed


def test_no_place_for_the_file_is_said_before_clips_are_read(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "nowhere" / "found.csv"
    assert main(["quality", "--corpus", f"ravdess={root}", "--out", str(out)]) == 1
    assert "--out:" in capsys.readouterr().err
    assert main(["quality", "--corpus", f"ravdess={root}", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"--out: {tmp_path} is a folder; name a file in it, such as " in said
    assert "findings.csv" in said


def test_a_folder_that_may_not_be_written_is_said_before_clips_are_read(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["quality", "--corpus", f"ravdess={root}", "--out", str(tmp_path / "found.csv")]
    said = f"ser_core quality: --out: nothing may be written into {tmp_path}; choose another folder"
    with monkeypatch.context() as patch:
        patch.setattr("os.access", lambda *_: False)
        assert main(arguments) == 1
    assert capsys.readouterr().err == f"{said}\n"

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)  # what only the attempt shows
    assert main(arguments) == 1
    assert capsys.readouterr().err == f"{said}\n"
