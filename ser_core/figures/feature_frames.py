"""Frame features over time: few columns as lines, families of many as heatmaps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plotly import graph_objects as go

from ser_core.figures.feature_columns import (
    MOST_LINES,
    ROW_PX,
    bands_hz,
    distinct,
    families,
    few,
    named_ticks,
)
from ser_core.figures.feature_panels import (
    AXIS_PX,
    REACH_SD,
    TITLE_PX,
    after,
    axis,
    domains,
    scale_place,
    write_title,
)
from ser_core.figures.style import BOTH_SIDES, MAGMA, WAVE, even
from ser_core.figures.timeline import (
    MAX_COLUMNS,
    RANGE_DB,
    SIDES_PX,
    fewer_frames,
    hz_ticks,
    time_axis,
)

Array = NDArray[np.float32]

_MOST_CELLS = 150_000  # of one heatmap: what a browser takes without a pause
_UNEVEN = 5.0  # the whole range over a usual column's: from here on one scale hides most columns
_MOST_ROWS_NAMED, _LINE_PX = 12, 64
_UNITS = {"hz": "Hz", "db": "dB", "s": "s", "ms": "ms"}


@dataclass(frozen=True)
class Panel:
    """Columns that are drawn together: (num_frames, len(names)), a line if it is one."""

    title: str
    values: Array
    names: Sequence[str]
    unit: str

    @property
    def is_line(self) -> bool:
        """Whether it is one column."""
        return len(self.names) == 1

    @property
    def height_px(self) -> int:
        """How high it is drawn."""
        rows = len(self.names)
        if rows <= _MOST_ROWS_NAMED:
            return _LINE_PX if self.is_line else max(100, ROW_PX * rows)
        return round(min(200, max(ROW_PX * _MOST_ROWS_NAMED, 80 + 1.5 * rows)))


def frames_figure(
    values: Array, names: Sequence[str], unit: str, hop_s: float | None, duration_s: float | None
) -> go.Figure:
    """One extractor's frames; see `ser_core.figures.features.feature_figure`."""
    panels = panels_of(values, names, unit)
    end = duration_s if hop_s and duration_s else len(values) * (hop_s or 1.0)
    figure = below_one_another([(panel, hop_s or 1.0) for panel in panels], end)
    if not hop_s:
        figure.update_xaxes(title="frame", hoverformat=".0f", unifiedhovertitle_text="frame %{x}")
    return figure


def below_one_another(panels: Sequence[tuple[Panel, float]], end: float) -> go.Figure:
    """Panels with the step between their frames, on one time axis that ends at `end`."""
    heights = [panel.height_px for panel, _ in panels]
    figure = go.Figure()
    figure.update_layout(
        height=sum(heights) + TITLE_PX * len(panels) + AXIS_PX,
        showlegend=False,
        hovermode="x",
        hoversubplots="axis",
        margin={**SIDES_PX, "t": 0, "b": AXIS_PX},
        xaxis=time_axis(end, axis("y", len(panels) - 1)),
    )
    for place, ((panel, step), domain) in enumerate(zip(panels, domains(heights), strict=True)):
        draw = _draw_line if panel.is_line else _draw_heat
        title = draw(figure, panel, place, domain, step)
        write_title(figure, title, domain[1])
    return figure


def panels_of(values: Array, names: Sequence[str], unit: str) -> list[Panel]:
    """Columns that belong together by their names, or by their channel."""
    if values.ndim == 3:
        channels = names or [f"channel {number + 1}" for number in range(values.shape[2])]
        rows = [str(row + 1) for row in range(values.shape[1])]
        return [
            Panel(title, values[:, :, channel], rows, unit)
            for channel, title in enumerate(channels)
        ]
    columns = values.reshape(len(values), -1)
    if not names:
        names = [str(column + 1) for column in range(columns.shape[1])]
    if columns.shape[1] <= MOST_LINES:
        return [_line(name, columns[:, [i]], unit) for i, name in enumerate(names)]
    return [
        Panel(family, columns[:, run], [names[i] for i in run], unit)
        if len(run) > 1
        else _line(family, columns[:, run], unit)
        for family, run in few(families(names))
    ]


def _line(name: str, column: Array, unit: str) -> Panel:
    """One column by itself; the unit may stand in its name, as in f0_hz."""
    words = name.split("_")
    if not unit and len(words) > 1 and words[-1] in _UNITS:
        unit = _UNITS[words.pop()]
    if words[0].lower() == "f0":  # 0 Hz is no pitch: the line has gaps there
        words[0], column = "F0", np.where(column == 0, np.float32(np.nan), column)
    return Panel(" ".join(words), column, [name], unit)


def _draw_line(
    figure: go.Figure, panel: Panel, place: int, domain: tuple[float, float], step_s: float
) -> str:
    """One column over time; returns the title that belongs above it."""
    shown, step = fewer_frames(panel.values, largest=False)
    line = shown[:, 0]
    figure.add_scatter(
        x0=(step - 1) / 2 * step_s,
        dx=step * step_s,
        y=line,
        yaxis=axis("y", place),
        mode="lines+markers" if line.size == 1 else "lines",
        line={"color": WAVE, "width": 1.5},
        hovertemplate=f"%{{y:.4~g}}{after(panel.unit)}<extra></extra>",
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


def _draw_heat(
    figure: go.Figure, panel: Panel, place: int, domain: tuple[float, float], step_s: float
) -> str:
    """Many columns over time as colours; returns the title that belongs above them."""
    most = min(MAX_COLUMNS, max(1, _MOST_CELLS // len(panel.names)))
    bands = bands_hz(panel.names)
    level = bands is not None and (panel.unit == "dB" or float(panel.values.min()) < 0)
    shown, step = fewer_frames(panel.values, most, largest=level)
    look, title = _colours(shown, panel, level)
    figure.add_heatmap(
        x0=(step - 1) / 2 * step_s,
        dx=step * step_s,
        y=distinct(panel.names),
        yaxis=axis("y", place),
        zsmooth="fast" if level else False,
        colorbar={**scale_place(domain), "tickfont": {"size": 11}, **look.pop("bar")},
        **look,
    )
    ticks = named_ticks(panel.names, panel.height_px) if bands is None else hz_ticks(bands)
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


def _colours(shown: Array, panel: Panel, level: bool) -> tuple[dict[str, Any], str]:
    """Cells (rows, columns) with their scale, its bar, the hover; and the title."""
    unit = after(panel.unit)
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
        look |= {"zmin": -REACH_SD, "zmax": REACH_SD, "colorscale": BOTH_SIDES}
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
