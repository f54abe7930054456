"""A form drawn from the fields of a config: bounds, choices, units and help all stand there.

A new extractor, augmenter or architecture has its form by being registered.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.components import state
from pages.components.config_fields import Setting, label, setting_of
from pages.components.config_widgets import draw, draw_range, ends_of
from pages.components.live_input import plain
from ser_core.config import Component, Config
from ser_core.errors import ParameterError

__all__ = ["Filled", "config_form", "label", "reset"]

_MOST_LETTERS = 24  # of a usual value that is named beside another


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


def config_form(
    config_type: type[Config],
    key: str,
    parts: Mapping[str, Any] | None = None,
    usual: Mapping[str, Any] | None = None,
    hidden: Collection[str] = (),
    columns: int = 2,
    start: dict[str, Any] | None = None,
    marked: bool = False,
) -> Filled:
    """Draw a config's fields, a button that resets them, and what is wrong with them, if anything.

    What was set outlives a change of page.

    Args:
        config_type: whose fields.
        key: unique on the page.
        parts: names of registered classes that a field of type `Component` may name.
        usual: settings the form goes back to, and starts with; where one is missing, its default.
        hidden: fields that are not drawn; they keep what `usual` says.
        columns: how many fields stand beside one another; 1 where there is little room.
        start: settings the form starts with in place of the usual ones; what is put back to the
            usual is taken out of it.
        marked: whether each field that was changed says so, and can be put back alone.
    """
    given = dict(usual or {})
    settings = {name: given[name] for name in hidden if name in given}
    begun = {} if start is None else start
    form = _Form(parts or {}, columns, marked)
    settings |= _fields(form, config_type, key, given, begun, hidden)
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
        args=(key, start),
    )
    return filled


def reset(key: str, start: dict[str, Any] | None = None) -> None:
    """Give every field of the form under `key` its usual value, in a callback.

    Args:
        key: of the form.
        start: what the form started with; it is emptied.
    """
    if start is not None:
        start.clear()
    for name in list(st.session_state):
        if str(name).removeprefix("kept:").startswith(f"{key}:"):
            del st.session_state[name]


def _is_usual(config: Config | None, usual: Mapping[str, Any]) -> bool:
    try:
        return config is not None and config == type(config).parse(dict(usual))
    except ParameterError:  # some field must be filled in: nothing is usual
        return False


@dataclass(frozen=True)
class _Form:
    """What all fields of a form share: see `config_form`."""

    parts: Mapping[str, Any]
    columns: int
    marked: bool


def _fields(
    form: _Form,
    config_type: type[Config],
    key: str,
    usual: Mapping[str, Any],
    start: dict[str, Any],
    hidden: Collection[str] = (),
) -> dict[str, Any]:
    """Draw every field, as many beside one another as asked for, and return what they hold."""
    settings: dict[str, Any] = {}
    beside: list[Any] = []
    known = config_type.model_fields
    made = {
        name: setting_of(name, field, f"{key}:{name}", usual, start)
        for name, field in known.items()
        if name not in hidden
    }
    for name, setting in made.items():
        if name in settings:  # drawn with the other end of its range
            continue
        if setting.type is Component:
            beside = []
            settings[name] = _component(form, setting, start.get(name))
            continue
        if not beside:
            beside = list(st.columns(form.columns)) if form.columns > 1 else [st.container()]
        with beside.pop(0):
            ends = ends_of(name, made) or (name,)
            if len(ends) == 1:
                settings[name] = draw(setting)
            else:
                settings |= dict(zip(ends, draw_range(*(made[end] for end in ends)), strict=True))
            if form.marked:
                _mark([made[end] for end in ends], [settings[end] for end in ends], start)
    return settings


def _mark(drawn: Sequence[Setting], values: Sequence[Any], start: dict[str, Any]) -> None:
    """Say that a field holds another value than the usual one, and offer that."""
    if all(one.is_usual(value) for one, value in zip(drawn, values, strict=True)):
        return
    said = " to ".join(_short(one.usual) for one in drawn)
    st.button(
        f"Changed · {said}",
        key=f"{drawn[0].key}:undo",
        icon=":material/undo:",
        type="tertiary",
        help="Changed: puts the usual value back",
        on_click=_put_back,
        args=([one.key for one in drawn], start),
    )


def _short(value: Any) -> str:
    """A value in a word or two.

    >>> _short(0.25), _short((1, 2)), _short(None), _short(False)
    ('0.25', '1, 2', 'none', 'off')
    """
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        words = ", ".join(map(_short, value))
    else:
        words = f"{value:g}" if isinstance(value, float) else str(value)
        words = "none" if value in (None, "") else words
    return plain(words if len(words) <= _MOST_LETTERS else f"{words[:_MOST_LETTERS]} …")


def _put_back(keys: Sequence[str], start: dict[str, Any]) -> None:
    """Callback: give fields their usual values."""
    for key in keys:
        start.pop(key.rpartition(":")[2], None)
        for name in (key, f"kept:{key}"):
            st.session_state.pop(name, None)


def _component(form: _Form, setting: Setting, start: Any) -> dict[str, Any]:
    """A registered class and, below, its own settings."""
    usual = _as_component(setting.usual, form)
    begun = _as_component(setting.start, form)
    state.keep(setting.key, begun.name)
    with st.container(border=True):
        name = st.selectbox(
            setting.label,
            list(form.parts),
            key=setting.key,
            help=setting.help,
            format_func=lambda name: getattr(form.parts[name], "title", name),
        )
        within = usual.settings if name == usual.name else {}
        found = start["settings"] if isinstance(start, dict) and name == begun.name else {}
        inner = form.parts[name].config_type
        return {
            "name": name,
            "settings": _fields(form, inner, f"{setting.key}:{name}", within, found),
        }


def _as_component(value: Any, form: _Form) -> Component:
    if isinstance(value, dict):
        return Component.parse(value)
    return value or Component(name=next(iter(form.parts)))
