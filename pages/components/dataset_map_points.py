"""The points of the Dataset page's map: drawn, clicked, caught with a lasso, and listened to."""

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from plotly import graph_objects as go

from pages.components import (
    clip_compare,
    dataset_address,
    dataset_clips,
    dataset_facts,
    dataset_filters,
    dataset_neighbours,
    state,
    theme,
)
from pages.components.live_input import plain
from pages.components.map_work import ClipMap, Wanted
from ser_core import emotions
from ser_core.exploration import maps
from ser_core.figures import scatter

_COLOUR, _DRAG = "map_colour", "map_drag"
_PLOT, _LIST = "map_plot", "map_list"
_DRAWN, _TEXTS = "map:drawn", "map:texts"
_CHOSEN = "map_chosen"  # clips within the last lasso or box, in table order
_COLOURS = {
    "emotion": "Emotion",
    "speaker": "Speaker",
    "gender": "Gender",
    "intensity": "Intensity",
    "statement": "Statement",
    "channel": "Channel",
    "corpus": "Corpus",
    "language": "Language",
    "style": "Style",
    "session": "Session",
    "duration_s": "Duration",
}
_DRAGS = {
    "zoom": ":material/ads_click: Click",
    "lasso": ":material/lasso_select: Lasso",
    "select": ":material/select: Box",
}
"""What the pointer does, by Plotly's name for what dragging does; only where it zooms, Streamlit
hears of clicks."""
_MOST_LISTED = 2000


@dataclass(frozen=True)
class Drawn:
    """A map with what is needed to draw it: rows of `clips` are rows of `found`.

    Of `unusable` clips that were to be drawn there are no features, and so no points.
    """

    found: ClipMap
    clips: pd.DataFrame
    passed: NDArray[np.bool_]
    unusable: int = 0

    def row_of(self, name: object) -> int | None:
        """The row of a clip by its name; None where it has no point."""
        rows = np.flatnonzero(self.clips["clip"].to_numpy() == name)
        return int(rows[0]) if rows.size else None


@st.fragment
def explore(
    drawn: Drawn, wanted: Wanted, table: pd.DataFrame, shown: pd.DataFrame, corpus_id: str
) -> None:
    """The map, the clip in hand beside it, and what a lasso has caught below.

    Args:
        drawn: the points.
        wanted: what the map was made of.
        table: all clips of the corpus.
        shown: those that pass the filters.
        corpus_id: whose clips they are.
    """
    if drawn.row_of(dataset_clips.in_hand()) is None and drawn.passed.any():
        st.session_state["dataset_clip"] = drawn.clips["clip"].to_numpy()[drawn.passed][0]
    colour = _bar(drawn.clips)
    left, right = st.columns([13, 9], gap="medium")
    with left:
        in_hand = drawn.row_of(dataset_clips.in_hand())
        near = (
            [] if in_hand is None else maps.neighbours(drawn.found.near.astype(np.float64), in_hand)
        )
        _picture(drawn, wanted, colour, in_hand, [row for row, _ in near])
        st.caption(_facts(drawn, wanted, table))
        _caught(drawn, corpus_id)
    with right:
        chosen = table[table["clip"] == dataset_clips.in_hand()]
        if not chosen.empty:
            dataset_clips.clip(chosen.iloc[0], shown)
        dataset_neighbours.draw(drawn.clips, in_hand, near)
    if not chosen.empty:
        clip_compare.compare(chosen.iloc[0], table)


def _bar(clips: pd.DataFrame) -> str:
    """What colours the points, and what dragging does."""
    columns = [name for name in _COLOURS if name in clips and clips[name].nunique() > 1]
    with st.container(horizontal=True, vertical_alignment="center"):
        kept = state.keep(_COLOUR, "emotion")
        if kept not in columns:
            st.session_state[_COLOUR] = columns[0] if columns else None
        colour: str | None = st.selectbox(
            "Colour", columns, key=_COLOUR, width=200, label_visibility="collapsed",
            format_func=lambda name: f"Colour: {_COLOURS[name].lower()}",
        )  # fmt: skip
        state.keep(_DRAG, "zoom")
        st.segmented_control(
            "Pointer", list(_DRAGS), key=_DRAG, required=True, format_func=_DRAGS.__getitem__,
            label_visibility="collapsed",
        )  # fmt: skip
        dataset_clips.autoplay_toggle(
            "Click a point of the map; drag to look closer, a double click takes you back. A lasso "
            "or a box lists the clips in it."
        )
    return colour or "emotion"


def _picture(
    drawn: Drawn, wanted: Wanted, colour: str, in_hand: int | None, near: list[int]
) -> None:
    fade = st.session_state[_DRAG] != "zoom"
    mark = wanted.mark(), colour, in_hand, near, st.session_state[_DRAG], drawn.passed.tobytes()

    def draw() -> go.Figure:
        figure = _figure(drawn, colour, in_hand, near, fade)
        # The same as long as points lie where they are: zoom and lasso outlive a choice of colour.
        figure.update_layout(dragmode=st.session_state[_DRAG], uirevision=wanted.mark())
        return figure

    figure = theme.kept(_DRAWN, drawn.clips, mark, draw)
    theme.plot(
        figure,
        key=_PLOT,
        on_select=lambda: _select(drawn),
        selection_mode=("points", "box", "lasso"),
        alt=f"Map of {len(drawn.clips):,} clips, coloured by {_COLOURS[colour].lower()}",
    )


