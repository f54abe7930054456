"""What figures over time share, so that they stand in line below one another."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_COLUMNS = 1200  # more than a screen shows: longer clips are reduced to this many columns
RANGE_DB = 70.0  # shown below the loudest cell of a spectrogram
SIDES_PX = {"l": 58, "r": 58}
"""Room for names and scales beside the time axis, the same in every figure."""

_TICKS_HZ = (250, 500, 1000, 2000, 4000, 8000, 16000)


def time_axis(duration_s: float, anchor: str) -> dict[str, Any]:
    """Seconds from 0, with a line through all parts at the pointer."""
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


def fewer_frames(
    values: NDArray[np.float32], most: int = MAX_COLUMNS, largest: bool = True
) -> tuple[NDArray[np.float32], int]:
    """At most `most` frames of (num_frames, …).

    Returns:
        The frames, each the largest, or the mean, of those it stands for; and how many these are.
    """
    step = -(-len(values) // most)
    if step == 1:
        return values, 1
    starts = np.arange(0, len(values), step)
    if largest:
        return np.maximum.reduceat(values, starts, axis=0), step
    sizes = np.diff([*starts, len(values)])
    means = np.add.reduceat(values, starts, axis=0) / sizes.reshape(-1, *[1] * (values.ndim - 1))
    return means.astype(np.float32), step


def hz_ticks(centres: NDArray[np.float64]) -> dict[str, Any]:
    """Places of round frequencies among bands that are evenly spaced.

    Args:
        centres: (num_bands,) in Hz, rising.
    """
    inside = [hz for hz in _TICKS_HZ if centres[0] <= hz <= centres[-1] * 1.03]
    return {
        "tickvals": np.interp(inside, centres, np.arange(centres.size)),
        "ticktext": [f"{hz // 1000}k" if hz >= 1000 else str(hz) for hz in inside],
    }
