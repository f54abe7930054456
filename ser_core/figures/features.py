"""Features of one clip: lines, heatmaps over time, bars, pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from plotly import graph_objects as go

from ser_core.errors import ParameterError
from ser_core.figures.feature_frames import below_one_another, frames_figure, panels_of
from ser_core.figures.feature_panels import AXIS_PX
from ser_core.figures.feature_vectors import vector_figure
from ser_core.figures.style import after_imports

Array = NDArray[np.float32]


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
        return vector_figure(values, names, unit)
    return frames_figure(values, names, unit, hop_s, duration_s)


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
        panels += [(panel, part.hop_s) for panel in panels_of(part.values, part.names, part.unit)]
    return below_one_another(panels, duration_s)


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
        height=max(180, min(420, 2 * picture.shape[0])) + AXIS_PX,
        margin={"t": 8},
        xaxis={"title": "column (pixel)", "showgrid": False, "zeroline": False},
        yaxis={"title": "row (pixel)", "showgrid": False, "zeroline": False},
    )
    return figure
