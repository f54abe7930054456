"""Which clips a study is not about, and why."""

from pathlib import Path

import pytest

from ser_core import recipes
from ser_core.corpora import CORPORA, labels
from ser_core.errors import CorpusError
from ser_core.training.cross_validation import Study
from tests.corpora import made


def test_clips_are_left_out_by_reason(tmp_path: Path) -> None:
    root = made.iemocap(tmp_path / "iemocap")
    next(root.rglob("Ses01F_impro01_M001.wav")).write_bytes(b"")
    table = labels.choose(None, ["hap="]).apply(CORPORA.get("iemocap")().index(root))
    table.loc[table["label"] == "sad", "channel"] = "song"
    recipe = recipes.load("studio")
    data = recipe.data.model_copy(update={"train_channels": ("speech",)})
    study = Study(table, recipe.model_copy(update={"data": data}), tmp_path, lambda _: None)
    assert study.left_out == {
        "problem with the clip": 1,
        "label 'xxx' is not mapped to an emotion": 1,
        "label 'oth' is not mapped to an emotion": 1,
        "label 'hap' is not mapped to an emotion": 1,
        "channel not asked for": 1,
    }
    assert len(study.table) == len(table) - 5
    assert study.labels == ["neutral", "angry", "excited"]


def test_a_corpus_of_which_nothing_is_left_is_refused(tmp_path: Path) -> None:
    table = CORPORA.get("emodb")().index(made.emodb(tmp_path))
    none = labels.Labels("none", {}, only=True).apply(table)
    with pytest.raises(CorpusError, match="no usable clip"):
        Study(none, recipes.load("studio"), tmp_path, lambda _: None)
