"""Do models say the same, and are they right about the same clips?"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.forest import END_PX, GREY, broken
from ser_core.figures.series import SERIES
from ser_core.figures.style import after_imports, shown
from ser_core.figures.tables import heatmap

_PARTS = {
    "both right": SERIES[2],
    "only the first": SERIES[0],
    "only the second": SERIES[1],
    "both wrong": GREY,
}


@after_imports
def agreement_figure(names: Sequence[str], kappas: ArrayLike) -> go.Figure:
    """Cohen's kappa of every two models: 1 where they always say the same, 0 as chance would.

    Args:
        names: of the models, told apart from each other.
        kappas: (len(names), len(names)).

    Raises:
        ParameterError: the names do not fit.
    """
    figure = heatmap(kappas, names, names, decimals=2)
    figure.update_traces(zmin=0, zmax=1, hovertemplate="%{y}, %{x}: kappa %{z:.2f}<extra></extra>")
    words = {shown(name): broken(name) for name in names}
    ticks = {"tickvals": list(words), "ticktext": list(words.values())}
    figure.update_xaxes(**ticks)
    figure.update_yaxes(**ticks)
    return figure


@after_imports
def shared_figure(pairs: Mapping[str, Sequence[int]]) -> go.Figure:
    """Of every two models, how many clips both, one or none of them got right.

    Args:
        pairs: by title, clips that both got right, only the first, only the second, none.

    Raises:
        ParameterError: a pair has other than four numbers, or no clip.
    """
    table = np.array([_checked(title, numbers) for title, numbers in pairs.items()]).reshape(-1, 4)
    shares = 100 * table / table.sum(1, keepdims=True)
    bases = np.cumsum(shares, axis=1) - shares
    words = [broken(title) for title in pairs]
    figure = go.Figure(
        [
            go.Bar(
                x=shares[:, place],
                base=bases[:, place],
                y=words,
                orientation="h",
                name=name,
                marker_color=colour,
                customdata=table[:, place],
                hovertemplate=f"%{{y}}, {name}: %{{customdata:,}} clips<extra></extra>",
            )
            for place, (name, colour) in enumerate(_PARTS.items())
        ]
    )
    figure.update_layout(
        height=150 + 40 * max(1, len(pairs)),
        barmode="overlay",
        bargap=0.35,
        legend={"y": 1.0, "yanchor": "bottom", "x": 0},
        margin_t=30,
        margin_r=END_PX,
        xaxis={"range": [0, 100], "dtick": 25, "ticksuffix": " %", "title": "share of the clips"},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )
    return figure


def _checked(title: str, numbers: Sequence[int]) -> list[int]:
    if len(numbers) != len(_PARTS) or not sum(numbers):
        raise ParameterError(f"{title}: four numbers of clips are needed, got {list(numbers)}")
    return list(numbers)
