"""Features of one clip: lines, heatmaps over time, bars, pictures."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.style import BOTH_SIDES, MAGMA, WAVE, after_imports, even
from ser_core.figures.timeline import (
    MAX_COLUMNS,
    RANGE_DB,
    SIDES_PX,
    fewer_frames,
    hz_ticks,
    time_axis,
)

Array = NDArray[np.float32]

_MOST_LINES = 6  # columns that are drawn as lines; more become a heatmap
_MOST_PANELS = 10
_MOST_CELLS = 150_000  # of one heatmap: what a browser takes without a pause
_UNEVEN = 5.0  # the whole range over a usual column's: from here on one scale hides most columns
_REACH_SD = 3.0
_UNEVEN_BARS = 50.0  # the largest of values over a usual one
_MOST_NAMED = 26  # bars that have room for their names
_MOST_ROWS_NAMED, _ROW_PX = 12, 14
_LINE_PX, _BARS_PX, _TITLE_PX, _AXIS_PX = 64, 90, 24, 44
# What tells a column from the others of its family: "MFCC 12", "440 Hz", "chroma C♯ mean".
_PLACE = re.compile(
    r"(?:^|(?<= ))(?:(?P<hz>[\d.,]+(?:–[\d.,]+)?) ?Hz|(?P<number>[\d.,]+)"
    r"|(?P<pitch>[A-G][#♯]?(?: \+\d+ cents)?))(?= |$)"
)
_THOUSANDS = re.compile(r"\d{4,}")
_NAMELESS = {"hz": "frequency bands", "pitch": "pitch classes", "number": ""}
_UNITS = {"hz": "Hz", "db": "dB", "s": "s", "ms": "ms"}


@dataclass(frozen=True)
class _Panel:
    """Columns that are drawn together: (num_frames, len(names)), a line if it is one."""

    title: str
    values: Array
    names: Sequence[str]
    unit: str

    @property
    def is_line(self) -> bool:
        return len(self.names) == 1

    @property
    def height_px(self) -> int:
        rows = len(self.names)
        if rows <= _MOST_ROWS_NAMED:
            return _LINE_PX if self.is_line else max(100, _ROW_PX * rows)
        return round(min(200, max(_ROW_PX * _MOST_ROWS_NAMED, 80 + 1.5 * rows)))


@after_imports
def feature_figure(
    features: ArrayLike,
    kind: Literal["frames", "vector", "image"],
    names: Sequence[str] = (),
    unit: str = "",
    hop_s: float | None = None,
    duration_s: float | None = None,
) -> go.Figure:
    """What an extractor made of one clip.

    Frames stand on the time axis of `clip_figure`: few columns as lines, families of many
    ("MFCC 1", "MFCC 2", …) as heatmaps, channels below one another. Where one scale would hide
    most rows of a heatmap, each row is standardised, and the title says so; the hover has the true
    values. A vector becomes bars, or features × statistics where its names are such pairs. An
    image is shown pixel by pixel.

    Args:
        features: (num_frames, …) with time first, (num_features,) or (height, width, channels).
        kind: which of them.
        names: one for each index of the last axis, or none.
        unit: of the values; empty for pure numbers and mixed units.
        hop_s: seconds between frames; None numbers the frames instead.
        duration_s: length of the clip, for the end of the time axis.

    Raises:
        ParameterError: the shape does not fit the kind or the names, or there is nothing to draw.
    """
    values = np.asarray(features, np.float32)
    _check(values, kind, names)
    if kind == "image":
        return _image_figure(values)
    if kind == "vector":
        return _vector_figure(values, names, unit)
    return _frames_figure(values, names, unit, hop_s, duration_s)


def _check(values: Array, kind: str, names: Sequence[str]) -> None:
    allowed = {"frames": (1, 2, 3), "vector": (1,), "image": (2, 3)}
    if kind not in allowed:
        raise ParameterError(f"kind: {', '.join(allowed)}, got {kind!r}")
    if values.ndim not in allowed[kind] or values.size == 0:
        raise ParameterError(f"features: an array that {kind} can be, got shape {values.shape}")
    if names and values.ndim > 1 and len(names) != values.shape[-1]:
        raise ParameterError(f"names: one for each of {values.shape[-1]} columns, got {len(names)}")
    if kind == "vector" and names and len(names) != values.size:
        raise ParameterError(f"names: one for each of {values.size} values, got {len(names)}")


# Frames


def _frames_figure(
    values: Array, names: Sequence[str], unit: str, hop_s: float | None, duration_s: float | None
) -> go.Figure:
    panels = _panels(values, names, unit)
    end = duration_s if hop_s and duration_s else len(values) * (hop_s or 1.0)
    figure = _below_one_another([(panel, hop_s or 1.0) for panel in panels], end)
    if not hop_s:
        figure.update_xaxes(title="frame", hoverformat=".0f", unifiedhovertitle_text="frame %{x}")
    return figure


@dataclass(frozen=True)
class Frames:
    """Frame features of a clip, as one part of `stacked_figure`.

    Attributes:
        values: (num_frames, …), time first.
        names: one for each index of the last axis.
        unit: of the values; empty for pure numbers and mixed units.
        hop_s: seconds between frames.
    """

    values: Array
    names: Sequence[str]
    unit: str
    hop_s: float


@after_imports
def stacked_figure(parts: Sequence[Frames], duration_s: float) -> go.Figure:
    """Frame features of several extractors below one another, on one time axis with one hover.

    Args:
        parts: from top to bottom, each drawn as `feature_figure` does.
        duration_s: length of the clip.

    Raises:
        ParameterError: nothing to draw, or a shape does not fit its names.
    """
    if not parts:
        raise ParameterError("parts: at least one is needed, got none")
    panels = []
    for part in parts:
        _check(part.values, "frames", part.names)
        panels += [(panel, part.hop_s) for panel in _panels(part.values, part.names, part.unit)]
    return _below_one_another(panels, duration_s)


def _below_one_another(panels: Sequence[tuple[_Panel, float]], end: float) -> go.Figure:
    """Panels with the step between their frames, on one time axis that ends at `end`."""
    heights = [panel.height_px for panel, _ in panels]
    figure = go.Figure()
    figure.update_layout(
        height=sum(heights) + _TITLE_PX * len(panels) + _AXIS_PX,
        showlegend=False,
        hovermode="x",
        hoversubplots="axis",
        margin={**SIDES_PX, "t": 0, "b": _AXIS_PX},
        xaxis=time_axis(end, _axis("y", len(panels) - 1)),
    )
    for place, ((panel, step), domain) in enumerate(zip(panels, _domains(heights), strict=True)):
        draw = _draw_line if panel.is_line else _draw_heat
        title = draw(figure, panel, place, domain, step)
        _write_title(figure, title, domain[1])
    return figure


def _axis(letter: str, place: int) -> str:
    return letter if place == 0 else f"{letter}{place + 1}"


def _domains(heights: Sequence[int]) -> list[tuple[float, float]]:
    """Where each panel lies, from top to bottom, below its title."""
    total = sum(heights) + _TITLE_PX * len(heights)
    domains, used = [], 0
    for height in heights:
        top = used + _TITLE_PX
        domains.append((max(0.0, 1 - (top + height) / total), 1 - top / total))
        used = top + height
    return domains


def _write_title(figure: go.Figure, title: str, top: float) -> None:
    figure.add_annotation(
        text=title, x=0, xref="paper", xanchor="left", y=top, yref="paper", yanchor="bottom",
        align="left",
    )  # fmt: skip


def _panels(values: Array, names: Sequence[str], unit: str) -> list[_Panel]:
    """Columns that belong together by their names, or by their channel."""
    if values.ndim == 3:
        channels = names or [f"channel {number + 1}" for number in range(values.shape[2])]
        rows = [str(row + 1) for row in range(values.shape[1])]
        return [
            _Panel(title, values[:, :, channel], rows, unit)
            for channel, title in enumerate(channels)
        ]
    columns = values.reshape(len(values), -1)
    if not names:
        names = [str(column + 1) for column in range(columns.shape[1])]
    if columns.shape[1] <= _MOST_LINES:
        return [_line(name, columns[:, [i]], unit) for i, name in enumerate(names)]
    return [
        _Panel(family, columns[:, run], [names[i] for i in run], unit)
        if len(run) > 1
        else _line(family, columns[:, run], unit)
        for family, run in _few(_families(names))
    ]


def _few(families: list[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
    """The families, or everything together where there are too many to draw apart."""
    if len(families) <= _MOST_PANELS:
        return families
    return [("", sorted(column for _, run in families for column in run))]


def _line(name: str, column: Array, unit: str) -> _Panel:
    """One column by itself; the unit may stand in its name, as in f0_hz."""
    words = name.split("_")
    if not unit and len(words) > 1 and words[-1] in _UNITS:
        unit = _UNITS[words.pop()]
    if words[0].lower() == "f0":  # 0 Hz is no pitch: the line has gaps there
        words[0], column = "F0", np.where(column == 0, np.float32(np.nan), column)
    return _Panel(" ".join(words), column, [name], unit)


def _families(names: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Columns that belong together by their names."""
    found: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        found.setdefault(_family(name), []).append(column)
    return list(found.items())


