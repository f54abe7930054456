"""Two runs on the same clips: who is ahead, by how much, and may it be luck?"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ser_core.comparison.comparability import caution, comparable
from ser_core.comparison.kept import kept
from ser_core.comparison.results import Results
from ser_core.comparison.runs import FinishedRun
from ser_core.emotions import order
from ser_core.evaluation.agreement import Agreement, agreement
from ser_core.evaluation.comparison import Comparison, compare, holm
from ser_core.words import clips_of, minus

LEVEL = 0.05
"""A p below it is called clear."""

_LEVEL_POINTS = 0.05  # what is shown as 0.0


@dataclass(frozen=True)
class Pair:
    """Two runs on the same clips.

    Attributes:
        comparison: the first minus the second.
        p: of the difference in UAR, made fit for all the comparisons made together (Holm).
        comparisons: how many were.
    """

    first: Results
    second: Results
    comparison: Comparison
    p: float
    comparisons: int = 1

    @property
    def is_clear(self) -> bool:
        """Whether the difference in UAR is more than luck explains."""
        return bool(self.p < LEVEL)

    @property
    def sentence(self) -> str:
        """Which is ahead, by how much, and whether that may be luck."""
        difference = self.comparison.uar.interval
        value, low, high = (100 * x for x in (difference.value, difference.low, difference.high))
        ahead, behind = self.first.run.title, self.second.run.title
        if value < 0:
            ahead, behind, value, low, high = behind, ahead, -value, -high, -low
        about = f"on {clips_of(self.comparison.clips, self.comparison.speakers)}"
        said = f"{ahead} is ahead of {behind} by {value:.1f} points of UAR"
        if value < _LEVEL_POINTS:
            said = f"{ahead} and {behind} are level in UAR"
        if not np.isfinite(low):
            who = "one speaker" if self.comparison.speakers else "who does not know who speaks"
            return f"{said} {about}; {who} cannot tell whether that is luck."
        if not value and low == high:
            return f"{said} {about}."
        said = f"{said}, 95 % interval {_tenths(low)} to {_tenths(high)}, {about}"
        return f"{said}." if self.is_clear else f"{said}: {self._luck(low)}."

    def _luck(self, low: float) -> str:
        """Why a difference is not called clear; the interval alone may say otherwise."""
        if low <= 0:
            return "that may be luck"
        return (
            f"that may be luck, as one of {self.comparisons:,} comparisons made together "
            f"(p {self.p:.3f} after Holm's correction)"
        )

    @property
    def caution(self) -> str:
        """What to bear in mind, in sentences; "" for nothing."""
        return caution(self.first.run, self.second.run)


def _tenths(value: float) -> str:
    """One digit after the point; zero has no sign.

    >>> _tenths(-0.04), _tenths(-0.06)
    ('0.0', '−0.1')
    """
    return minus(f"{round(value, 1) + 0.0:.1f}")


def pairs_of(results: Sequence[Results]) -> list[Pair]:
    """Every two runs that were tested on the same clips under one protocol, compared."""
    return _pairs(list(itertools.combinations(results, 2)))


def against(baseline: Results, others: Sequence[Results]) -> list[Pair]:
    """Every other run that may be compared with the baseline, minus the baseline."""
    return _pairs([(one, baseline) for one in others if one.run is not baseline.run])


def _pairs(candidates: Sequence[tuple[Results, Results]]) -> list[Pair]:
    found = [(one, other) for one, other in candidates if comparable(one.run, other.run)]
    comparisons = [compared(one.run, other.run) for one, other in found]
    adjusted = holm([each.uar.p for each in comparisons])
    return [
        Pair(one, other, comparison, float(p), len(found))
        for (one, other), comparison, p in zip(found, comparisons, adjusted, strict=True)
    ]


def compared(one: FinishedRun, other: FinishedRun) -> Comparison:
    """The first minus the second; computed once and kept on disk.

    Both must be `comparable`.
    """
    return kept(Comparison, [one.digest, other.digest], lambda: compare(*_side_by_side(one, other)))


def agreed(one: FinishedRun, other: FinishedRun) -> Agreement:
    """How often two comparable runs say the same, and are right together; kept on disk."""
    made = [one.digest, other.digest]
    return kept(Agreement, made, lambda: agreement(*_side_by_side(one, other)))


def _side_by_side(
    one: FinishedRun, other: FinishedRun
) -> tuple[list[str], list[str], list[str], list[str], list[str]]:
    """True labels, both answers, speakers, and all labels that may occur."""
    first = one.predictions
    second = other.predictions.set_index("clip")["predicted"].loc[first["clip"]]
    return (
        first["emotion"].tolist(),
        first["predicted"].tolist(),
        second.tolist(),
        first["speaker"].tolist(),
        order({*one.labels, *other.labels}),
    )
