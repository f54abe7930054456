"""What the clips are like, in three linked charts: a click in one sets the filters of all.

Each chart shows the clips that pass all filters but its own, with what its own leaves out pale, so
that another bar is always one click away.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st
from plotly import graph_objects as go

from pages.components import balance_charts, dataset_facts, dataset_filters, theme
from pages.components.dataset_facts import Filters
from pages.components.live_input import plain
from ser_core import emotions

_WARNING = ":orange[:material/warning:]"
_TURN = "dataset_balance_turn"  # how often a chart was clicked; a new key forgets the selection


def draw(
    table: pd.DataFrame,
    shown: pd.DataFrame,
    wanted: Filters,
    corpus_id: str,
    remarks: Sequence[str] = (),
) -> None:
    """Clips by emotion, by emotion and speaker, by length; in words, with what is odd, below.

    Args:
        table: all clips of the corpus.
        shown: those that pass the filters, at least one.
        wanted: the filters.
        corpus_id: whose clips they are.
        remarks: what is odd about the corpus as a whole.
    """
    names = dataset_facts.choices(table, "emotion")
    crossed = dataset_facts.class_by_speaker(
        wanted.without("emotion", "speaker").apply(table), names
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _bars(table, wanted, names, balance_charts.axis_px(list(crossed.columns)), corpus_id)
    with right:
        _grid(crossed, wanted, corpus_id)
    _durations(table, wanted, names, corpus_id)
    asked = list(wanted.values.get("emotion", ()))
    counted = dataset_facts.class_by_speaker(shown, emotions.order(asked) if asked else names)
    with st.container(gap=None):
        st.caption(dataset_facts.balance(counted))
        if left_out := int((shown["problems"] != "").sum()):
            clips = dataset_facts.count(left_out, "clip")
            st.caption(f"{_WARNING} Counted with {clips} that training leaves out: a problem.")
        for remark in remarks:
            st.caption(f"{_WARNING} {plain(remark)}")


def _bars(table: pd.DataFrame, wanted: Filters, names: list[str], below_px: int, of: str) -> None:
    counts = dataset_facts.emotion_counts(wanted.without("emotion").apply(table), names)
    asked = wanted.values.get("emotion", ())
    bars = balance_charts.bars(tuple(counts.items()), tuple(asked), below_px)

    def click(points: list[dict[str, Any]]) -> Filters | None:
        name = names[points[0]["point_index"]]
        left = () if asked == (name,) else (name,)
        return replace(wanted, values={**wanted.values, "emotion": left})

    alt = "Clips of each emotion; click one to see its clips alone"
    _linked(bars, "dataset_bars", alt, of, click)


def _grid(crossed: pd.DataFrame, wanted: Filters, of: str) -> None:
    names, speakers = tuple(crossed.index), tuple(crossed.columns)
    counts = tuple(map(tuple, crossed.to_numpy().tolist()))
    emotion, speaker = (tuple(wanted.values.get(name, ())) for name in ("emotion", "speaker"))
    grid = balance_charts.grid(names, speakers, counts, (emotion, speaker), theme.is_dark())
    key, alt = "dataset_grid_chart", "Clips of each emotion by each speaker"
    if len(speakers) > balance_charts.MOST_CLICKED:
        theme.plot(grid, key=key, finished=True, alt=alt)
        return

    def click(points: list[dict[str, Any]]) -> Filters | None:
        row, column = divmod(points[0]["point_index"], len(speakers))
        pair = {"emotion": (names[row],), "speaker": (speakers[column],)}
        if all(wanted.values.get(name, ()) == some for name, some in pair.items()):
            return wanted.without("emotion", "speaker")
        return replace(wanted, values={**wanted.values, **pair})

    _linked(grid, key, f"{alt}; click a cell to see its clips alone", of, click)


def _durations(table: pd.DataFrame, wanted: Filters, names: list[str], of: str) -> None:
    rows = wanted.without("duration_s").apply(table)
    edges, counts = dataset_facts.duration_counts(rows, names, like=table)
    if len(edges) < 3:
        return
    figure = balance_charts.durations(
        tuple(edges.tolist()),
        tuple((name, tuple(some.tolist())) for name, some in counts.items() if some.any()),
        wanted.duration_s,
    )
    span = dataset_filters.duration_span(table)

    def click(points: list[dict[str, Any]]) -> Filters | None:
        if span is None:
            return None
        step = points[0]["point_index"]
        clicked = (max(round(edges[step], 1), span[0]), min(round(edges[step + 1], 1), span[1]))
        to = _reach(wanted.duration_s, clicked)
        return replace(wanted, duration_s=None if to == span else to)

    alt = "Clips of each duration; click a bar to see its clips alone, another one to reach there"
    _linked(figure, "dataset_durations", alt, of, click)


def _reach(
    now: tuple[float, float] | None, clicked: tuple[float, float]
) -> tuple[float, float] | None:
    """The range after a click: the bar's own, or as far as a bar outside; off where it is all.

    >>> _reach(None, (2.0, 2.5)), _reach((2.0, 2.5), (3.0, 3.5)), _reach((2.0, 3.5), (2.5, 3.0))
    ((2.0, 2.5), (2.0, 3.5), (2.5, 3.0))
    >>> _reach((2.5, 3.0), (2.5, 3.0))
    """
    if now is None or now == clicked:
        return clicked if now is None else None
    outside = clicked[1] <= now[0] or clicked[0] >= now[1]
    return (min(now[0], clicked[0]), max(now[1], clicked[1])) if outside else clicked


def _linked(
    figure: go.Figure,
    key: str,
    alt: str,
    of: str,
    click: Callable[[list[dict[str, Any]]], Filters | None],
) -> None:
    """Draw a chart whose clicks set the filters.

    Args:
        figure: the chart, finished.
        key: unique on the page.
        alt: what it shows.
        of: id of the corpus.
        click: from the points that were clicked to the filters; None changes nothing.
    """
    # Under a new key the chart is drawn without the selection, and can be clicked again.
    turned = f"{key}:{st.session_state.get(_TURN, 0)}"

    def follow() -> None:
        points = st.session_state[turned]["selection"]["points"]
        if not points:
            return
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
        to = click(points)
        if to is not None:
            dataset_filters.change(of, to)

    theme.plot(
        figure, key=turned, finished=True, alt=alt, on_select=follow, selection_mode="points"
    )
