"""Reliability: what a model claims against how often it is right."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.forest import END_PX
from ser_core.figures.series import SERIES
from ser_core.figures.style import after_imports

_UPPER, _LOWER = (0.32, 1.0), (0.0, 0.2)


@after_imports
def reliability_figure(curves: Mapping[str, ArrayLike]) -> go.Figure:
    """Accuracy by confidence with intervals, above how many clips each point stands for.

    Points on the diagonal are calibrated; below it a model is surer than it should be.

    Args:
        curves: for each model (bins, 5): mean confidence, accuracy, its low and high end as shares
            in [0, 1], and clips; nan ends draw no interval.

    Raises:
        ParameterError: a curve has another shape.
    """
    figure = go.Figure(
        go.Scatter(
            x=[0, 100],
            y=[0, 100],
            mode="lines",
            line={"color": "#7A808C", "width": 1.2, "dash": "dot"},
            name="calibrated",
            hoverinfo="skip",
        )
    )
    for place, (name, values) in enumerate(curves.items()):
        table = np.asarray(values, np.float64)
        if table.ndim != 2 or table.shape[1] != 5:
            raise ParameterError(f"{name}: shape (bins, 5) is needed, got {table.shape}")
        figure.add_traces(_traces(name, table, SERIES[place % len(SERIES)]))
    percent = {"range": [0, 100], "ticksuffix": " %"}
    figure.update_layout(
        height=420,
        barmode="group",
        bargap=0.1,
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        margin_r=END_PX,
        xaxis={
            **percent,
            "dtick": 25,
            "title": "confidence: probability of the answer",
            "anchor": "y2",
        },
        yaxis={**percent, "domain": _UPPER, "title": "right"},
        yaxis2={"domain": _LOWER, "title": "clips", "rangemode": "tozero", "nticks": 3},
    )
    return figure


def _traces(name: str, table: NDArray[np.float64], colour: str) -> list[Any]:
    confidence, accuracy, low, high = (100 * column for column in table[:, :4].T)
    curve = go.Scatter(
        x=confidence,
        y=accuracy,
        mode="lines+markers",
        name=name,
        line={"color": colour, "width": 2},
        marker={"size": 6},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - accuracy,
            "arrayminus": accuracy - low,
            "thickness": 1,
            "width": 3,
            "color": colour,
        },
        customdata=table[:, 4],
        hovertemplate=f"{name}: %{{y:.0f}} % right where %{{x:.0f}} % sure,"
        " %{customdata:,.0f} clips<extra></extra>",
    )
    bars = go.Bar(
        x=confidence,
        y=table[:, 4],
        width=2,
        marker_color=colour,
        yaxis="y2",
        showlegend=False,
        hovertemplate=f"{name}: %{{y:,.0f}} clips<extra></extra>",
    )
    return [curve, bars]
