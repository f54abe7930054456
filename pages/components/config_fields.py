"""The fields of a config as a form has them: label with its unit, help, type and bounds."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pages.components.live_input import plain
from ser_core.config import Component

_UNITS = {"hz": "Hz", "s": "s", "ms": "ms", "m": "m", "db": "dB", "px": "px"}
_WORDS = {"n_fft": "FFT length"}
_NO_UNIT = {"sampling_rate": "Hz"}  # said of them nowhere else
_UPPER = {"fft", "mfcc", "f0", "dct", "rms", "rgb", "csv", "fmin", "fmax", "snr", "rt60"}


@dataclass(frozen=True)
class Bounds:
    """Lowest and highest value; beyond is whether they are themselves too far."""

    low: float | None = None
    high: float | None = None
    beyond_low: bool = False
    beyond_high: bool = False
    multiple_of: int = 1


@dataclass(frozen=True)
class Setting:
    """One field, ready to be drawn.

    Attributes:
        usual: what it goes back to.
        start: what it holds when it is first drawn.
    """

    label: str
    help: str
    type: Any
    optional: bool
    usual: Any
    start: Any
    bounds: Bounds
    key: str

    def is_usual(self, value: Any) -> bool:
        """Whether a value is the usual one, however it is written."""
        return _plain(value) == _plain(self.usual)


def label(name: str) -> str:
    """A field's name as people read it, with its unit.

    >>> label("fmax_hz"), label("n_mels"), label("hop_length"), label("n_fft")
    ('Fmax (Hz)', 'Number of mels', 'Hop length', 'FFT length')
    """
    if name in _WORDS:
        return _WORDS[name]
    words = name.split("_")
    unit = f" ({_UNITS[words.pop()]})" if len(words) > 1 and words[-1] in _UNITS else ""
    if words[0] == "n" and len(words) > 1:
        words[0] = "number of"
    text = " ".join(_word(word) for word in words)
    return text[:1].upper() + text[1:] + unit


def _word(word: str) -> str:
    return word.upper() if word in _UPPER and not word.startswith("fm") else word


def setting_of(
    name: str,
    field: FieldInfo,
    key: str,
    usual: Mapping[str, Any],
    start: Mapping[str, Any] | None = None,
) -> Setting:
    """A field as it is drawn.

    Args:
        name: of the field.
        field: as the config has it.
        key: of its widget.
        usual: settings that the form goes back to; where the field is missing, its default.
        start: settings that the form starts with; where the field is missing, the usual one.
    """
    kind, optional = _without_none(field.annotation)
    bounds = _bounds(field)
    default = usual.get(name, field.get_default(call_default_factory=True))
    if default is PydanticUndefined:
        default = "" if kind in (str, Path) else None
    words = [field.description or "", _allowed(kind, bounds)]
    return Setting(
        label=field.title or _with_unit(name, kind, field.description or ""),
        help=plain(". ".join(part for part in words if part)),
        type=kind,
        optional=optional,
        usual=default,
        start=(start or {}).get(name, default),
        bounds=bounds,
        key=key,
    )


def _plain(value: Any) -> Any:
    """A value to be compared: of files, of forms and of configs alike."""
    if isinstance(value, Component):
        return value.model_dump(mode="json")
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Path):
        return str(value)
    return None if value == "" else value


def _with_unit(name: str, kind: Any, about: str) -> str:
    """The label of a field; where its name has no unit, that which stands in its description.

    >>> _with_unit("min_rate", float, "Slowest (factor)"), _with_unit("nodes", int, "Points")
    ('Min rate (factor)', 'Nodes')
    """
    words = label(name)
    bracket = re.search(r"\(([^),]*)", about)
    unit = _NO_UNIT.get(name) or (bracket.group(1) if bracket else "")
    told = words.endswith(")") or words.lower().endswith(unit.lower()) or unit.startswith("in ")
    return words if told or kind not in (int, float) else f"{words} ({unit})"


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """The type of a field that may be left empty, and whether it may."""
    if get_origin(annotation) not in (Union, UnionType):
        return annotation, False
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return (kinds[0] if len(kinds) == 1 else Any), len(kinds) < len(get_args(annotation))


def _bounds(field: FieldInfo) -> Bounds:
    found: dict[str, Any] = {}
    for mark in field.metadata:
        match mark:
            case annotated_types.Ge():
                found["low"] = mark.ge
            case annotated_types.Gt():
                found |= {"low": mark.gt, "beyond_low": True}
            case annotated_types.Le():
                found["high"] = mark.le
            case annotated_types.Lt():
                found |= {"high": mark.lt, "beyond_high": True}
            case annotated_types.MultipleOf():
                found["multiple_of"] = mark.multiple_of
    return Bounds(**found)


def _allowed(kind: Any, bounds: Bounds) -> str:
    """The bounds in words."""
    if kind not in (int, float):
        return ""
    low = "" if bounds.low is None else f"{'above' if bounds.beyond_low else 'from'} {bounds.low:g}"
    high = "" if bounds.high is None else f"{'below' if bounds.beyond_high else 'to'} "
    return f"{low} {high}{'' if bounds.high is None else f'{bounds.high:g}'}".strip().capitalize()
