"""What the clips are like, in three linked charts: a click in one sets the filters of all.

Each chart shows the clips that pass all filters but its own, with what its own leaves out pale, so
that another bar is always one click away.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from plotly import graph_objects as go

from pages.components import dataset_facts, dataset_filters, theme
from pages.components.dataset_facts import Filters
from pages.components.live_input import plain
from ser_core import emotions, figures

_WARNING = ":orange[:material/warning:]"
_ROW_PX, _AXIS_PX = 22, 48  # the same in both charts, so that an emotion's rows stand in line
_MOST_PRINTED = 40  # speakers whose counts fit into the cells of the heatmap
_MOST_CLICKED = 120  # speakers whose cells are wide enough to click
_WIDTH_PX, _LETTER_PX = 360, 7  # of the heatmap on a desk, and of a letter of its axis
_LONGEST = 18  # letters of a speaker's name that are shown
_PALE = 0.25
# The fullest cell is at this share of the scale: an even corpus should not glare, and counts in the
# colour of text can be read on every cell, in the light and in the dark theme.
FULLEST = 0.45
_VEIL = "rgba(128,128,128,0.45)"
_TURN = "dataset_balance_turn"  # how often a chart was clicked; a new key forgets the selection


def draw(table: pd.DataFrame, shown: pd.DataFrame, wanted: Filters, corpus_id: str) -> None:
    """Clips by emotion, by emotion and speaker, by length; in words, with what is odd, below.

    Args:
        table: all clips of the corpus.
        shown: those that pass the filters, at least one.
        wanted: the filters.
        corpus_id: whose clips they are.
    """
    names = dataset_facts.choices(table, "emotion")
    crossed = dataset_facts.class_by_speaker(
        wanted.without("emotion", "speaker").apply(table), names
    )
    axis_px = _axis_px(_axis_names(list(crossed.columns)))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _bars(table, wanted, names, axis_px, corpus_id)
    with right:
        _grid(crossed, wanted, axis_px, corpus_id)
    _durations(table, wanted, names, corpus_id)
    asked = list(wanted.values.get("emotion", ()))
    counted = dataset_facts.class_by_speaker(shown, emotions.order(asked) if asked else names)
    with st.container(gap=None):
        st.caption(dataset_facts.balance(counted))
        for remark in dataset_facts.remarks(table, shown):
            st.caption(f"{_WARNING} {plain(remark)}")


def _axis_px(names: list[str]) -> int:
    """Height of the speakers' axis: names that do not fit beside one another stand upright.

    >>> _axis_px(["01", "02"]), _axis_px([f"crema_d/{number}" for number in range(1001, 1030)])
    (48, 132)
    """
    longest = max(len(name) for name in names)
    upright = len(names) * longest * _LETTER_PX > _WIDTH_PX
    return _AXIS_PX + upright * _LETTER_PX * longest


def _axis_names(speakers: list[str]) -> list[str]:
    """Speakers as an axis has room for; the ends of long names, where these are different."""
    names = [dataset_facts.word("speaker", speaker) for speaker in speakers]
    short = [name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}" for name in names]
    return short if len(set(short)) == len(names) else names


def _height(names: list[str], axis_px: int) -> int:
    """Of both charts, so that an emotion's rows stand in line."""
    return 12 + axis_px + _ROW_PX * max(2, len(names))


def _bars(table: pd.DataFrame, wanted: Filters, names: list[str], axis_px: int, of: str) -> None:
    counts = dataset_facts.emotion_counts(wanted.without("emotion").apply(table), names)
    bars = figures.count_bars(counts)
    asked = wanted.values.get("emotion", ())
    if asked:
        bars.update_traces(marker_opacity=[1 if name in asked else _PALE for name in names])
    bars.update_layout(height=_height(names, axis_px), margin_b=axis_px)
    bars.update_yaxes(dtick=1)

    def click(points: list[dict[str, Any]]) -> Filters | None:
        name = names[points[0]["point_index"]]
        left = () if asked == (name,) else (name,)
        return replace(wanted, values={**wanted.values, "emotion": left})

    alt = "Clips of each emotion; click one to see its clips alone"
    _linked(bars, "dataset_bars", alt, of, click)


