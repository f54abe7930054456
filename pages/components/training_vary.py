"""Fields that are given several values: every combination of them is a job."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

import streamlit as st

from pages.components import config_form, state, training_recipe
from pages.components.config_fields import setting_of
from pages.components.live_input import plain
from pages.components.training_draft import FORM, Draft
from ser_core.augment import ChainConfig, presets
from ser_core.config import Component, Config
from ser_core.errors import SettingsError
from ser_core.features import EXTRACTORS
from ser_core.models import ARCHITECTURES
from ser_core.registry import Registry
from ser_core.training.config import Recipe, override
from ser_core.training.optimisers import OPTIMISERS
from ser_core.training.schedules import SCHEDULES

_KEY = f"{FORM}:vary"
_SELECT = f"{FORM}:select"
_SEED = "training.seed"
_SKIPPED = {_SEED, "training.init_from"}
_MANNERS = {False: "A job for each", True: "One job, whose folds choose among them"}
_MEANINGS = {
    False: "To see what a setting does. The best of several looks better than it is: it was chosen "
    "on the clips that it is scored on.",
    True: "Nested selection: each fold tries all of them on inner folds of its own training "
    "speakers, and is tested with the best. The score is one of the whole procedure.",
}


@dataclass(frozen=True)
class Field:
    """A field that may be varied.

    Attributes:
        label: what people call it, with the part of the recipe that it belongs to.
        help: what it does, and its bounds.
        options: all that it can be; None where that is too much to list.
        now: its value.
    """

    label: str
    help: str
    options: tuple[Any, ...] | None
    now: Any


@dataclass(frozen=True)
class Varied:
    """Fields that are given several values.

    Attributes:
        values: by dotted names.
        select: whether each fold chooses among them by itself, instead of a job for each.
    """

    values: dict[str, list[Any]]
    select: bool = False


def choose(draft: Draft, recipe: Recipe) -> dict[str, list[Any]]:
    """Fields with their values, those that were given several."""
    known = fields(recipe)
    begun = {key: values for key, values in draft.vary.items() if key in known and key != _SEED}
    state.keep(_KEY, list(begun))
    st.session_state[_KEY] = [key for key in st.session_state[_KEY] if key in known]
    picked = st.multiselect(
        "Fields",
        list(known),
        key=_KEY,
        format_func=lambda key: known[key].label,
        placeholder="Choose fields to try several values of",
        help="Every combination of the values is a job; several seeds multiply them again",
        select_all=False,  # Enter would take everything that matches what was typed
    )
    return {key: _values(key, known[key], begun.get(key)) for key in picked}


def choose_manner(draft: Draft, several: bool) -> bool:
    """Whether each fold chooses among the values by itself, instead of a job for each.

    Args:
        draft: where the form started.
        several: whether there are values to choose among.
    """
    if not several:
        return False
    state.keep(_SELECT, draft.select)
    return bool(
        st.radio(
            "What is done with them",
            [False, True],
            key=_SELECT,
            format_func=_MANNERS.__getitem__,
            captions=list(_MEANINGS.values()),
        )
    )


def _values(key: str, field: Field, begun: list[Any] | None) -> list[Any]:
    typed = f"{_KEY}:{key}"
    if field.options is not None:
        state.keep(typed, [each for each in begun or [field.now] if each in field.options])
        chosen = st.multiselect(
            field.label, field.options, key=typed, help=field.help, format_func=str
        )
        return list(chosen)
    state.keep(typed, _written([field.now] if begun is None else begun))
    return values(
        st.text_input(field.label, key=typed, help=f"{field.help} Commas between values.")
    )


def _written(several: list[Any]) -> str:
    return ", ".join(json.dumps(each) if not isinstance(each, str) else each for each in several)


def values(text: str) -> list[Any]:
    """Values as they are typed, with commas between.

    >>> values("1e-3, 0.01"), values("adam, sgd"), values("[32, 64], [64]")
    ([0.001, 0.01], ['adam', 'sgd'], [[32, 64], [64]])
    """
    try:
        found: list[Any] = json.loads(f"[{text}]")
    except ValueError:
        found = [word.strip() for word in text.split(",") if word.strip()]
    return found


def fields(recipe: Recipe) -> dict[str, Field]:
    """What of a recipe can be varied, by dotted names."""
    found: dict[str, Field] = {}
    for name, title in (("training", "Learning"), ("data", "Clips"), ("preprocessing", "Sound")):
        found |= _of_config(name, title, getattr(recipe, name))
    for name, registry in (("optimiser", OPTIMISERS), ("schedule", SCHEDULES)):
        part = getattr(recipe.training, name)
        found |= _of_part(f"training.{name}", config_form.label(name), registry, part)
    known = (*presets.kept(), *presets.names())
    found["augmentation"] = Field("Augmentation", "Presets.", known, None)
    copies = ChainConfig.model_fields["copies"].description or ""
    found["augmentation.copies"] = Field(
        "Augmentation: copies", plain(copies), None, recipe.augmentation.copies
    )
    found |= _of_features(recipe)
    architecture = recipe.architecture
    return found | _of_part("architecture", "Network", ARCHITECTURES, architecture, named=False)


def _of_features(recipe: Recipe) -> dict[str, Field]:
    network = recipe.network()
    if isinstance(recipe.features, Component):
        names = tuple(training_recipe.fitting(network, network.inputs[0]))
        return _of_part("features", "Features", EXTRACTORS, recipe.features, options=names)
    found: dict[str, Field] = {}
    for name, part in recipe.features.items():
        options = tuple(training_recipe.fitting(network, name))
        found |= _of_part(
            f"features.{name}", f"Features, {name}", EXTRACTORS, part, options=options
        )
    return found


def _of_part(
    key: str,
    title: str,
    registry: Registry[Any],
    part: Component,
    named: bool = True,
    options: tuple[str, ...] = (),
) -> dict[str, Field]:
    """A registered class and its settings."""
    found = {}
    if named:
        known = options or tuple(registry.names())
        found[key] = Field(title, "Each with its default settings.", known, part.name)
    kind = registry.get(part.name)
    return found | _of_config(
        f"{key}.settings",
        title,
        kind.config_type.parse(part.settings),
    )


def _of_config(key: str, title: str, config: Config) -> dict[str, Field]:
    return dict(_config_fields(key, title, config))


def _config_fields(key: str, title: str, config: Config) -> Iterator[tuple[str, Field]]:
    for name, field in type(config).model_fields.items():
        value = getattr(config, name)
        path = f"{key}.{name}"
        if isinstance(value, Component) or path in _SKIPPED:
            continue
        setting = setting_of(name, field, path, {})
        now = config.model_dump(mode="json")[name]
        yield path, Field(f"{title}: {setting.label}", setting.help, _options(setting.type), now)


def _options(kind: Any) -> tuple[Any, ...] | None:
    if get_origin(kind) is Literal:
        return get_args(kind)
    return (True, False) if kind is bool else None


def problem(vary: Mapping[str, list[Any]], recipe: Recipe | None, most: int) -> str:
    """What is wrong with the values; "" for nothing."""
    empty = [key for key, several in vary.items() if not several]
    if empty and recipe is not None:
        return f"{fields(recipe)[empty[0]].label}: give the values to try"
    jobs = 1
    for several in vary.values():
        jobs *= len(several)
    if jobs > most:
        return f"These are {jobs:,} jobs; at most {most} can be put in line at once"
    return ""


def refused(vary: Mapping[str, list[Any]], recipe: Recipe) -> str:
    """Which value is not allowed, by its field's label; "" where each is, by itself."""
    known = fields(recipe)
    for key, several in vary.items():
        for value in several if key in known else ():
            try:
                override(recipe, {key: value})
            except SettingsError as error:
                return known[key].label + "; ".join(words for _, words in error.problems)
    return ""


def seeds(vary: dict[str, list[Any]], chosen: tuple[int, ...]) -> dict[str, list[Any]]:
    """With the seeds, where there are several."""
    return vary | ({_SEED: list(chosen)} if len(chosen) > 1 else {})
