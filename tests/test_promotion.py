"""Runs that become models to choose from, and models that are taken away again."""

import json
import shutil

import onnx
import pytest

from ser_core import promotion
from ser_core.__main__ import main
from ser_core.errors import ModelError, ParameterError, UnknownNameError
from ser_core.inference import Predictor, list_models
from ser_core.inference.model_file import default_name
from ser_core.paths import ASSETS
from ser_core.tracking import Run

SHIPPED = ASSETS / "models" / "default"


class Kept:
    """One run of a store, with its files in a folder."""

    def __init__(self, folder, status="FINISHED"):
        self.folder = folder
        self.run = Run("a1b2c3", "studio", status, "studio", "p", {}, {}, {}, 0.0, 1.0)

    def find(self, reference):
        return self.run

    def names(self, run_id, folder=""):
        files = (path for path in self.folder.rglob("*") if path.is_file())
        names = sorted(path.relative_to(self.folder).as_posix() for path in files)
        return [name for name in names if name.startswith(folder)]

    def fetch(self, run_id, name, folder):
        return shutil.copy(self.folder / name, folder)


@pytest.fixture
def store(tmp_path):
    """A finished run that kept the shipped network as its model."""
    folder = tmp_path / "kept"
    shutil.copytree(SHIPPED, folder / "of-mine")
    shutil.copytree(SHIPPED, folder / "fold-models" / "fold-1")
    return Kept(folder)


def test_a_model_is_promoted_chosen_heard_and_removed(store, ser_home, speech_wav, capsys):
    model = promotion.promote("a1", "mine", make_default=True, store=store)
    assert list_models() == ["mine", "default"]
    assert default_name() == "mine"
    assert (model.card()["name"], model.card()["run"]) == ("mine", "a1b2c3")
    assert promotion.promoted("a1b2c3") == ["mine"]
    assert main(["predict", str(speech_wav), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["model"] == "mine"
    assert main(["predict", str(speech_wav), "--model", "default", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["model"] == "default"
    assert main(["models", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(one["model"], one["default"]) for one in listed] == [
        ("mine", True),
        ("default", False),
    ]
    assert main(["models", "remove", "mine"]) == 0
    assert "mine removed; the default is default" in capsys.readouterr().out
    assert list_models() == ["default"]
    assert list((ser_home / "models").rglob("*.onnx")) == []


def test_nothing_is_overwritten_unless_asked_for(store):
    first = promotion.promote("a1", store=store)
    assert first.name == "of-mine"
    (first.path / "note").touch()
    with pytest.raises(ParameterError, match=r"there is a model 'of-mine' already \(Studio CRNN"):
        promotion.promote("a1", store=store)
    assert (first.path / "note").exists()
    promotion.promote("a1", replace=True, store=store)
    assert not (first.path / "note").exists()
    assert Predictor.load("of-mine").labels
    for name in ("default", "../mine", "", "a b"):
        with pytest.raises(ParameterError, match="model name"):
            promotion.check_free(name, replace=True)


def test_a_run_without_a_model_says_what_can_be_done(store):
    shutil.rmtree(store.folder / "of-mine")
    with pytest.raises(ModelError, match="none on all speakers; train the final model"):
        promotion.promote("a1", "mine", store=store)
    for status, words in (("RUNNING", "not ended yet"), ("FAILED", "did not get to its end")):
        with pytest.raises(ModelError, match=words):
            promotion.promote("a1", "mine", store=Kept(store.folder, status))
    assert list_models() == ["default"]


def outside(model):
    tensor = model.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.ClearField("raw_data")
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "../../../etc/passwd"


def foreign(model):
    model.opset_import.add(domain="com.example", version=1)
    model.graph.node[0].domain = "com.example"


def unlabelled(model):
    del model.metadata_props[:]


def not_numbers(model):
    weights = max(model.graph.initializer, key=lambda tensor: len(tensor.raw_data))
    weights.raw_data = b"\x00\x00\xc0\x7f" * (len(weights.raw_data) // 4)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (outside, "names other files"),
        (foreign, r"operators that are not standard \(com.example\)"),
        (unlabelled, "not a SER Studio model"),
        (not_numbers, "answers are not numbers"),
        (None, "this is no ONNX file"),
    ],
)
def test_what_is_no_usable_network_is_refused(store, damage, words):
    file = store.folder / "of-mine" / "model.onnx"
    if damage is None:
        file.write_bytes(b"\x80\x04\x95 a pickle")
    else:
        model = onnx.load(str(file))
        damage(model)
        file.write_bytes(model.SerializeToString())
    with pytest.raises(ModelError, match=words):
        promotion.promote("a1", "mine", store=store)
    assert list_models() == ["default"]


def test_a_default_that_is_gone_gives_way_to_the_shipped_one(store, ser_home):
    promotion.promote("a1", "mine", make_default=True, store=store)
    shutil.rmtree(ser_home / "models" / "mine")
    assert default_name() == "default"
    with pytest.raises(UnknownNameError, match="known: default"):
        promotion.set_default("mine")
    for text in ("", "{", "[]", '{"name": 3}'):
        (ser_home / "models" / "default.json").write_text(text)
        assert default_name() == "default"
    with pytest.raises(ParameterError, match="a shipped one and stays"):
        promotion.remove_model("default")
