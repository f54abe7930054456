"""Scores of many runs in one picture, each with its interval, beside what others reported."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.series import SERIES
from ser_core.figures.style import after_imports, shown

GREY = "#7A808C"  # of what was not measured here; seen on both pages
END_PX = 24
"""Right of an axis, so that there is room for half of "100 %"."""

_LETTERS = 26  # of a name in one line
_ROW_PX = 36  # for names of two lines


@after_imports
def forest_figure(
    scores: Mapping[str, ArrayLike],
    reported: Mapping[str, float] | None = None,
    lines: Mapping[str, float] | None = None,
    what: str = "UAR",
    apart: Sequence[str] = (),
) -> go.Figure:
    """A score of each run as a point with its interval; what others reported as hollow diamonds.

    Args:
        scores: for each run (3,): value, low and high as shares in [0, 1]; nan ends no interval.
        reported: shares by title, in rows of their own; they have no interval.
        lines: shares by title, as lines across all rows, such as chance.
        what: the score's name.
        apart: runs that may not be compared with the others; drawn hollow.

    Raises:
        ParameterError: a score is no three numbers.
    """
    reported, lines = reported or {}, lines or {}
    names = [*scores, *reported]
    table = _checked(scores)
    figure = go.Figure()
    for title, value in lines.items():
        figure.add_trace(_line(title, value, len(names)))
    for place, title in enumerate(scores):
        figure.add_trace(_measured(place, title, table[place], what, title in apart))
    if reported:
        figure.add_trace(_reported(reported, len(scores), what))
    figure.update_layout(
        height=80 + _ROW_PX * max(1, len(names)),
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        margin_r=END_PX,
        showlegend=bool(lines or reported),
        xaxis={"range": [0, 100], "ticksuffix": " %", "title": what},
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": [broken(name) for name in names],
            "range": [len(names) - 0.5, -0.5],
            "showgrid": False,
            "zeroline": False,
        },
    )
    return figure


def broken(name: str, letters: int = _LETTERS) -> str:
    """A name in lines that leave room for the picture on a phone, of so many letters.

    >>> broken("ComParE-2016 + RBF SVM, by speaker")
    'ComParE-2016 + RBF SVM, by<br>speaker'
    """
    return "<br>".join(shown(line) for line in wrap(name, letters)) or shown(name)


def _measured(
    place: int, title: str, row: NDArray[np.float64], what: str, hollow: bool
) -> go.Scatter:
    value = row[0]
    colour = SERIES[place % len(SERIES)]
    [ends] = ends_words(row[None])
    return go.Scatter(
        x=[value],
        y=[place],
        mode="markers",
        name=title,
        marker={"color": colour, "size": 10, "symbol": "circle-open" if hollow else "circle"},
        error_x=errors(row[None], colour),
        hovertemplate=f"{shown(title)}: {what} {value:.1f} %{ends}<extra></extra>",
        showlegend=False,
    )


def _reported(reported: Mapping[str, float], first: int, what: str) -> go.Scatter:
    return go.Scatter(
        x=[100 * value for value in reported.values()],
        y=list(range(first, first + len(reported))),
        mode="markers",
        name="reported by others",
        marker={"color": GREY, "size": 9, "symbol": "diamond-open"},
        text=[shown(title) for title in reported],
        hovertemplate=f"%{{text}}: {what} %{{x:.1f}} %, reported<extra></extra>",
    )


def _line(title: str, value: float, rows: int) -> go.Scatter:
    return go.Scatter(
        x=[100 * value] * 2,
        y=[-0.5, rows - 0.5],
        mode="lines",
        name=title,
        line={"color": GREY, "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
    )


def ends_words(table: NDArray[np.float64]) -> list[str]:
    """The ends of rows of value, low and high, for a hover; nothing where they are not known.

    >>> ends_words(np.array([[50.0, 40.0, 60.0], [50.0, np.nan, np.nan]]))
    [' [40.0, 60.0]', '']
    """
    return ["" if np.isnan(low) else f" [{low:.1f}, {high:.1f}]" for _, low, high in table]


def errors(table: NDArray[np.float64], colour: str) -> dict[str, Any]:
    """Error bars of rows of value, low and high; none where the ends are not known."""
    return {
        "type": "data",
        "symmetric": False,
        # Of nan Plotly draws nothing; of 0 it would draw the ends of an interval of no width.
        "array": table[:, 2] - table[:, 0],
        "arrayminus": table[:, 0] - table[:, 1],
        "thickness": 1.5,
        "width": 4,
        "color": colour,
    }


def _checked(scores: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
    """In percent, (num_runs, 3)."""
    rows = [100 * np.asarray(each, np.float64) for each in scores.values()]
    for title, row in zip(scores, rows, strict=True):
        if row.shape != (3,):
            raise ParameterError(f"{title}: value, low and high are needed, got shape {row.shape}")
    return np.array(rows).reshape(-1, 3)
