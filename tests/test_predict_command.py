"""`predict` with several models, heads beside emotion, and changed versions."""

import json
from pathlib import Path

import pytest

from ser_core.__main__ import main
from tests.inference.handmade import HEADS, make_model


def test_several_models_say_all_they_can_in_several_versions(
    speech_wav: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads = make_model(tmp_path / "heads", 1, heads=HEADS, card={})
    models = ["--model", str(heads), "--model", "default"]
    command = ["predict", str(speech_wav), *models, "--test-copies", "2"]
    assert main([*command, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in rows] == ["heads", "default"]
    assert list(rows[0]["further"]) == list(HEADS)
    assert rows[1]["further"] == {}
    assert [len(row["versions"]) for row in rows] == [3, 3]

    assert main(command) == 0
    said = capsys.readouterr().out
    assert f"{speech_wav} [heads]: {rows[0]['emotion']} (" in said
    assert f"{speech_wav} [default]: {rows[1]['emotion']} (" in said
    assert f"valence {rows[0]['further']['valence']:.1f} of 1 (unpleasant) to 5 (pleasant)" in said
    assert "heard 3 times, as it is and in 2 changed versions: " in said

    assert main([*command, "--seed", "1", "--json"]) == 0
    others = json.loads(capsys.readouterr().out)
    assert others[0]["versions"] != rows[0]["versions"]
    plain = make_model(tmp_path / "plain", 2)
    assert main([*command, "--model", str(plain)]) == 1
    assert "--test-copies: the training of plain changed no voices" in capsys.readouterr().err
