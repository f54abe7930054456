"""Scores of probabilities: are the sure answers right, and is the right one near the top?

Calibration says whether a model that claims 80 % is right four times in five. It says nothing about
how often it is right: always answering the largest class with its share is perfectly calibrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError
from ser_core.evaluation.intervals import Floats, Interval, group_sums, intervals, mean_interval

Binning = Literal["width", "mass"]

_ROUNDING = 1e-6  # of probabilities that went through a text file


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy, bin by bin; bins without a clip are left out.

    Attributes:
        confidence: `(bins,)` mean probability of the predicted class.
        accuracy: share of the clips that were right, with its interval over speakers.
        clips: `(bins,)` clips in each bin.
        error: expected calibration error over these bins, with its interval.
    """

    confidence: Floats
    accuracy: list[Interval]
    clips: NDArray[np.intp]
    error: Interval

    def as_dict(self) -> dict[str, Any]:
        """The curve for JSON."""
        return {
            "confidence": self.confidence.tolist(),
            "accuracy": [interval.as_dict() for interval in self.accuracy],
            "clips": self.clips.tolist(),
            "ece": self.error.as_dict(),
        }


@dataclass(frozen=True)
class ProbabilityScores:
    """What is reported about probabilities beside the labels they lead to.

    Attributes:
        k: the rank that `top_k` looks down to.
    """

    k: int
    top_k: Interval
    brier: Interval
    reliability: Reliability
    reliability_by_mass: Reliability

    @property
    def ece(self) -> Interval:
        """Expected calibration error over bins of equal width."""
        return self.reliability.error

    def as_dict(self) -> dict[str, Any]:
        """The scores for JSON."""
        return {
            f"top_{self.k}": self.top_k.as_dict(),
            "ece": self.ece.as_dict(),
            "ece_by_mass": self.reliability_by_mass.error.as_dict(),
            "brier": self.brier.as_dict(),
            "reliability": self.reliability.as_dict(),
        }


def top_k_hits(probabilities: ArrayLike, true_index: ArrayLike, k: int = 3) -> NDArray[np.bool_]:
    """Whether the true class is among the `k` most probable ones, clip by clip.

    A class that is as probable as the true one stands before it: a tie is no merit.

    Args:
        probabilities: `(num_clips, num_labels)`.
        true_index: `(num_clips,)`, the column of each clip's true class.
        k: how far down the ranking counts, 1 to `num_labels`.

    Returns:
        `(num_clips,)`.

    Raises:
        ParameterError: a shape, a probability, an index or `k` is out of bounds.

    >>> top_k_hits([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2).tolist()
    [True, False]
    """
    table, truth = checked_probabilities(probabilities, true_index)
    if not 1 <= k <= table.shape[1]:
        raise ParameterError(f"k must be 1 to {table.shape[1]}, the number of labels, got {k}")
    own = table[np.arange(len(truth)), truth]
    hits: NDArray[np.bool_] = (table >= own[:, None]).sum(1) <= k
    return hits


def squared_errors(probabilities: ArrayLike, true_index: ArrayLike) -> Floats:
    """Σ over classes of (probability - 1 for the true class, 0 for others)², clip by clip.

    Their mean is the Brier score in its original form, 0 (perfect) to 2 (sure and wrong) (Brier
    1950, "Verification of forecasts expressed in terms of probability", Monthly Weather Review
    78). Half of it is what scikit-learn calls so for two classes.

    Returns:
        `(num_clips,)`.

    Raises:
        ParameterError: a shape, a probability or an index is out of bounds.

    >>> squared_errors([[0.8, 0.2]], [0]).round(6).tolist()
    [0.08]
    """
    table, truth = checked_probabilities(probabilities, true_index)
    target = np.zeros_like(table)
    target[np.arange(len(truth)), truth] = 1
    errors: Floats = np.square(table - target).sum(1)
    return errors


def expected_calibration_error(
    probabilities: ArrayLike, true_index: ArrayLike, bins: int = 15, by: Binning = "width"
) -> float:
    """How far confidence is from accuracy, on average over the clips.

    Clips are sorted into bins by the probability of the predicted class; the gaps between mean
    confidence and accuracy are averaged by the bins' clips (Guo et al. 2017, "On Calibration of
    Modern Neural Networks", section 2). Noise within a bin counts as a gap too, so few clips in
    many bins give errors that are too large.

    Args:
        probabilities: `(num_clips, num_labels)`, rows sum to 1.
        true_index: `(num_clips,)`, the column of each clip's true class.
        bins: how many.
        by: "width" cuts (0, 1] into equal steps, a bin holds its upper end; "mass" puts equally
            many clips into each (Nixon et al. 2019, "Measuring Calibration in Deep Learning").

    Returns:
        A share in [0, 1]; 0 is perfectly calibrated.

    Raises:
        ParameterError: a shape, a probability, an index, `bins` or `by` is out of bounds.

    Two clips, each 80 % sure, one of them right: the gap is 0.8 - 0.5.

    >>> round(expected_calibration_error([[0.8, 0.2], [0.2, 0.8]], [0, 0]), 6)
    0.3
    """
    confidence, correct, which = _binned(probabilities, true_index, bins, by)
    # clips·|accuracy - confidence| of a bin is |sum of (correct - confidence)| over its clips.
    gaps = np.bincount(which, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(which))


