"""Arrays → Plotly figures, for pages and reports alike.

Figures carry no theme of their own: set `template(dark)` on them when they are shown, so that one
figure fits light and dark. Emotions have the colours of `ser_core.emotions` everywhere.
"""

import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from typing import Any, Literal, ParamSpec, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError

FONT = '"Source Sans", "Source Sans Pro", "Segoe UI", sans-serif'
MAX_COLUMNS = 1200  # more than a screen shows: longer clips are reduced to this many columns
RANGE_DB = 70.0  # shown below the loudest cell of a spectrogram

_LIGHT = {"ink": "#31333F", "soft": "#6B7280", "grid": "#E5E7EB", "raised": "#FFFFFF"}
_DARK = {"ink": "#E6E8EB", "soft": "#9AA3AE", "grid": "#2B3038", "raised": "#1C2027"}
_WAVE = "#5B8DB8"
_SEQUENTIAL_LIGHT = ["#F7F9FB", "#C6DBEC", "#7FB2D6", "#3581B8", "#0B4F82", "#062C4C"]
_SEQUENTIAL_DARK = ["#161A20", "#12344F", "#17588A", "#3B87BE", "#8DBFE2", "#E3F1FB"]
# Magma (Smith & van der Walt, 2015), but for its first colour, #000004: Streamlit puts colours of
# its theme in place of #000001 to #000099.
_MAGMA = ["#06040F", "#180F3D", "#440F76", "#721F81", "#9E2F7F", "#CD4071", "#F1605D", "#FD9668",
          "#FECA8D", "#FCFDBF"]  # fmt: skip
_DIVERGING = "RdBu"
_TICKS_HZ = (250, 500, 1000, 2000, 4000, 8000, 16000)


class WindowLike(Protocol):
    """One stretch of a recording with the probabilities of all emotions in it."""

    @property
    def start_s(self) -> float:
        """Where it begins in the recording."""

    @property
    def end_s(self) -> float:
        """Where it ends in the recording."""

    @property
    def probabilities(self) -> Mapping[str, float]:
        """A share in [0, 1] for each emotion."""


P = ParamSpec("P")
T = TypeVar("T")


def _after_imports(draw: Callable[P, T]) -> Callable[P, T]:
    """Wait until a pandas that another thread is importing is whole.

    Plotly takes pandas from `sys.modules`, and trips over one that is only partly there.
    """

    @wraps(draw)
    def waited(*args: P.args, **kwargs: P.kwargs) -> T:
        if "pandas" in sys.modules:
            importlib.import_module("pandas")
        return draw(*args, **kwargs)

    return waited


@_after_imports
@lru_cache(maxsize=2)
def template(dark: bool) -> go.layout.Template:
    """Fonts, margins, colours and hover style shared by all charts."""
    ink = _DARK if dark else _LIGHT
    axis = {
        "gridcolor": ink["grid"],
        "linecolor": ink["grid"],
        "zerolinecolor": ink["grid"],
        "tickfont": {"color": ink["soft"]},
        "title": {"font": {"color": ink["soft"], "size": 12}, "standoff": 6},
        "spikecolor": ink["soft"],
        "spikethickness": 1,
        "spikedash": "solid",
        "automargin": True,
    }
    sequential = _SEQUENTIAL_DARK if dark else _SEQUENTIAL_LIGHT
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": ink["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "colorway": [_WAVE, *(emotion.colour for emotion in emotions.EMOTIONS.values())],
            "hoverlabel": {
                "bgcolor": ink["raised"],
                "bordercolor": ink["grid"],
                "font": {"family": FONT, "size": 13, "color": ink["ink"]},
            },
            "legend": {"orientation": "h", "font": {"color": ink["ink"]}, "y": -0.2},
            "dragmode": False,
        },
        data={
            "heatmap": [
                go.Heatmap(
                    colorscale=_even(sequential),
                    colorbar={"thickness": 8, "outlinewidth": 0, "tickfont": {"size": 11}},
                )
            ],
            "bar": [go.Bar(textfont={"color": ink["ink"]}, cliponaxis=False)],
        },
    )


def _even(colours: Sequence[str]) -> list[list[Any]]:
    """Colours at even steps of a scale from 0 to 1."""
    return [[place / (len(colours) - 1), colour] for place, colour in enumerate(colours)]


