"""Fields of a recipe changed by their names, and lists of values as several recipes."""

import itertools
from difflib import get_close_matches
from typing import Any

from ser_core.errors import ParameterError, UnknownNameError
from ser_core.training.completion import complete, written_out
from ser_core.training.recipe import Recipe

FieldPath = tuple[str, ...]
_PARTS = ("name", "settings")  # of an extractor, network, optimiser or schedule


def override(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """The recipe with some fields changed.

    Args:
        changes: new values by dotted name (`training.epochs`) or by a field's own name where only
            one field is called so (`epochs`, `n_mels`, `recurrent_units`). Another extractor,
            architecture, optimiser or schedule, by its name (`features=mfcc`), starts from its own
            default settings, and another chain (`augmentation=d`) replaces all of the old one.
            Names come before settings, in whatever order they are given.

    Raises:
        UnknownNameError: no field, or more than one, has the name; or a value names what is not.
        ParameterError: a value is not allowed.
    """
    tables = _paths(recipe.model_dump(), tables=True)
    parts = [key for key in changes if key.endswith(".name") or _matches(key, tables)]
    for key in parts:
        recipe = written_out(Recipe.parse(_with_part(recipe, key, changes[key])))
    data = recipe.model_dump()
    for key, value in changes.items():
        if key not in parts:
            *parents, leaf = _found(key, _paths(data))
            _table(data, parents)[leaf] = value
    return complete(Recipe.parse(data))


def variants(recipe: Recipe, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Changes taken apart where a field is given a list of values: one set for each combination.

    A field that is a list itself, such as `block_filters`, takes a list of lists.

    >>> from ser_core import recipes
    >>> variants(recipes.load("studio"), {"seed": [0, 1], "epochs": 5})
    [{'seed': 0, 'epochs': 5}, {'seed': 1, 'epochs': 5}]

    Raises:
        ParameterError: a value stands twice in a list, which would be the same run twice.
        UnknownNameError: no field, or more than one, has a name.
    """
    choices = [
        _each_once(key, value) if _is_choice(recipe, key, value) else [value]
        for key, value in changes.items()
    ]
    return [dict(zip(changes, chosen, strict=True)) for chosen in itertools.product(*choices)]


def _each_once(key: str, values: list[Any]) -> list[Any]:
    for place, value in enumerate(values):
        if value in values[:place]:
            raise ParameterError(f"--set {key}: each value once, got {value!r} twice")
    return values


SEED = ("seed", "training.seed")


def nested(
    recipe: Recipe, changes: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Changes taken apart for nested selection: those of each run, and what is chosen among.

    Several seeds are as many runs; among all other values that are given as a list, each fold
    chooses for itself.

    >>> from ser_core import recipes
    >>> nested(recipes.load("studio"), {"seed": [0, 1], "dropout": [0.2, 0.4], "epochs": 5})
    ([{'seed': 0, 'epochs': 5}, {'seed': 1, 'epochs': 5}], [{'dropout': 0.2}, {'dropout': 0.4}])

    Raises:
        ParameterError: there is nothing to choose among, or it cannot differ between folds.
        UnknownNameError: no field, or more than one, has a name.
    """
    lists = {
        key: value
        for key, value in changes.items()
        if key not in SEED and _is_choice(recipe, key, value)
    }
    choices = variants(recipe, lists)
    if len(choices) < 2:
        raise ParameterError(
            "to choose among settings takes two values or more of some field, such as "
            "dropout=[0.2,0.4]"
        )
    runs = variants(recipe, {key: value for key, value in changes.items() if key not in lists})
    for each in choices:
        _check_same_task(recipe, override(recipe, {**runs[0], **each}), {**runs[0]})
    return runs, choices


def _check_same_task(recipe: Recipe, candidate: Recipe, common: dict[str, Any]) -> None:
    """Candidates learn and are tested on the same; else their scores could not be compared."""
    base = override(recipe, common)
    same = {
        "data": (base.data, candidate.data),
        "faults": (base.faults, candidate.faults),
        "training.heads": (base.training.heads, candidate.training.heads),
        "training.folds": (base.training.folds, candidate.training.folds),
        "training.validation_speakers": (
            base.training.validation_speakers,
            candidate.training.validation_speakers,
        ),
        # Else each would have to be kept from the speakers whom another has heard.
        "training.init_from": (base.training.init_from, candidate.training.init_from),
    }
    for name, (one, other) in same.items():
        if one != other:
            raise ParameterError(
                f"{name} must be the same in all folds and cannot be chosen among: give one value"
            )


def _is_choice(recipe: Recipe, key: str, value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    data = recipe.model_dump()
    paths = _paths(data) + _paths(data, tables=True)
    if not _matches(key, paths):
        return True  # of an extractor or optimiser that is chosen along with it
    *parents, leaf = _found(key, paths)
    is_list = isinstance(_table(data, parents)[leaf], list | tuple)
    return not is_list or all(isinstance(each, list) for each in value)


def _with_part(recipe: Recipe, key: str, value: Any) -> dict[str, Any]:
    """A recipe's data with another part, such as an extractor, a chain or an optimiser."""
    data = recipe.model_dump()
    *parents, leaf = _found(key.removesuffix(".name"), _paths(data, tables=True))
    above = _table(data, parents)
    named = isinstance(value, str) and "settings" in above[leaf]
    above[leaf] = {"name": value, "settings": {}} if named else value
    return data


def _found(key: str, paths: list[FieldPath]) -> FieldPath:
    matches = _matches(key, paths)
    if len(matches) == 1:
        return matches[0]
    if matches:
        known = ", ".join(".".join(path) for path in matches)
        raise UnknownNameError(f"--set {key}: {key!r} stands for several fields: {known}")
    raise UnknownNameError(f"--set {key}: {key!r} is not a field; {_fields(key, paths)}")


def _fields(key: str, paths: list[FieldPath]) -> str:
    """Which field a mistyped one was meant to be; all of them, by their own names, if none is near.

    >>> _fields("training.epoch", [("training", "epochs"), ("training", "folds")])
    'did you mean training.epochs?'
    >>> _fields("speed", [("architecture", "name"), ("training", "folds")])
    'fields are architecture, training, folds'
    """
    own = dict.fromkeys(part for path in paths for part in path if part not in _PARTS)
    names = [".".join(path) for path in paths] if "." in key else list(own)
    if close := get_close_matches(key, names, n=1):
        return f"did you mean {close[0]}?"
    return f"fields are {', '.join(own)}"


def _matches(key: str, paths: list[FieldPath]) -> list[FieldPath]:
    whole = [path for path in paths if ".".join(path) == key]
    return whole or [path for path in paths if path[-1] == key]


def _table(data: dict[str, Any], path: list[str]) -> dict[str, Any]:
    for name in path:
        data = data[name]
    return data


def _paths(data: dict[str, Any], tables: bool = False, above: FieldPath = ()) -> list[FieldPath]:
    """Where a recipe's values lie, or its tables."""
    found: list[FieldPath] = []
    for key, value in data.items():
        path = (*above, key)
        if isinstance(value, dict) == tables:
            found.append(path)
        if isinstance(value, dict):
            found += _paths(value, tables, path)
    return found