def _family(name: str) -> str:
    """A column's name without its place: "MFCC 12 mean" → "MFCC mean"."""
    match = _PLACE.search(name)
    if match is None:
        return name
    rest = " ".join((name[: match.start()] + name[match.end() :]).split())
    return rest or _NAMELESS[match.lastgroup or "number"]


def _draw_line(
    figure: go.Figure, panel: _Panel, place: int, domain: tuple[float, float], step_s: float
) -> str:
    """One column over time; returns the title that belongs above it."""
    shown, step = fewer_frames(panel.values, largest=False)
    line = shown[:, 0]
    figure.add_scatter(
        x0=(step - 1) / 2 * step_s,
        dx=step * step_s,
        y=line,
        yaxis=_axis("y", place),
        mode="lines+markers" if line.size == 1 else "lines",
        line={"color": WAVE, "width": 1.5},
        hovertemplate=f"%{{y:.4~g}}{_after(panel.unit)}<extra></extra>",
    )
    figure.update_layout(
        {
            f"yaxis{place + 1}": {
                "domain": domain,
                "nticks": 4,
                "automargin": False,
                "zeroline": False,
                "tickformat": "~s" if np.nanmax(np.abs(line), initial=0) >= 1e4 else "~g",
            }
        }
    )
    return panel.title + (f" ({panel.unit})" if panel.unit else "")


