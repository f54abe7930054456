"""Scores of valence, arousal and dominance: numbers, not classes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError
from ser_core.evaluation.intervals import (
    Floats,
    Interval,
    estimate,
    group_sums,
    named_speakers,
)


@dataclass(frozen=True)
class DimensionScores:
    """One dimension's scores.

    Attributes:
        clips: that somebody rated; others are left out.
        speakers: of these, known by name.
        rmse: in the unit of the ratings.
    """

    clips: int
    speakers: int
    ccc: Interval
    rmse: Interval

    def as_dict(self) -> dict[str, Any]:
        """The scores for JSON."""
        return {
            "clips": self.clips,
            "speakers": self.speakers,
            "ccc": self.ccc.as_dict(),
            "rmse": self.rmse.as_dict(),
        }


def ccc(true: ArrayLike, predicted: ArrayLike) -> float:
    """Concordance correlation coefficient: agreement with the line of equality.

    2·s_xy / (s_x² + s_y² + (x̄ - ȳ)²) with moments over n (Lin 1989, "A concordance correlation
    coefficient to evaluate reproducibility", Biometrics 45). 1 is perfect; unlike Pearson's, a
    shift or another scale costs. Clips where either is nan are left out.

    Args:
        true: `(num_clips,)`.
        predicted: `(num_clips,)`.

    Returns:
        -1 to 1; nan where nothing varies and both are the same.

    Raises:
        ParameterError: the shapes differ, or no clip is left.

    Pearson's correlation of these is 1; but the prediction is one too high.

    >>> ccc([1, 2, 3], [2, 3, 4])
    0.571428...
    """
    x, y, _ = _rated(true, predicted)
    return float(_scores(_moments(x, y).sum(0))[0])


def rmse(true: ArrayLike, predicted: ArrayLike) -> float:
    """Root mean square error, in the unit of the ratings.

    Raises:
        ParameterError: the shapes differ, or no clip is left.

    >>> rmse([1, 2], [1, 4])
    1.414213...
    """
    x, y, _ = _rated(true, predicted)
    return float(_scores(_moments(x, y).sum(0))[1])


def dimension_scores(
    true: ArrayLike,
    predicted: ArrayLike,
    speakers: Sequence[Any] | NDArray[Any],
    level: float = 0.95,
) -> DimensionScores:
    """CCC and RMSE with intervals over speakers; clips that nobody rated (nan) are left out.

    Raises:
        ParameterError: the shapes differ, or no clip is left.
    """
    x, y, rated = _rated(true, predicted)
    who = np.asarray(speakers)
    if who.shape != rated.shape:
        raise ParameterError(f"speakers must have {rated.size} entries, got {who.size}")
    sums = group_sums(_moments(x, y), who[rated])
    found = estimate(sums, _scores)
    concordance = found.intervals(level, (-1.0, 1.0))[0]
    error = found.intervals(level, (0.0, math.inf))[1]
    return DimensionScores(len(x), named_speakers(who[rated]), concordance, error)


def _rated(true: ArrayLike, predicted: ArrayLike) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Both without the clips where either is nan, and which those are that stay."""
    x, y = np.asarray(true, dtype=float), np.asarray(predicted, dtype=float)
    if x.ndim != 1 or x.shape != y.shape:
        raise ParameterError(
            f"true and predicted must be (num_clips,) both, got {x.shape} and {y.shape}"
        )
    rated = ~(np.isnan(x) | np.isnan(y))
    if not rated.any():
        raise ParameterError("there is no rated clip to score")
    return x[rated], y[rated], rated


def _moments(x: Floats, y: Floats) -> Floats:
    """Of each clip: 1, x, y, x², y², xy, with the mean of x moved to 0 to keep digits."""
    x, y = x - x.mean(), y - x.mean()
    return np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], axis=1)


def _scores(sums: Floats) -> Floats:
    """CCC and RMSE from sums of moments."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums[..., 1:] / sums[..., :1]
        x, y, xx, yy, xy = np.moveaxis(mean, -1, 0)
        square = np.maximum(xx + yy - 2 * xy, 0)
        # s_x² + s_y² + (x̄ - ȳ)² is the mean of (x - y)² plus twice the covariance.
        covariance = xy - x * y
        return np.stack([2 * covariance / (square + 2 * covariance), np.sqrt(square)], axis=-1)
