"""Which places of a spectrogram an answer hangs on, drawn over it."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.feature_panels import scale_place
from ser_core.figures.style import after_imports
from ser_core.figures.timeline import RANGE_DB, SIDES_PX, hz_ticks, time_axis

# Blue and vermilion of Okabe & Ito's palette, told apart by colour-blind eyes; the middle lets the
# spectrogram through, as the spectrogram lets the page through, light or dark.
_AGAINST, _FOR = "0,114,178", "213,94,0"
_SCALE = [
    [0.0, f"rgba({_AGAINST},0.9)"],
    [0.5, "rgba(128,128,128,0)"],
    [1.0, f"rgba({_FOR},0.9)"],
]
_GREY = [[0.0, "rgba(128,132,140,0)"], [1.0, "rgba(128,132,140,0.9)"]]


@after_imports
def saliency_figure(
    log_mel_db: NDArray[np.float32],
    hop_s: float,
    mel_hz: ArrayLike,
    added: NDArray[np.floating[Any]],
    least: float,
    label: str,
    start_s: float = 0.0,
) -> go.Figure:
    """A log-mel spectrogram in grey; over it in colour what its places add to a label.

    Args:
        log_mel_db: (num_frames, n_mels) in dB; frame i is centred on `start_s + i * hop_s`.
        hop_s: seconds between frames.
        mel_hz: (n_mels,) centre of each band in Hz.
        added: (num_frames, n_mels) in any unit; not a number where nothing is known.
        least: what a marked place adds at least: a line is drawn around these.
        label: what they speak for, as people call it.
        start_s: time of the first frame in the recording.

    Raises:
        ParameterError: the arrays do not fit one another, or are empty.
    """
    centres = np.asarray(mel_hz, np.float64)
    if log_mel_db.size == 0 or not log_mel_db.shape == added.shape == (len(added), centres.size):
        raise ParameterError(
            "log_mel_db, added, mel_hz: as many frames and bands in each, at least one, got "
            f"{log_mel_db.shape}, {added.shape} and {centres.size}"
        )
    strongest = float(np.nanmax(np.abs(added), initial=1e-9))
    percent = np.round(100 * added / strongest, 1).T
    place: dict[str, Any] = {"x0": start_s, "dx": hop_s}
    top = float(log_mel_db.max())
    loud = np.clip(np.round(log_mel_db - top), -RANGE_DB, 0).astype(np.int8).T
    figure = go.Figure(
        [
            go.Heatmap(
                z=loud, **place, zmin=-RANGE_DB, zmax=0, colorscale=_GREY, showscale=False,
                zsmooth="fast",
                hoverinfo="skip",
            ),
            go.Heatmap(
                z=percent, **place, zmin=-100, zmax=100, colorscale=_SCALE, colorbar=_bar(),
                hovertemplate=f"for {label}: %{{z:.0f}} % of the strongest<extra></extra>",
            ),
            _outline(percent, 100 * least / strongest, place),
        ]
    )  # fmt: skip
    end_s = start_s + (len(log_mel_db) - 1) * hop_s
    figure.update_layout(
        height=280,
        xaxis={**time_axis(end_s, "y"), "range": [start_s, end_s]},
        yaxis={
            **hz_ticks(centres),
            "range": [-0.5, centres.size - 0.5],
            "title": "frequency (Hz)",
            "showgrid": False,
            "automargin": False,
        },
        margin=SIDES_PX,
    )
    return figure


def _outline(percent: NDArray[np.floating[Any]], least: float, place: dict[str, Any]) -> go.Contour:
    """A line around the marked places."""
    return go.Contour(
        z=percent,
        **place,
        contours={"coloring": "none", "start": least, "end": least, "size": 1},
        line={"color": f"rgb({_FOR})", "width": 2},
        showscale=False,
        hoverinfo="skip",
    )


def _bar() -> dict[str, Any]:
    ticks = {"tickvals": [-100, 0, 100], "ticktext": ["against", "0", "for"]}
    return {**scale_place((0.0, 1.0)), **ticks}
