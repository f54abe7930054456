"""Do two models say the same, and are they right about the same clips?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.evaluation.intervals import Floats, GroupSums, Interval, intervals, mean_interval
from ser_core.evaluation.metrics import speaker_tables

_KAPPA = (-1.0, 1.0)


@dataclass(frozen=True)
class Agreement:
    """Two models on the same clips.

    Attributes:
        same: share of the clips that both gave the same answer, right or wrong.
        kappa: the same beyond what chance would give.
        both_right, only_first, only_second, both_wrong: clips.
        same_mistake: of the clips that both got wrong, those that they gave the same wrong answer.
    """

    same: Interval
    kappa: Interval
    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    same_mistake: int

    @property
    def clips(self) -> int:
        """How many there are."""
        return self.both_right + self.only_first + self.only_second + self.both_wrong

    def as_dict(self) -> dict[str, Any]:
        """The agreement for JSON."""
        return {
            "clips": self.clips,
            "same": self.same.as_dict(),
            "kappa": self.kappa.as_dict(),
            "both_right": self.both_right,
            "only_first": self.only_first,
            "only_second": self.only_second,
            "both_wrong": self.both_wrong,
            "same_mistake": self.same_mistake,
        }


def cohens_kappa(counts: ArrayLike) -> Any:
    """How much more two raters agree than chance would have them: (p_o - p_e) / (1 - p_e).

    p_o is the share of clips that both gave the same answer, p_e the share that answers drawn with
    each one's own frequencies would have in common (Cohen 1960, "A coefficient of agreement for
    nominal scales", Educational and Psychological Measurement 20). 1 is full agreement, 0 is what
    chance gives.

    Args:
        counts: `(..., num_labels, num_labels)`, rows the answers of one, columns of the other.

    Returns:
        -1 to 1, of shape `(...)`; nan where both always give one and the same answer.

    Cohen's textbook case: 20 and 15 of 50 agreed on, 5 and 10 not.

    >>> round(float(cohens_kappa([[20, 5], [10, 15]])), 6)
    0.4
    """
    table = np.asarray(counts, dtype=float)
    total = table.sum((-2, -1))
    with np.errstate(invalid="ignore", divide="ignore"):
        observed = np.diagonal(table, axis1=-2, axis2=-1).sum(-1) / total
        expected = (table.sum(-1) * table.sum(-2)).sum(-1) / total**2
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)[()]


def agreement(
    true: Sequence[str] | NDArray[Any],
    predicted: Sequence[str] | NDArray[Any],
    other: Sequence[str] | NDArray[Any],
    speakers: Sequence[Any] | NDArray[Any],
    labels: Sequence[str],
    level: float = 0.95,
) -> Agreement:
    """How two models agree, with intervals over speakers.

    Args:
        true: `(num_clips,)`, true labels.
        predicted: `(num_clips,)`, labels of the first model.
        other: `(num_clips,)`, labels of the second model for the same clips.
        speakers: `(num_clips,)`, the speaker of each clip.
        labels: every label that may occur.
        level: share of the intervals, in (0, 1).

    Raises:
        ParameterError: there is no clip, the lengths differ, or a label is not in `labels`.
    """
    tables = speaker_tables(predicted, other, speakers, labels)
    size = len(labels)
    clips = tables.sum((1, 2)).astype(float)
    sums = GroupSums(tables.reshape(len(tables), -1).astype(float), clips)

    def kappa(sums: Floats) -> Floats:
        return np.asarray(cohens_kappa(sums.reshape(*sums.shape[:-1], size, size)))[..., None]

    truth, first, second = np.asarray(true), np.asarray(predicted), np.asarray(other)
    right, also, same = first == truth, second == truth, first == second
    return Agreement(
        same=mean_interval(same, speakers, level),
        kappa=intervals(sums, kappa, level, _KAPPA)[0],
        both_right=int((right & also).sum()),
        only_first=int((right & ~also).sum()),
        only_second=int((~right & also).sum()),
        both_wrong=int((~right & ~also).sum()),
        same_mistake=int((same & ~right).sum()),
    )


def kappa_matrix(answers: ArrayLike) -> Floats:
    """Cohen's kappa of every two models.

    Args:
        answers: `(num_models, num_clips)`, numbers of the labels, from 0.

    Returns:
        `(num_models, num_models)`, 1 on the diagonal.
    """
    table = np.asarray(answers, dtype=np.intp)
    number, size = len(table), int(table.max(initial=0)) + 1
    matrix = np.ones((number, number))
    for row in range(number):
        for column in range(row):
            cells = np.bincount(table[row] * size + table[column], minlength=size * size)
            matrix[row, column] = matrix[column, row] = cohens_kappa(cells.reshape(size, size))
    return matrix
