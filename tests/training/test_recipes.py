"""The shipped recipes are what the reference systems' descriptions say."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from ser_core import recipes
from ser_core.__main__ import main
from ser_core.commands import train
from ser_core.commands.shared import assignment
from ser_core.config import Component
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.training.config import Recipe, override
from ser_core.training.run import Order
from ser_core.training.shapes import input_shapes

EIGHT = {"emotion": 8}
BASELINES = {"svm", "random-forest", "linear"}
OPTIONS = re.compile(r"(?:--set (?:'[^']+'|[^\s;,.]+(?:\.[^\s;,.]+)*) ?)+")


def test_the_reference_systems_are_there() -> None:
    wanted = {"a", "b", "c", "d-cnn1d", "d-bilstm", "d-hybrid", "d-mlp", "e", "studio"}
    assert set(recipes.names()) == wanted | BASELINES


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("a", {"image": (128, 128, 3), "vector": (181,)}),
        ("b", {"features": (130, 182)}),
        ("c", {"features": (151, 128, 2)}),
        ("d-cnn1d", {"features": (94, 40)}),
        ("d-bilstm", {"features": (94, 40)}),
        ("d-hybrid", {"features": (94, 40)}),
        ("d-mlp", {"features": (520,)}),
        ("e", {"features": (128, 128, 1)}),
        ("studio", {"features": (241, 64)}),
        ("svm", {"features": (520,)}),
        ("random-forest", {"features": (520,)}),
        ("linear", {"features": (520,)}),
    ],
)
def test_networks_take_what_their_extractors_give(name: str, shapes: dict[str, Any]) -> None:
    recipe = recipes.load(name)
    assert recipe.name == name
    assert input_shapes(recipe) == shapes
    recipe.network().check(shapes, EIGHT)


@pytest.mark.parametrize("name", sorted({*recipes.names()} - {"studio"} - BASELINES))
def test_the_original_differs_by_its_faults_alone(name: str) -> None:
    """And says the protocol that it was scored by."""
    corrected, faithful = recipes.load(name), recipes.load(name, faithful=True)
    assert faithful.augmentation != corrected.augmentation
    assert faithful.training.optimiser == corrected.training.optimiser
    assert faithful.architecture.name == corrected.architecture.name
    assert faithful.features == corrected.features
    assert not PROTOCOLS.get(recipes.faithful_protocol(name)).speakers_apart


def test_faithful_b_walks_over_frequency_as_its_notebook_does() -> None:
    faithful = recipes.load("b", faithful=True)
    assert faithful.architecture.settings["walk"] == "frequency"
    assert recipes.load("b").architecture.settings["walk"] == "time"
    assert input_shapes(faithful) == {"features": (175, 182)}


@pytest.mark.parametrize("faithful", [False, True])
def test_e_weighs_its_tasks_within_a_softmax(faithful: bool) -> None:
    assert recipes.load("e", faithful).training.task_weights == "softmax"


def test_c_waits_as_long_as_its_patience_means() -> None:
    """PyTorch's rate falls after more epochs than its patience, Keras' (a, b) after as many."""
    waits = {name: recipes.load(name).training.schedule.settings["wait_epochs"] for name in "abc"}
    assert waits == {"a": 3, "b": 5, "c": 3 + 1}


def test_what_has_no_original_says_so() -> None:
    with pytest.raises(ParameterError, match="--faithful: studio has no original"):
        recipes.load("studio", faithful=True)
    with pytest.raises(UnknownNameError, match="did you mean d-mlp"):
        recipes.load("d_mlp", faithful=True)


@pytest.mark.parametrize(
    ("words", "protocol", "walk"),
    [
        ([], "speaker-independent", "time"),
        (["--faithful"], "stratified-holdout", "frequency"),
        (["--faithful", "--protocol", "loso"], "loso", "frequency"),
    ],
)
def test_command_takes_the_original_with_its_protocol(
    words: list[str],
    protocol: str,
    walk: str,
    synthetic_corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    orders: list[Order] = []

    def note(order: Order) -> str:
        orders.append(order)
        return "run"

    monkeypatch.setattr(train, "_trained", note)
    assert main(["train", "b", "--corpus", f"synthetic={synthetic_corpus}", *words]) == 0
    assert orders[0].protocol == protocol
    assert orders[0].recipe.architecture.settings["walk"] == walk
    assert main(["train", "studio", "--corpus", "synthetic=x", "--faithful"]) == 1
    assert "--faithful: studio has no original" in capsys.readouterr().err


def test_every_option_that_a_description_names_works() -> None:
    """Each run of `--set` in a description is one variant, such as an ablation."""
    variants = {}
    for name in recipes.names():
        for options in OPTIONS.findall(recipes.load(name).description):
            changes = dict(assignment(word) for word in shlex.split(options) if word != "--set")
            recipe = override(recipes.load(name), changes)
            recipe.network().check(input_shapes(recipe), EIGHT)
            variants[f"{name} {options.strip()}"] = recipe
    assert len(variants) == 3 + 2 + 3 * 4 + 3
    alone = [recipe for recipe in variants.values() if recipe.network().inputs == ("image",)]
    assert [recipe.name for recipe in alone] == ["a"]
    mels = [parts for each in variants.values() if (parts := log_mel_of(each))]
    assert [(one["n_mels"], one["n_fft"], one["hop_length"]) for one in mels] == [
        (128, 2048, 512)
    ] * 4  # of the four recipes d
    ablations = [input_shapes(each) for each in variants.values() if each.name == "c"]
    assert ablations == [{"features": (151, 128, 1)}] * 2


def log_mel_of(recipe: Recipe) -> dict[str, Any]:
    """Settings of a recipe's log-mel, be it taken as it is or by functionals; else nothing."""
    part = recipe.features
    if not isinstance(part, Component):
        return {}
    part = Component.parse(part.settings.get("frames", part.model_dump()))
    return part.settings if part.name == "log_mel" and recipe.name != "studio" else {}
