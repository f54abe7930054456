"""Numbers on the cells of heatmaps, each in a colour that can be read on its own cell.

A heatmap's `texttemplate` says how its numbers are written, and Plotly would print them dark grey
or white: neither can be read on cells in the middle of a scale. So they are laid over the cells as
text, once it is known whether the page is light or dark.
"""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plotly import graph_objects as go

from ser_core.figures.style import PAGE, template
from ser_core.words import minus

LEGIBLE = 4.5
"""Contrast that small text needs (WCAG 2.2, success criterion 1.4.3)."""

_INKS = ("#FFFFFF", "#20242B", "#000000")  # whatever white cannot be read on, black can
_MARK = "numbers of cells"  # `meta` of the text laid over
_SIZE_PX = 12

Colours = NDArray[np.float64]


def themed(figure: go.Figure, dark: bool) -> go.Figure:
    """Put a figure into the light or the dark theme, in place: template, and numbers of cells."""
    figure.update_layout(template=template(dark))
    if any(_is_number(trace) for trace in figure.data):
        figure.data = [trace for trace in figure.data if not _is_number(trace)]
    numbers = cell_numbers(figure, dark)
    for cells in figure.data:
        if _is_printed(cells):
            cells.meta, cells.texttemplate = _written(cells), None
    if numbers:
        figure.add_traces(numbers)
    return figure


def cell_numbers(figure: go.Figure, dark: bool) -> list[go.Scatter]:
    """The numbers of all cells as text, one trace for each colour.

    Heatmaps whose `textfont` has a colour of its own are left alone.

    Args:
        figure: of any traces.
        dark: whether it is to be shown on the dark page.
    """
    found = []
    for cells in filter(_is_printed, figure.data):
        inks = np.where(np.isfinite(cells.z), inks_on(cell_colours(cells, dark)), "")
        found += [_text(cells, inks == ink, ink) for ink in _INKS if (inks == ink).any()]
    return found


def cell_colours(cells: go.Heatmap, dark: bool) -> Colours:
    """What colours the cells of a heatmap have on the page, (rows, columns, 3) from 0 to 1."""
    table = np.asarray(cells.z, np.float64)
    scale = cells.colorscale or template(dark).data.heatmap[0].colorscale
    places = [place for place, _ in scale]
    parts = np.array([rgba(colour) for _, colour in scale])
    low, high = cells.zmin, cells.zmax
    if low is None or high is None or not low < high:  # then Plotly takes the numbers' own
        known = table[np.isfinite(table)]
        low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
    shares = (np.nan_to_num(table) - low) / ((high - low) or 1.0)
    found = np.stack([np.interp(shares, places, part) for part in parts.T], axis=-1)
    opacity = found[..., 3:]
    seen = opacity * found[..., :3] + (1 - opacity) * np.array(rgba(PAGE[dark])[:3])
    return np.round(255 * seen) / 255  # as a screen has them


def inks_on(colours: Colours) -> NDArray[np.str_]:
    """The colour of text that can be read on each of some colours (..., 3)."""
    contrasts = [contrast(colours, np.array(rgba(ink)[:3])) >= LEGIBLE for ink in _INKS]
    return np.select(contrasts, [np.array(ink) for ink in _INKS], _INKS[-1])


def contrast(one: Colours, other: Colours) -> NDArray[np.float64]:
    """Contrast ratio of colours from 0 to 1 (..., 3), from 1 to 21 (WCAG 2.2)."""
    light, dark = _luminance(one) + 0.05, _luminance(other) + 0.05
    ratio: NDArray[np.float64] = np.maximum(light, dark) / np.minimum(light, dark)
    return ratio


def rgba(colour: str) -> tuple[float, float, float, float]:
    """Red, green, blue and opacity from 0 to 1, of "#RRGGBB", "rgb(…)" or "rgba(…)".

    >>> rgba("#FF0080"), rgba("rgba(0,51,255,0.5)")
    ((1.0, 0.0, 0.5019607843137255, 1.0), (0.0, 0.2, 1.0, 0.5))
    """
    if colour.startswith("#"):
        red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        return red, green, blue, 1.0
    red, green, blue, *opacity = (float(part) for part in re.findall(r"[\d.]+", colour))
    return red / 255, green / 255, blue / 255, opacity[0] if opacity else 1.0


def _luminance(colours: Colours) -> NDArray[np.float64]:
    """Relative luminance (WCAG 2.2)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    found: NDArray[np.float64] = linear @ np.array([0.2126, 0.7152, 0.0722])
    return found


def _is_number(trace: Any) -> bool:
    return bool(trace.type == "scatter" and trace.meta == _MARK)


def _is_printed(trace: Any) -> bool:
    return bool(trace.type == "heatmap" and _written(trace) and trace.textfont.color is None)


def _written(cells: Any) -> str:
    """How a heatmap's numbers are written; "" where they are not."""
    return str(cells.texttemplate or cells.meta or "")


def _text(cells: Any, where: NDArray[np.bool_], ink: str) -> go.Scatter:
    """Numbers of some cells, in one colour: also once another point of the figure is clicked."""
    places, form = np.argwhere(where), _written(cells)
    return go.Scatter(
        x=[cells.x[column] for _, column in places],
        y=[cells.y[row] for row, _ in places],
        xaxis=cells.xaxis,
        yaxis=cells.yaxis,
        text=[_number(cells.z[row][column], form) for row, column in places],
        mode="text",
        meta=_MARK,
        textfont={"color": ink, "size": _SIZE_PX},
        unselected={"textfont": {"color": ink}},
        hoverinfo="skip",
        showlegend=False,
    )


def _number(value: float, form: str) -> str:
    """A number as Plotly would write it, but for zeros, which have no sign.

    >>> _number(-2.4, "%{z:+,.0f}"), _number(-0.4, "%{z:+,.0f}"), _number(1234, "%{z:,.0f}")
    ('−2', '0', '1,234')
    """
    text = format(value, form.removeprefix("%{z:").removesuffix("}"))
    return minus(text) if re.search("[1-9]", text) else text.lstrip("+-")
