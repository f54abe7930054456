"""Recognition scores from arrays of labels, with intervals over speakers.

All scores come from one table of counts, `(num_labels, num_labels)`, rows true and columns
predicted. Leading axes are allowed, so that a thousand resampled tables are scored in one call.

"Present" means: has at least one true clip. Classes that are not present have no recall, and
unweighted average recall and macro F1 leave them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError
from ser_core.evaluation.calibration import expected_calibration_error
from ser_core.evaluation.intervals import (
    Floats,
    GroupSums,
    Interval,
    bootstrap_interval,
    group_codes,
    intervals,
    named_speakers,
)

__all__ = [
    "ClassScores",
    "Interval",
    "Scores",
    "bootstrap_interval",
    "confusion",
    "expected_calibration_error",
    "f1_per_class",
    "macro_f1",
    "precision_per_class",
    "recall_per_class",
    "scores",
    "speaker_tables",
    "uar",
    "war",
    "weighted_f1",
]

Counts = NDArray[np.int64]
_AVERAGES = 4
"""Scores over all classes that `_all_scores` begins with."""


@dataclass(frozen=True)
class ClassScores:
    """One class: of its clips, how many were recognised; of the answers, how many were right.

    `precision` is nan where the class was never answered.
    """

    support: int
    precision: Interval
    recall: Interval
    f1: Interval

    def as_dict(self) -> dict[str, Any]:
        """The scores for JSON."""
        return {
            "support": self.support,
            "precision": self.precision.as_dict(),
            "recall": self.recall.as_dict(),
            "f1": self.f1.as_dict(),
        }


@dataclass(frozen=True)
class Scores:
    """Everything that is reported about one set of predicted labels.

    Attributes:
        speakers: that are known by name; clips of unknown ones count as one speaker's in intervals.
        counts: `(num_labels, num_labels)`, rows true and columns predicted, both in the order of
            `labels`.
        classes: those that are present.
    """

    labels: tuple[str, ...]
    clips: int
    speakers: int
    counts: Counts
    war: Interval
    uar: Interval
    macro_f1: Interval
    weighted_f1: Interval
    classes: dict[str, ClassScores]

    @property
    def recall(self) -> dict[str, Interval]:
        """Of the classes that are present."""
        return {label: scores.recall for label, scores in self.classes.items()}

    def as_dict(self) -> dict[str, Any]:
        """The scores as a model card and a JSON document hold them."""
        return {
            "clips": self.clips,
            "speakers": self.speakers,
            "war": self.war.as_dict(),
            "uar": self.uar.as_dict(),
            "macro_f1": self.macro_f1.as_dict(),
            "weighted_f1": self.weighted_f1.as_dict(),
            "recall": {label: interval.value for label, interval in self.recall.items()},
            "classes": {label: scores.as_dict() for label, scores in self.classes.items()},
            "confusion": {"labels": list(self.labels), "counts": self.counts.tolist()},
        }


def confusion(
    true: Sequence[str] | NDArray[Any],
    predicted: Sequence[str] | NDArray[Any],
    labels: Sequence[str],
) -> Counts:
    """Count how often each true label was predicted as each label.

    Returns:
        Counts of shape `(num_labels, num_labels)`, rows true, columns predicted, in the order of
        `labels`.

    Raises:
        ParameterError: the lengths differ, or a label is not in `labels` or stands there twice.

    >>> confusion(["sad", "sad", "calm"], ["sad", "calm", "calm"], ["calm", "sad"])
    array([[1, 0],
           [1, 1]])
    """
    pairs = _pair_codes(true, predicted, labels)
    size = len(labels)
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


def war(counts: ArrayLike) -> Any:
    """Weighted average recall, which is accuracy: correct clips over all clips.

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        A share in [0, 1] of shape `(...)`; nan where there is no clip.
    """
    table = _table(counts)
    return _ratio(_hits(table).sum(-1), table.sum((-2, -1)))


def uar(counts: ArrayLike) -> Any:
    """Unweighted average recall: the mean of the recalls of the classes that are present.

    The field's first measure where classes are uneven (Schuller, Steidl & Batliner 2009, "The
    INTERSPEECH 2009 Emotion Challenge").

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        A share in [0, 1] of shape `(...)`; nan where there is no clip.
    """
    return _mean_of_present(recall_per_class(counts))


def macro_f1(counts: ArrayLike) -> Any:
    """The mean of the F1 scores of the classes that are present.

    A clip predicted as a class that is not present still counts against its true class.

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        A share in [0, 1] of shape `(...)`; nan where there is no clip.
    """
    return _mean_of_present(f1_per_class(counts))


def weighted_f1(counts: ArrayLike) -> Any:
    """The mean of the F1 scores of the classes, each weighted by its share of the true clips.

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        A share in [0, 1] of shape `(...)`; nan where there is no clip.
    """
    actual = _table(counts).sum(-1)
    weighted = np.where(actual > 0, f1_per_class(counts), 0) * actual
    return _ratio(weighted.sum(-1), actual.sum(-1))


def f1_per_class(counts: ArrayLike) -> Floats:
    """The harmonic mean of a class's precision and recall: 2·TP / (2·TP + FP + FN).

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        Shares in [0, 1] of shape `(..., num_labels)`; nan for a class that is not present.

    >>> f1_per_class([[3, 1], [2, 2]]).round(4)
    array([0.6667, 0.5714])
    """
    table = _table(counts)
    actual, predicted = table.sum(-1), table.sum(-2)
    f1 = _ratio(2 * _hits(table), actual + predicted)
    return np.asarray(np.where(actual > 0, f1, np.nan))


def precision_per_class(counts: ArrayLike) -> Floats:
    """The share of the clips predicted as a class that are of it: TP / (TP + FP).

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        Shares in [0, 1] of shape `(..., num_labels)`; nan for a class that was never predicted.

    >>> precision_per_class([[3, 1], [2, 2]]).round(4)
    array([0.6   , 0.6667])
    """
    table = _table(counts)
    return np.asarray(_ratio(_hits(table), table.sum(-2)))


def recall_per_class(counts: ArrayLike) -> Floats:
    """The share of each class's clips that were recognised: TP / (TP + FN).

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        Shares in [0, 1] of shape `(..., num_labels)`; nan for a class that is not present.

    >>> recall_per_class([[3, 1], [2, 2]])
    array([0.75, 0.5 ])
    """
    table = _table(counts)
    return np.asarray(_ratio(_hits(table), table.sum(-1)))


def scores(
    true: Sequence[str] | NDArray[Any],
    predicted: Sequence[str] | NDArray[Any],
    speakers: Sequence[Any] | NDArray[Any],
    labels: Sequence[str],
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Scores:
    """All scores of one set of predicted labels, with intervals over speakers.

    Args:
        true: `(num_clips,)`, true labels.
        predicted: `(num_clips,)`, predicted labels.
        speakers: `(num_clips,)`, the speaker of each clip.
        labels: every label that may occur, in the order of the table.
        repeats: number of resamples.
        seed: seed of the draw.
        level: share of the intervals, in (0, 1).

    Raises:
        ParameterError: there is no clip, the lengths differ, a label is not in `labels`, or
            `repeats` or `level` is out of bounds.
    """
    tables = speaker_tables(true, predicted, speakers, labels)
    size = len(labels)
    clips = tables.sum((1, 2)).astype(float)
    sums = GroupSums(tables.reshape(len(tables), -1).astype(float), clips)

    def score(sums: Floats) -> Floats:
        return _all_scores(sums.reshape(*sums.shape[:-1], size, size))

    found = intervals(sums, score, level, repeats=repeats, seed=seed)
    counts = tables.sum(0)
    return Scores(
        labels=tuple(labels),
        clips=int(counts.sum()),
        speakers=named_speakers(speakers),
        counts=counts,
        war=found[0],
        uar=found[1],
        macro_f1=found[2],
        weighted_f1=found[3],
        classes=_class_scores(labels, counts.sum(1), found[_AVERAGES:]),
    )


def speaker_tables(
    true: Sequence[str] | NDArray[Any],
    predicted: Sequence[str] | NDArray[Any],
    speakers: Sequence[Any] | NDArray[Any],
    labels: Sequence[str],
) -> Counts:
    """The confusion table of each speaker: `(num_speakers, num_labels, num_labels)`.

    Raises:
        ParameterError: there is no clip, the lengths differ, or a label is not in `labels`.
    """
    pairs = _pair_codes(true, predicted, labels)
    speaker = group_codes(speakers, len(pairs))
    number, cells = int(speaker.max()) + 1, len(labels) ** 2
    counts = np.bincount(speaker * cells + pairs, minlength=number * cells)
    return counts.reshape(number, len(labels), len(labels))


def _all_scores(counts: Floats) -> Floats:
    """WAR, UAR, macro and weighted F1, then precision, recall and F1 of each class."""
    averages = [war(counts), uar(counts), macro_f1(counts), weighted_f1(counts)]
    each = [precision_per_class(counts), recall_per_class(counts), f1_per_class(counts)]
    return np.concatenate([np.stack(averages, axis=-1), *each], axis=-1)


def _class_scores(
    labels: Sequence[str], support: NDArray[np.int64], found: Sequence[Interval]
) -> dict[str, ClassScores]:
    """Of the classes that are present, from precision, recall and F1 of all, one after another."""
    size = len(labels)
    precision, recall, f1 = (found[size * part :][:size] for part in range(3))
    return {
        label: ClassScores(int(support[place]), precision[place], recall[place], f1[place])
        for place, label in enumerate(labels)
        if support[place]
    }


def _pair_codes(
    true: Sequence[str] | NDArray[Any],
    predicted: Sequence[str] | NDArray[Any],
    labels: Sequence[str],
) -> NDArray[np.intp]:
    """Each clip's cell in the flattened table."""
    codes = {label: code for code, label in enumerate(labels)}
    if len(codes) != len(labels):
        raise ParameterError(f"labels must differ from each other, got {list(labels)}")
    if len(true) != len(predicted):
        raise ParameterError(f"predicted must have {len(true)} entries, got {len(predicted)}")
    rows, columns = _codes(true, codes, "true"), _codes(predicted, codes, "predicted")
    return rows * len(codes) + columns


def _codes(
    values: Sequence[str] | NDArray[Any], codes: dict[str, int], name: str
) -> NDArray[np.intp]:
    try:
        return np.fromiter((codes[value] for value in values), np.intp, len(values))
    except KeyError as error:
        known = ", ".join(codes)
        raise ParameterError(f"{name} must be one of {known}, got {error.args[0]!r}") from None


def _table(counts: ArrayLike) -> NDArray[Any]:
    table = np.asarray(counts)
    if table.ndim < 2 or table.shape[-1] != table.shape[-2]:
        raise ParameterError(f"counts must be (…, num_labels, num_labels), got {table.shape}")
    return table


def _hits(table: NDArray[Any]) -> NDArray[Any]:
    return np.diagonal(table, axis1=-2, axis2=-1)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> Any:
    """`part / whole`, nan where `whole` is 0."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)[()]


def _mean_of_present(values: Floats) -> Any:
    """Mean over the last axis of what is not nan; nan where everything is."""
    present = ~np.isnan(values)
    return _ratio(np.where(present, values, 0).sum(-1), present.sum(-1))
