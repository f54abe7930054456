"""How long clips are: a histogram, stacked by emotion."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.series import see_through
from ser_core.figures.style import after_imports, shown
from ser_core.words import count

_PALE = 0.25
_TOWERING, _ROOM = 3, 1.5  # times the second highest bar


@after_imports
def duration_figure(
    edges_s: ArrayLike, counts: Mapping[str, ArrayLike], chosen_s: tuple[float, float] | None = None
) -> go.Figure:
    """Clips of each length, stacked by emotion.

    Args:
        edges_s: (num_steps + 1,) rising edges in seconds; step i goes up to, not including, the
            next edge.
        counts: (num_steps,) clips of each emotion; the first is drawn at the bottom.
        chosen_s: steps outside of these seconds are pale; None for no choice.

    Raises:
        ParameterError: counts and edges do not fit each other.
    """
    edges = np.asarray(edges_s, np.float64)
    middles, widths = (edges[:-1] + edges[1:]) / 2, np.diff(edges)
    outside = np.zeros(len(middles), bool)
    if chosen_s is not None:
        outside = (edges[1:] <= chosen_s[0]) | (edges[:-1] >= chosen_s[1])
    figure = go.Figure()
    for name, some in counts.items():
        found = np.asarray(some)
        if found.shape != middles.shape:
            raise ParameterError(
                f"counts: {len(middles)} to fit the edges, got {found.shape} for {name!r}"
            )
        colour = emotions.colour(name)
        colours = np.where(outside, see_through(colour, _PALE), colour).tolist()
        figure.add_bar(x=middles, y=found, width=widths, marker_color=colours, hoverinfo="skip")
    # Bars that cannot be seen, as high as the chart, so that low ones can be pointed at too.
    figure.add_bar(
        x=middles,
        y=np.ones(len(middles)),
        width=widths,
        yaxis="y2",
        marker_color="rgba(0,0,0,0)",
        customdata=edges[:-1],
        hovertext=[_words(edges, counts, step) for step in range(len(middles))],
        hovertemplate="%{hovertext}<extra></extra>",
    )
    _cut(figure, edges, sum(np.asarray(some) for some in counts.values()))
    figure.update_layout(
        height=120,
        barmode="stack",
        bargap=0,
        showlegend=False,
        margin_b=40,
        xaxis={"title": "duration (s)", "range": [edges[0], edges[-1]], "showgrid": False},
        yaxis={"title": "clips", "nticks": 4},
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
    )
    return figure


def _cut(figure: go.Figure, edges: NDArray[np.float64], totals: ArrayLike) -> None:
    """End the axis below a bar that would squash all others, and write its number beside it."""
    found = np.atleast_1d(np.asarray(totals, np.int64))
    figure.update_layout(yaxis_rangemode="tozero")
    if len(found) < 2:
        return
    second, first = np.sort(found)[-2:]
    if not 0 < _TOWERING * second < first:
        return
    figure.update_layout(yaxis_range=[0, _ROOM * second])
    place = int(found.argmax())
    early = 2 * place < len(found)
    figure.add_annotation(
        x=edges[place + early],
        y=1,
        yref="y domain",
        text=f"↑ {first:,}",
        xanchor="left" if early else "right",
        yanchor="top",
    )


def _words(edges: NDArray[np.float64], counts: Mapping[str, ArrayLike], step: int) -> str:
    """What a step holds, a line for each emotion it has."""
    found = {name: int(np.asarray(some)[step]) for name, some in counts.items()}
    lines = [
        f"{shown(emotions.title(name))}: {number:,}" for name, number in found.items() if number
    ]
    total = (
        f"<b>{edges[step]:.1f}–{edges[step + 1]:.1f} s: {count(sum(found.values()), 'clip')}</b>"
    )
    return "<br>".join([total, *reversed(lines)])
