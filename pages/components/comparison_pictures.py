"""Pictures of a comparison: drawn once for the same runs, each under its title."""

from collections.abc import Callable, Sequence

import streamlit as st

from pages.components import theme
from pages.components.live_input import plain
from ser_core.comparison.results import Results
from ser_core.reports.picture import Picture

Draw = Callable[[], Sequence[Picture]]


def drawn(view: str, results: Sequence[Results], draw: Draw) -> Sequence[Picture]:
    """What `draw` makes, kept in the session while the same runs are looked at."""
    slot, mark = f"comparison_drawn:{view}", tuple(map(id, results))
    found = st.session_state.get(slot)
    if found is None or found[0] != mark:
        # The runs are kept with it, so that no other object can get their identity.
        found = st.session_state[slot] = (mark, tuple(results), draw())
    pictures: Sequence[Picture] = found[2]
    return pictures


def show(pictures: Sequence[Picture], a_row: int = 1) -> None:
    """Draw pictures, so many beside each other."""
    for start in range(0, len(pictures), a_row):
        row = pictures[start : start + a_row]
        places = st.columns(a_row) if a_row > 1 else [st.container()]
        for place, picture in zip(places, row, strict=False):
            with place:
                st.markdown(f"**{plain(picture.title)}**")
                key = f"comparison_picture:{picture.name}"
                theme.plot(picture.figure, key=key, finished=True, alt=picture.title)
