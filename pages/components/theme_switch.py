"""Follows the reader who switches between the light and the dark theme."""

from pathlib import Path

import streamlit as st

from pages.components import theme

_watch = st.components.v2.component(
    "theme_switch", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def follow() -> None:
    """Run the page again as soon as its theme is another one than its charts were drawn for."""
    _watch(key="theme_switch", data={"dark": theme.is_dark()}, on_dark_change=lambda: None)
