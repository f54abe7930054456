"""What the Training page's form starts from: a recipe, and what was set in it elsewhere.

A job that is cloned, an address and a command line all say the same: a recipe and its changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import streamlit as st

from pages.components import config_form, state
from ser_core import recipes
from ser_core.augment import ChainConfig
from ser_core.config import Component
from ser_core.training import changes
from ser_core.training.config import Recipe, override, variants

FORM = "train"  # what the keys of all its fields begin with, up to a colon
RECIPE, FAITHFUL, OWN = "train_recipe", "train_faithful", "train_own"
ARCHITECTURE = "train_architecture"
PROTOCOL = "train_protocol"
_DRAFT = "train_draft"
USUAL = "studio"
USUAL_PROTOCOL = "speaker-independent"
NAMES = {False: "A recipe", True: "Own combination"}


@dataclass
class Draft:
    """Where the form starts.

    Attributes:
        recipe: name of a shipped recipe.
        faithful: whether as its original has it.
        own: whether architecture, features and augmentation are combined freely.
        start: what differs from the recipe at the start, by part; what is put back is taken out.
        chain: an augmentation that is no preset; None for that of the recipe.
        vary: fields that are given several values, as typed.
        select: whether each fold chooses among these, instead of a job for each.
    """

    recipe: str = USUAL
    faithful: bool = False
    own: bool = False
    start: dict[str, dict[str, Any]] = field(default_factory=dict)
    chain: ChainConfig | None = None
    vary: dict[str, list[Any]] = field(default_factory=dict)
    select: bool = False

    @property
    def base(self) -> Recipe:
        """The recipe that all else is a change of."""
        return base(self.recipe, self.faithful)

    def part(self, name: str) -> dict[str, Any]:
        """What a part of the recipe starts with: a table that the form may take things out of."""
        return self.start.setdefault(name, {})


@cache
def base(name: str, faithful: bool = False) -> Recipe:
    """A shipped recipe, read once."""
    return recipes.load(name, faithful)


@cache
def originals() -> tuple[str, ...]:
    """The recipes that have an original to be faithful to."""
    return recipes.originals()


@cache
def recipe_of(architecture: str) -> str:
    """The shipped recipe of an architecture: what a combination of one's own begins with."""
    named = (name for name in recipes.names() if base(name).architecture.name == architecture)
    return next(named, USUAL)


def draft() -> Draft:
    """The draft in hand."""
    if _DRAFT not in st.session_state:
        put(Draft())
    found: Draft = st.session_state[_DRAFT]
    return found


def put(fresh: Draft) -> None:
    """Begin anew; what was typed into the form before is forgotten."""
    config_form.reset(FORM)
    st.session_state[_DRAFT] = fresh
    architecture = fresh.start.get("architecture", {}).get("name", fresh.base.architecture.name)
    for key, value in (
        (RECIPE, fresh.recipe),
        (FAITHFUL, fresh.faithful),
        (OWN, fresh.own),
        (ARCHITECTURE, architecture),
    ):
        state.give(key, value)


def take(recipe: str, faithful: bool, said: Mapping[str, Any], select: bool = False) -> None:
    """Begin with a recipe and changes, where a list of values stands for one run each.

    Args:
        recipe: name of a shipped one.
        faithful: whether as its original has it.
        said: changes by the names of fields.
        select: whether each fold chooses among the values of a list.

    Raises:
        SerError: a recipe, a field or a value is not known or not allowed.
    """
    known = recipes.load(recipe, faithful)
    fixed, vary = {}, {}
    for key, value in said.items():
        several = [each[key] for each in variants(known, {key: value})]
        if len(several) > 1:
            vary[_dotted(known, key, several)] = several
        else:
            fixed[key] = several[0]
    put(of(recipe, faithful, override(known, fixed), vary, select))


def _dotted(known: Recipe, key: str, several: list[Any]) -> str:
    """The whole name of a field that may be called by its own alone: `training.seed` for `seed`."""
    for value in several:
        for name in changes.between(known, override(known, {key: value})):
            return name
    return key


def take_document(wanted: Mapping[str, Any], choices: Sequence[Mapping[str, Any]] = ()) -> None:
    """Begin with the recipe of an order, as its document has it, and what its folds choose among.

    Raises:
        SerError: it cannot be read.
    """
    recipe = Recipe.parse(dict(wanted))
    vary: dict[str, list[Any]] = {}
    for key in choices[0] if choices else ():
        values = [each[key] for each in choices]
        several = [value for place, value in enumerate(values) if value not in values[:place]]
        vary[_dotted(recipe, key, several)] = several
    select = bool(vary)
    if recipe.name not in recipes.names():  # a combination of one's own
        put(of(recipe_of(recipe.architecture.name), False, recipe, vary, select))
        return
    forms = [False, True] if recipe.name in originals() else [False]
    nearest = min(forms, key=lambda form: len(changes.between(base(recipe.name, form), recipe)))
    put(of(recipe.name, nearest, recipe, vary, select))


def of(
    recipe: str, faithful: bool, wanted: Recipe, vary: dict[str, list[Any]], select: bool = False
) -> Draft:
    """The draft that starts with a whole recipe."""
    known = base(recipe, faithful)
    said = wanted.model_dump(mode="json")
    training = dict(said["training"])
    start = {name: dict(said[name]) for name in ("data", "preprocessing", "faults")}
    start |= {"architecture": said["architecture"]}
    start |= {name: training.pop(name) for name in ("optimiser", "schedule")}
    start |= {"training": training, "features": by_input(wanted)}
    chain = None if wanted.augmentation == known.augmentation else wanted.augmentation
    own = wanted.name != known.name or wanted.architecture.name != known.architecture.name
    return Draft(recipe, faithful, own, start, chain, vary, select)


def by_input(recipe: Recipe) -> dict[str, dict[str, Any]]:
    """A recipe's features by the inputs of its network."""
    features = recipe.features
    if isinstance(features, Component):
        features = {recipe.network().inputs[0]: features}
    return {name: each.model_dump(mode="json") for name, each in features.items()}


def restart() -> None:
    """Callback: another recipe was chosen, or another form of it."""
    own = bool(st.session_state.get(OWN))
    if own:
        name = recipe_of(st.session_state[ARCHITECTURE])
        architecture = {"name": st.session_state[ARCHITECTURE], "settings": {}}
        fresh = Draft(name, False, True, {"architecture": architecture})
    else:
        name = st.session_state[RECIPE]
        faithful = bool(st.session_state.get(FAITHFUL)) and name in originals()
        fresh = Draft(name, faithful)
        protocol = recipes.faithful_protocol(name) if faithful else USUAL_PROTOCOL
        if faithful != draft().faithful:
            state.give(PROTOCOL, protocol)
    put(fresh)


def keep_choices() -> Draft:
    """The draft, its choices kept through a change of page; call before they are drawn."""
    current = draft()
    state.keep(RECIPE, current.recipe)
    state.keep(FAITHFUL, current.faithful)
    state.keep(OWN, current.own)
    state.keep(ARCHITECTURE, current.base.architecture.name)
    return current
