"""Recognition scores from arrays of labels, with intervals over speakers.

All scores come from one table of counts, `(num_labels, num_labels)`, rows true and columns
predicted. Leading axes are allowed, so that a thousand resampled tables are scored in one call.

"Present" means: has at least one true clip. Classes that are not present have no recall, and
unweighted average recall and macro F1 leave them out.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """An estimate and the ends of its interval.

    `low` and `high` are nan where no interval can be drawn: with fewer than two speakers.
    """

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float | None]:
        """The three numbers for JSON, where nan becomes null.

        >>> Interval(0.5, 0.4, 0.6).as_dict()
        {'value': 0.5, 'low': 0.4, 'high': 0.6}
        """
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {name: None if math.isnan(x) else x for name, x in numbers.items()}


@dataclass(frozen=True)
class Scores:
    """Everything that is reported about one set of predictions.

    `counts` is `(num_labels, num_labels)`, rows true and columns predicted, both in the order of
    `labels`. `recall` holds the classes that are present.
    """

    labels: tuple[str, ...]
    clips: int
    speakers: int
    counts: Counts
    war: Interval
    uar: Interval
    macro_f1: Interval
    recall: dict[str, Interval]

    def as_dict(self) -> dict[str, Any]:
        """The scores as a model card and a JSON document hold them."""
        return {
            "clips": self.clips,
            "speakers": self.speakers,
            "war": self.war.as_dict(),
            "uar": self.uar.as_dict(),
            "macro_f1": self.macro_f1.as_dict(),
            "recall": {label: interval.value for label, interval in self.recall.items()},
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

    F1 of a class is 2·TP / (2·TP + FP + FN). A clip predicted as a class that is not present
    still counts against its true class.

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        A share in [0, 1] of shape `(...)`; nan where there is no clip.
    """
    table = _table(counts)
    actual, predicted = table.sum(-1), table.sum(-2)
    f1 = _ratio(2 * _hits(table), actual + predicted)
    return _mean_of_present(np.where(actual > 0, f1, np.nan))


def recall_per_class(counts: ArrayLike) -> Floats:
    """The share of each class's clips that were recognised.

    Args:
        counts: `(..., num_labels, num_labels)`, rows true.

    Returns:
        Shares in [0, 1] of shape `(..., num_labels)`; nan for a class that is not present.

    >>> recall_per_class([[3, 1], [2, 2]])
    array([0.75, 0.5 ])
    """
    table = _table(counts)
    return np.asarray(_ratio(_hits(table), table.sum(-1)))


def expected_calibration_error(
    probabilities: ArrayLike, true_index: ArrayLike, bins: int = 15
) -> float:
    """How far confidence is from accuracy, on average over the clips.

    Clips are sorted into bins of equal width by the probability of the predicted class; the gaps
    between mean confidence and accuracy are averaged by the bins' clips (Guo et al. 2017, "On
    Calibration of Modern Neural Networks", section 2).

    Args:
        probabilities: `(num_clips, num_labels)`, rows sum to 1.
        true_index: `(num_clips,)`, the column of each clip's true class.
        bins: number of bins over (0, 1]; a bin holds its upper end.

    Returns:
        A share in [0, 1]; 0 is perfectly calibrated.

    Raises:
        ParameterError: a shape, a probability, an index or `bins` is out of bounds.

    Two clips, each 80 % sure, one of them right: the gap is 0.8 - 0.5.

    >>> round(expected_calibration_error([[0.8, 0.2], [0.2, 0.8]], [0, 0]), 6)
    0.3
    """
    table, truth = _checked_probabilities(probabilities, true_index)
    if bins < 1:
        raise ParameterError(f"bins must be 1 or more, got {bins}")
    confidence = table.max(1)
    correct = table.argmax(1) == truth
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    # clips·|accuracy - confidence| of a bin is |sum of (correct - confidence)| over its clips.
    gaps = np.bincount(which, weights=correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(truth))