@_after_imports
def clip_figure(
    waveform: NDArray[np.float32],
    sampling_rate: int,
    log_mel_db: NDArray[np.float32],
    hop_s: float,
    mel_hz: ArrayLike,
    windows: Sequence[WindowLike] = (),
) -> go.Figure:
    """Waveform, log-mel and, for long clips, probabilities over time, on one time axis.

    Args:
        waveform: (num_samples,) in [-1, 1]; drawn as an envelope, so long clips stay light.
        sampling_rate: Hz.
        log_mel_db: (num_frames, n_mels) in dB; frame i is centred on `i * hop_s`.
        hop_s: seconds between frames.
        mel_hz: (n_mels,) centre of each band in Hz.
        windows: stretches with probabilities; fewer than two draw nothing.

    Raises:
        ParameterError: `mel_hz` does not fit `log_mel_db`, or an array is empty.
    """
    centres = np.asarray(mel_hz, np.float64)
    if waveform.size == 0 or log_mel_db.size == 0:
        raise ParameterError("waveform, log_mel_db: at least one sample and one frame, got none")
    if log_mel_db.shape[1] != centres.size:
        raise ParameterError(
            f"mel_hz: one centre for each of the {log_mel_db.shape[1]} bands, got {centres.size}"
        )
    over_time = len(windows) > 1
    domains = [(0.8, 1.0), (0.34, 0.76), (0.0, 0.28)] if over_time else [(0.74, 1.0), (0.0, 0.68)]
    figure = go.Figure([*_wave_traces(waveform, sampling_rate), _mel_trace(log_mel_db, hop_s)])
    figure.update_layout(
        height=430 if over_time else 300,
        showlegend=over_time,
        hovermode="x",
        hoversubplots="axis",
        xaxis=_time_axis(waveform.size / sampling_rate, "y3" if over_time else "y2"),
        yaxis=_wave_axis(waveform, domains[0]),
        yaxis2=_mel_axis(centres, domains[1]),
    )
    figure.update_traces(colorbar=_db_bar(domains[1]), selector={"type": "heatmap"})
    if over_time:
        figure.add_traces(_window_traces(windows))
        figure.update_layout(
            yaxis3={"domain": domains[2], "range": [0, 1], "title": "probability", "nticks": 3},
            legend={"y": -0.16, "traceorder": "normal"},
        )
    return figure


def _time_axis(duration_s: float, anchor: str) -> dict[str, Any]:
    return {
        "anchor": anchor,
        "range": [0, duration_s],
        "title": "time (s)",
        "showgrid": False,
        "zeroline": False,
        "showspikes": True,
        "spikemode": "across",
        "spikesnap": "cursor",
        "hoverformat": ".2f",
        "unifiedhovertitle": {"text": "%{x:.2f} s"},
    }


def _wave_axis(waveform: NDArray[np.float32], domain: tuple[float, float]) -> dict[str, Any]:
    peak = max(float(np.abs(waveform).max()), 1e-3)
    step = 10 ** np.floor(np.log10(peak))
    shown = float(f"{np.floor(peak / step) * step:.1g}")
    return {
        "domain": domain,
        "range": [-1.08 * peak, 1.08 * peak],
        "tickvals": [-shown, 0, shown],
        "title": "amplitude",
        "showgrid": False,
    }


def _wave_traces(waveform: NDArray[np.float32], sampling_rate: int) -> list[go.Scatter]:
    """Upper and lower edge of the envelope, filled between."""
    low, high = envelope(waveform)
    times = ((np.arange(low.size) + 0.5) * (waveform.size / low.size / sampling_rate)).round(4)
    line = {"color": _WAVE, "width": 1}
    shared = {"x": times, "mode": "lines", "line": line, "showlegend": False}
    return [
        go.Scatter(**shared, y=low, hoverinfo="skip"),
        go.Scatter(
            **shared,
            y=high,
            fill="tonexty",
            fillcolor=_WAVE,
            hovertemplate="±%{y:.2f}<extra></extra>",
        ),
    ]


