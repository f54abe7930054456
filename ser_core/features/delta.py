"""Slopes of features over time."""

from collections.abc import Sequence

import numpy as np

from ser_core.features.signal import Array

_WIDTH = 9  # frames


def with_deltas(features: Array, order: int) -> Array:
    """Features with their slopes beside them.

    Args:
        features: (num_frames, num_features).
        order: 0, or the highest derivative: 1 adds Δ, 2 adds Δ and ΔΔ.

    Returns:
        (num_frames, num_features * (1 + order)); derivatives of a polynomial of that order fitted
        to 9 frames (Savitzky & Golay 1964, Analytical Chemistry 36(8)). In a clip of fewer frames
        the last one is repeated.
    """
    if order == 0:
        return features
    from scipy.signal import savgol_filter

    missing = max(0, _WIDTH - len(features))
    padded = np.pad(features, ((0, missing), (0, 0)), mode="edge")
    slopes = [
        savgol_filter(padded, _WIDTH, deriv=degree, polyorder=degree, axis=0)[: len(features)]
        for degree in range(1, order + 1)
    ]
    return np.concatenate([features, *slopes], axis=1).astype(np.float32)


def with_delta_names(names: Sequence[str], order: int) -> tuple[str, ...]:
    """Names of what `with_deltas` gives.

    >>> with_delta_names(["MFCC 1"], 2)
    ('MFCC 1', 'Δ MFCC 1', 'ΔΔ MFCC 1')
    """
    return tuple(f"{mark}{name}" for mark in ("", "Δ ", "ΔΔ ")[: 1 + order] for name in names)
