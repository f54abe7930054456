"""How often decisions flip as steps of augmentation grow stronger."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.series import SERIES, see_through
from ser_core.figures.style import after_imports

_DASHES = ("solid", "dash", "dot")
_WHOLE = "#7A808C"
_LEAST_TOP = 20.0  # percent: a flat line shall look flat


@dataclass(frozen=True)
class FlipLine:
    """Flips of one step.

    Attributes:
        title: of the step.
        strengths: 0 to 1, rising; nothing flips at 0.
        settings: what each strength is, in words.
        ticks: the same without a unit, for the axis.
        axis: what the setting is called, with its unit.
        shares, low, high: of the clips, 0 to 1, with the ends of their intervals; NaN draws none.
        own: weakest and strongest that a chain draws, as strengths; None where nothing says so.
    """

    title: str
    strengths: Sequence[float]
    settings: Sequence[str]
    ticks: Sequence[str]
    axis: str
    shares: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    own: tuple[float, float] | None = None


@after_imports
def preservation_figure(
    lines: Sequence[FlipLine], whole: tuple[str, float] | None = None
) -> go.Figure:
    """Share of clips whose decision flips, by strength: one line and its band for each step.

    With one step the axis shows its own setting, with more of them strengths from 0 to 1. The part
    of a line that a chain draws from is thick.

    Args:
        lines: at least one, or `whole`.
        whole: words and share of a whole chain at its own settings, as a level line.

    Raises:
        ParameterError: nothing to draw.
    """
    if not lines and whole is None:
        raise ParameterError("lines: at least one step to draw, got none")
    figure = go.Figure()
    for number, line in enumerate(lines):
        figure.add_traces(_traces(line, number))
    if whole is not None:
        words, share = whole
        figure.add_hline(
            y=100 * share,
            line={"color": _WHOLE, "width": 1.5, "dash": "dash"},
            annotation={"text": f"{words}: {100 * share:.0f} %", "xanchor": "left", "x": 0},
        )
    ends = [100 * end for line in lines for end in (*line.high, *line.shares) if end == end]
    top = max([_LEAST_TOP, *ends, 100 * whole[1] if whole else 0.0])
    figure.update_layout(
        height=360,
        hovermode="closest",
        showlegend=len(lines) > 1,
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        margin={"t": 16, "r": 16},
        xaxis=_axis(lines),
        yaxis={"title": "decisions flipped (% of clips)", "range": [0, min(100.0, 1.08 * top)]},
    )
    return figure


def _traces(line: FlipLine, number: int) -> list[go.Scatter]:
    """The band, then the line with its points; both begin where nothing is done."""
    colour = SERIES[number % len(SERIES)]
    x = [0.0, *line.strengths]
    shares, low, high = (
        [0.0, *(100 * value for value in values)] for values in (line.shares, line.low, line.high)
    )
    edge = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    known = [(a, b) for a, b in zip(low, high, strict=True) if a == a and b == b]
    band = [
        go.Scatter(**edge, y=low, legendgroup=line.title),
        go.Scatter(
            **edge,
            y=high,
            fill="tonexty",
            fillcolor=see_through(colour, 0.15),
            legendgroup=line.title,
        ),
    ]
    middle = go.Scatter(
        x=x,
        y=shares,
        mode="lines+markers",
        name=line.title,
        legendgroup=line.title,
        line={"color": colour, "width": 2.5, "dash": _DASHES[number // len(SERIES) % 3]},
        marker={"size": 7},
        customdata=[
            [setting, *ends]
            for setting, *ends in zip(["nothing", *line.settings], low, high, strict=True)
        ],
        hovertemplate=f"{line.title}, %{{customdata[0]}}: %{{y:.0f}} % flipped"
        " (%{customdata[1]:.0f} to %{customdata[2]:.0f})<extra></extra>",
    )
    own = [] if line.own is None else [_own(line.own, x, shares, line.title, colour)]
    return [*(band if len(known) == len(x) else []), *own, middle]


def _own(
    span: tuple[float, float], x: list[float], shares: list[float], title: str, colour: str
) -> go.Scatter:
    """The part of a line that a chain draws from, behind it."""
    low, high = span
    places = [low, *(place for place in x if low < place < high), high]
    return go.Scatter(
        x=places,
        y=np.interp(places, x, shares),
        mode="lines",
        line={"color": see_through(colour, 0.4), "width": 11},
        legendgroup=title,
        showlegend=False,
        hoverinfo="skip",
    )


def _axis(lines: Sequence[FlipLine]) -> dict[str, object]:
    if len(lines) == 1:
        (line,) = lines
        return {
            "title": line.axis,
            "tickvals": [0.0, *line.strengths],
            "ticktext": ["none", *line.ticks],
            "range": [-0.03, 1.03],
        }
    return {
        "title": "strength: 0 nothing, 1 more than anybody would train with",
        "range": [-0.03, 1.03],
        "nticks": 6,
    }
