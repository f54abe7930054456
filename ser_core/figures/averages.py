"""What the clips of an emotion have in common: mean spectrogram above mean melody."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.style import BOTH_SIDES, MAGMA, after_imports, even
from ser_core.figures.timeline import hz_ticks

_UPPER, _LOWER = (0.47, 1.0), (0.0, 0.38)
_OTHERS = "rgba(128,128,128,0.35)"


@after_imports
def average_figure(
    emotion: str,
    spectrogram_db: NDArray[np.float32],
    mel_hz: ArrayLike,
    melody: NDArray[np.float32],
    others: Sequence[NDArray[np.float32]],
    range_db: tuple[float, float],
    range_semitones: tuple[float, float],
) -> go.Figure:
    """One of several small figures of the same scales, one for each emotion.

    Args:
        emotion: whose colour the melody has.
        spectrogram_db: (steps, n_mels); a range that is the same on both sides of 0 has two
            colours, for differences.
        mel_hz: (n_mels,) centre of each band in Hz.
        melody: (3, steps) lower quartile, median, upper quartile in semitones; NaN draws nothing.
        others: medians (steps,) of the other emotions, drawn thin behind.
        range_db: of the colours, the same in all figures.
        range_semitones: of the melody's axis, the same in all figures.

    Raises:
        ParameterError: `mel_hz` does not fit the spectrogram.
    """
    centres = np.asarray(mel_hz, np.float64)
    if spectrogram_db.shape[1] != centres.size:
        raise ParameterError(
            f"mel_hz: one for each of {spectrogram_db.shape[1]} bands, got {centres.size}"
        )
    share = np.linspace(0, 100, len(spectrogram_db))
    differences = range_db[0] == -range_db[1]
    figure = go.Figure(
        go.Heatmap(
            z=np.clip(np.round(spectrogram_db.T, 1), *range_db).astype(np.float32),
            x0=0,
            dx=100 / (len(spectrogram_db) - 1),
            yaxis="y2",
            zmin=range_db[0],
            zmax=range_db[1],
            zsmooth="fast",
            showscale=False,
            colorscale=BOTH_SIDES if differences else even(MAGMA),
            customdata=np.repeat(np.round(centres)[:, None], len(share), axis=1).astype(np.int32),
            hovertemplate="%{customdata} Hz, %{x:.0f} %: %{z:+.1f} dB<extra></extra>",
        )
    )
    figure.add_traces(_melody_traces(emotion, share, melody, others))
    figure.update_layout(**_layout(centres, range_semitones))
    return figure


def _melody_traces(
    emotion: str, share: NDArray[np.float64], melody: NDArray[np.float32], others: Any
) -> list[go.Scatter]:
    """The others' medians, the band between the quartiles, the median."""
    colour = emotions.colour(emotion)
    low, median, high = melody
    thin = {"x": share, "mode": "lines", "hoverinfo": "skip"}
    lines = [go.Scatter(**thin, y=each, line={"color": _OTHERS, "width": 1}) for each in others]
    edge = {**thin, "line": {"width": 0}}
    known = np.isfinite(median)  # a band across a gap would claim what is not known
    band = [
        go.Scatter(**edge, y=np.where(known, low, np.nan)),
        go.Scatter(
            **edge, y=np.where(known, high, np.nan), fill="tonexty", fillcolor=f"{colour}40"
        ),
    ]
    middle = go.Scatter(
        x=share,
        y=median,
        mode="lines",
        line={"color": colour, "width": 2.5},
        customdata=np.stack([low, high], axis=1),
        hovertemplate="%{x:.0f} %: %{y:+.1f} semitones"
        " (%{customdata[0]:+.1f} to %{customdata[1]:+.1f})<extra></extra>",
    )
    return [*lines, *band, middle]


def _layout(centres: NDArray[np.float64], range_semitones: tuple[float, float]) -> dict[str, Any]:
    plain = {"automargin": False, "zeroline": False}
    return {
        "height": 270,
        "showlegend": False,
        "hovermode": "closest",
        "margin": {"l": 40, "r": 12, "t": 2, "b": 36},
        "xaxis": {
            "anchor": "y",
            "range": [0, 100],
            "tickvals": [0, 50, 100],
            "title": "share of the sentence (%)",
            "showgrid": False,
        },
        "yaxis": {
            **plain,
            "domain": _LOWER,
            "range": list(range_semitones),
            "nticks": 4,
            "zeroline": True,
            "title": "semitones",
        },
        "yaxis2": {
            **hz_ticks(centres),
            **plain,
            "domain": _UPPER,
            "range": [-0.5, centres.size - 0.5],
            "title": "Hz",
            "showgrid": False,
        },
    }
