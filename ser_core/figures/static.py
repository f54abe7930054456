"""Figures as PNG, SVG or PDF, drawn by Matplotlib: no browser is needed, as on a bare server.

Plotly itself draws in browsers only; its own exporter, Kaleido, starts a Chrome. What our score
figures are made of (heatmaps, bars, lines, bands, error bars, words) is drawn here instead, from
the same figures, so that each is described once.
"""

import html
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.numbers import rgba, themed
from ser_core.figures.style import PAGE, template

Format = Literal["png", "svg", "pdf"]

_PX_PER_INCH = 100
_PNG_DPI = 220
_FONT_SCALE = 0.72  # Plotly's sizes are pixels, Matplotlib's points
_DRAWN = ("heatmap", "bar", "scatter")
_DASHES = {None: "-", "solid": "-", "dot": ":", "dash": "--", "dashdot": "-."}
_SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with Matplotlib
    "svg.hashsalt": "ser-studio",  # the same figure is the same file
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def write_static(
    figure: go.Figure, path: Path, title: str = "", width: int = 760, dark: bool = False
) -> None:
    """Write a figure as a picture; the ending of the name says which kind.

    Args:
        figure: of heatmaps, bars and scatters.
        path: ends in .png, .svg or .pdf.
        title: above it.
        width: in CSS pixels; the height is the figure's own.
        dark: light on dark, for slides.

    Raises:
        ParameterError: another ending, or the figure holds something that cannot be drawn.
    """
    path.write_bytes(static_bytes(figure, picture_format(path), title, width, dark))


def static_bytes(
    figure: go.Figure, kind: Format, title: str = "", width: int = 760, dark: bool = False
) -> bytes:
    """A figure as the content of a picture file; see `write_static`."""
    import matplotlib as mpl

    buffer = io.BytesIO()
    with mpl.rc_context(_SETTINGS):
        drawn = _draw(figure, title, width, dark)
        # No date: the same figure is the same file.
        date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": None}[kind]
        drawn.savefig(
            buffer, format=kind, dpi=_PNG_DPI, metadata=date, facecolor=drawn.get_facecolor()
        )
    return buffer.getvalue()


