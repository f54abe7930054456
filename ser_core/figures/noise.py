"""What noise costs: a score by signal-to-noise ratio."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.forest import ends_words
from ser_core.figures.series import SERIES, see_through
from ser_core.figures.style import after_imports


@after_imports
def snr_figure(
    snr_db: ArrayLike,
    curves: Mapping[str, ArrayLike],
    clean: float | None = None,
    chance: float | None = None,
    what: str = "UAR",
) -> go.Figure:
    """Score against signal-to-noise ratio, from little noise on the left to much on the right.

    Args:
        snr_db: (num_ratios,) in dB.
        curves: for each noise (num_ratios, 3): score, low and high as shares in [0, 1]; nan ends
            draw no band.
        clean: the score without noise, as a line.
        chance: of guessing, as a line.
        what: the score's name.

    Raises:
        ParameterError: a curve does not fit the ratios.
    """
    ratios = np.asarray(snr_db, np.float64)
    order = np.argsort(-ratios)
    figure = go.Figure()
    for place, (name, values) in enumerate(curves.items()):
        table = 100 * np.asarray(values, np.float64)
        if table.shape != (ratios.size, 3):
            raise ParameterError(
                f"{name}: shape ({ratios.size}, 3) to fit the ratios, got {table.shape}"
            )
        figure.add_traces(_curve(name, ratios[order], table[order], place, what))
    ends = [float(ratios.max()), float(ratios.min())]
    for level, name, dash in ((clean, "no noise", "dash"), (chance, "chance", "dot")):
        if level is not None:
            figure.add_trace(_level(name, ends, level, dash))
    figure.update_layout(
        height=340,
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        xaxis={
            "title": "signal-to-noise ratio (dB)",
            "range": [ends[0] + 1, ends[1] - 1],
            "tickvals": ratios[order].tolist(),
            "showgrid": False,
            "zeroline": False,  # 0 dB is no more than the others
        },
        yaxis={"title": what, "range": [0, 100], "ticksuffix": " %"},
    )
    return figure


def _curve(
    name: str,
    ratios: NDArray[np.float64],
    table: NDArray[np.float64],
    place: int,
    what: str,
) -> list[go.Scatter]:
    """A band between the ends of the intervals, and the scores on top of it."""
    colour = SERIES[place % len(SERIES)]
    value, low, high = table.T
    edge = {"x": ratios, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    band = {"fill": "tonexty", "fillcolor": see_through(colour, 0.18)}
    line = go.Scatter(
        x=ratios,
        y=value,
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 2.5},
        customdata=ends_words(table),
        hovertemplate=f"{name}, %{{x}} dB: {what} %{{y:.1f}} %%{{customdata}}<extra></extra>",
    )
    return [
        go.Scatter(**edge, y=low, showlegend=False),
        go.Scatter(**edge, **band, y=high, showlegend=False),
        line,
    ]


def _level(name: str, ends: list[float], level: float, dash: str) -> go.Scatter:
    return go.Scatter(
        x=ends,
        y=[100 * level] * 2,
        mode="lines",
        name=name,
        line={"color": "#7A808C", "width": 1.5, "dash": dash},
        hoverinfo="skip",
    )
