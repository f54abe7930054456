"""Charts in the theme the reader chose."""

from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from collections.abc import Callable

    from plotly import graph_objects as go

_CONFIG = {"displayModeBar": False, "displaylogo": False, "scrollZoom": False}


def is_dark() -> bool:
    """Whether the page is shown in the dark theme."""
    return st.context.theme.type == "dark"


def plot(figure: "go.Figure", key: str, finished: bool = False, **options: Any) -> Any:
    """Draw a figure of `ser_core.figures` in the current theme.

    Args:
        figure: any Plotly figure; changed in place.
        key: unique on the page.
        finished: the figure never changes again and may be shown many times, so that what is sent
            of it is made once.
        options: passed to `st.plotly_chart` (for example `alt`, `on_select`).

    Returns:
        What `st.plotly_chart` returns: the selection where `on_select` is set.
    """
    from ser_core import figures  # imports NumPy, which a page without charts should not wait for

    if finished:
        figure = figures.finished(figure, is_dark())
    else:
        figures.themed(figure, is_dark())
    # Streamlit's own chart theme would override the template's fonts and margins.
    return st.plotly_chart(figure, key=key, theme=None, width="stretch", config=_CONFIG, **options)


def kept(slot: str, made_of: object, mark: object, draw: "Callable[[], Any]") -> Any:
    """What `draw` returns, kept in the session for as long as it is drawn of the same object.

    Args:
        slot: session key.
        made_of: the object, told apart by what it is and not by what it holds.
        mark: whatever else the drawing depends on, compared as it is.
        draw: called when there is nothing kept.
    """
    found = st.session_state.get(slot)
    if found is None or found[0] is not made_of or found[1] != mark:
        found = st.session_state[slot] = (made_of, mark, draw())
    return found[2]
