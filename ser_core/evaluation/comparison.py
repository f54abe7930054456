"""Is one run better than another, or was it luck? Tests of the same clips under two models."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError
from ser_core.evaluation.intervals import (
    UNBOUNDED,
    Floats,
    GroupSums,
    Interval,
    estimate,
    named_speakers,
)
from ser_core.evaluation.metrics import macro_f1, speaker_tables, uar, war


@dataclass(frozen=True)
class Difference:
    """A score of one run minus that of another, on the same clips.

    Attributes:
        interval: the difference, -1 to 1.
        p: how often chance alone gives one as large, where both are equally good; nan with fewer
            than two speakers.
    """

    interval: Interval
    p: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval keeps to one side of 0."""
        return self.interval.low > 0 or self.interval.high < 0


@dataclass(frozen=True)
class Comparison:
    """Two runs on the same clips, the first minus the second; `speakers` are known by name."""

    clips: int
    speakers: int
    war: Difference
    uar: Difference
    macro_f1: Difference
    mcnemar_p: float

    def as_dict(self) -> dict[str, Any]:
        """The comparison for JSON."""
        scores = {"war": self.war, "uar": self.uar, "macro_f1": self.macro_f1}
        return {
            "clips": self.clips,
            "speakers": self.speakers,
            **{
                name: {**one.interval.as_dict(), "p": None if math.isnan(one.p) else one.p}
                for name, one in scores.items()
            },
            "mcnemar_p": self.mcnemar_p,
        }


def compare(
    true: Sequence[str] | NDArray[Any],
    predicted: Sequence[str] | NDArray[Any],
    other: Sequence[str] | NDArray[Any],
    speakers: Sequence[Any] | NDArray[Any],
    labels: Sequence[str],
    level: float = 0.95,
) -> Comparison:
    """Paired differences of WAR, UAR and macro F1 over speakers, and McNemar's test.

    Both runs are scored with the same speakers left out, so what makes a speaker easy or hard for
    both cancels: a small difference can be clear where the two intervals overlap.

    Args:
        true: `(num_clips,)`, true labels.
        predicted: `(num_clips,)`, labels of the first run.
        other: `(num_clips,)`, labels of the second run for the same clips.
        speakers: `(num_clips,)`, the speaker of each clip.
        labels: every label that may occur.
        level: share of the intervals, in (0, 1).

    Raises:
        ParameterError: there is no clip, the lengths differ, or a label is not in `labels`.
    """
    first = speaker_tables(true, predicted, speakers, labels)
    second = speaker_tables(true, other, speakers, labels)
    both = np.stack([first, second], axis=1)
    shape = both.shape[1:]

    def score(sums: Floats) -> Floats:
        tables = sums.reshape(*sums.shape[:-1], *shape)
        values = np.stack([war(tables), uar(tables), macro_f1(tables)], axis=-1)
        return np.asarray(values[..., 0, :] - values[..., 1, :])

    clips = first.sum((1, 2)).astype(float)
    found = estimate(GroupSums(both.reshape(len(both), -1).astype(float), clips), score)
    pairs = zip(found.intervals(level, UNBOUNDED), found.p_values(), strict=True)
    by_war, by_uar, by_f1 = (
        Difference(Interval(one.value, max(one.low, -1.0), min(one.high, 1.0)), float(p))
        for one, p in pairs
    )
    right = np.asarray(true) == np.asarray(predicted)
    also = np.asarray(true) == np.asarray(other)
    known = named_speakers(speakers)
    return Comparison(len(right), known, by_war, by_uar, by_f1, mcnemar(right, also))


def mcnemar(correct: ArrayLike, other: ArrayLike) -> float:
    """Exact McNemar test: do two models err on different numbers of the same clips?

    Of the clips that just one of them gets right, each is equally likely to be right if both are
    equally good: a binomial test with one half (McNemar 1947, Psychometrika 12; Dietterich 1998,
    Neural Computation 10). It takes clips for independent, which those of one speaker are not, so
    its p is too small wherever speakers differ: read it beside the difference over speakers.

    Args:
        correct: `(num_clips,)`, whether the first model was right.
        other: `(num_clips,)`, whether the second was.

    Returns:
        The two-sided p, 1 where they never differ.

    Raises:
        ParameterError: the shapes differ.

    Right alone: the first 8 times, the second once; p = 2·(1 + 9) / 2⁹.

    >>> mcnemar([1] * 8 + [0], [0] * 8 + [1])
    0.0390625
    """
    from scipy import special  # late: scipy is not needed to import this module

    first, second = np.asarray(correct, bool), np.asarray(other, bool)
    if first.shape != second.shape:
        raise ParameterError(
            f"correct and other must have one shape, got {first.shape} and {second.shape}"
        )
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    fewer, both = min(only_first, only_second), only_first + only_second
    return min(1.0, 2 * float(special.bdtr(fewer, both, 0.5))) if both else 1.0


def holm(p_values: ArrayLike) -> Floats:
    """P values made fit for many comparisons at once.

    Comparing every pair of ten runs, two or three of 45 pairs are "clear" by luck alone. Holm's
    procedure keeps the chance of even one such error at the level, whatever the dependence, and is
    never weaker than Bonferroni's (Holm 1979, "A simple sequentially rejective multiple test
    procedure", Scandinavian Journal of Statistics 6). Tests whose p is nan were not made: they stay
    nan and do not count.

    Args:
        p_values: `(num_tests,)`.

    Returns:
        `(num_tests,)` adjusted p values; one below 0.05 is clear at 5 %.

    Raises:
        ParameterError: a p is outside [0, 1].

    >>> holm([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    known = np.flatnonzero(~np.isnan(p))
    if ((p[known] < 0) | (p[known] > 1)).any():
        raise ParameterError(f"p_values must be in [0, 1], got {np.nanmin(p)} to {np.nanmax(p)}")
    adjusted = np.full(p.shape, np.nan)
    ranked = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(len(ranked), 0, -1)
    adjusted[ranked] = np.minimum(1, np.maximum.accumulate(p[ranked] * factors))
    return adjusted
