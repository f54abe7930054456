"""What would end an order's training, said before it is put in line.

Importing this imports no Keras, and asking opens no clip: a page may do so before it submits.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from ser_core.corpora import combine
from ser_core.corpora.folds import column
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.splits import Fold
from ser_core.errors import CorpusError, SerError
from ser_core.inference.model_file import check_new_name, find_model
from ser_core.models.base import EMOTION
from ser_core.training.config import complete, override
from ser_core.training.material import Material, check_shapes, material
from ser_core.training.order import Order
from ser_core.training.recipe import Recipe
from ser_core.training.starting_point import check_strangers


def check(order: Order, table: pd.DataFrame | None = None) -> None:
    """Refuse an order that cannot be carried out; see `problems`.

    Raises:
        ParameterError, UnknownNameError, CorpusError: the first problem.
    """
    for step in _alone(order):
        step()
    _check_clips(order, table)


def problems(order: Order, table: pd.DataFrame | None = None) -> list[str]:
    """What stands in an order's way, each a sentence that says what to change; none: [].

    Whether every clip can be read is not looked at: training finds that out and leaves out what
    cannot be.

    Args:
        table: the corpora's utterances as the order's labels make them, for who has them at hand;
            None: they are indexed, which takes a second or is kept from before.
    """
    found = [words for step in _alone(order) for words in _told(step)]
    return found or _told(lambda: _check_clips(order, table))


def recipe_problems(recipe: Recipe) -> list[str]:
    """What is wrong with a recipe by itself, whatever corpus it is given; within milliseconds."""
    return _told(lambda: _check_recipe(recipe))


def _told(step: Callable[[], object]) -> list[str]:
    try:
        step()
    except SerError as error:
        return [str(error)]
    return []


def _alone(order: Order) -> Iterator[Callable[[], object]]:
    """What can be looked at without the corpus."""
    name, start = order.model_name, order.recipe.training.init_from
    if name is not None:
        yield lambda: check_new_name(name)
    yield lambda: PROTOCOLS.get(order.protocol)
    if start:
        yield lambda: find_model(start)
    yield lambda: _check_recipe(order.recipe)
    for each in order.choices:
        yield partial(_check_choice, order.recipe, each)


def _check_recipe(recipe: Recipe) -> None:
    """Heads have as many outputs as they usually have; which ones matters to no network."""
    check_shapes(complete(recipe), {EMOTION: 8} | dict.fromkeys(recipe.training.heads, 2))


def _check_choice(recipe: Recipe, choice: Mapping[str, Any]) -> None:
    _check_recipe(override(recipe, dict(choice)))


def _check_clips(order: Order, table: pd.DataFrame | None) -> None:
    if table is None:
        table = order.labels.apply(combine.read(order.sources))
    recipe = override(order.recipe, dict(order.choices[0])) if order.choices else order.recipe
    found = material(table.assign(problems=column(table, "problems")), complete(recipe))
    folds = found.folds(order.protocol)
    check_folds(found, folds)
    if order.choices:
        check_inner_folds(found, folds)


def check_inner_folds(found: Material, folds: Sequence[Fold]) -> list[list[Fold]]:
    """Make sure that settings can be chosen for every fold; the inner folds of each.

    Raises:
        CorpusError: what a fold may learn from cannot be split once more.
    """
    inner = []
    for number, fold in enumerate(folds, start=1):
        try:
            inner.append(found.inner_folds(fold))
            check_folds(found, inner[-1])
        except CorpusError as error:
            raise CorpusError(f"choosing settings for fold {number}: {error}") from None
    return inner


def check_folds(found: Material, folds: Sequence[Fold]) -> None:
    """Make sure that every fold can be trained and scored; see `Material.check_fold`.

    Raises:
        CorpusError: one cannot, or who is tested was heard by the model that training starts from.
    """
    for number, fold in enumerate(folds, start=1):
        found.check_fold(number, fold)
        if name := found.recipe.training.init_from:
            check_strangers(name, found.table, [*fold.validation, *fold.test])
