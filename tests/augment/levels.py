"""Levels and ratios as tests measure them."""

import numpy as np
from numpy.typing import NDArray

RATE = 16_000


def db(of: NDArray[np.float32], to: NDArray[np.float32]) -> float:
    """Ratio of mean powers."""
    powers = [np.mean(np.square(each, dtype=np.float64)) for each in (of, to)]
    return float(10 * np.log10(powers[0] / powers[1]))