def bootstrap_interval(
    values: Callable[[NDArray[np.intp]], float],
    groups: Sequence[Any] | NDArray[Any],
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Interval of any score by resampling whole speakers with replacement.

    Clips of one speaker resemble each other, so they are not independent draws: resampling clips
    gives intervals that are too narrow for an unseen speaker. Speakers are the independent unit
    (Davison & Hinkley 1997, "Bootstrap Methods and their Application", section 3.8; Ferrer &
    Riera 2023, "Confidence Intervals for evaluation in machine learning"). The ends are expanded
    percentiles, see `_ends`.

    Args:
        values: the score of the clips at the given row indices; an index may come several times.
        groups: `(num_clips,)`, the speaker of each clip.
        repeats: number of resamples.
        seed: seed of the draw; the same seed draws the same speakers as `scores`.
        level: share of the interval, in (0, 1).

    Raises:
        ParameterError: there is no clip, or `repeats` or `level` is out of bounds.
    """
    speaker = _speaker_codes(groups)
    weights = _draws(int(speaker.max()) + 1, repeats, seed)
    rows = np.arange(len(speaker))
    samples = [values(np.repeat(rows, weight[speaker])) for weight in weights]
    low, high = _ends(np.asarray(samples, dtype=float)[:, None], weights.shape[1], level)[:, 0]
    return Interval(float(values(rows)), float(low), float(high))


def scores(
    true: Sequence[str] | NDArray[Any],
    predicted: Sequence[str] | NDArray[Any],
    speakers: Sequence[Any] | NDArray[Any],
    labels: Sequence[str],
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Scores:
    """All scores of one set of predictions, with intervals over speakers.

    Equal to `bootstrap_interval` of each score, but fast: each speaker's table is counted once,
    and a resample is a weighted sum of these tables.

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
    pairs = _pair_codes(true, predicted, labels)
    speaker = _speaker_codes(speakers)
    if len(speaker) != len(pairs):
        raise ParameterError(f"speakers must have {len(pairs)} entries, got {len(speaker)}")
    number, size = int(speaker.max()) + 1, len(labels)
    cells = np.bincount(speaker * size * size + pairs, minlength=number * size * size)
    tables = cells.reshape(number, size, size)
    counts = tables.sum(0)
    resampled = np.tensordot(_draws(number, repeats, seed), tables, axes=1)
    values = _all_scores(counts)
    ends = _ends(_all_scores(resampled), number, level)
    intervals = [
        Interval(float(value), float(low), float(high))
        for value, low, high in zip(values, ends[0], ends[1], strict=True)
    ]
    return Scores(
        labels=tuple(labels),
        clips=len(pairs),
        speakers=number,
        counts=counts,
        war=intervals[0],
        uar=intervals[1],
        macro_f1=intervals[2],
        recall={
            label: interval
            for label, interval in zip(labels, intervals[3:], strict=True)
            if not math.isnan(interval.value)
        },
    )


def _all_scores(counts: Counts) -> Floats:
    """WAR, UAR, macro F1, then the recalls: `(..., 3 + num_labels)`."""
    averages = np.stack([war(counts), uar(counts), macro_f1(counts)], axis=-1)
    return np.concatenate([averages, recall_per_class(counts)], axis=-1)


def _draws(number: int, repeats: int, seed: int) -> NDArray[np.int64]:
    """How often each of `number` speakers is drawn in each resample: `(repeats, number)`."""
    if repeats < 1:
        raise ParameterError(f"repeats must be 1 or more, got {repeats}")
    return np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), repeats)


def _ends(samples: Floats, number: int, level: float) -> Floats:
    """Lower and upper ends from resamples `(repeats, num_scores)`: `(2, num_scores)`.

    Percentiles of a bootstrap over few units are too narrow, by about √((n - 1)/n) and by the
    normal's quantile where Student's t is due. Expanding the percentiles mends both (Hesterberg
    2015, "What Teachers Should Know About the Bootstrap", expanded percentile interval).
    """
    from scipy import special  # late: scipy is not needed to import this module

    if not 0 < level < 1:
        raise ParameterError(f"level must be above 0 and below 1, got {level}")
    if number < 2:
        return np.full((2, samples.shape[1]), np.nan)
    t = special.stdtrit(number - 1, (1 - level) / 2)
    tail = float(special.ndtr(math.sqrt(number / (number - 1)) * t))
    ends = np.full((2, samples.shape[1]), np.nan)
    known = ~np.isnan(samples).all(0)
    ends[:, known] = np.nanquantile(samples[:, known], [tail, 1 - tail], axis=0)
    return ends


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


def _speaker_codes(speakers: Sequence[Any] | NDArray[Any]) -> NDArray[np.intp]:
    if len(speakers) == 0:
        raise ParameterError("there is no clip to score")
    return np.unique(np.asarray(speakers), return_inverse=True)[1]


def _checked_probabilities(
    probabilities: ArrayLike, true_index: ArrayLike
) -> tuple[Floats, NDArray[np.intp]]:
    table, truth = np.asarray(probabilities, dtype=float), np.asarray(true_index)
    if table.ndim != 2 or not table.size or truth.shape != table.shape[:1]:
        raise ParameterError(
            "probabilities must be (num_clips, num_labels) and true_index (num_clips,), "
            f"got {table.shape} and {truth.shape}"
        )
    if not ((table >= 0) & (table <= 1 + 1e-6)).all():
        raise ParameterError(
            f"probabilities must be in [0, 1], got {table.min():g} to {table.max():g}"
        )
    if truth.min() < 0 or truth.max() >= table.shape[1]:
        raise ParameterError(
            f"true_index must be 0 to {table.shape[1] - 1}, got {truth.min()} to {truth.max()}"
        )
    return table, truth


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
