"""Mean and deviation of features: of a corpus's training clips, or of one speaker."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_LEAST_VARIANCE = 1e-6


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of each feature, both (num_features,)."""

    mean: Array
    std: Array

    @classmethod
    def fit(cls, clips: Iterable[Array]) -> "Statistics":
        """Of arrays (..., num_features), over all axes but the last and over all arrays.

        Args:
            clips: at least one; taken one at a time, so that they need not fit into memory.
        """
        count, total, squares = 0, np.zeros(1), np.zeros(1)
        for clip in clips:
            rows = clip.reshape(-1, clip.shape[-1]).astype(np.float64)
            count += len(rows)
            total = total + rows.sum(axis=0)
            squares = squares + np.square(rows).sum(axis=0)
        mean = total / count
        # A feature that never changes would be divided by zero.
        std = np.sqrt(np.maximum(squares / count - mean**2, _LEAST_VARIANCE))
        return cls(mean.astype(np.float32), std.astype(np.float32))

    def standardise(self, features: Array) -> Array:
        """Features (..., num_features) with mean 0 and deviation 1."""
        return (features - self.mean) / self.std

    def restore(self, standardised: Array) -> Array:
        """The inverse of `standardise`."""
        return standardised * self.std + self.mean
