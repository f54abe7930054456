"""How often a model is right that answers only when it is sure enough."""

import numpy as np
from numpy.typing import ArrayLike
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.series import SERIES
from ser_core.figures.style import after_imports


@after_imports
def coverage_figure(
    threshold: ArrayLike, answered: ArrayLike, accuracy: ArrayLike, chosen: float = 0.0
) -> go.Figure:
    """Accuracy by share of clips that get an answer, with intervals and the chosen threshold.

    Args:
        threshold: (steps,) least probability of an answer, rising.
        answered: (steps,) share of the clips that get one.
        accuracy: (steps, 3) share that is right, its low and high end; nan draws no interval.
        chosen: the threshold to mark.

    Raises:
        ParameterError: the shapes do not fit, or there is no step.
    """
    steps, x = np.asarray(threshold, np.float64), 100 * np.asarray(answered, np.float64)
    table = 100 * np.asarray(accuracy, np.float64)
    if steps.size == 0 or x.shape != steps.shape or table.shape != (steps.size, 3):
        raise ParameterError(
            f"accuracy: shape ({steps.size}, 3) with at least one step is needed, got {table.shape}"
        )
    value, low, high = table.T
    ends = {"type": "data", "symmetric": False, "array": high - value, "arrayminus": value - low}
    figure = go.Figure(
        go.Scatter(
            x=x,
            y=value,
            mode="lines+markers",
            line={"color": SERIES[0], "width": 2},
            marker={"size": 6},
            error_y={**ends, "thickness": 1, "width": 0},
            customdata=steps,
            hovertemplate="at %{customdata:.2f} and above: %{x:.0f} % answered, "
            "%{y:.0f} % of them right<extra></extra>",
        )
    )
    at = max(0, int(np.searchsorted(steps, chosen + 1e-9, side="right")) - 1)
    figure.add_trace(
        go.Scatter(
            x=x[at : at + 1],
            y=value[at : at + 1],
            mode="markers",
            marker={"size": 14, "color": "rgba(0,0,0,0)", "line": {"width": 2, "color": SERIES[1]}},
            hoverinfo="skip",
        )
    )
    percent = {"range": [0, 103], "ticksuffix": " %"}
    figure.update_layout(
        height=300,
        showlegend=False,
        xaxis={**percent, "title": "clips that get an answer"},
        yaxis={**percent, "title": "of them right"},
    )
    return figure
