"""Two clips side by side: the same scales in both pictures, so that what differs is the sound."""

from collections.abc import Iterator

import numpy as np
from plotly import graph_objects as go

_ROOM = 0.06  # beyond the largest value, as a share of the range


def same_scales(first: go.Figure, second: go.Figure) -> None:
    """Give two figures of the same parts over time one length of time and one scale for each line.

    Heatmaps keep their colours: what they show has to be on one scale before it is drawn.

    Args:
        first: of `clip_figure` or `stacked_figure`; changed in place.
        second: the same of another clip.
    """
    end = max(figure.layout.xaxis.range[1] for figure in (first, second))
    for figure in (first, second):
        figure.update_layout(xaxis_range=[0, end])
    for axis in _line_axes(first):
        values = np.concatenate([_on(figure, axis) for figure in (first, second)])
        if not values.size:
            continue
        low, high = float(values.min()), float(values.max())
        room = _ROOM * (high - low or 1.0)
        ticks = [figure.layout[_long(axis)].tickvals for figure in (first, second)]
        for figure in (first, second):
            figure.layout[_long(axis)].range = [low - room, high + room]
            if all(ticks):
                figure.layout[_long(axis)].tickvals = max(ticks, key=lambda each: each[-1])


def _line_axes(figure: go.Figure) -> Iterator[str]:
    """Short names of the axes that lines are drawn on."""
    yield from sorted({trace.yaxis or "y" for trace in figure.data if trace.type == "scatter"})


def _long(axis: str) -> str:
    return f"yaxis{axis.removeprefix('y')}"


def _on(figure: go.Figure, axis: str) -> np.ndarray:
    """All values of the lines on an axis."""
    lines = [np.asarray(t.y, np.float64) for t in figure.data if (t.yaxis or "y") == axis]
    values = np.concatenate(lines)
    return values[np.isfinite(values)]