def _figure(
    drawn: Drawn, colour: str, in_hand: int | None, near: list[int], fade: bool
) -> go.Figure:
    values = drawn.clips[colour]
    is_number = colour == "duration_s"
    return scatter.clip_scatter(
        drawn.found.points,
        theme.kept(_TEXTS, drawn.clips, None, lambda: _texts(drawn.clips)),
        values.to_numpy(np.float64) if is_number else list(values.astype(str)),
        "number" if is_number else "emotion" if colour == "emotion" else "category",
        drawn.passed,
        order=[] if is_number else dataset_facts.choices(drawn.clips, colour),
        unit="s" if is_number else "",
        titles=_titles(drawn.found),
        in_hand=in_hand,
        near=near,
        fade=fade,
    )


def _texts(clips: pd.DataFrame) -> list[str]:
    """What the hover says of each clip."""
    columns = ("emotion", "speaker", "gender", "intensity", "statement", "duration_s", "clip")
    parts = zip(*(clips[name].astype(object) for name in columns), strict=True)
    return [
        f"<b>{escape(emotions.title(emotion))}</b> · "
        + escape(
            " · ".join(part for part in (dataset_facts.speaker(speaker), gender, intensity) if part)
        )
        + (f"<br>{escape(statement)}" if statement else "")
        + f"<br>{duration_s:.2f} s · {escape(name)}"
        for emotion, speaker, gender, intensity, statement, duration_s, name in parts
    ]


def _titles(found: ClipMap) -> tuple[str, str]:
    if found.shares.size < 2:
        return "", ""
    first, second = (f"{100 * share:.0f} % of the differences" for share in found.shares)
    return f"component 1 ({first})", f"component 2 ({second})"


def _facts(drawn: Drawn, wanted: Wanted, table: pd.DataFrame) -> str:
    """How many points there are, of how many clips, and what their places mean."""
    usable = int((table["problems"] == "").sum())
    points = f"{len(drawn.clips):,} points"
    if usable > len(drawn.clips) + drawn.unusable:
        points += f", drawn at random from {usable:,} clips"
    if drawn.unusable:
        points += f"; {dataset_facts.count(drawn.unusable, 'clip')} could not be used"
    if not drawn.passed.all():
        points += f"; the {int((~drawn.passed).sum()):,} that the filters leave out are faint"
    means = "points that are near sound alike; how far groups lie apart means little"
    if wanted.method == "PCA":
        means = "the two directions in which the clips differ most; distances keep their meaning"
    return f"{points}. {wanted.method}: {means}."


def _select(drawn: Drawn) -> None:
    """A click takes the clip in hand and plays it; a lasso or box lists what it caught."""
    event: Any = st.session_state.get(_PLOT) or {}
    selection = event.get("selection", {})
    found = {_row(point) for point in selection.get("points", [])}
    rows = sorted(row for row in found if row is not None and row < len(drawn.clips))
    if selection.get("box") or selection.get("lasso"):
        st.session_state[_CHOSEN] = list(drawn.clips["clip"].iloc[rows])
    elif rows:
        dataset_clips.take(drawn.clips["clip"].iloc[rows[-1]])


def _row(point: dict[str, Any]) -> int | None:
    """The row of a point; rings have none."""
    data = point.get("customdata")
    if isinstance(data, dict):
        data = list(data.values())
    return int(data[0]) if data else None


def _caught(drawn: Drawn, corpus_id: str) -> None:
    """The clips within the last lasso or box; a click on one plays it."""
    names = set(st.session_state.get(_CHOSEN, ()))
    caught = drawn.clips[drawn.clips["clip"].isin(names) & drawn.passed]
    if caught.empty:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{dataset_facts.count(len(caught), 'clip')} caught** · {_mix(caught)}")
        if st.button(
            "Show only these in the table", key="map_only", icon=":material/filter_alt:",
            on_click=_show_only, args=(corpus_id, list(caught["clip"])),
        ):  # fmt: skip
            st.rerun()  # all of the page: filters and view have changed
        st.button("Let go", key="map_let_go", type="tertiary", on_click=_let_go)
    listed = caught.head(_MOST_LISTED)
    st.dataframe(
        dataset_clips.to_arrow(listed[["emotion", "speaker", "duration_s", "statement", "clip"]]),
        key=_LIST,
        on_select=lambda: _take_listed(listed),
        selection_mode="single-cell",
        hide_index=True,
        height=min(300, 35 * (len(listed) + 1) + 2),
        column_config=dataset_clips.column_config(listed),
        alt="Clips caught on the map; choose one to listen to it",
    )
    if len(caught) > len(listed):
        st.caption(f"The first {len(listed):,} of them.")


def _mix(caught: pd.DataFrame) -> str:
    """The commonest emotions among some clips, in words."""
    counts = caught["emotion"].astype(str).value_counts()
    words = [f"{count:,} {emotions.title(str(name)).lower()}" for name, count in counts.items()]
    more = f" and {len(words) - 4} more emotions" if len(words) > 4 else ""
    return plain(", ".join(words[:4]) + more)


def _take_listed(listed: pd.DataFrame) -> None:
    cells = st.session_state.get(_LIST, {}).get("selection", {}).get("cells", [])
    if cells and int(cells[0][0]) < len(listed):
        dataset_clips.take(listed["clip"].iloc[int(cells[0][0])])


def _show_only(corpus_id: str, names: list[str]) -> None:
    dataset_filters.show_picked(corpus_id, names)
    st.session_state[dataset_address.VIEW] = "clips"


def _let_go() -> None:
    st.session_state.pop(_CHOSEN, None)