def envelope(
    waveform: NDArray[np.float32], columns: int = MAX_COLUMNS
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest and highest sample of each of at most `columns` equal stretches.

    >>> low, high = envelope(np.array([0, 1, -1, 0.5], np.float32), columns=2)
    >>> low.tolist(), high.tolist()
    ([0.0, -1.0], [1.0, 0.5])
    """
    starts = np.linspace(0, waveform.size, min(columns, waveform.size) + 1).astype(np.int64)[:-1]
    return np.minimum.reduceat(waveform, starts), np.maximum.reduceat(waveform, starts)


def _mel_trace(log_mel_db: NDArray[np.float32], hop_s: float) -> go.Heatmap:
    """Whole decibels, which is what an eye can tell apart, in an eighth of the bytes."""
    shown, step = _fewer_frames(log_mel_db)
    top = float(shown.max())
    cells = np.clip(np.round(shown - top), -RANGE_DB, 0).astype(np.int8).T
    return go.Heatmap(
        z=cells,
        x0=(step - 1) / 2 * hop_s,
        dx=step * hop_s,
        yaxis="y2",
        zmin=-RANGE_DB,
        zmax=0,
        colorscale=_even(_MAGMA),
        zsmooth="fast",
        hovertemplate="%{z} dB<extra></extra>",
    )


def _fewer_frames(log_mel_db: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
    """At most MAX_COLUMNS frames, each the loudest of the `step` it stands for."""
    step = -(-log_mel_db.shape[0] // MAX_COLUMNS)
    starts = np.arange(0, log_mel_db.shape[0], step)
    return np.maximum.reduceat(log_mel_db, starts, axis=0), step


def _mel_axis(centres: NDArray[np.float64], domain: tuple[float, float]) -> dict[str, Any]:
    """Bands are evenly spaced; the ticks say where round frequencies lie among them."""
    inside = [hz for hz in _TICKS_HZ if centres[0] <= hz <= centres[-1] * 1.03]
    places = np.interp(inside, centres, np.arange(centres.size))
    return {
        "domain": domain,
        "range": [-0.5, centres.size - 0.5],
        "tickvals": places,
        "ticktext": [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in inside],
        "title": "frequency (Hz)",
        "showgrid": False,
    }


def _db_bar(domain: tuple[float, float]) -> dict[str, Any]:
    return {
        "y": sum(domain) / 2,
        "len": domain[1] - domain[0],
        "lenmode": "fraction",
        "thickness": 8,
        "tickvals": [0, -20, -40, -60],
        "ticktext": ["0 dB", "−20", "−40", "−60"],
        "outlinewidth": 0,
        "xpad": 6,
        "ypad": 0,
    }


def _window_traces(windows: Sequence[WindowLike]) -> list[go.Scatter]:
    """One band for each emotion, stacked to 1, with a corner in the middle of each window.

    Where no window lies (a pause) there is no band.
    """
    corners = [corner for run in _runs(windows) for corner in _corners(run)]
    names = emotions.order(list(windows[0].probabilities))
    return [
        go.Scatter(
            x=[time_s for time_s, _ in corners],
            y=[window.probabilities[name] if window else 0.0 for _, window in corners],
            yaxis="y3",
            name=emotions.title(name),
            mode="lines",
            line={"width": 0},
            stackgroup="windows",
            fillcolor=emotions.colour(name),
            hovertemplate=f"{emotions.title(name)} %{{y:.2f}}<extra></extra>",
        )
        for name in names
    ]


def _runs(windows: Sequence[WindowLike]) -> list[list[WindowLike]]:
    """Windows that touch or overlap, together."""
    runs = [[windows[0]]]
    for window in windows[1:]:
        if window.start_s <= runs[-1][-1].end_s:
            runs[-1].append(window)
        else:
            runs.append([window])
    return runs


def _corners(run: list[WindowLike]) -> list[tuple[float, WindowLike | None]]:
    """Times and windows whose values hold there; None is nothing, before and after the run."""
    first, last = run[0], run[-1]
    middles = [((window.start_s + window.end_s) / 2, window) for window in run]
    start, end = first.start_s, last.end_s
    return [(start, None), (start, first), *middles, (end, last), (end, None)]


@_after_imports
def count_bars(counts: Mapping[str, int], unit: str = "clips", sort: bool = False) -> go.Figure:
    """How many of each, as horizontal bars with their numbers.

    Args:
        counts: one number for each name; emotions get their words and colours.
        unit: what is counted, on the axis and in the hover.
        sort: largest first; otherwise in the order given.
    """
    names = sorted(counts, key=lambda name: -counts[name]) if sort else list(counts)
    figure = go.Figure(
        go.Bar(
            x=[counts[name] for name in names],
            y=[emotions.title(name) if name in emotions.EMOTIONS else name for name in names],
            orientation="h",
            marker_color=[_bar_colour(name) for name in names],
            text=[f"{counts[name]:,}" for name in names],
            textposition="outside",
            hovertemplate=f"%{{y}}: %{{x:,}} {unit}<extra></extra>",
        )
    )
    figure.update_layout(
        height=44 + 24 * max(1, len(names)),
        bargap=0.3,
        xaxis={"visible": False, "range": [0, 1.15 * max([1, *counts.values()])]},
        yaxis={"autorange": "reversed", "type": "category", "ticklabelstandoff": 6},
    )
    return figure


def _bar_colour(name: str) -> str:
    return emotions.colour(name) if name in emotions.EMOTIONS else _WAVE


@_after_imports
def heatmap(
    values: ArrayLike,
    rows: Sequence[str],
    columns: Sequence[str],
    unit: str = "",
    decimals: int = 0,
    diverging: bool = False,
) -> go.Figure:
    """A table of numbers as coloured cells with the numbers in them.

    Args:
        values: (len(rows), len(columns)).
        rows: names from top to bottom.
        columns: names from left to right.
        unit: what the numbers are, in the hover.
        decimals: digits after the point in the cells.
        diverging: two colours centred at zero, for differences; otherwise one sequential scale.

    Raises:
        ParameterError: the names do not fit the shape of `values`.
    """
    table = np.asarray(values, np.float64)
    if table.shape != (len(rows), len(columns)):
        raise ParameterError(
            f"values: shape ({len(rows)}, {len(columns)}) to fit the names, got {table.shape}"
        )
    figure = go.Figure(
        go.Heatmap(
            z=table,
            x=list(columns),
            y=list(rows),
            texttemplate=f"%{{z:,.{decimals}f}}",
            hovertemplate=f"%{{y}}, %{{x}}: %{{z:,.{decimals}f}} {unit}<extra></extra>",
            showscale=False,
            xgap=1,
            ygap=1,
        )
    )
    if diverging:
        reach = float(np.abs(table).max()) or 1.0
        figure.update_traces(colorscale=_DIVERGING, zmin=-reach, zmax=reach)
    else:
        figure.update_traces(zmin=0)
    figure.update_layout(
        height=70 + 30 * max(1, len(rows)),
        xaxis={"type": "category", "showgrid": False, "side": "bottom"},
        yaxis={"type": "category", "showgrid": False, "autorange": "reversed"},
    )
    return figure


def confusion_figure(
    labels: Sequence[str], counts: ArrayLike, normalise: Literal["row", "none"] = "row"
) -> go.Figure:
    """Confusion matrix: rows are what was acted, columns what was heard.

    Args:
        labels: emotions, in the order of rows and columns.
        counts: (len(labels), len(labels)) numbers of clips.
        normalise: "row" colours and prints percent of each row, "none" the counts.

    Raises:
        ParameterError: `counts` does not fit the labels, or `normalise` is another word.
    """
    if normalise not in ("row", "none"):
        raise ParameterError(f"normalise: 'row' or 'none', got {normalise!r}")
    table = np.asarray(counts, np.float64)
    words = [emotions.title(label) for label in labels]
    totals = table.sum(axis=1, keepdims=True) if table.ndim == 2 else np.ones(1)
    share = 100 * np.divide(table, totals, out=np.zeros_like(table), where=totals > 0)
    figure = heatmap(share if normalise == "row" else table, words, words)
    figure.update_traces(
        customdata=np.stack([table, share], axis=-1),
        zmax=100 if normalise == "row" else None,
        hovertemplate=(
            "%{y} heard as %{x}: %{customdata[0]:,.0f} clips, "
            "%{customdata[1]:.0f} % of the row<extra></extra>"
        ),
    )
    figure.update_layout(xaxis_title="heard", yaxis_title="acted")
    return figure
