"""A form drawn from the fields of a config: bounds, choices, units and help all stand there.

A new extractor, augmenter or architecture has its form by being registered.
"""

import json
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import annotated_types
import streamlit as st
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from pages.components import state
from pages.components.live_input import plain
from ser_core.config import Component, Config
from ser_core.errors import ParameterError

_WHOLE_SLIDER = 64  # whole numbers within so few steps are set by a slider
_SLIDER_STEPS = 200
_RANGE_STEPS = 1000  # of a slider with two ends, which keyboards move step by step
_SEGMENTS = 30  # letters of all choices that fit side by side
_UNITS = {"hz": "Hz", "s": "s", "ms": "ms", "m": "m", "db": "dB", "px": "px"}
_WORDS = {"n_fft": "FFT length"}
_NO_UNIT = {"sampling_rate": "Hz"}  # said of them nowhere else
_UPPER = {"fft", "mfcc", "f0", "dct", "rms", "rgb", "csv", "fmin", "fmax", "snr", "rt60"}


@dataclass(frozen=True)
class Filled:
    """What a form holds.

    Attributes:
        settings: the value of each field as it was set.
        config: the config of these settings; None where it refuses them.
        problem: why it refuses them, else empty.
    """

    settings: dict[str, Any]
    config: Config | None
    problem: str = ""


@dataclass(frozen=True)
class _Setting:
    """One field, ready to be drawn."""

    label: str
    help: str
    type: Any
    optional: bool
    usual: Any
    bounds: "_Bounds"
    key: str


@dataclass(frozen=True)
class _Bounds:
    """Lowest and highest value; beyond is whether they are themselves too far."""

    low: float | None = None
    high: float | None = None
    beyond_low: bool = False
    beyond_high: bool = False
    multiple_of: int = 1


def config_form(
    config_type: type[Config],
    key: str,
    parts: Mapping[str, Any] | None = None,
    usual: Mapping[str, Any] | None = None,
    hidden: Collection[str] = (),
    columns: int = 2,
) -> Filled:
    """Draw a config's fields, a button that resets them, and what is wrong with them, if anything.

    What was set outlives a change of page.

    Args:
        config_type: whose fields.
        key: unique on the page.
        parts: names of registered classes that a field of type `Component` may name.
        usual: settings the form starts with and goes back to; where one is missing, its default.
        hidden: fields that are not drawn; they keep what `usual` says.
        columns: how many fields stand beside one another; 1 where there is little room.
    """
    given = dict(usual or {})
    settings = {name: given[name] for name in hidden if name in given}
    settings |= _fields(config_type, key, parts or {}, given, hidden, columns)
    try:
        filled = Filled(settings, config_type.parse(settings))
    except ParameterError as error:
        problem = str(error).removeprefix(config_type.__name__).lstrip(".: ")
        filled = Filled(settings, None, problem)
        st.error(plain(problem), icon=":material/error:")
    st.button(
        "Reset",
        key=f"{key}:reset",
        icon=":material/restart_alt:",
        help="Back to the usual settings",
        disabled=_is_usual(filled.config, given),
        on_click=reset,
        args=(key,),
    )
    return filled


def reset(key: str) -> None:
    """Give every field of the form under `key` its usual value, in a callback."""
    for name in list(st.session_state):
        if str(name).removeprefix("kept:").startswith(f"{key}:"):
            del st.session_state[name]


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


def _is_usual(config: Config | None, usual: Mapping[str, Any]) -> bool:
    try:
        return config is not None and config == type(config).parse(dict(usual))
    except ParameterError:  # some field must be filled in: nothing is usual
        return False


def _fields(
    config_type: type[Config],
    key: str,
    parts: Mapping[str, Any],
    usual: Mapping[str, Any],
    hidden: Collection[str] = (),
    columns: int = 2,
) -> dict[str, Any]:
    """Draw every field, as many beside one another as asked for, and return what they hold."""
    settings: dict[str, Any] = {}
    beside: list[Any] = []
    known = config_type.model_fields
    made = {
        name: _setting(name, field, f"{key}:{name}", usual)
        for name, field in known.items()
        if name not in hidden
    }
    for name, setting in made.items():
        if name in settings:  # drawn with the other end of its range
            continue
        if setting.type is Component:
            beside = []
            settings[name] = _component(setting, parts)
            continue
        if not beside:
            beside = list(st.columns(columns)) if columns > 1 else [st.container()]
        with beside.pop(0):
            ends = _ends(name, made)
            if ends is None:
                settings[name] = _draw(setting)
            else:
                settings |= dict(zip(ends, _range(*(made[end] for end in ends)), strict=True))
    return settings


