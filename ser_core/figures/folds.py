"""A split as a picture: who stands in which part of which fold, and how even the parts are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.style import after_imports, shown
from ser_core.words import count

# What a cell says, and its colour: see-through ones fit light and dark. The last is a warning.
# White numbers are read on the last two in either theme, those of the page on the others.
STATES = {
    "not in this fold": "rgba(128,128,128,0)",
    "train": "rgba(128,128,128,0.22)",
    "validation": "rgba(0,157,232,0.42)",
    "test": "rgba(0,111,185,1)",
    "several parts": "rgba(179,74,0,1)",
}
_MOST_PRINTED = 12  # folds whose counts fit into their cells
_ROW_PX, _AROUND_PX = 20, 84


@after_imports
def fold_figure(rows: Sequence[str], columns: Sequence[str], counts: ArrayLike) -> go.Figure:
    """Which part each row stands in, fold by fold.

    The cells can be clicked: a point's `customdata` starts with its row and its column.

    Args:
        rows: speakers, sessions or corpora.
        columns: names of the folds.
        counts: (len(rows), len(columns), 3) clips that train, validate and are tested.

    Raises:
        ParameterError: the names do not fit the shape of `counts`.
    """
    clips = np.asarray(counts, np.int64)
    if clips.shape != (len(rows), len(columns), 3):
        raise ParameterError(
            f"counts: shape ({len(rows)}, {len(columns)}, 3) to fit the names, got {clips.shape}"
        )
    rows, columns = [shown(row) for row in rows], [shown(column) for column in columns]
    parts = (clips > 0).sum(axis=2)
    state = np.where(parts > 1, 4, np.where(parts == 1, clips.argmax(axis=2) + 1, 0))
    figure = go.Figure(
        go.Heatmap(
            z=state,
            x=columns,
            y=rows,
            zmin=-0.5,
            zmax=len(STATES) - 0.5,
            colorscale=_steps(list(STATES.values())),
            showscale=False,
            xgap=2,
            ygap=1,
            hoverinfo="skip",
        )
    )
    figure.add_trace(_cells(rows, columns, clips))
    if len(columns) <= _MOST_PRINTED:  # over the cell that is chosen
        for states, colour in (((1, 2), None), ((3, 4), "#FFFFFF")):
            figure.add_trace(_texts(rows, columns, clips, np.isin(state, states), colour))
    for number, (name, colour) in enumerate(STATES.items()):
        if number and (state == number).any():
            several = " (train · validation · test)" if number == len(STATES) - 1 else ""
            figure.add_trace(_legend(name + several, colour))
    figure.update_layout(
        height=_AROUND_PX + _ROW_PX * max(3, len(rows)),
        legend={"y": 1.0, "yanchor": "bottom", "x": 0, "itemclick": False,
                "itemdoubleclick": False},
        margin_t=30,
        clickmode="event+select",
        xaxis={"type": "category", "showgrid": False, "title": "fold", "zeroline": False,
               "range": [-0.5, len(columns) - 0.5]},
        yaxis={"type": "category", "showgrid": False, "dtick": 1, "zeroline": False,
               "range": [len(rows) - 0.5, -0.5]},
    )  # fmt: skip
    return figure


def _cells(rows: Sequence[str], columns: Sequence[str], clips: np.ndarray) -> go.Scatter:
    """Invisible squares over the cells: a heatmap tells nobody what was clicked."""
    places = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    marker = {"symbol": "square", "size": _ROW_PX, "color": "rgba(0,0,0,0.002)"}
    return go.Scatter(
        x=[columns[column] for _, column in places],
        y=[rows[row] for row, _ in places],
        mode="markers",
        marker=marker,
        selected={"marker": {"color": "rgba(255,122,26,0.45)"}},
        unselected={"marker": {"opacity": 1}},
        customdata=[[row, column, _hover(clips[row, column])] for row, column in places],
        hovertemplate="%{y}, fold %{x}: %{customdata[2]}<extra></extra>",
        showlegend=False,
    )


def _steps(colours: Sequence[str]) -> list[list[float | str]]:
    """A scale of flat steps."""
    count = len(colours)
    return [
        [(place + side) / count, colour] for place, colour in enumerate(colours) for side in (0, 1)
    ]


def _legend(name: str, colour: str) -> go.Scatter:
    marker = {"symbol": "square", "size": 12, "color": colour}
    return go.Scatter(x=[None], y=[None], mode="markers", name=name, marker=marker, showlegend=True)


def _texts(
    rows: Sequence[str],
    columns: Sequence[str],
    clips: np.ndarray,
    where: np.ndarray,
    colour: str | None,
) -> go.Scatter:
    """Counts in some cells; without a colour in that of the theme, as see-through cells need it."""
    places = np.argwhere(where)
    return go.Scatter(
        x=[columns[column] for _, column in places],
        y=[rows[row] for row, _ in places],
        text=[" · ".join(f"{n:,}" for n in clips[row, column] if n) for row, column in places],
        mode="text",
        textfont={"size": 11, "color": colour},
        unselected={"textfont": {"color": colour}},
        hoverinfo="skip",
        showlegend=False,
    )


def _hover(cell: np.ndarray) -> str:
    words = zip(("for training", "for validation", "for testing"), cell, strict=True)
    said = [f"{count(number, 'clip')} {what}" for what, number in words if number]
    return ", ".join(said) or "no clip"


@after_imports
def share_figure(rows: Sequence[str], names: Sequence[str], counts: ArrayLike) -> go.Figure:
    """How the clips of each row spread over emotions, as bars of 100 %.

    Args:
        rows: parts of folds, from top to bottom.
        names: emotions.
        counts: (len(rows), len(names)) clips.

    Raises:
        ParameterError: the names do not fit the shape of `counts`.
    """
    clips = np.asarray(counts, np.float64)
    if clips.shape != (len(rows), len(names)):
        raise ParameterError(
            f"counts: shape ({len(rows)}, {len(names)}) to fit the names, got {clips.shape}"
        )
    totals = np.maximum(clips.sum(axis=1), 1)
    bars = [
        go.Bar(
            x=100 * clips[:, place] / totals,
            y=[shown(row) for row in rows],
            orientation="h",
            name=shown(emotions.title(name)),
            marker={"color": emotions.colour(name), "line": {"width": 0}},
            customdata=clips[:, place],
            hovertemplate=(
                f"%{{y}}, {shown(emotions.title(name))}: %{{customdata:,.0f}} clips, %{{x:.1f}} %"
                "<extra></extra>"
            ),
        )
        for place, name in enumerate(names)
    ]
    figure = go.Figure(bars)
    head_px = 16 + 20 * -(-len(names) // 2)  # a legend in two columns
    figure.update_layout(
        height=head_px + 54 + _ROW_PX * max(3, len(rows)),
        barmode="stack",
        bargap=0.25,
        legend={"y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal", "font_size": 11},
        margin_t=head_px,
        margin_r=24,
        xaxis={"range": [0, 100.1], "tickvals": [0, 50, 100],
               "ticktext": ["0", "50 %", "100 %"], "title": "share of clips", "showgrid": False},
        yaxis={"type": "category", "autorange": "reversed", "dtick": 1},
    )  # fmt: skip
    return figure
