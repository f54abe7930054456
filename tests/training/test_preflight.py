"""What would end a training is said before it is put in line, and no Keras is needed to say it."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ser_core import recipes
from ser_core.corpora.combine import Source
from ser_core.errors import CorpusError, ParameterError
from ser_core.training.config import override
from ser_core.training.material import material
from ser_core.training.order import Order
from ser_core.training.preflight import check, problems, recipe_problems
from tests.conftest import ROOT

SOURCES = (Source("synthetic", Path("unused")),)


def order(changes: dict[str, Any], protocol: str = "speaker-independent", **more: Any) -> Order:
    return Order(override(recipes.load("studio"), changes), SOURCES, protocol, **more)


def test_a_sound_order_has_no_problem(three_speakers: pd.DataFrame) -> None:
    assert problems(order({}), three_speakers) == []
    check(order({}), three_speakers)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"heads": ["valence"]}, "valence cannot be learned, the corpus knows it of no clip"),
        ({"class_weights": {"hapy": 2.0}}, "training.class_weights: hapy not known; known: "),
        ({"architecture": "deep_audio_cnn", "n_mels": 16}, "take longer windows, smaller hops"),
        ({"init_from": "nobody"}, "model 'nobody' is not known"),
        ({"test_channels": ["song"]}, "no clip to train on, to validate on or to test"),
        ({"train_channels": ["song"], "test_channels": ["song"]}, "no usable clip in the channels"),
    ],
)
def test_what_stands_in_the_way_is_named(
    changes: dict[str, Any], words: str, three_speakers: pd.DataFrame
) -> None:
    (said,) = problems(order(changes), three_speakers)
    assert words in said


def test_a_label_that_no_fold_can_learn_is_named(three_speakers: pd.DataFrame) -> None:
    first = three_speakers["speaker"].eq(three_speakers["speaker"].min())
    lonely = three_speakers.assign(
        emotion=three_speakers["emotion"].mask(first & three_speakers["emotion"].eq("sad"), "bored")
    )
    (said,) = problems(order({}), lonely)
    assert "no training clip is labelled bored" in said
    with pytest.raises(CorpusError, match="use other folds, or leave out or map these labels"):
        check(order({}), lonely)


def test_settings_that_cannot_be_chosen_are_told(three_speakers: pd.DataFrame) -> None:
    asked = order({}, "loso", choices=({"dropout": 0.2}, {"dropout": 0.4}))
    (said,) = problems(asked, three_speakers)
    assert said.startswith("choosing settings for fold 1: ")
    assert "3" in said
    assert problems(order({}, "loso"), three_speakers) == []


def test_several_mistakes_are_told_at_once(three_speakers: pd.DataFrame) -> None:
    said = problems(order({"init_from": "nobody"}, "loso", model_name="no/name"), three_speakers)
    assert [words.partition(":")[0] for words in said] == [
        "model name",
        "model 'nobody' is not known; known",
    ]
    with pytest.raises(ParameterError, match="model name"):
        check(order({}, model_name="no/name"), three_speakers)


def test_a_corpus_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = Order(recipes.load("studio"), (Source("ravdess", tmp_path / "gone"),), "loso")
    (said,) = problems(missing)
    assert "gone: no such folder" in said


def test_a_recipe_is_looked_at_without_a_corpus() -> None:
    assert [recipe_problems(recipes.load(name)) for name in recipes.names()] == [[]] * 12
    vectors = override(recipes.load("d-mlp"), {}).model_copy(
        update={"architecture": recipes.load("studio").architecture}
    )
    (said,) = recipe_problems(vectors)
    assert "studio_crnn takes frames" in said


def test_asking_loads_no_keras() -> None:
    code = "import ser_core.training.preflight, sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {*done.stdout.split()}.isdisjoint({"tensorflow", "keras", "sklearn", "librosa"})


def test_what_is_done_to_some_emotions_alone_is_told(three_speakers: pd.DataFrame) -> None:
    table = three_speakers.assign(problems="")
    assert material(table, recipes.load("a")).notes == []
    described = override(recipes.load("a"), {"augmentation": "a-by-class"})
    (said,) = material(table, described).notes
    assert said.startswith("augmentation: flip, saturation for happy, sad alone: ")
