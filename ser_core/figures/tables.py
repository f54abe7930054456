"""Counts and tables of numbers, as bars and heatmaps."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.style import DIVERGING, WAVE, after_imports, shown


@after_imports
def count_bars(counts: Mapping[str, int], unit: str = "clips", sort: bool = False) -> go.Figure:
    """How many of each, as horizontal bars with their numbers.

    Args:
        counts: one number for each name; emotions get their words and colours, as does "", clips
            without one.
        unit: what is counted, on the axis and in the hover.
        sort: largest first; otherwise in the order given.
    """
    names = sorted(counts, key=lambda name: -counts[name]) if sort else list(counts)
    figure = go.Figure(
        go.Bar(
            x=[counts[name] for name in names],
            y=[shown(emotions.title(name) if _is_emotion(name) else name) for name in names],
            orientation="h",
            marker_color=[_bar_colour(name) for name in names],
            text=[f"{counts[name]:,}" for name in names],
            textposition="outside",
            hovertemplate=f"%{{y}}: %{{x:,}} {unit}<extra></extra>",
        )
    )
    figure.update_layout(
        height=44 + 24 * max(1, len(names)),
        bargap=0.3,
        xaxis={"visible": False, "range": [0, 1.15 * max([1, *counts.values()])]},
        yaxis={"autorange": "reversed", "type": "category", "ticklabelstandoff": 6},
    )
    return figure


def _bar_colour(name: str) -> str:
    return emotions.colour(name) if _is_emotion(name) else WAVE


def _is_emotion(name: str) -> bool:
    return not name or name in emotions.KNOWN


@after_imports
def heatmap(
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    unit: str = "",
    decimals: int = 0,
    diverging: bool = False,
) -> go.Figure:
    """A table of numbers as coloured cells with the numbers in them.

    Args:
        values: (len(rows), len(columns)).
        rows: names from top to bottom.
        columns: names from left to right.
        unit: what the numbers are, in the hover.
        decimals: digits after the point in the cells.
        diverging: two colours centred at zero, for differences; otherwise one sequential scale.

    Raises:
        ParameterError: the names do not fit the shape of `values`.
    """
    table = np.asarray(values, np.float64)
    if table.shape != (len(rows), len(columns)):
        raise ParameterError(
            f"values: shape ({len(rows)}, {len(columns)}) to fit the names, got {table.shape}"
        )
    figure = go.Figure(
        go.Heatmap(
            z=table,
            x=[shown(name) for name in columns],
            y=[shown(name) for name in rows],
            texttemplate=f"%{{z:,.{decimals}f}}",
            hovertemplate=f"%{{y}}, %{{x}}: %{{z:,.{decimals}f}} {unit}<extra></extra>",
            showscale=False,
            xgap=1,
            ygap=1,
        )
    )
    if diverging:
        reach = float(np.abs(table).max()) or 1.0
        figure.update_traces(colorscale=DIVERGING, zmin=-reach, zmax=reach)
    else:
        # Plotly heeds neither end of a scale without the other.
        figure.update_traces(zmin=0, zmax=float(np.nanmax(table, initial=0)) or 1.0)
    figure.update_layout(
        height=70 + 30 * max(1, len(rows)),
        # Text that is laid over the cells would ask for room around them.
        xaxis={"type": "category", "showgrid": False, "side": "bottom",
               "range": [-0.5, len(columns) - 0.5]},
        yaxis={"type": "category", "showgrid": False, "range": [len(rows) - 0.5, -0.5]},
    )  # fmt: skip
    return figure