def reliability(
    probabilities: ArrayLike,
    true_index: ArrayLike,
    speakers: Sequence[Any] | NDArray[Any],
    bins: int = 15,
    by: Binning = "width",
    level: float = 0.95,
) -> Reliability:
    """The reliability curve, with intervals over speakers.

    The bins are those of `expected_calibration_error`.

    Raises:
        ParameterError: as there, or `speakers` does not fit.
    """
    confidence, correct, which = _binned(probabilities, true_index, bins, by)
    used, place = np.unique(which, return_inverse=True)
    inside = np.eye(len(used))[place]
    parts = [inside, inside * confidence[:, None], inside * correct[:, None]]
    sums = group_sums(np.concatenate(parts, axis=1), speakers)

    def score(sums: Floats) -> Floats:
        clips, sure, right = np.split(sums, 3, axis=-1)
        gaps = np.abs(right - sure).sum(-1, keepdims=True)
        with np.errstate(invalid="ignore"):
            return np.concatenate([gaps / clips.sum(-1, keepdims=True), right / clips], axis=-1)

    error, *accuracy = intervals(sums, score, level)
    clips, sure, _ = np.split(sums.sums.sum(0), 3)
    return Reliability(sure / clips, accuracy, clips.round().astype(np.intp), error)


def probability_scores(
    probabilities: ArrayLike,
    true_index: ArrayLike,
    speakers: Sequence[Any] | NDArray[Any],
    k: int = 3,
    level: float = 0.95,
) -> ProbabilityScores:
    """Top-k accuracy, Brier score and calibration, with intervals over speakers.

    Args:
        probabilities: `(num_clips, num_labels)`, rows sum to 1.
        true_index: `(num_clips,)`, the column of each clip's true class.
        speakers: `(num_clips,)`, the speaker of each clip.
        k: rank; with fewer labels than that, all of them.
        level: share of the intervals, in (0, 1).

    Raises:
        ParameterError: a shape, a probability or an index is out of bounds.
    """
    table, truth = checked_probabilities(probabilities, true_index)
    k = min(k, table.shape[1])
    return ProbabilityScores(
        k,
        mean_interval(top_k_hits(table, truth, k), speakers, level),
        mean_interval(squared_errors(table, truth), speakers, level, (0.0, 2.0)),
        reliability(table, truth, speakers, by="width", level=level),
        reliability(table, truth, speakers, by="mass", level=level),
    )


def checked_probabilities(
    probabilities: ArrayLike, true_index: ArrayLike
) -> tuple[Floats, NDArray[np.intp]]:
    """Both as arrays.

    Raises:
        ParameterError: a shape, a probability or an index is out of bounds.
    """
    table, truth = np.asarray(probabilities, dtype=float), np.asarray(true_index)
    if table.ndim != 2 or not table.size or truth.shape != table.shape[:1]:
        raise ParameterError(
            "probabilities must be (num_clips, num_labels) and true_index (num_clips,), "
            f"got {table.shape} and {truth.shape}"
        )
    if not ((table >= 0) & (table <= 1 + _ROUNDING)).all():
        raise ParameterError(
            f"probabilities must be in [0, 1], got {table.min():g} to {table.max():g}"
        )
    if truth.min() < 0 or truth.max() >= table.shape[1]:
        raise ParameterError(
            f"true_index must be 0 to {table.shape[1] - 1}, got {truth.min()} to {truth.max()}"
        )
    return table, truth


def _binned(
    probabilities: ArrayLike, true_index: ArrayLike, bins: int, by: Binning
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.intp]]:
    """Each clip's confidence, whether it was right, and its bin."""
    table, truth = checked_probabilities(probabilities, true_index)
    if bins < 1:
        raise ParameterError(f"bins must be 1 or more, got {bins}")
    confidence = table.max(1)
    correct = table.argmax(1) == truth
    if by == "width":
        which = np.clip(np.ceil(confidence * bins).astype(np.intp) - 1, 0, bins - 1)
    elif by == "mass":
        # Clips that are equally sure stay together, or their order would matter.
        cuts = np.quantile(confidence, np.arange(1, bins) / bins, method="inverted_cdf")
        which = np.searchsorted(cuts, confidence, side="left").astype(np.intp)
    else:
        raise ParameterError(f"by must be 'width' or 'mass', got {by!r}")
    return confidence, correct, which
