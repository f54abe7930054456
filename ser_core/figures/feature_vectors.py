"""A vector of features: bars, or features × statistics where its names are such pairs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plotly import graph_objects as go

from ser_core.figures.feature_columns import distinct, families, few, pairs
from ser_core.figures.feature_panels import REACH_SD, TITLE_PX, after, axis, domains, write_title
from ser_core.figures.style import BOTH_SIDES, WAVE

Array = NDArray[np.float32]

_UNEVEN_BARS = 50.0  # the largest of values over a usual one
_MOST_NAMED = 26  # bars that have room for their names
_BARS_PX = 90


def vector_figure(values: Array, names: Sequence[str], unit: str) -> go.Figure:
    """One vector (num_features,); see `ser_core.figures.features.feature_figure`."""
    grid = pairs(names)
    if grid is not None:
        return _grid_figure(values, *grid)
    return _bars_figure(values, names or [str(i + 1) for i in range(values.size)], unit)


def _grid_figure(
    values: Array, rows: list[str], columns: list[str], cells: NDArray[np.int64]
) -> go.Figure:
    """Features × statistics; each column against its own middle, since their units differ."""
    table = values[cells].astype(np.float64)
    middle = np.median(table, axis=0)
    spread = 1.4826 * np.median(np.abs(table - middle), axis=0)  # the SD of a normal distribution
    standard = (table - middle) / np.where(spread > 0, spread, 1)
    figure = go.Figure(
        go.Heatmap(
            z=np.round(standard, 2),
            x=columns,
            y=distinct(rows),
            customdata=table[..., None],
            zmin=-REACH_SD,
            zmax=REACH_SD,
            colorscale=BOTH_SIDES,
            hovertemplate="%{y}, %{x}: %{customdata[0]:.4~g}<extra></extra>",
            colorbar={
                "thickness": 8,
                "outlinewidth": 0,
                "tickvals": [-2, 0, 2],
                "ticktext": ["low", "median", "high"],
                "tickfont": {"size": 11},
            },
            xgap=1,
        )
    )
    figure.update_layout(
        height=TITLE_PX + 90 + max(120, min(420, 11 * len(rows))),
        margin={"t": TITLE_PX},
        xaxis={"type": "category", "tickangle": -60, "dtick": 1, "showgrid": False},
        yaxis={"type": "category", "showgrid": False, "autorange": "reversed"},
    )
    write_title(figure, "each column against its median over the rows", 1.0)
    return figure


def _bars_figure(values: Array, names: Sequence[str], unit: str) -> go.Figure:
    """One row of bars for each family of values, each with its own scale."""
    runs = few(_joined(families(names)))
    heights = [_BARS_PX if len(runs) > 1 else 2 * _BARS_PX] * len(runs)
    figure = go.Figure()
    bottom = 24
    for place, ((family, run), domain) in enumerate(zip(runs, domains(heights), strict=True)):
        bars, scale, words = _bar_scale(values[run])
        figure.add_bar(
            x=distinct([names[i] for i in run]),
            y=bars,
            customdata=values[run],
            xaxis=axis("x", place),
            yaxis=axis("y", place),
            marker_color=WAVE,
            hovertemplate=f"%{{x}}: %{{customdata:.4~g}}{after(unit)}<extra></extra>",
        )
        named = len(run) <= _MOST_NAMED and place == len(runs) - 1
        if named:
            bottom = 24 + 6 * max(len(names[i]) for i in run)
        figure.update_layout(
            {
                f"xaxis{place + 1}": {
                    "anchor": axis("y", place),
                    "type": "category",
                    "showticklabels": named,
                    "tickangle": -60,
                    "tickfont": {"size": 11},
                    "dtick": 1,
                    "showgrid": False,
                },
                f"yaxis{place + 1}": {
                    "anchor": axis("x", place),
                    "domain": domain,
                    "nticks": 4,
                    **scale,
                },
            }
        )
        parts = family, unit, words if named or run[1:] else ""
        write_title(figure, " · ".join(part for part in parts if part), domain[1])
    figure.update_layout(
        height=sum(heights) + TITLE_PX * len(runs) + bottom,
        margin={"t": 0, "b": bottom},
        bargap=0.15,
        showlegend=False,
    )
    return figure


def _joined(families: list[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
    """Values that stand alone together at the end, instead of one bar above another."""
    alone = [run[0] for _, run in families if len(run) == 1]
    together = [(family, run) for family, run in families if len(run) > 1]
    return [*together, ("single values" if together else "", alone)] if alone else together


def _bar_scale(values: Array) -> tuple[NDArray[np.float64], dict[str, Any], str]:
    """Heights of bars, their axis, and a word on it: logarithmic both ways where sizes differ."""
    sizes = np.abs(np.nan_to_num(values.astype(np.float64)))
    middle = float(np.median(sizes[sizes > 0])) if sizes.any() else 1.0
    if sizes.max() <= _UNEVEN_BARS * middle:
        return values.astype(np.float64), {"tickformat": "~g"}, ""
    unit = 10.0 ** np.floor(np.log10(middle))
    decades = unit * 10.0 ** np.arange(1, np.ceil(np.log10(sizes.max() / unit)), 2)
    sides = [sign * decades for sign in (-1, 1) if (sign * values).max() >= unit]
    ticks = np.concatenate([[0.0], *sides])
    axis = {"tickvals": np.arcsinh(ticks / unit), "ticktext": [f"{tick:g}" for tick in ticks]}
    return np.arcsinh(values / unit), axis, "logarithmic scale"
