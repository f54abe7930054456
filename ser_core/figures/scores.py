"""Scores with their intervals, as bars: per class, or by group."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.forest import ends_words
from ser_core.figures.series import SERIES
from ser_core.figures.style import after_imports

_ERROR = {"thickness": 1.2, "width": 3, "color": "#7A808C"}  # seen on bars and on both pages


@after_imports
def score_bars(names: Sequence[str], series: Mapping[str, ArrayLike], unit: str = "%") -> go.Figure:
    """Scores of classes side by side, each with its interval.

    Args:
        names: classes from left to right; emotions get their words.
        series: (len(names), 3) each: value, low and high as shares in [0, 1]; nan draws nothing,
            nan ends no interval. Of a single one, emotions have their own colours.
        unit: of the axis; the shares are drawn as percent.

    Raises:
        ParameterError: a series does not fit the names.
    """
    words = [_word(name) for name in names]
    figure = go.Figure()
    for place, (title, values) in enumerate(series.items()):
        table = _checked(names, title, values)
        alone = len(series) == 1
        own = [_colour(name) for name in names]
        figure.add_trace(
            go.Bar(
                x=words,
                y=table[:, 0],
                name=title,
                marker_color=own if alone else SERIES[place % len(SERIES)],
                error_y=_errors(table),
                customdata=ends_words(table),
                hovertemplate=f"%{{x}}, {title}: %{{y:.1f}} {unit}%{{customdata}}<extra></extra>",
                showlegend=not alone,
            )
        )
    figure.update_layout(
        height=320,
        barmode="group",
        bargap=0.25,
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        xaxis={"type": "category", "showgrid": False},
        yaxis={"range": [0, 100], "ticksuffix": f" {unit}"},
    )
    return figure


@after_imports
def group_bars(
    names: Sequence[str],
    scores: ArrayLike,
    clips: Sequence[int],
    overall: float | None = None,
    what: str = "accuracy",
) -> go.Figure:
    """A score by group, as horizontal bars with intervals and numbers of clips.

    Args:
        names: groups from top to bottom.
        scores: (len(names), 3) value, low and high as shares in [0, 1].
        clips: of each group.
        overall: the score of all clips, as a line.
        what: the score's name.

    Raises:
        ParameterError: scores or clips do not fit the names.
    """
    table = _checked(names, what, scores)
    if len(clips) != len(names):
        raise ParameterError(f"clips: one for each of {len(names)} names, got {len(clips)}")
    words = [f"{_word(name)} ({number:,})" for name, number in zip(names, clips, strict=True)]
    figure = go.Figure(
        go.Bar(
            x=table[:, 0],
            y=words,
            orientation="h",
            marker_color=[_colour(name) for name in names],
            error_x=_errors(table),
            customdata=ends_words(table),
            hovertemplate=f"%{{y}} clips: {what} %{{x:.1f}} %%{{customdata}}<extra></extra>",
            showlegend=False,
        )
    )
    if overall is not None:
        edges = {"x": [100 * overall] * 2, "y": [words[0], words[-1]]} if words else {}
        line = {"color": "#7A808C", "width": 1.5, "dash": "dot"}
        figure.add_trace(
            go.Scatter(**edges, mode="lines", line=line, name="all clips", hoverinfo="skip")
        )
    figure.update_layout(
        height=90 + 24 * max(1, len(names)),
        bargap=0.3,
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        xaxis={"range": [0, 100], "ticksuffix": " %", "title": what},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return figure


def _checked(names: Sequence[str], title: str, values: ArrayLike) -> NDArray[np.float64]:
    """In percent."""
    table = 100 * np.asarray(values, np.float64)
    if table.shape != (len(names), 3):
        raise ParameterError(
            f"{title}: shape ({len(names)}, 3) to fit the names, got {table.shape}"
        )
    return table


def _errors(table: NDArray[np.float64]) -> dict[str, object]:
    return {
        **_ERROR,
        "type": "data",
        "symmetric": False,
        "array": table[:, 2] - table[:, 0],
        "arrayminus": table[:, 0] - table[:, 1],
    }


def _word(name: str) -> str:
    return emotions.title(name) if name in emotions.KNOWN else name


def _colour(name: str) -> str:
    return emotions.colour(name) if name in emotions.KNOWN else SERIES[0]
