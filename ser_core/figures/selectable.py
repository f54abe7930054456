"""Heatmaps whose cells can be clicked: Plotly selects points, never cells of a heatmap."""

import re
from typing import Any

import numpy as np
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.style import after_imports

_SIZE_PX = 30
_UNSEEN, _CHOSEN = 0.01, "#C48A00"
_BEFORE = 3  # values of our own that stand before the heatmap's in `customdata`


@after_imports
def selectable(figure: go.Figure, chosen: tuple[int, int] | None = None) -> go.Figure:
    """Lay one unseen point over every cell of a heatmap, to be clicked in its place.

    A clicked point's `customdata` begins with the cell's row and column, as numbers from 0.

    Args:
        figure: with a heatmap as its first trace; changed in place.
        chosen: row and column of a cell that is framed.

    Raises:
        ParameterError: the first trace is no heatmap.
    """
    cells = figure.data[0] if figure.data else None
    if cells is None or cells.type != "heatmap":
        raise ParameterError("figure: its first trace must be a heatmap")
    figure.add_trace(_points(cells))
    figure.update_layout(clickmode="event+select", showlegend=False, hovermode="closest")
    # Points ask for room around them, which cells do not need.
    rows, columns = np.shape(cells.z)
    figure.update_xaxes(range=[-0.5, columns - 0.5], autorange=False)
    figure.update_yaxes(range=[rows - 0.5, -0.5], autorange=False)
    if chosen is not None:
        row, column = chosen
        frame = {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}
        figure.add_shape(type="rect", **frame, line={"color": _CHOSEN, "width": 3})
    return figure


def _points(cells: Any) -> go.Scatter:
    table = np.asarray(cells.z, np.float64)
    places = np.argwhere(np.ones(table.shape, bool))
    further = (
        np.empty((table.size, 0))
        if cells.customdata is None
        else np.asarray(cells.customdata, np.float64).reshape(table.size, -1)
    )
    return go.Scatter(
        x=[cells.x[column] for _, column in places],
        y=[cells.y[row] for row, _ in places],
        mode="markers",
        marker={"symbol": "square", "size": _SIZE_PX, "opacity": _UNSEEN, "color": _CHOSEN},
        selected={"marker": {"opacity": _UNSEEN}},
        unselected={"marker": {"opacity": _UNSEEN}},
        customdata=np.column_stack([places, table.ravel(), further]),
        hovertemplate=_moved(cells.hovertemplate or ""),
        showlegend=False,
    )


def _moved(template: str) -> str:
    """A heatmap's hover words, for points that carry its values as data.

    >>> _moved("%{y}: %{z:.1f}, %{customdata[0]} clips")
    '%{y}: %{customdata[2]:.1f}, %{customdata[3]} clips'
    """
    later = re.sub(r"customdata\[(\d+)\]", lambda m: f"customdata[{int(m[1]) + _BEFORE}]", template)
    return later.replace("%{z", "%{customdata[2]")
