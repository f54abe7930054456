"""What an augmentation did: before, after and difference below one another, on one time axis."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.clip import envelope
from ser_core.figures.feature_panels import scale_place
from ser_core.figures.style import BOTH_SIDES, MAGMA, WAVE, after_imports, even
from ser_core.figures.timeline import RANGE_DB, SIDES_PX, fewer_frames, hz_ticks, time_axis
from ser_core.words import minus

Array = NDArray[np.float32]
Kind = Literal["wave", "level", "change", "shades", "colour"]

_HEIGHT_PX: dict[str, int] = {"wave": 44, "level": 104, "change": 104, "shades": 118, "colour": 118}
_WITHIN_PX = 6  # between a waveform and its spectrogram
_BETWEEN_PX = 28  # room for a title
_FOOT_PX = 46
_TICK_PX = 15
_LEAST_REACH_DB, _MOST_REACH_DB = 6.0, 40.0
_LEAST_REACH_SHADES = 0.1


@dataclass(frozen=True)
class Part:
    """One panel.

    Attributes:
        kind: wave: (num_samples,); level: (columns, bands) in dB, change: a difference of such or
            of shades; shades: (columns, rows) in [0, 1]; colour: (rows, columns, 3) in [0, 1], the
            first row on top.
        values: the array.
        title: stands above; empty for a panel that belongs to the one before.
        step_s: from column to column, or from sample to sample.
        unit: of a change.
        box: an outline: first and one-past-last column, lowest and one-past-highest row from below.
    """

    kind: Kind
    values: Array
    title: str = ""
    step_s: float = 1.0
    unit: str = "dB"
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class _Scales:
    """What all panels of a figure share."""

    peak: float
    top_db: float
    reach: float
    bands_hz: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@after_imports
def change_figure(
    before: Array,
    after: Array,
    sampling_rate: int,
    mel_before_db: Array,
    mel_after_db: Array,
    hop_s: float,
    mel_hz: ArrayLike,
) -> go.Figure:
    """Waveform and log-mel before and after and, where the lengths agree, what changed.

    All share one time axis; both waveforms one amplitude, both spectrograms one colour scale, with
    the loudest cell of the two at 0 dB. The difference is that of the levels as they are drawn, so
    that what lies below the scale in both does not count, and is centred at zero.

    Args:
        before: (num_samples,) in [-1, 1].
        after: (num_samples,), of another length where tempo changed.
        sampling_rate: Hz, of both.
        mel_before_db: (num_frames, n_mels) in dB.
        mel_after_db: the same of what came out.
        hop_s: seconds between frames.
        mel_hz: (n_mels,) centre of each band in Hz.

    Raises:
        ParameterError: an array is empty, or `mel_hz` does not fit.
    """
    step_s = 1 / sampling_rate
    parts = [
        Part("wave", before, "Before", step_s),
        Part("level", mel_before_db, "", hop_s),
        Part("wave", after, "After", step_s),
        Part("level", mel_after_db, "", hop_s),
    ]
    if before.size == after.size:
        top = max(float(mel_before_db.max()), float(mel_after_db.max()))
        shown = [np.clip(mel, top - RANGE_DB, top) for mel in (mel_before_db, mel_after_db)]
        parts.append(Part("wave", after - before, "Difference, after − before", step_s))
        parts.append(Part("change", shown[1] - shown[0], "", hop_s))
    return panels_figure(parts, max(before.size, after.size) * step_s, mel_hz)


@after_imports
def panels_figure(parts: Sequence[Part], end_s: float, bands_hz: ArrayLike = ()) -> go.Figure:
    """Panels below one another on one time axis, panels of one kind on one scale.

    Args:
        parts: from top to bottom.
        end_s: where the time axis ends.
        bands_hz: centre of each band of levels and changes in Hz; none: rows are numbered.

    Raises:
        ParameterError: there is nothing to draw, or `bands_hz` does not fit.
    """
    centres = np.asarray(bands_hz, np.float64)
    _check(parts, centres)
    scales = _scales(parts, centres)
    domains, height = _domains(parts)
    figure = go.Figure()
    barred: set[str] = set()
    for place, (part, domain) in enumerate(zip(parts, domains, strict=True)):
        axis = f"y{place + 1}" if place else "y"
        figure.add_traces(_traces(part, axis, scales))
        figure.update_layout({f"yaxis{place + 1}": _axis(part, domain, scales)})
        if part.kind in ("level", "change", "shades") and part.kind not in barred:
            bar = {**_bar(part, scales), **scale_place(domain)}
            figure.data[-1].update(showscale=True, colorbar=bar)
            barred.add(part.kind)
        if part.box is not None:
            _outline(figure, part, axis)
        if part.title:
            _write(figure, part.title, domain[1])
    figure.update_layout(
        height=height,
        showlegend=False,
        hovermode="x",
        hoversubplots="axis",
        xaxis=time_axis(end_s, f"y{len(parts)}" if len(parts) > 1 else "y"),
        margin={**SIDES_PX, "t": 0, "b": _FOOT_PX},
    )
    return figure


def _check(parts: Sequence[Part], centres: NDArray[np.float64]) -> None:
    if not parts or any(part.values.size == 0 for part in parts):
        raise ParameterError("parts: at least one, each with something in it")
    for part in parts:
        if part.kind in ("level", "change") and centres.size not in (0, part.values.shape[1]):
            raise ParameterError(
                f"bands_hz: one centre for each of {part.values.shape[1]} bands, got {centres.size}"
            )


def _scales(parts: Sequence[Part], centres: NDArray[np.float64]) -> _Scales:
    waves = [float(np.abs(part.values).max()) for part in parts if part.kind == "wave"]
    levels = [float(part.values.max()) for part in parts if part.kind == "level"]
    changes = [np.abs(part.values) for part in parts if part.kind == "change"]
    reach = max((float(np.percentile(change, 99)) for change in changes), default=0.0)
    if any(part.kind == "change" and part.unit == "dB" for part in parts):
        reach = float(np.clip(reach, _LEAST_REACH_DB, _MOST_REACH_DB))
    peak, reach = max([*waves, 1e-3]), max(reach, _LEAST_REACH_SHADES)
    return _Scales(peak, max(levels, default=0.0), reach, centres)


def _domains(parts: Sequence[Part]) -> tuple[list[tuple[float, float]], int]:
    """Where each panel lies, from top to bottom, and the height of the figure in pixels."""
    edges, used = [], 0
    for place, part in enumerate(parts):
        used += _BETWEEN_PX if part.title else _WITHIN_PX * bool(place)
        edges.append((used, used + _HEIGHT_PX[part.kind]))
        used += _HEIGHT_PX[part.kind]
    return [(max(0.0, 1 - low / used), 1 - high / used) for high, low in edges], used + _FOOT_PX


def _traces(part: Part, axis: str, scales: _Scales) -> list[Any]:
    if part.kind == "wave":
        return _wave(part, axis)
    if part.kind == "colour":
        return [_coloured(part, axis)]
    return [_heat(part, axis, scales)]


def _wave(part: Part, axis: str) -> list[go.Scatter]:
    """Upper and lower edge of the envelope, filled between."""
    low, high = envelope(part.values)
    width = part.values.size / low.size * part.step_s
    times = ((np.arange(low.size) + 0.5) * width).round(4)
    shared: dict[str, Any] = {
        "x": times,
        "mode": "lines",
        "line": {"color": WAVE, "width": 1},
        "yaxis": axis,
    }
    return [
        go.Scatter(**shared, y=low.round(4), hoverinfo="skip"),
        go.Scatter(
            **shared,
            y=high.round(4),
            fill="tonexty",
            fillcolor=WAVE,
            hovertemplate="±%{y:.2f}<extra></extra>",
        ),
    ]


def _heat(part: Part, axis: str, scales: _Scales) -> go.Heatmap:
    shown, step = fewer_frames(part.values, largest=part.kind == "level")
    look: dict[str, Any] = {"colorscale": even(MAGMA), "zsmooth": "fast"}
    if part.kind == "level":
        cells = np.clip(np.round(shown - scales.top_db), -RANGE_DB, 0).astype(np.int8)
        look |= {"zmin": -RANGE_DB, "zmax": 0, "hovertemplate": "%{z} dB<extra></extra>"}
    elif part.kind == "change":
        cells = np.round(shown, 1 if part.unit == "dB" else 3)
        reach = scales.reach
        look |= {"zmin": -reach, "zmax": reach, "colorscale": BOTH_SIDES, "zmid": 0}
        look["hovertemplate"] = f"%{{z:+.3~g}} {part.unit}".rstrip() + "<extra></extra>"
    else:
        cells = np.round(shown, 3)
        look |= {"zmin": 0, "zmax": 1, "hovertemplate": "%{z:.2f}<extra></extra>"}
    first, width = (step - 1) / 2 * part.step_s, step * part.step_s
    return go.Heatmap(z=cells.T, x0=first, dx=width, yaxis=axis, showscale=False, **look)


def _coloured(part: Part, axis: str) -> go.Image:
    """Pixels as a PNG file, a hundredth of their numbers; the first row on top.

    Plotly turns the file with the axis, whatever the sign of `dy`: so its first row is the last.
    """
    from PIL import Image

    pixels = np.clip(np.round(part.values * 255), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels[::-1])).save(file, "png")
    source = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    place = {"x0": part.step_s / 2, "dx": part.step_s, "y0": 0, "dy": 1}
    return go.Image(source=source, yaxis=axis, hoverinfo="skip", **place)


def _outline(figure: go.Figure, part: Part, axis: str) -> None:
    """A box in a panel, light on dark and dark on light."""
    assert part.box is not None
    left, right, low, high = part.box
    middle = 0.0 if part.kind == "colour" else 0.5  # of a column, from where the axis begins
    place = {
        "x0": (left - middle) * part.step_s,
        "x1": (right - middle) * part.step_s,
        "y0": low - 0.5,
        "y1": high - 0.5,
        "xref": "x",
        "yref": axis,
    }
    figure.add_shape(type="rect", line={"color": "black", "width": 4}, **place)
    figure.add_shape(type="rect", line={"color": "white", "width": 2}, **place)


def _axis(part: Part, domain: tuple[float, float], scales: _Scales) -> dict[str, Any]:
    look: dict[str, Any] = {
        "domain": domain,
        "showgrid": False,
        "zeroline": False,
        "automargin": False,
        "anchor": "x",
        "scaleanchor": False,
    }
    if part.kind == "wave":
        step = 10 ** np.floor(np.log10(scales.peak))
        tick = float(f"{np.floor(scales.peak / step) * step:.1g}")
        peak = 1.08 * scales.peak
        return look | {"range": [-peak, peak], "tickvals": [-tick, 0, tick]}
    rows = part.values.shape[0 if part.kind == "colour" else 1]
    look |= {"range": [-0.5, rows - 0.5]}
    if scales.bands_hz.size and part.kind in ("level", "change"):
        return look | _apart(hz_ticks(scales.bands_hz), rows) | {"title": "Hz"}
    return look | {"tickvals": [0, rows - 1], "ticktext": ["low", "high"], "title": "frequency"}


def _apart(ticks: dict[str, Any], rows: int) -> dict[str, Any]:
    """Ticks from the top down, without those that would run into the one above."""
    kept: list[int] = []
    for place in reversed(range(len(ticks["tickvals"]))):
        value = ticks["tickvals"][place]
        if not kept or ticks["tickvals"][kept[-1]] - value > _TICK_PX / _HEIGHT_PX["level"] * rows:
            kept.append(place)
    return {name: [values[place] for place in kept] for name, values in ticks.items()}


def _bar(part: Part, scales: _Scales) -> dict[str, Any]:
    if part.kind == "level":
        return {"tickvals": [0, -20, -40, -60], "ticktext": ["0 dB", "−20", "−40", "−60"]}
    if part.kind == "shades":
        return {"tickvals": [0, 0.5, 1]}
    ends = (-scales.reach, 0, scales.reach)
    unit = f" {part.unit}" if part.unit else ""
    words = [minus(f"{end:+.2g}") if end else "0" for end in ends]
    return {"tickvals": ends, "ticktext": [*words[:2], words[2] + unit]}


def _write(figure: go.Figure, title: str, top: float) -> None:
    """The name of a panel, above it on the left."""
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    figure.add_annotation(x=0, y=top, text=title, yshift=2, **place)
