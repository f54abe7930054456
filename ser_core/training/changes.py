"""What has to be said to make one recipe of another, as `--set` would say it."""

import json
from collections.abc import Mapping
from typing import Any

from ser_core.augment import ChainConfig, presets
from ser_core.errors import SerError
from ser_core.features import EXTRACTORS
from ser_core.models import ARCHITECTURES
from ser_core.registry import Registry
from ser_core.training.config import Recipe
from ser_core.training.optimisers import OPTIMISERS
from ser_core.training.schedules import SCHEDULES

_REGISTRIES: Mapping[str, Registry[Any]] = {
    "features": EXTRACTORS,
    "architecture": ARCHITECTURES,
    "training.optimiser": OPTIMISERS,
    "training.schedule": SCHEDULES,
}
_CHAIN = "augmentation"


def between(base: Recipe, wanted: Recipe) -> dict[str, Any]:
    """The changes by which `override` makes one recipe of another; both are complete.

    A chain of augmentation that is a preset is named.

    >>> from ser_core import recipes
    >>> from ser_core.training.config import override
    >>> studio = recipes.load("studio")
    >>> between(studio, override(studio, {"epochs": 5, "features": "mfcc", "n_mfcc": 20}))
    {'features': 'mfcc', 'features.settings.n_mfcc': 20, 'training.epochs': 5}
    """
    have, want = (recipe.model_dump(mode="json") for recipe in (base, wanted))
    changes: dict[str, Any] = {}
    for name in want:
        if name == _CHAIN:
            changes |= _of_chain(base.augmentation, wanted.augmentation)
        else:
            changes |= _compared(name, have[name], want[name])
    return changes


def text(value: Any) -> str:
    """A value as it is typed after `--set KEY=`: words as they are, all else as JSON.

    >>> text("mfcc"), text("12"), text([0, 1]), text(0.1), text(True)
    ('mfcc', '"12"', '[0, 1]', '0.1', 'true')
    """
    return value if isinstance(value, str) and not _is_json(value) else json.dumps(value)


def _is_json(word: str) -> bool:
    try:
        json.loads(word)
    except ValueError:
        return False
    return True


def _compared(path: str, have: Any, want: Any) -> dict[str, Any]:
    if have == want:
        return {}
    if not isinstance(have, dict) or not isinstance(want, dict) or have.keys() != want.keys():
        return {path: want}
    changes: dict[str, Any] = {}
    if have.keys() == {"name", "settings"} and have["name"] != want["name"]:
        usual = _usual_settings(path, want["name"])
        if usual is None or usual.keys() != want["settings"].keys():
            return {path: want}
        changes, have = {path: want["name"]}, {"name": want["name"], "settings": usual}
    for key, value in want.items():
        changes |= _compared(f"{path}.{key}", have[key], value)
    return changes


def _usual_settings(path: str, name: str) -> dict[str, Any] | None:
    """What a part has that is asked for by its name alone; None where it cannot be."""
    places = (key for key in _REGISTRIES if path == key or path.startswith(f"{key}."))
    place = next(places, None)
    if place is None or "settings" in path.split("."):
        return None
    try:
        config = _REGISTRIES[place].create(name).config
    except SerError:  # it has no usual settings
        return None
    settings: dict[str, Any] = config.model_dump(mode="json")
    return settings


def _of_chain(have: ChainConfig, want: ChainConfig) -> dict[str, Any]:
    if have == want:
        return {}
    copies = {f"{_CHAIN}.copies": want.copies}
    if have.model_copy(update={"copies": want.copies}) == want:
        return copies
    if want == ChainConfig():
        return {_CHAIN: {}}
    for name in (*presets.names(), *presets.kept()):
        try:
            known = presets.load(name)
        except SerError:
            continue
        if known == want:
            return {_CHAIN: name}
        if known.model_copy(update={"copies": want.copies}) == want:
            return {_CHAIN: name, **copies}
    return {_CHAIN: want.model_dump(mode="json", exclude_defaults=True)}
