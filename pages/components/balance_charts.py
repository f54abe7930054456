"""The charts of what a corpus is made of, drawn once for the same numbers.

Drawing takes Plotly longer than counting takes pandas, and most filters leave some charts alone.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from plotly import graph_objects as go

from pages.components import dataset_facts
from ser_core import emotions, figures
from ser_core.figures.series import see_through

MOST_CLICKED = 120
"""Speakers whose cells are wide enough to click."""

FULLEST = 0.45
"""The fullest cell is at this share of the scale: an even corpus should not glare, and counts in
the colour of text can be read on every cell, in the light and in the dark theme."""

_KEPT = 64  # of each chart
_ROW_PX, _AXIS_PX = 22, 48  # the same in both charts, so that an emotion's rows stand in line
_MOST_PRINTED = 24  # speakers whose counts and names fit in, on a phone too
_FEW, _SMALL_PX = 12, 10  # of more speakers, letters are small
_WIDTH_PX, _LETTER_PX = 360, 7  # of the heatmap on a desk, and of a letter of its axis
_LONGEST = 18  # letters of a speaker's name that are shown
_PALE = 0.25
_VEIL = {False: "rgba(255,255,255,0.86)", True: "rgba(20,24,29,0.86)"}  # the page, dark or not


def axis_px(speakers: Sequence[str]) -> int:
    """Height of the speakers' axis: names that do not fit beside one another stand upright.

    >>> axis_px(["01", "02"]), axis_px([f"crema_d/{number}" for number in range(1001, 1030)])
    (48, 132)
    """
    names = _axis_names(speakers)
    longest = max(len(name) for name in names)
    upright = len(names) * longest * _LETTER_PX > _WIDTH_PX
    return _AXIS_PX + upright * _LETTER_PX * longest


def _axis_names(speakers: Sequence[str]) -> list[str]:
    """Speakers as an axis has room for; the ends of long names, where these are different."""
    names = [dataset_facts.word("speaker", speaker) for speaker in speakers]
    short = [name if len(name) <= _LONGEST else f"…{name[1 - _LONGEST :]}" for name in names]
    return short if len(set(short)) == len(names) else names


def _height(names: Sequence[str], below_px: int) -> int:
    return 12 + below_px + _ROW_PX * max(2, len(names))


@lru_cache(_KEPT)
def bars(counts: tuple[tuple[str, int], ...], asked: tuple[str, ...], below_px: int) -> go.Figure:
    """Clips of each emotion.

    Args:
        counts: emotions with their clips.
        asked: emotions that the filters ask for, empty for all; the others are pale.
        below_px: height below, so that rows stand in line with the heatmap's.
    """
    drawn = figures.count_bars(dict(counts))
    names = [name for name, _ in counts]
    if asked:
        # Not by `opacity`: with a list of it, Plotly cannot draw a bar with words as clicked.
        both = zip(names, drawn.data[0].marker.color, strict=True)
        drawn.update_traces(
            marker_color=[
                colour if name in asked else see_through(colour, _PALE) for name, colour in both
            ]
        )
    drawn.update_layout(
        height=_height(names, below_px), margin_b=below_px, yaxis_dtick=1,
        clickmode="event+select", dragmode=False,
        xaxis={"visible": True, "title": "clips", "showticklabels": False, "showgrid": False,
               "zeroline": False, "ticks": ""},
    )  # fmt: skip
    return drawn


@lru_cache(_KEPT)
def grid(
    names: tuple[str, ...],
    speakers: tuple[str, ...],
    counts: tuple[tuple[int, ...], ...],
    asked: tuple[tuple[str, ...], tuple[str, ...]],
    dark: bool,
) -> go.Figure:
    """Clips of each emotion by each speaker.

    Args:
        names: emotions, from top to bottom.
        speakers: from left to right.
        counts: clips, a row for each emotion.
        asked: emotions and speakers that the filters ask for, empty for all; other cells are grey.
        dark: whether for the dark theme.
    """
    table = np.asarray(counts, np.int64)
    below_px, rows, columns = (
        axis_px(speakers),
        list(map(emotions.title, names)),
        _axis_names(speakers),
    )
    drawn = figures.heatmap(table, rows, columns, unit="clips")
    look = {
        "zmax": max(1, int(table.max())) / FULLEST,
        "textfont_color": figures.template(dark).layout.font.color,
    }
    printed, small = len(speakers) <= _MOST_PRINTED, len(speakers) > _FEW
    if not printed:
        look |= {"texttemplate": None, "xgap": 0}
    elif small:
        look["textfont_size"] = _SMALL_PX
    drawn.update_traces(**look)
    # Marks would widen the axes.
    drawn.update_layout(
        height=_height(names, below_px),
        margin_b=below_px,
        clickmode="event+select",
        dragmode=False,
        xaxis={"title": "speaker", "autorange": False, "range": [-0.5, len(speakers) - 0.5],
               "ticks": "", "tickangle": -90 if below_px > _AXIS_PX else 0 if printed else None,
               "dtick": 1 if printed else None,
               "tickfont_size": _SMALL_PX if small and printed else None},
        yaxis={"autorange": False, "range": [len(names) - 0.5, -0.5], "ticks": "", "dtick": 1,
               "ticklabelstandoff": 6},
    )  # fmt: skip
    chosen = _chosen_cells(asked, names, speakers)
    if not chosen.all():
        soft = figures.template(dark).layout.xaxis.tickfont.color
        drawn.add_trace(_veil(drawn.data[0], chosen, _VEIL[dark], soft))
    if len(speakers) <= MOST_CLICKED:
        _cells(drawn, table)
    return drawn


def _chosen_cells(
    asked: tuple[tuple[str, ...], tuple[str, ...]], names: Sequence[str], speakers: Sequence[str]
) -> NDArray[np.bool_]:
    rows = np.isin(names, asked[0] or names)
    columns = np.isin(speakers, asked[1] or speakers)
    return np.outer(rows, columns)


def _veil(
    cells: go.Heatmap, chosen: NDArray[np.bool_], colour: str, text_colour: str
) -> go.Heatmap:
    """The page's colour over the cells that the filters leave out, below their counts."""
    return go.Heatmap(
        z=np.where(chosen, np.nan, 1.0),
        x=cells.x,
        y=cells.y,
        text=np.where(chosen, "", [[f"{number:,.0f}" for number in row] for row in cells.z]),
        texttemplate=cells.texttemplate and "%{text}",
        textfont={"color": text_colour, "size": cells.textfont.size},
        colorscale=[[0, colour], [1, colour]],
        showscale=False,
        hoverinfo="skip",
        xgap=cells.xgap,
        ygap=cells.ygap,
    )


def _cells(grid: go.Figure, counts: NDArray[np.int64]) -> None:
    """Marks that cannot be seen, one in each cell: a heatmap alone does not tell of clicks."""
    cells = grid.data[0]
    grid.add_scatter(
        x=list(cells.x) * len(cells.y),
        y=np.repeat(cells.y, len(cells.x)),
        mode="markers",
        marker={
            "symbol": "square",
            "size": _ROW_PX,
            "color": "rgba(0,0,0,0)",
            "line": {"width": 0},
        },
        customdata=counts.ravel(),
        hovertemplate="%{y}, %{x}: %{customdata:,} clips<extra></extra>",
        showlegend=False,
    )


@lru_cache(_KEPT)
def durations(
    edges_s: tuple[float, ...],
    counts: tuple[tuple[str, tuple[int, ...]], ...],
    asked_s: tuple[float, float] | None,
) -> go.Figure:
    """Clips of each length, see `figures.duration_figure`."""
    drawn = figures.duration_figure(edges_s, dict(counts), asked_s)
    drawn.update_layout(clickmode="event+select", dragmode=False)
    return drawn