def _ends(name: str, made: Mapping[str, _Setting]) -> tuple[str, str] | None:
    """Both ends of the range that a field belongs to, where one slider can hold them."""
    side, _, what = name.partition("_")
    ends = f"min_{what}", f"max_{what}"
    if side not in ("min", "max") or not all(end in made for end in ends):
        return None
    low, high = (made[end] for end in ends)
    bounded = None not in (low.bounds.low, low.bounds.high, high.bounds.low, high.bounds.high)
    numbers = low.type is high.type is float and not low.optional and not high.optional
    in_order = None not in (low.usual, high.usual) and low.usual <= high.usual
    return ends if bounded and numbers and in_order else None


def _range(low: _Setting, high: _Setting) -> tuple[float, float]:
    """One slider with two ends for the lowest and the highest value."""
    step = _range_step(low, high)
    least, most = _reach(low.bounds, step, float)[0], _reach(high.bounds, step, float)[1]
    state.keep(low.key, (float(low.usual), float(high.usual)))
    words = re.sub(r"^M(in|ax) ", "", low.label)
    found: tuple[float, float] = st.slider(
        words[:1].upper() + words[1:],
        least,
        most,
        step=step,
        key=low.key,
        format="%g",
        help=f"{low.help}. {high.help}",
    )
    return found


def _range_step(low: _Setting, high: _Setting) -> float:
    """How far one press goes: fine enough for the range, and for its usual upper end."""
    span = (high.bounds.high or 0) - (low.bounds.low or 0)
    step = math.floor(math.log10(span / 100))
    if high.usual:
        step = min(step, math.floor(math.log10(abs(high.usual))) - 1)
    least = math.ceil(math.log10(span / _RANGE_STEPS))
    return float(f"1e{max(step, least)}")


def _setting(name: str, field: FieldInfo, key: str, usual: Mapping[str, Any]) -> _Setting:
    kind, optional = _without_none(field.annotation)
    bounds = _bounds(field)
    default = usual.get(name, field.get_default(call_default_factory=True))
    if default is PydanticUndefined:
        default = "" if kind in (str, Path) else None
    words = [field.description or "", _allowed(kind, bounds)]
    return _Setting(
        label=field.title or _with_unit(name, kind, field.description or ""),
        help=plain(". ".join(part for part in words if part)),
        type=kind,
        optional=optional,
        usual=default,
        bounds=bounds,
        key=key,
    )


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


def _bounds(field: FieldInfo) -> _Bounds:
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
    return _Bounds(**found)


def _allowed(kind: Any, bounds: _Bounds) -> str:
    """The bounds in words."""
    if kind not in (int, float):
        return ""
    low = "" if bounds.low is None else f"{'above' if bounds.beyond_low else 'from'} {bounds.low:g}"
    high = "" if bounds.high is None else f"{'below' if bounds.beyond_high else 'to'} "
    return f"{low} {high}{'' if bounds.high is None else f'{bounds.high:g}'}".strip().capitalize()


def _draw(setting: _Setting) -> Any:
    """The widget that fits the type of a field, and its value."""
    kind = setting.type
    if get_origin(kind) is Literal:
        return _choice(setting, list(get_args(kind)))
    if kind is bool and setting.optional:
        return _choice(setting, [True, False])
    if kind is bool:
        state.keep(setting.key, setting.usual)
        return st.toggle(setting.label, key=setting.key, help=setting.help)
    if kind in (int, float):
        return _number(setting, kind)
    if get_origin(kind) is tuple:
        return _numbers(setting)
    if kind in (str, Path):
        return _text(setting)
    return _as_json(setting)


def _choice(setting: _Setting, options: list[Any]) -> Any:
    if setting.optional:
        options = [None, *options]
    state.keep(setting.key, setting.usual)
    if sum(len(_shown(option)) + 2 for option in options) <= _SEGMENTS:
        return st.segmented_control(
            setting.label,
            options,
            key=setting.key,
            help=setting.help,
            format_func=_shown,
            required=True,
        )
    return st.selectbox(
        setting.label, options, key=setting.key, help=setting.help, format_func=_shown
    )


