"""Power in decibels, with a floor."""

import numpy as np

from ser_core.features.signal import Array


def decibels(
    power: Array,
    floor_db: float,
    top_db: float | None = None,
    relative_to_peak: bool = False,
) -> Array:
    """`10 * log10(power)`, floored.

    Args:
        power: any shape, not negative.
        floor_db: quieter values are raised to this.
        top_db: then, values further than this below the loudest are raised to that; None: no such
            limit.
        relative_to_peak: 0 dB is the loudest value instead of a power of 1. Silence is then all
            at 0 dB.

    >>> decibels(np.array([1e-9, 0.1, 1], np.float32), floor_db=-60)
    array([-60., -10., 0.], dtype=float32)
    """
    level: Array = 10 * np.log10(np.maximum(power, np.float32(1e-20)))
    if relative_to_peak:
        level -= level.max()
    level = np.maximum(level, np.float32(floor_db))
    if top_db is not None:
        level = np.maximum(level, level.max() - np.float32(top_db))
    return level
