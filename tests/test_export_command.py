"""`export` of what is there, and what it says of what is not."""

import json
from pathlib import Path

import pytest

from ser_core.__main__ import main
from ser_core.inference import Predictor
from ser_core.paths import ASSETS
from ser_core.tracking import open_store

SHIPPED = ASSETS / "models" / "default"


def test_the_file_is_a_model_that_can_be_used(tmp_path: Path, capsys) -> None:
    (tmp_path / "new").mkdir()
    out = tmp_path / "new" / "model.onnx"
    assert main(["export", "default", "--out", str(out)]) == 0
    assert out.read_bytes() == (SHIPPED / "model.onnx").read_bytes()
    assert Predictor.load(out).labels == Predictor.load("default").labels
    card = json.loads((tmp_path / "new" / "model.card.json").read_text())
    assert card["licence"] == json.loads((SHIPPED / "card.json").read_text())["licence"]


def test_a_run_gives_the_model_that_it_saved(tmp_path: Path, capsys) -> None:
    store = open_store()
    run_id = store.start("studio")
    out = tmp_path / "model.onnx"
    assert main(["export", run_id, "--out", str(out)]) == 1
    assert "saved no model; train with --model NAME" in capsys.readouterr().err
    store.log_artifact(run_id, SHIPPED)
    assert main(["export", run_id[:8], "--out", str(out)]) == 0
    assert out.read_bytes() == (SHIPPED / "model.onnx").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing", "--out", "model.onnx"], "model 'nothing' is not known"),
        (["default", "--out", "model.h5"], "a name that ends in .onnx is needed, got model.h5"),
        (["default", "--out", "no/model.onnx"], "no is not a folder"),
    ],
)
def test_what_cannot_be_done_is_said(tmp_path, monkeypatch, capsys, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", *arguments]) == 1
    assert message in capsys.readouterr().err
