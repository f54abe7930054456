"""Drawn steps that come from a file: checked against what their augmenters can have drawn."""

from collections.abc import Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np

from ser_core.augment.base import AUGMENTERS, Draw, WaveformAugmenter
from ser_core.augment.chain import DrawnStep
from ser_core.augment.chain_file import MOST_STEPS
from ser_core.errors import ParameterError

Bounds = tuple[float, float]
_FIELDS = ("place", "name", "settings", "draw")
_SEED: Bounds = (0, 2**32 - 1)


def drawn_steps(document: Any) -> list[DrawnStep]:
    """Drawn steps from JSON: a list as `DrawnStep.document` makes them, to be applied again.

    Args:
        document: what was read.

    Raises:
        UnknownNameError: an augmenter does not exist.
        ParameterError: it is no such list; a setting is not allowed; or a draw is not of the names
            and types that its augmenter draws, or beyond what any of its settings could draw.
    """
    if not isinstance(document, list):
        raise ParameterError(f"drawn: a list of steps is needed, got {_short(document)}")
    if len(document) > MOST_STEPS:
        raise ParameterError(f"drawn: at most {MOST_STEPS} steps, got {len(document):,}")
    return [_step(each, number) for number, each in enumerate(document, start=1)]


def _step(document: Any, number: int) -> DrawnStep:
    if not isinstance(document, dict) or set(document) != set(_FIELDS):
        raise ParameterError(
            f"step {number}: {', '.join(_FIELDS)} are needed, got {_short(document)}"
        )
    kinds = {"place": int, "name": str, "settings": dict, "draw": dict}
    for field, kind in kinds.items():
        if not isinstance(document[field], kind):
            word = {int: "a number", str: "a word", dict: "a table"}[kind]
            raise ParameterError(
                f"step {number}: {field} must be {word}, got {_short(document[field])}"
            )
    step = DrawnStep(**document)
    augmenter = AUGMENTERS.create(step.name, **step.settings)
    if not isinstance(augmenter, WaveformAugmenter):
        raise ParameterError(f"step {number}: {step.name} changes batches of features, not a sound")
    try:
        check_draw(augmenter, step.draw)
    except ParameterError as error:
        raise ParameterError(f"step {number} ({step.name}): {error}") from None
    return step


def check_draw(augmenter: WaveformAugmenter, draw: Draw) -> None:
    """Refuse a draw that no settings of this augmenter could have given.

    Raises:
        ParameterError: names differ from those it draws, or a value is not of the right type, not
            finite or out of bounds; or the settings name a folder that is not there.
    """
    usual = augmenter.draw(np.random.default_rng(0))
    if set(draw) != set(usual):
        got = ", ".join(map(str, draw)) or "nothing"
        raise ParameterError(f"draw: it draws {', '.join(usual)}, got {_short(got)}")
    for name, like in usual.items():
        if isinstance(like, str):
            _check_word(augmenter, name, draw[name])
            continue
        _check_numbers(name, draw[name], like, allowed(augmenter, name))
    augmenter.check_together(draw)


def allowed(augmenter: WaveformAugmenter, name: str) -> Bounds:
    """Between which values a drawn number may lie, whatever the range in the settings.

    What an augmenter draws by a setting's name goes by that setting's own bounds: `rate` by those
    of `min_rate` and `max_rate`, `shift_s` by those of `max_shift_s`, either way.
    """
    if name == "seed":
        return _SEED
    if name in augmenter.further_bounds:
        return augmenter.further_bounds[name]
    schema = augmenter.config_type.model_json_schema()["properties"]
    most = _bound(schema[f"max_{name}"], "maximum", "exclusiveMaximum")
    if f"min_{name}" in schema:
        return _bound(schema[f"min_{name}"], "minimum", "exclusiveMinimum"), most
    both = any(lead.name == name and lead.either_way == "sign" for lead in augmenter.strength)
    return (-most if both else 0.0), most


def _bound(schema: Mapping[str, Any], *keys: str) -> float:
    return float(next(schema[key] for key in keys if key in schema))


def _check_numbers(name: str, value: Any, like: Any, bounds: Bounds) -> None:
    values, likes = (value, like) if isinstance(like, list) else ([value], [like])
    if not isinstance(values, list) or len(values) != len(likes):
        raise ParameterError(f"draw.{name}: {len(likes)} numbers are needed, got {_short(value)}")
    low, high = bounds
    whole = isinstance(likes[0], int)
    word = "a whole number" if whole else "a number"
    for each in values:
        fits = isinstance(each, int if whole else int | float) and not isinstance(each, bool)
        if not fits or not low <= each <= high:  # NaN is never within
            raise ParameterError(
                f"draw.{name}: {word} from {low:.10g} to {high:.10g} is needed, got {_short(each)}"
            )


def _check_word(augmenter: WaveformAugmenter, name: str, value: Any) -> None:
    words = augmenter.words.get(name)
    if words is not None and value not in words:
        raise ParameterError(f"draw.{name}: one of {', '.join(words)}, got {_short(value)}")
    if words is None and not _within(value):
        raise ParameterError(
            f"draw.{name}: a file within the folder of the settings, got {_short(value)}"
        )


def _within(value: Any) -> bool:
    if not isinstance(value, str) or "\0" in value:
        return False
    path = PurePosixPath(value.replace("\\", "/"))
    return not (path.is_absolute() or ".." in path.parts or PureWindowsPath(value).drive)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:80]} …"
