"""Recipes as data: loading, changing a field, and mistakes found before any work."""

import re
from pathlib import Path

import numpy as np
import pytest

from ser_core import recipes
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.training.config import load_toml, override, recipe_toml, variants


@pytest.mark.parametrize("name", recipes.names())
def test_every_shipped_recipe_loads_and_takes_one_epoch(name: str) -> None:
    recipe = recipes.load(name)
    assert recipe.name == name
    changed = override(recipe, {"epochs": 1})
    assert changed.training.epochs == 1
    takes_one = recipe.training.epochs == 1
    assert (changed.fingerprint() == recipe.fingerprint()) is takes_one


def test_a_field_is_found_by_its_dotted_name_too() -> None:
    recipe = override(recipes.load("studio"), {"training.batch_size": 8})
    assert recipe.training.batch_size == 8


def test_a_setting_of_the_network_can_be_added() -> None:
    recipe = override(recipes.load("studio"), {"architecture.settings.recurrent_units": 8})
    assert recipe.architecture.settings["recurrent_units"] == 8
    assert recipe.architecture.settings["dropout"] == 0.2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epoch": 1}, r"'epoch' is not a field; did you mean epochs\?$"),
        ({"training.epoch": 1}, r"did you mean training\.epochs\?$"),
        ({"archtecture": "mlp"}, r"did you mean architecture\?$"),
        ({"zzz": 1}, "'zzz' is not a field; fields are .*features, .*epochs, .*optimiser"),
        ({"settings": {}}, "'settings' stands for several fields"),
        ({"optimiser": "adagrad"}, "optimiser 'adagrad' is not known; known: adam, adamw"),
        ({"heads": ["gender", "gender"]}, r"training\.heads: each task once"),
        ({"augmentation": "nope"}, "preset 'nope' is not known; known: "),
        ({"augmentation": {"waveform": [{"name": "mixup"}]}}, "mixup is of another kind"),
        ({"recurrent_units": 1}, r"StudioCrnnConfig\.recurrent_units: .*greater.*4 \(got 1\)"),
        ({"sampling_rate": 22050}, "'sampling_rate' stands for several fields"),
        ({"epochs": 0}, r"training\.epochs.*greater than or equal to 1.*got 0"),
        ({"batch_size": "many"}, r"training\.batch_size.*got 'many'"),
        ({"architecture.name": "transformer"}, "architecture 'transformer' is not known; known:"),
        ({"features.name": "mel"}, "extractor 'mel' is not known; known:"),
        ({"preprocessing.sampling_rate": 22050}, r"must equal .*\(22050 Hz\), got 16000 Hz"),
    ],
)
def test_a_mistake_is_named_before_training(changes: dict[str, object], words: str) -> None:
    with pytest.raises((ParameterError, UnknownNameError), match=words):
        override(recipes.load("studio"), changes)


def test_a_run_is_asked_for_once() -> None:
    with pytest.raises(ParameterError, match="--set seed: each value once, got 0 twice"):
        variants(recipes.load("studio"), {"seed": [0, 1, 0]})
    filters = [[8, 8], [8, 16]]
    assert len(variants(recipes.load("studio"), {"block_filters": filters})) == 2


def test_an_unknown_recipe_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="recipe 'nope' is not known; known: .*studio"):
        recipes.load("nope")


def test_features_by_name_cannot_be_augmented(tmp_path: Path) -> None:
    np.save(tmp_path / "clip.npy", np.zeros((4, 3), np.float32))
    features = {"name": "precomputed", "settings": {"path": str(tmp_path), "shape": "frames"}}
    with pytest.raises(ParameterError, match="precomputed looks features up by the clips' names"):
        override(recipes.load("studio"), {"features": features})
    plain = override(recipes.load("studio"), {"features": features, "augmentation.waveform": []})
    assert plain.augmentation.batch


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"mine\.toml: not a readable recipe"):
        load_toml(path)


@pytest.mark.parametrize("name", recipes.names())
def test_a_recipe_is_the_same_after_a_way_through_a_file(name: str, tmp_path: Path) -> None:
    recipe = recipes.load(name).model_copy(update={"name": "mine"})
    path = tmp_path / "mine.toml"
    path.write_text(recipe_toml(recipe), encoding="utf-8")
    assert recipes.load(str(path)) == recipe


def test_a_recipe_of_ones_own_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(recipe_toml(recipes.load("studio")), encoding="utf-8")
    with pytest.raises(ParameterError, match="'studio' is the name of a shipped recipe"):
        recipes.load(str(path))
    path.write_text(path.read_text().replace('"studio"', '"mine"'), encoding="utf-8")
    with pytest.raises(ParameterError, match=r"mine\.toml has no original"):
        recipes.load(str(path), faithful=True)


@pytest.mark.parametrize("name", recipes.names())
def test_how_settings_were_chosen_is_said_of_speakers_not_of_fold_numbers(name: str) -> None:
    """A model's card quotes it whatever the folds were: numbers would be those of other folds."""
    assert not re.search(r"folds? \d", recipes.load(name).selection)


def test_a_mistake_in_a_recipe_file_is_told_by_its_field(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(recipe_toml(recipes.load("linear")).replace("epochs =", "epohcs ="))
    with pytest.raises(ParameterError, match=r"^mine\.toml: training\.epohcs is not .*n epochs\?"):
        load_toml(file)
    with pytest.raises(ParameterError, match=r"none\.toml: no such file$"):
        load_toml(tmp_path / "none.toml")
