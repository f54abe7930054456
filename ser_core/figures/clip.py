"""A clip: waveform, log-mel spectrogram and probabilities on one time axis."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.feature_panels import scale_place
from ser_core.figures.style import MAGMA, WAVE, after_imports, even
from ser_core.figures.timeline import (
    MAX_COLUMNS,
    RANGE_DB,
    SIDES_PX,
    fewer_frames,
    hz_ticks,
    time_axis,
)


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


class SegmentLike(WindowLike, Protocol):
    """A stretch of speech with its label."""

    @property
    def emotion(self) -> str:
        """The label."""


@after_imports
def clip_figure(
    waveform: NDArray[np.float32],
    sampling_rate: int,
    log_mel_db: NDArray[np.float32],
    hop_s: float,
    mel_hz: ArrayLike,
    windows: Sequence[WindowLike] = (),
    top_db: float | None = None,
    segments: Sequence[SegmentLike] = (),
) -> go.Figure:
    """Waveform, log-mel and, for long clips, probabilities over time, on one time axis.

    Args:
        waveform: (num_samples,) in [-1, 1]; drawn as an envelope, so long clips stay light.
        sampling_rate: Hz.
        log_mel_db: (num_frames, n_mels) in dB; frame i is centred on `i * hop_s`.
        hop_s: seconds between frames.
        mel_hz: (n_mels,) centre of each band in Hz.
        windows: stretches with probabilities; fewer than two draw nothing.
        top_db: level that counts as 0 dB in the picture; the clip's loudest cell when not given.
        segments: labelled stretches, named above the probabilities; drawn only with these.

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
    labelled = over_time and bool(segments)
    domains = [(0.74, 1.0), (0.0, 0.68)]
    if over_time:
        domains = [(0.8, 1.0), (0.4 if labelled else 0.34, 0.76), (0.0, 0.28)]
    figure = go.Figure(
        [*_wave_traces(waveform, sampling_rate), _mel_trace(log_mel_db, hop_s, top_db)]
    )
    figure.update_layout(
        height=430 if over_time else 300,
        showlegend=over_time,
        hovermode="x",
        hoversubplots="axis",
        xaxis=time_axis(waveform.size / sampling_rate, "y3" if over_time else "y2"),
        yaxis=_wave_axis(waveform, domains[0]),
        yaxis2=_mel_axis(centres, domains[1]),
        margin=SIDES_PX,
    )
    figure.update_traces(colorbar=_db_bar(domains[1]), selector={"type": "heatmap"})
    if over_time:
        figure.add_traces(_window_traces(windows))
        figure.update_layout(
            yaxis3={"domain": domains[2], "range": [0, 1], "title": "probability", "nticks": 3},
            legend={"y": -0.16, "traceorder": "normal"},
        )
    if labelled:
        figure.add_trace(_segment_trace(segments))
        figure.update_layout(
            yaxis4={"domain": [0.295, 0.355], "visible": False, "range": [-0.5, 0.5]},
            uniformtext={"minsize": 9, "mode": "hide"},
            height=460,
        )
    return figure


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
        "automargin": False,
    }


def _wave_traces(waveform: NDArray[np.float32], sampling_rate: int) -> list[go.Scatter]:
    """Upper and lower edge of the envelope, filled between."""
    low, high = envelope(waveform)
    times = ((np.arange(low.size) + 0.5) * (waveform.size / low.size / sampling_rate)).round(4)
    line = {"color": WAVE, "width": 1}
    shared = {"x": times, "mode": "lines", "line": line, "showlegend": False}
    return [
        go.Scatter(**shared, y=low, hoverinfo="skip"),
        go.Scatter(
            **shared,
            y=high,
            fill="tonexty",
            fillcolor=WAVE,
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


def _mel_trace(log_mel_db: NDArray[np.float32], hop_s: float, top_db: float | None) -> go.Heatmap:
    """Whole decibels, which is what an eye can tell apart, in an eighth of the bytes."""
    shown, step = fewer_frames(log_mel_db)
    top = float(shown.max()) if top_db is None else top_db
    cells = np.clip(np.round(shown - top), -RANGE_DB, 0).astype(np.int8).T
    return go.Heatmap(
        z=cells,
        x0=(step - 1) / 2 * hop_s,
        dx=step * hop_s,
        yaxis="y2",
        zmin=-RANGE_DB,
        zmax=0,
        colorscale=even(MAGMA),
        zsmooth="fast",
        hovertemplate="%{z} dB<extra></extra>",
    )


def _mel_axis(centres: NDArray[np.float64], domain: tuple[float, float]) -> dict[str, Any]:
    """Bands are evenly spaced; the ticks say where round frequencies lie among them."""
    return {
        **hz_ticks(centres),
        "domain": domain,
        "range": [-0.5, centres.size - 0.5],
        "title": "frequency (Hz)",
        "showgrid": False,
        "automargin": False,
    }


def _db_bar(domain: tuple[float, float]) -> dict[str, Any]:
    ticks = {"tickvals": [0, -20, -40, -60], "ticktext": ["0 dB", "−20", "−40", "−60"]}
    return {**scale_place(domain), **ticks}


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


def _segment_trace(segments: Sequence[SegmentLike]) -> go.Bar:
    """A bar for each segment in its emotion's colour, with its name where that fits."""
    names = [emotions.title(one.emotion) for one in segments]
    shares = [one.probabilities[one.emotion] for one in segments]
    return go.Bar(
        orientation="h",
        base=[one.start_s for one in segments],
        x=[one.end_s - one.start_s for one in segments],
        y=[0] * len(segments),
        width=1,
        yaxis="y4",
        text=names,
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        marker={"color": [emotions.colour(one.emotion) for one in segments], "line": {"width": 0}},
        customdata=[[name, share] for name, share in zip(names, shares, strict=True)],
        hovertemplate="Segment: %{customdata[0]} %{customdata[1]:.2f}<extra></extra>",
        showlegend=False,
    )


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
