"""A form drawn from the fields of a config: bounds, choices, units and help all stand there.

A new extractor, augmenter or architecture has its form by being registered.
"""

from collections.abc import Collection, Mapping
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
        name: setting_of(name, field, f"{key}:{name}", usual)
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
            ends = ends_of(name, made)
            if ends is None:
                settings[name] = draw(setting)
            else:
                settings |= dict(zip(ends, draw_range(*(made[end] for end in ends)), strict=True))
    return settings


def _component(setting: Setting, parts: Mapping[str, Any]) -> dict[str, Any]:
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