def _after(unit: str) -> str:
    return f" {unit}" if unit else ""


def _draw_heat(
    figure: go.Figure, panel: _Panel, place: int, domain: tuple[float, float], step_s: float
) -> str:
    """Many columns over time as colours; returns the title that belongs above them."""
    most = min(MAX_COLUMNS, max(1, _MOST_CELLS // len(panel.names)))
    bands = _bands_hz(panel.names)
    level = bands is not None and (panel.unit == "dB" or float(panel.values.min()) < 0)
    shown, step = fewer_frames(panel.values, most, largest=level)
    look, title = _colours(shown, panel, level)
    figure.add_heatmap(
        x0=(step - 1) / 2 * step_s,
        dx=step * step_s,
        y=_distinct(panel.names),
        yaxis=_axis("y", place),
        zsmooth="fast" if level else False,
        colorbar={**_bar(domain), **look.pop("bar")},
        **look,
    )
    ticks = _ticks(panel.names, panel.height_px) if bands is None else hz_ticks(bands)
    figure.update_layout(
        {
            f"yaxis{place + 1}": {
                **ticks,
                "type": "category",
                "domain": domain,
                "range": [-0.5, len(panel.names) - 0.5],
                "title": "" if bands is None else "frequency (Hz)",
                "showgrid": False,
                "zeroline": False,
                "automargin": False,
            }
        }
    )
    return title


def _colours(shown: Array, panel: _Panel, level: bool) -> tuple[dict[str, Any], str]:
    """Cells (rows, columns) with their scale, its bar, the hover; and the title."""
    unit = _after(panel.unit)
    look: dict[str, Any] = {"hovertemplate": f"%{{y}}: %{{z:.4~g}}{unit}<extra></extra>"}
    title = f"{panel.title} ({panel.unit})" if panel.unit else panel.title
    cells = shown.T
    if level:
        top, low = float(cells.max()), float(cells.min())
        look |= {"z": np.round(cells, 1), "zmax": top, "zmin": max(low, top - RANGE_DB) - 1e-3}
        look |= {"colorscale": even(MAGMA)}
        bar = {"ticksuffix": unit, "showticksuffix": "last", "nticks": 5}
    elif not panel.unit and _uneven(panel.values):
        spread = panel.values.std(axis=0)
        standard = (shown - panel.values.mean(axis=0)) / np.where(spread > 0, spread, 1)
        look |= {"z": np.round(standard.T, 2), "customdata": cells[..., None]}
        look |= {"zmin": -_REACH_SD, "zmax": _REACH_SD, "colorscale": BOTH_SIDES}
        look["hovertemplate"] = "%{y}: %{customdata[0]:.4~g} (%{z:+.1f} SD)<extra></extra>"
        bar = {"tickvals": [-2, 0, 2], "ticktext": ["−2 SD", "mean", "+2 SD"]}
        title = f"{title} · each row standardised".removeprefix(" · ")
    elif cells.min() < 0 < cells.max():
        reach = float(np.abs(cells).max())
        look |= {"z": cells, "zmin": -reach, "zmax": reach, "colorscale": BOTH_SIDES}
        bar = {"nticks": 5, "tickformat": "~g"}
    else:
        look["z"] = cells
        bar = {"nticks": 5, "tickformat": "~g"}
    return {**look, "bar": bar}, title


def _uneven(values: Array) -> bool:
    """Whether one scale for all columns (num_frames, num_columns) would hide most of them."""
    ranges = np.ptp(values, axis=0)
    return bool(np.ptp(values) > _UNEVEN * np.median(ranges) > 0)


def _bands_hz(names: Sequence[str]) -> NDArray[np.float64] | None:
    """Frequency of each row where all names end in one, and they rise."""
    found = [re.fullmatch(r"(?:.* )?([\d.]+) ?Hz", name) for name in names]
    hz = np.array([float(match[1]) for match in found if match is not None])
    rising = hz.size == len(names) > 1 and bool((np.diff(hz) >= 0).all()) and hz[-1] > hz[0]
    return hz if rising else None


def _distinct(names: Sequence[str]) -> list[str]:
    """The names, with nothing to see added where two are the same: rows must not fall together."""
    seen: Counter[str] = Counter()
    distinct = []
    for name in names:
        distinct.append(name + "\u200b" * seen[name])
        seen[name] += 1
    return distinct


def _ticks(names: Sequence[str], height_px: int) -> dict[str, Any]:
    """As many rows named as there is room for; numbers at round places."""
    places = [_place(name) for name in names]
    room = max(2, height_px // _ROW_PX)
    if all(place.isdigit() for place in places):
        least = len(names) / room
        every = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 10**6) if step >= least)
        chosen = [i for i, place in enumerate(places) if i == 0 or int(place) % every == 0]
        if len(chosen) > 1 and chosen[1] < every / 2:
            del chosen[1]
    elif all(places):
        chosen = list(range(0, len(names), -(-len(names) // room)))
    else:
        chosen = []
    return {
        "tickvals": chosen,
        "ticktext": [_THOUSANDS.sub(_in_thousands, places[i]) for i in chosen],
        "tickfont": {"size": 11},
    }


def _in_thousands(match: re.Match[str]) -> str:
    return f"{float(match[0]) / 1000:.3g}k"


def _place(name: str) -> str:
    match = _PLACE.search(name)
    return "" if match is None else match["number"] or match["hz"] or match["pitch"]


def _bar(domain: tuple[float, float]) -> dict[str, Any]:
    return {
        "y": sum(domain) / 2,
        "len": domain[1] - domain[0],
        "lenmode": "fraction",
        "thickness": 8,
        "outlinewidth": 0,
        "xpad": 6,
        "ypad": 0,
        "tickfont": {"size": 11},
    }


# Vectors


def _vector_figure(values: Array, names: Sequence[str], unit: str) -> go.Figure:
    grid = _pairs(names)
    if grid is not None:
        return _grid_figure(values, *grid)
    return _bars_figure(values, names or [str(i + 1) for i in range(values.size)], unit)


def _pairs(names: Sequence[str]) -> tuple[list[str], list[str], NDArray[np.int64]] | None:
    """Rows, columns and where each cell is, if the names are "feature statistic" for all pairs.

    A statistic is what many features have: the longest end that all of them share.
    """
    if len(names) < 2 * _MOST_LINES:
        return None
    first = names[0].split(" ")
    for cut in range(1, len(first)):
        head = " ".join(first[:cut]) + " "
        ends = [name.removeprefix(head) for name in names if name.startswith(head)]
        if len(ends) < 2 or len(names) % len(ends) or len(ends) == len(names):
            continue
        heads = list(dict.fromkeys(_head(name, ends) for name in names))
        place = {name: i for i, name in enumerate(names)}
        cells = [[place.get(f"{head} {end}", -1) for end in ends] for head in heads]
        if len(heads) * len(ends) == len(names) and min(min(row) for row in cells) >= 0:
            return heads, ends, np.array(cells)
    return None


def _head(name: str, ends: Sequence[str]) -> str:
    """A name without its end; the longest of several that fit."""
    fits = [end for end in ends if name.endswith(f" {end}")]
    return name.removesuffix(f" {max(fits, key=len)}") if fits else name


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
            y=_distinct(rows),
            customdata=table[..., None],
            zmin=-_REACH_SD,
            zmax=_REACH_SD,
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
        height=_TITLE_PX + 90 + max(120, min(420, 11 * len(rows))),
        margin={"t": _TITLE_PX},
        xaxis={"type": "category", "tickangle": -60, "dtick": 1, "showgrid": False},
        yaxis={"type": "category", "showgrid": False, "autorange": "reversed"},
    )
    _write_title(figure, "each column against its median over the rows", 1.0)
    return figure


def _bars_figure(values: Array, names: Sequence[str], unit: str) -> go.Figure:
    """One row of bars for each family of values, each with its own scale."""
    runs = _few(_joined(_families(names)))
    heights = [_BARS_PX if len(runs) > 1 else 2 * _BARS_PX] * len(runs)
    figure = go.Figure()
    bottom = 24
    for place, ((family, run), domain) in enumerate(zip(runs, _domains(heights), strict=True)):
        bars, scale, words = _bar_scale(values[run])
        figure.add_bar(
            x=_distinct([names[i] for i in run]),
            y=bars,
            customdata=values[run],
            xaxis=_axis("x", place),
            yaxis=_axis("y", place),
            marker_color=WAVE,
            hovertemplate=f"%{{x}}: %{{customdata:.4~g}}{_after(unit)}<extra></extra>",
        )
        named = len(run) <= _MOST_NAMED and place == len(runs) - 1
        if named:
            bottom = 24 + 6 * max(len(names[i]) for i in run)
        figure.update_layout(
            {
                f"xaxis{place + 1}": {
                    "anchor": _axis("y", place),
                    "type": "category",
                    "showticklabels": named,
                    "tickangle": -60,
                    "tickfont": {"size": 11},
                    "dtick": 1,
                    "showgrid": False,
                },
                f"yaxis{place + 1}": {
                    "anchor": _axis("x", place),
                    "domain": domain,
                    "nticks": 4,
                    **scale,
                },
            }
        )
        parts = family, unit, words if named or run[1:] else ""
        _write_title(figure, " · ".join(part for part in parts if part), domain[1])
    figure.update_layout(
        height=sum(heights) + _TITLE_PX * len(runs) + bottom,
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


# Images


def _image_figure(values: Array) -> go.Figure:
    """Pixels of an image in [0, 1] or [0, 255], the first row on top, none of them smoothed."""
    picture = values.reshape(*values.shape[:2], -1)
    if picture.shape[2] not in (1, 3):
        raise ParameterError(f"features: an image of 1 or 3 channels, got {picture.shape[2]}")
    scale = 255.0 if picture.max() <= 1 else 1.0
    pixels = np.clip(np.round(picture * scale), 0, 255).astype(np.uint8)
    figure = go.Figure(
        go.Image(
            z=np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels,
            hovertemplate="column %{x}, row %{y}: %{z}<extra></extra>",
        )
    )
    figure.update_layout(
        height=max(180, min(420, 2 * picture.shape[0])) + _AXIS_PX,
        margin={"t": 8},
        xaxis={"title": "column (pixel)", "showgrid": False, "zeroline": False},
        yaxis={"title": "row (pixel)", "showgrid": False, "zeroline": False},
    )
    return figure
