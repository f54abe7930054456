"""Accuracy against coverage: how often a model is right that may say "not sure"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.evaluation.calibration import checked_probabilities
from ser_core.evaluation.intervals import (
    Floats,
    Interval,
    group_sums,
    intervals,
    named_speakers,
)

STEPS = 20  # thresholds from 0 to 0.95


@dataclass(frozen=True)
class Coverage:
    """What answering only above a threshold costs and brings; see `accuracy_by_coverage`.

    Attributes:
        threshold: `(steps,)` least probability of an answer, rising from 0.
        answered: `(steps,)` share of the clips that got an answer.
        accuracy: of those, the share that is right, with its interval over speakers.
        clips, speakers: how many it was measured on; speakers that are known by name.
    """

    threshold: Floats
    answered: Floats
    accuracy: list[Interval]
    clips: int
    speakers: int

    def as_dict(self) -> dict[str, Any]:
        """The curve for JSON."""
        return {
            "threshold": self.threshold.tolist(),
            "answered": self.answered.tolist(),
            "accuracy": [each.as_dict() for each in self.accuracy],
            "clips": self.clips,
            "speakers": self.speakers,
        }


def accuracy_by_coverage(
    probabilities: ArrayLike,
    true_index: ArrayLike,
    speakers: Sequence[Any] | NDArray[Any],
    level: float = 0.95,
) -> Coverage:
    """How many clips get an answer at each threshold, and how often it is right.

    The curve of a classifier with a reject option (El-Yaniv & Wiener 2010, "On the Foundations of
    Noise-free Selective Classification", JMLR 11), over the probability of the predicted class.
    Thresholds that no clip reaches are left out.

    Args:
        probabilities: `(num_clips, num_labels)`, rows sum to 1, of clips the model never heard.
        true_index: `(num_clips,)`, the column of each clip's true class.
        speakers: `(num_clips,)`, the speaker of each clip.
        level: share of the intervals, in (0, 1).

    Raises:
        ParameterError: a shape, a probability or an index is out of bounds.

    >>> found = accuracy_by_coverage([[0.9, 0.1], [0.6, 0.4]], [0, 1], ["a", "b"])
    >>> found.answered[[0, 13]].tolist(), found.accuracy[0].value, found.accuracy[13].value
    ([1.0, 0.5], 0.5, 1.0)
    """
    table, truth = checked_probabilities(probabilities, true_index)
    confidence, right = table.max(1), table.argmax(1) == truth
    threshold = np.arange(STEPS) / STEPS
    inside = confidence[:, None] >= threshold
    reached = inside.any(axis=0)
    inside, threshold = inside[:, reached], threshold[reached]
    sums = group_sums(np.concatenate([inside, inside & right[:, None]], axis=1), speakers)

    def score(sums: Floats) -> Floats:
        answered, correct = np.split(sums, 2, axis=-1)
        with np.errstate(invalid="ignore"):
            accuracy: Floats = correct / answered
        return accuracy

    accuracy = intervals(sums, score, level)
    known = named_speakers(speakers)
    return Coverage(threshold, inside.mean(axis=0), accuracy, len(truth), known)