def _shown(option: Any) -> str:
    words = {None: "none", True: "yes", False: "no"}
    return words[option] if option is None or isinstance(option, bool) else str(option)


def _number(setting: _Setting, kind: type) -> Any:
    """A slider where its steps are few enough to hit, else a box to type in."""
    bounds, step = setting.bounds, _step(setting, kind)
    state.keep(setting.key, None if setting.usual is None else kind(setting.usual))
    shared: dict[str, Any] = {"key": setting.key, "help": setting.help, "step": step}
    if _slides(setting, kind, step):
        low, high = _reach(bounds, step, kind)
        return st.slider(setting.label, low, high, format="%d" if kind is int else "%g", **shared)
    if setting.optional:
        shared |= {"value": None, "placeholder": "none"}
    low, high = (None if bound is None else kind(bound) for bound in (bounds.low, bounds.high))
    shared["format"] = "%d" if kind is int else "%g"
    return st.number_input(setting.label, low, high, **shared)


def _slides(setting: _Setting, kind: type, step: Any) -> bool:
    """Whether a slider fits: it must be able to reach every value that makes sense."""
    bounds = setting.bounds
    if setting.optional or bounds.low is None or bounds.high is None:
        return False
    if kind is int:
        return step == 1 and bounds.high - bounds.low <= _WHOLE_SLIDER
    return bounds.high - bounds.low <= _SLIDER_STEPS * step


def _reach(bounds: _Bounds, step: Any, kind: type) -> tuple[Any, Any]:
    """Both ends of a slider; a bound that is itself too far is a step away."""
    low, high = bounds.low or 0, bounds.high or 0
    return kind(low + step * bounds.beyond_low), kind(high - step * bounds.beyond_high)


def _step(setting: _Setting, kind: type) -> Any:
    """How far one press goes: fine enough for the range, or for the usual value."""
    bounds, usual = setting.bounds, abs(setting.usual or 0)
    if kind is int:
        if usual >= 64 and math.log2(usual).is_integer():
            return max(bounds.multiple_of, int(usual) // 8)
        step = 10 ** max(0, math.floor(math.log10(usual or 1)) - 1)
        return max(bounds.multiple_of, step - step % bounds.multiple_of)
    if bounds.low is not None and bounds.high is not None:
        step = 10.0 ** round(math.log10((bounds.high - bounds.low) / 100))
        if bounds.high - bounds.low <= _SLIDER_STEPS * step:
            return step
    return 10.0 ** (math.floor(math.log10(usual or 100)) - 1)


def _text(setting: _Setting) -> str | None:
    state.keep(setting.key, str(setting.usual or ""))
    text = st.text_input(setting.label, key=setting.key, help=setting.help)
    return None if setting.optional and not text else text


def _numbers(setting: _Setting) -> Any:
    """A tuple of numbers, typed with commas between."""
    usual = ", ".join(f"{value:g}" for value in setting.usual or ())
    state.keep(setting.key, usual)
    text = st.text_input(setting.label, key=setting.key, help=setting.help)
    if setting.optional and not text.strip():
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(_parsed(part) for part in parts)


def _as_json(setting: _Setting) -> Any:
    """What has no widget of its own, as it stands in a file of settings."""
    state.keep(setting.key, json.dumps(setting.usual, default=str))
    return _parsed(st.text_input(setting.label, key=setting.key, help=setting.help))


def _parsed(text: str) -> Any:
    """A value written as JSON; what is none stays a word, for the config to refuse."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _component(setting: _Setting, parts: Mapping[str, Any]) -> dict[str, Any]:
    """A registered class and, below, its own settings."""
    usual = setting.usual or Component(name=next(iter(parts)))
    state.keep(setting.key, usual.name)
    with st.container(border=True):
        name = st.selectbox(
            setting.label,
            list(parts),
            key=setting.key,
            help=setting.help,
            format_func=lambda name: getattr(parts[name], "title", name),
        )
        within = usual.settings if name == usual.name else {}
        inner = parts[name].config_type
        return {"name": name, "settings": _fields(inner, f"{setting.key}:{name}", parts, within)}
