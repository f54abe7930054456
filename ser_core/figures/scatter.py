"""Clips as points on a map, coloured by what is known of them."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.style import after_imports, shown

Scale = Literal["emotion", "category", "number"]

_FAINT = "rgba(128,128,128,0.16)"
_RING = "#FF7A1A"  # the clip in hand, as the player's cursor
# Eight hues that colour-blind eyes tell apart; more values than these get another shape.
_HUES = tuple(emotions.colour(name) for name in emotions.EMOTIONS)
_SHAPES = ("circle", "diamond", "cross", "triangle-up", "star", "x")
_MOST_NAMED = 48  # values that a legend has room for: all hues in all shapes
_NOT_GIVEN = "not given"


@after_imports
def clip_scatter(
    points: ArrayLike,
    texts: Sequence[str],
    values: Sequence[str] | NDArray[np.float64],
    scale: Scale,
    passed: NDArray[np.bool_],
    order: Sequence[str] = (),
    unit: str = "",
    titles: tuple[str, str] = ("", ""),
    in_hand: int | None = None,
    near: Sequence[int] = (),
    fade: bool = True,
) -> go.Figure:
    """Points of clips; each carries its row as `customdata[0]`, which a selection gives back.

    Args:
        points: (num_clips, 2).
        texts: what the hover says of each clip; lines end in `<br>`.
        values: one for each clip, a word or a number, by which it is coloured.
        scale: "emotion" has the emotions' colours, "category" a colour and shape for each word,
            "number" one sequential scale. Where the word is "", both have grey circles.
        passed: (num_clips,) which clips are in question; the others are faint and cannot be chosen.
        order: of the words in the legend.
        unit: of numbers.
        titles: of the two axes; without them there are no axes: only nearness means something.
        in_hand: row that gets a ring.
        near: rows that get a small ring.
        fade: points outside a selection fade.

    Raises:
        ParameterError: texts, values or `passed` do not fit the points.
    """
    places = np.asarray(points, np.float32)
    counts = {"texts": len(texts), "values": len(values), "passed": len(passed)}
    for name, count in counts.items():
        if count != len(places):
            raise ParameterError(f"{name}: one for each of {len(places)} points, got {count}")
    figure = go.Figure()
    faint = places[~passed]
    if len(faint):
        figure.add_scattergl(
            x=faint[:, 0], y=faint[:, 1], mode="markers", hoverinfo="skip", showlegend=False,
            marker={"size": 6, "color": _FAINT},
        )  # fmt: skip
    rows = np.flatnonzero(passed)
    number = scale == "number"
    traces = _numbers(values, rows, unit) if number else _words(values, rows, order, scale)
    for members, look in traces:
        figure.add_scattergl(
            x=places[members, 0],
            y=places[members, 1],
            customdata=members[:, None],
            text=[texts[row] for row in members],
            mode="markers",
            hovertemplate="%{text}<extra></extra>",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 0.25 if fade else 1}},
            **look,
        )
    _rings(figure, places, in_hand, near)
    figure.update_layout(**_layout(titles))
    return figure


Trace = tuple[NDArray[np.intp], dict[str, Any]]


def _words(values: Any, rows: NDArray[np.intp], order: Sequence[str], scale: Scale) -> list[Trace]:
    """One trace for each word, so that each has its entry in the legend."""
    words = np.asarray(values, dtype=str)[rows]
    names = [*order, *sorted(set(words) - set(order))]
    traces = []
    for place, name in enumerate(names):
        members = rows[words == name]
        if not len(members):
            continue
        shape, colour = _look(name, place, scale)
        marker = {"size": 7 if shape == "circle" else 8, "color": colour, "symbol": shape}
        title = emotions.title(name) if scale == "emotion" else name or _NOT_GIVEN
        listed = len(names) <= _MOST_NAMED
        traces.append((members, {"name": shown(title), "marker": marker, "showlegend": listed}))
    return traces


def _look(name: str, place: int, scale: Scale) -> tuple[str, str]:
    """Shape and colour of a word at a place of the legend."""
    if not name:
        return "circle-open", emotions.colour(name)  # open: the grey of Neutral is a full circle's
    if scale == "emotion" and name in emotions.KNOWN:
        return "circle", emotions.colour(name)
    # Circles are the known emotions'; a label of one's own must not look like one of them.
    shapes = _SHAPES[1:] if scale == "emotion" else _SHAPES
    return shapes[place // len(_HUES) % len(shapes)], _HUES[place % len(_HUES)]


def _numbers(values: Any, rows: NDArray[np.intp], unit: str) -> list[Trace]:
    numbers = np.asarray(values, np.float64)
    bar = {"thickness": 8, "outlinewidth": 0, "ticksuffix": f" {unit}" if unit else "", "nticks": 6}
    marker = {"size": 7, "color": numbers[rows], "colorscale": "Cividis", "colorbar": bar}
    if not len(rows):
        return []
    low, high = np.nanpercentile(numbers[rows], [1, 99])  # one long clip must not hide the others
    return [(rows, {"marker": {**marker, "cmin": low, "cmax": high}, "showlegend": False})]


def _rings(
    figure: go.Figure, places: NDArray[np.float32], in_hand: int | None, near: Sequence[int]
) -> None:
    """Around the clip in hand and those nearest to it; they cannot be chosen themselves."""
    shared = {"mode": "markers", "hoverinfo": "skip", "showlegend": False}
    for rows, size, width in ((list(near), 11, 1.5), ([] if in_hand is None else [in_hand], 17, 3)):
        if rows:
            figure.add_scattergl(
                x=places[rows, 0],
                y=places[rows, 1],
                marker={
                    "size": size,
                    "symbol": "circle-open",
                    "color": _RING,
                    "line": {"width": width, "color": _RING},
                },
                unselected={"marker": {"opacity": 1}},
                **shared,
            )


def _layout(titles: tuple[str, str]) -> dict[str, Any]:
    named = bool(titles[0])
    axis = {"showticklabels": named, "zeroline": False, "showgrid": named, "ticks": ""}
    return {
        "height": 560,
        "hovermode": "closest",
        "clickmode": "event+select",
        "xaxis": {**axis, "title": titles[0]},
        "yaxis": {**axis, "title": titles[1]},
        "legend": {"y": -0.04 if not named else -0.12, "yanchor": "top", "itemsizing": "constant"},
        "margin": {"l": 4, "r": 4, "t": 4, "b": 4},
    }
