"""Mean and deviation of features: of a corpus's training clips, or of one speaker."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import ParameterError

Array = NDArray[np.float32]
_STEADY = 1e-6  # of the mean, the precision of what is kept


@dataclass(frozen=True)
class Statistics:
    """Mean and standard deviation of each feature, both (num_features,).

    The deviation of a feature that never changes is set to 1.
    """

    mean: Array
    std: Array

    @classmethod
    def fit(cls, clips: Iterable[Array]) -> "Statistics":
        """Of arrays (..., num_features), over all axes but the last and over all arrays.

        Args:
            clips: at least one; taken one at a time, so that they need not fit into memory.

        Raises:
            ParameterError: no clip.
        """
        count, mean, scatter = 0, np.zeros(1), np.zeros(1)
        for clip in clips:  # joined as in Chan, Golub & LeVeque (1983): no large sums cancel
            rows = clip.reshape(-1, clip.shape[-1]).astype(np.float64)
            own_mean = rows.mean(axis=0)
            shift, share = own_mean - mean, len(rows) / (count + len(rows))
            scatter = scatter + np.square(rows - own_mean).sum(axis=0)
            scatter = scatter + np.square(shift) * (count * share)
            mean = mean + shift * share
            count += len(rows)
        if count == 0:
            raise ParameterError("clips: at least one is needed, got none")
        std = np.sqrt(scatter / count)
        # A feature that never changes, but for rounding, would be divided by next to nothing.
        steady = std <= _STEADY * np.maximum(np.abs(mean), _STEADY)
        return cls(mean.astype(np.float32), np.where(steady, 1, std).astype(np.float32))

    def standardise(self, features: Array) -> Array:
        """Features (..., num_features) with mean 0 and deviation 1."""
        return (features - self.mean) / self.std

    def restore(self, standardised: Array) -> Array:
        """The inverse of `standardise`."""
        return standardised * self.std + self.mean