def _grid(crossed: pd.DataFrame, wanted: Filters, axis_px: int, of: str) -> None:
    names, speakers = list(crossed.index), list(crossed.columns)
    height = _height(names, axis_px)
    words = [emotions.title(name) for name in names]
    columns = _axis_names(speakers)
    counts = crossed.to_numpy()
    grid = figures.heatmap(counts, words, columns, unit="clips")
    grid.update_traces(
        zmax=max(1, counts.max()) / FULLEST,
        textfont_color=figures.template(theme.is_dark()).layout.font.color,
    )
    if len(speakers) > _MOST_PRINTED:
        grid.update_traces(texttemplate=None, xgap=0)
    grid.update_layout(height=height, margin_b=axis_px, xaxis_title="speaker")
    # Marks would widen the axes.
    grid.update_xaxes(
        autorange=False,
        range=[-0.5, len(speakers) - 0.5],
        ticks="",
        tickangle=-90 if axis_px > _AXIS_PX else None,
    )
    grid.update_yaxes(
        autorange=False,
        range=[len(names) - 0.5, -0.5],
        ticks="",
        ticklabelstandoff=6,
        dtick=1,
    )
    chosen = _chosen_cells(wanted, names, speakers)
    if not chosen.all():
        _veil(grid, chosen, words, columns)
    key, alt = "dataset_grid_chart", "Clips of each emotion by each speaker"
    if len(speakers) > _MOST_CLICKED:
        theme.plot(grid, key=key, alt=alt)
        return
    _cells(grid, counts, words, columns, (height - axis_px) / max(2, len(words)))

    def click(points: list[dict[str, Any]]) -> Filters | None:
        row, column = divmod(points[0]["point_index"], len(speakers))
        pair = {"emotion": (names[row],), "speaker": (speakers[column],)}
        if all(wanted.values.get(name, ()) == some for name, some in pair.items()):
            return wanted.without("emotion", "speaker")
        return replace(wanted, values={**wanted.values, **pair})

    _linked(grid, key, f"{alt}; click a cell to see its clips alone", of, click)


def _chosen_cells(wanted: Filters, names: list[str], speakers: list[str]) -> NDArray[np.bool_]:
    rows = np.isin(names, wanted.values.get("emotion") or names)
    columns = np.isin(speakers, wanted.values.get("speaker") or speakers)
    return np.outer(rows, columns)


def _veil(grid: go.Figure, chosen: NDArray[np.bool_], rows: list[str], columns: list[str]) -> None:
    """Grey over the cells that the filters leave out, in the light and in the dark theme."""
    grid.add_heatmap(
        z=np.where(chosen, np.nan, 1.0),
        x=columns,
        y=rows,
        colorscale=[[0, _VEIL], [1, _VEIL]],
        showscale=False,
        hoverinfo="skip",
    )


def _cells(
    grid: go.Figure, counts: NDArray[np.int64], rows: list[str], columns: list[str], size: float
) -> None:
    """Marks that cannot be seen, one in each cell: a heatmap alone does not tell of clicks."""
    grid.add_scatter(
        x=columns * len(rows),
        y=np.repeat(rows, len(columns)),
        mode="markers",
        marker={
            "symbol": "square",
            "size": size,
            "color": "rgba(0,0,0,0)",
            "line": {"width": 0},
        },
        customdata=counts.ravel(),
        hovertemplate="%{y}, %{x}: %{customdata:,} clips<extra></extra>",
        showlegend=False,
    )


def _durations(table: pd.DataFrame, wanted: Filters, names: list[str], of: str) -> None:
    rows = wanted.without("duration_s").apply(table)
    edges, counts = dataset_facts.duration_counts(rows, names, like=table)
    if len(edges) < 3:
        return
    counts = {name: some for name, some in counts.items() if some.any()}
    figure = figures.duration_figure(edges, counts, wanted.duration_s)
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
        figure: the chart.
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

    figure.update_layout(clickmode="event+select", dragmode=False)
    theme.plot(figure, key=turned, alt=alt, on_select=follow, selection_mode="points")
