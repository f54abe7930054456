"""The widget that fits a field of a config, and what it holds."""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import streamlit as st

from pages.components import state
from pages.components.config_fields import Bounds, Setting

_WHOLE_SLIDER = 64  # whole numbers within so few steps are set by a slider
_SLIDER_STEPS = 200
_RANGE_STEPS = 1000  # of a slider with two ends, which keyboards move step by step
_ROUNDING = 1e-6
_SEGMENTS = 30  # letters of all choices that fit side by side


def draw(setting: Setting) -> Any:
    """The widget that fits the type of a field, and its value."""
    kind = setting.type
    if get_origin(kind) is Literal:
        return _choice(setting, list(get_args(kind)))
    if kind is bool and setting.optional:
        return _choice(setting, [True, False])
    if kind is bool:
        state.keep(setting.key, setting.start)
        return st.toggle(setting.label, key=setting.key, help=setting.help)
    if kind in (int, float):
        return _number(setting, kind)
    if get_origin(kind) is tuple:
        each = get_args(kind)[0]
        return _several(setting, each) if get_origin(each) is Literal else _numbers(setting)
    if kind in (str, Path):
        return _text(setting)
    return _as_json(setting)


def _choice(setting: Setting, options: list[Any]) -> Any:
    if setting.optional:
        options = [None, *options]
    state.keep(setting.key, setting.start)
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


def _number(setting: Setting, kind: type) -> Any:
    """A slider where its steps are few enough to hit, else a box to type in."""
    bounds, step = setting.bounds, _step(setting, kind)
    state.keep(setting.key, None if setting.start is None else kind(setting.start))
    shared: dict[str, Any] = {"key": setting.key, "help": setting.help, "step": step}
    if _slides(setting, kind, step):
        low, high = _reach(bounds, step, kind)
        return st.slider(setting.label, low, high, format="%d" if kind is int else "%g", **shared)
    if setting.optional:
        shared |= {"value": None, "placeholder": "none"}
    low, high = (None if bound is None else kind(bound) for bound in (bounds.low, bounds.high))
    shared["format"] = "%d" if kind is int else "%g"
    return st.number_input(setting.label, low, high, **shared)


def _slides(setting: Setting, kind: type, step: Any) -> bool:
    """Whether a slider fits: it must be able to reach every value that makes sense."""
    bounds = setting.bounds
    if setting.optional or bounds.low is None or bounds.high is None:
        return False
    low, high = _reach(bounds, step, kind)
    if setting.start is not None and not low <= setting.start <= high:
        return False
    if kind is int:
        return step == 1 and bounds.high - bounds.low <= _WHOLE_SLIDER
    return bounds.high - bounds.low <= _SLIDER_STEPS * step


def _reach(bounds: Bounds, step: Any, kind: type) -> tuple[Any, Any]:
    """Both ends of a slider; a bound that is itself too far is a step away."""
    low, high = bounds.low or 0, bounds.high or 0
    return kind(low + step * bounds.beyond_low), kind(high - step * bounds.beyond_high)


def _step(setting: Setting, kind: type) -> Any:
    """How far one press goes: fine enough for the range, or for the usual value."""
    bounds, usual = setting.bounds, abs(setting.usual or 0)
    if kind is int:
        if usual >= 64 and math.log2(usual).is_integer():
            return max(bounds.multiple_of, int(usual) // 8)
        step = 10 ** max(0, math.floor(math.log10(usual or 1)) - 1)
        return max(bounds.multiple_of, step - step % bounds.multiple_of)
    if bounds.low is not None and bounds.high is not None:
        step = 10.0 ** round(math.log10((bounds.high - bounds.low) / 100))
        small = 0 < usual < step or _off(usual, step)  # such as a learning rate among 0 to 1
        if bounds.high - bounds.low <= _SLIDER_STEPS * step and not small:
            return step
    return 10.0 ** (math.floor(math.log10(usual or 100)) - 1)


def _off(value: float, step: float) -> bool:
    """Whether a value is none that whole steps lead to.

    >>> _off(0.3, 0.1), _off(0.999, 0.01)
    (False, True)
    """
    return abs(value / step - round(value / step)) > _ROUNDING


def _text(setting: Setting) -> str | None:
    state.keep(setting.key, str(setting.start or ""))
    text = st.text_input(setting.label, key=setting.key, help=setting.help)
    return None if setting.optional and not text else text


def _several(setting: Setting, kind: Any) -> tuple[Any, ...]:
    """Any of a few words."""
    state.keep(setting.key, list(setting.start or ()))
    chosen = st.pills(
        setting.label,
        get_args(kind),
        key=setting.key,
        help=setting.help,
        selection_mode="multi",
        wrap=True,
    )
    return tuple(word for word in get_args(kind) if word in chosen)


def _numbers(setting: Setting) -> Any:
    """A tuple of numbers, typed with commas between."""
    state.keep(setting.key, ", ".join(f"{value:g}" for value in setting.start or ()))
    text = st.text_input(setting.label, key=setting.key, help=setting.help)
    if setting.optional and not text.strip():
        return None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(_parsed(part) for part in parts)


def _as_json(setting: Setting) -> Any:
    """What has no widget of its own, as it stands in a file of settings."""
    state.keep(setting.key, json.dumps(setting.start, default=str))
    return _parsed(st.text_input(setting.label, key=setting.key, help=setting.help))


def _parsed(text: str) -> Any:
    """A value written as JSON; what is none stays a word, for the config to refuse."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def ends_of(name: str, made: Mapping[str, Setting]) -> tuple[str, str] | None:
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


def draw_range(low: Setting, high: Setting) -> tuple[float, float]:
    """One slider with two ends for the lowest and the highest value."""
    step = _range_step(low, high)
    least, most = _reach(low.bounds, step, float)[0], _reach(high.bounds, step, float)[1]
    state.keep(low.key, (float(low.start), float(high.start)))
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


def _range_step(low: Setting, high: Setting) -> float:
    """How far one press goes: fine enough for the range, and for its usual upper end."""
    span = (high.bounds.high or 0) - (low.bounds.low or 0)
    step = math.floor(math.log10(span / 100))
    if high.usual:
        step = min(step, math.floor(math.log10(abs(high.usual))) - 1)
    least = math.ceil(math.log10(span / _RANGE_STEPS))
    return float(f"1e{max(step, least)}")