def picture_format(path: Path) -> Format:
    """Which kind of picture a name asks for.

    Raises:
        ParameterError: another ending than .png, .svg or .pdf.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending == "png":
        return "png"
    if ending == "svg":
        return "svg"
    if ending == "pdf":
        return "pdf"
    raise ParameterError(f"a picture's name must end in .png, .svg or .pdf, got {path.name!r}")


def _draw(figure: go.Figure, title: str, width: int, dark: bool) -> Any:
    from matplotlib.figure import Figure

    for trace in figure.data:
        if trace.type not in _DRAWN:
            raise ParameterError(f"figure: {trace.type!r} cannot be drawn without a browser")
    figure = themed(go.Figure(figure), dark)
    layout, theme = figure.layout, template(dark)
    height = (layout.height or 360) + (30 if title else 0)
    drawn = Figure((width / _PX_PER_INCH, height / _PX_PER_INCH), layout="constrained")
    drawn.set_facecolor(PAGE[dark])
    names = sorted({trace.yaxis or "y" for trace in figure.data} or {"y"}, key=_top(layout))
    heights = [np.ptp(_axis(layout, name).domain or (0.0, 1.0)) for name in names]
    panels = drawn.subplots(len(names), sharex=True, squeeze=False, height_ratios=heights)[:, 0]
    for name, axes in zip(names, panels, strict=True):
        traces = [trace for trace in figure.data if (trace.yaxis or "y") == name]
        _panel(axes, traces, layout, _axis(layout, name), theme)
    _style_axis(panels[-1].xaxis, layout.xaxis, theme)
    _legend(panels[0], figure, theme)
    if title:
        ink = theme.layout.font.color
        drawn.suptitle(title, fontsize=10, color=ink, x=0.01, ha="left", weight="bold")
    return drawn


def _top(layout: Any) -> Any:
    return lambda name: -float((_axis(layout, name).domain or (0.0, 1.0))[1])


def _axis(layout: Any, name: str) -> Any:
    return layout[f"{name[0]}axis{name[1:]}"]


def _panel(axes: Any, traces: list[Any], layout: Any, y_axis: Any, theme: Any) -> None:
    axes.set_facecolor("none")
    places = {
        side: _places(traces, side, axis) for side, axis in (("x", layout.xaxis), ("y", y_axis))
    }
    bars = [trace for trace in traces if trace.type == "bar"]
    before = None
    for trace in traces:
        if trace.type == "heatmap":
            _heatmap(axes, trace, theme)
        elif trace.type == "bar":
            _bar(axes, trace, places, bars.index(trace), len(bars), layout)
        else:
            _scatter(axes, trace, places, before, theme)
            before = trace
    for side, axis in (("x", layout.xaxis), ("y", y_axis)):
        if places[side]:
            words = [_plain(word) for word in places[side]]
            getattr(axes, f"set_{side}ticks")(list(places[side].values()), words)
            getattr(axes, f"set_{side}lim")(-0.5, len(places[side]) - 0.5)
        if axis.type == "log":
            getattr(axes, f"set_{side}scale")("log")
        if axis.range is not None:
            getattr(axes, f"set_{side}lim")(*axis.range)
        elif axis.rangemode == "tozero":
            getattr(axes, f"set_{side}lim")(0)
        if axis.autorange == "reversed":
            getattr(axes, f"invert_{side}axis")()
    _style_axis(axes.yaxis, y_axis, theme)


def _places(traces: list[Any], side: str, axis: Any) -> dict[str, int]:
    """Where each category stands; empty for an axis of numbers."""
    values = [value for trace in traces for value in _listed(trace[side])]
    words = dict.fromkeys(value for value in values if isinstance(value, str))
    if axis.type != "category" and not words:
        return {}
    return {word: place for place, word in enumerate(words)}


def _listed(values: Any) -> Iterable[Any]:
    return () if values is None else values


def _at(values: Any, places: dict[str, int]) -> NDArray[np.float64]:
    return np.array(
        [places[v] if isinstance(v, str) else v for v in _listed(values)], dtype=np.float64
    )


def _heatmap(axes: Any, trace: Any, theme: Any) -> None:
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    table = np.asarray(trace.z, np.float64)
    scale = trace.colorscale or theme.data.heatmap[0].colorscale
    steps = [(place, _colour(colour)) for place, colour in scale]
    low = float(np.nanmin(table)) if trace.zmin is None else trace.zmin
    high = float(np.nanmax(table)) if trace.zmax is None else trace.zmax
    norm = Normalize(low, high if high > low else low + 1)
    colours = LinearSegmentedColormap.from_list("scale", steps)
    edges = [np.arange(size + 1) - 0.5 for size in table.shape[::-1]]
    axes.pcolormesh(
        *edges, table, cmap=colours, norm=norm, edgecolors=axes.figure.get_facecolor(), lw=0.8
    )


def _bar(
    axes: Any, trace: Any, places: dict[str, dict[str, int]], place: int, number: int, layout: Any
) -> None:
    flat = trace.orientation == "h"
    at, length = ("y", "x") if flat else ("x", "y")
    where, lengths = _at(trace[at], places[at]), _at(trace[length], places[length])
    room = 1 - (layout.bargap or 0.2)
    if layout.barmode == "overlay":
        place, number = 0, 1
    thick = trace.width or room / number
    if not trace.width:
        where = where + (place - (number - 1) / 2) * thick
    draw = axes.barh if flat else axes.bar
    colour = trace.marker.color
    listed = isinstance(colour, list | tuple | np.ndarray)
    colours = [_colour(c) for c in colour] if listed else _colour(colour)
    begins = {"left" if flat else "bottom": trace.base}  # of a bar that stands on another
    begins = {side: base for side, base in begins.items() if base is not None}
    draw(where, lengths, thick, color=colours, label=trace.name, zorder=2, **begins)
    _error_bars(axes, trace, (lengths, where) if flat else (where, lengths))


def _scatter(
    axes: Any, trace: Any, places: dict[str, dict[str, int]], before: Any, theme: Any
) -> None:
    x, y = _at(trace.x, places["x"]), _at(trace.y, places["y"])
    mode = trace.mode or "lines"
    if trace.fill == "tonexty" and before is not None:
        below = _at(before.y, places["y"])
        axes.fill_between(x, below, y, color=_colour(trace.fillcolor), lw=0, zorder=1)
    if "text" in mode:
        ink = trace.textfont.color or theme.layout.font.color
        for here, there, text in zip(x, y, trace.text, strict=True):
            axes.text(here, there, text, ha="center", va="center", fontsize=7.5, color=ink)
    if "lines" not in mode and "markers" not in mode:
        return
    width = 2.0 if trace.line.width is None else trace.line.width
    axes.plot(
        x,
        y,
        color=_colour(trace.line.color or trace.marker.color),
        lw=width * _FONT_SCALE if "lines" in mode else 0,
        ls=_DASHES[trace.line.dash],
        **_marker(trace.marker.symbol or "circle") if "markers" in mode else {},
        ms=(trace.marker.size or 6) * _FONT_SCALE,
        label=trace.name,
        zorder=3,
    )
    _error_bars(axes, trace, (x, y))


def _marker(symbol: str) -> dict[str, str]:
    """What Plotly calls "diamond-open", for Matplotlib."""
    shape = {"marker": "D" if symbol.startswith("diamond") else "o"}
    return {**shape, "mfc": "none"} if symbol.endswith("-open") else shape


def _error_bars(axes: Any, trace: Any, at: tuple[Any, Any]) -> None:
    for side in ("x", "y"):
        error = trace[f"error_{side}"]
        if error.array is None:
            continue
        both = np.abs(np.array([error.arrayminus, error.array], dtype=np.float64))
        axes.errorbar(
            *at,
            **{f"{side}err": both},
            fmt="none",
            ecolor=_colour(error.color),
            elinewidth=1,
            capsize=1.5,
            zorder=4,
        )


def _style_axis(shown: Any, axis: Any, theme: Any) -> None:
    from matplotlib.ticker import FuncFormatter

    soft, grid = theme.layout.xaxis.tickfont.color, theme.layout.xaxis.gridcolor
    if axis.title.text:
        shown.set_label_text(axis.title.text, fontsize=8.5, color=soft)
    if axis.tickvals is not None:
        # Categories were given their places from 0.
        named = any(isinstance(value, str) for value in axis.tickvals)
        at = range(len(axis.tickvals)) if named else axis.tickvals
        shown.set_ticks(list(at), axis.ticktext and [_plain(word) for word in axis.ticktext])
    if axis.ticksuffix:
        suffix = axis.ticksuffix
        shown.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}{suffix}"))
    shown.set_tick_params(labelsize=8, labelcolor=soft, color=grid, length=0)
    for spine in shown.axes.spines.values():
        spine.set_color(grid)
    shown.axes.set_axisbelow(True)
    if axis.showgrid is not False:
        shown.grid(visible=True, color=grid, lw=0.7)
    if axis.visible is False:
        shown.set_visible(False)


def _legend(axes: Any, figure: go.Figure, theme: Any) -> None:
    named = [t for t in figure.data if t.name and t.showlegend is not False and t.type != "heatmap"]
    if figure.layout.showlegend is False or len(named) < 2:
        return
    names = {trace.name for trace in named}
    handles, labels = axes.get_legend_handles_labels()
    kept = {label: handle for handle, label in zip(handles, labels, strict=True) if label in names}
    axes.legend(
        kept.values(),
        kept,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=min(len(kept), 5),
        frameon=False,
        fontsize=8,
        labelcolor=theme.layout.font.color,
        handlelength=1.4,
    )


def _colour(text: str | None) -> Any:
    """What Plotly writes as "rgba(0,111,185,0.5)", for Matplotlib; other names are the same."""
    return rgba(text) if text and text.startswith("rgb") else text or "#7A808C"


def _plain(words: str) -> str:
    r"""Plotly's markup as plain lines.

    >>> _plain("a &amp; b<br>c")
    'a & b\nc'
    """
    return html.unescape(words.replace("<br>", "\n"))
