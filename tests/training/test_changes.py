"""What has to be said to make one recipe of another: `override` then makes it."""

import doctest

import pytest

from ser_core import recipes
from ser_core.augment import presets
from ser_core.commands.shared import assignment
from ser_core.training import changes
from ser_core.training.config import Recipe, override


@pytest.fixture(scope="module")
def shipped() -> dict[str, Recipe]:
    return {name: recipes.load(name) for name in recipes.names()}


def test_examples_in_docstrings() -> None:
    result = doctest.testmod(changes)
    assert result.attempted > 0
    assert result.failed == 0


def test_any_recipe_can_be_made_of_any_other(shipped: dict[str, Recipe]) -> None:
    known = list(shipped.values())
    for base, wanted in zip(known, known[1:] + known[:1], strict=True):
        said = changes.between(base, wanted)
        typed = dict(assignment(f"{key}={changes.text(value)}") for key, value in said.items())
        assert override(base, typed) == wanted, (base.name, wanted.name, typed)


def test_the_faithful_form_is_told_by_what_differs(shipped: dict[str, Recipe]) -> None:
    said = changes.between(shipped["d-cnn1d"], recipes.load("d-cnn1d", faithful=True))
    assert said == {"augmentation": "d-faithful", "faults.epoch_from_test": True}


def test_chains_are_named_where_they_are_presets(shipped: dict[str, Recipe]) -> None:
    studio = shipped["studio"]

    def said(**asked: object) -> dict[str, object]:
        return changes.between(studio, override(studio, asked))

    assert said(augmentation="d", copies=2) == {"augmentation": "d", "augmentation.copies": 2}
    assert said(copies=2) == {"augmentation.copies": 2}
    assert said(augmentation={}) == {"augmentation": {}}
    mine = presets.load("d").model_copy(update={"use": "one"})
    presets.keep("my own", mine)
    assert said(augmentation="my own") == {"augmentation": "my own"}
    assert changes.between(studio, studio) == {}
