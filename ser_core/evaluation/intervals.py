"""Intervals over speakers, for any score that comes from sums over clips.

Clips of one speaker resemble each other, so they are not independent draws: an interval that treats
them so is too narrow for a speaker nobody has heard yet. Speakers are the independent unit here
(Davison & Hinkley 1997, "Bootstrap Methods and their Application", section 3.8; Ferrer & Riera
2023, "Confidence Intervals for evaluation in machine learning").

A score is a function of sums over clips: hits and clips for accuracy, a table of counts for UAR,
moments for the concordance correlation. Each speaker's sums are taken once; a resample of speakers
is a weighted sum of them, and all resamples are scored in one call.

The interval: whole speakers are drawn with replacement, the spread of the score over the draws,
widened by √(n / (n - 1)), is its standard error, and the ends are that times a quantile of
Student's t away. Its degrees of freedom are those of the *effective* number of speakers, (Σ clips)²
/ Σ clips², less one, since where one speaker has most of the clips there are fewer than there seem
(Carter, Schnepel & Steigerwald 2017, "Asymptotic behavior of a t-test robust to cluster
heterogeneity", Review of Economics and Statistics 99). Scores with two bounds are taken there and
back by the logit, those with one by the logarithm, so that no end lies out of bounds. Percentiles
of the same draws are too narrow with few speakers, as are BCa's; docs/evaluation.md has how often
each held the truth, benchmarks/intervals.py measures it.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError

Floats = NDArray[np.float64]
Bounds = tuple[float, float]

Score = Callable[[Floats], Floats]
"""From sums `(..., num_sums)` to scores `(..., num_scores)`, nan where a score is not known."""

SHARE: Bounds = (0.0, 1.0)
UNBOUNDED: Bounds = (-math.inf, math.inf)


@dataclass(frozen=True)
class Interval:
    """An estimate and the ends of its interval.

    `low` and `high` are nan where no interval can be drawn: with fewer than two speakers, or where
    the clips that the estimate is about are all of one.
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
class GroupSums:
    """What each speaker's clips sum up to.

    Attributes:
        sums: `(num_speakers, num_sums)`.
        clips: `(num_speakers,)`.
    """

    sums: Floats
    clips: Floats

    @property
    def number(self) -> int:
        """How many speakers."""
        return len(self.sums)

    @property
    def effective(self) -> float:
        """As how many speakers with equally many clips they count."""
        return float(self.clips.sum() ** 2 / np.square(self.clips).sum())


@dataclass(frozen=True)
class Estimate:
    """Scores and their standard errors over speakers.

    Attributes:
        values: `(num_scores,)`.
        errors: `(num_scores,)` standard errors; nan with fewer than two speakers.
        freedom: `(num_scores,)` degrees of freedom.
        speakers: `(num_scores,)` how many have a say in each score.
    """

    values: Floats
    errors: Floats
    freedom: Floats
    speakers: NDArray[np.intp]

    def intervals(self, level: float = 0.95, bounds: Bounds = SHARE) -> list[Interval]:
        """An interval for each score.

        Args:
            level: share of the intervals, in (0, 1).
            bounds: between which the scores are; infinite for none.

        Raises:
            ParameterError: `level` is out of bounds.
        """
        from scipy import special  # late: scipy is not needed to import this module

        if not 0 < level < 1:
            raise ParameterError(f"level must be above 0 and below 1, got {level}")
        reach = special.stdtrit(self.freedom, (1 + level) / 2) * self.errors
        low, high = _around(self.values, reach, bounds)
        span, several = bounds[1] - bounds[0], self.speakers > 1
        if math.isfinite(span):
            # All right, or none: nothing varies, so each speaker counts as one trial
            # (Clopper-Pearson).
            room = span * (1 - ((1 - level) / 2) ** (1 / np.maximum(self.speakers, 1)))
            low = np.where(several & (self.values >= bounds[1]), bounds[1] - room, low)
            high = np.where(several & (self.values <= bounds[0]), bounds[0] + room, high)
        return [
            Interval(float(value), float(one), float(other))
            for value, one, other in zip(self.values, low, high, strict=True)
        ]

    def p_values(self) -> Floats:
        """How often chance alone takes each score as far from 0, two-sided: `(num_scores,)`."""
        from scipy import special  # late: scipy is not needed to import this module

        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.abs(self.values) / self.errors
        p = 2 * special.stdtr(self.freedom, -t)
        return np.where(self.values == 0, np.where(np.isnan(self.errors), np.nan, 1.0), p)


def group_sums(values: ArrayLike, groups: Sequence[Any] | NDArray[Any]) -> GroupSums:
    """Sums of values over the clips of each speaker.

    Args:
        values: `(num_clips, num_sums)`.
        groups: `(num_clips,)`, the speaker of each clip.

    Raises:
        ParameterError: there is no clip, or the lengths differ.

    >>> group_sums([[1.0], [0.0], [1.0]], ["a", "b", "a"]).sums.tolist()
    [[2.0], [0.0]]
    """
    table, codes = np.asarray(values, dtype=float), group_codes(groups, len(np.asarray(values)))
    clips = np.bincount(codes).astype(float)
    columns = [np.bincount(codes, column, len(clips)) for column in table.T]
    return GroupSums(np.stack(columns, axis=1), clips)


def group_codes(groups: Sequence[Any] | NDArray[Any], clips: int) -> NDArray[np.intp]:
    """The speaker of each clip as a number from 0.

    Raises:
        ParameterError: there is no clip, or not one speaker for each.
    """
    if clips == 0:
        raise ParameterError("there is no clip to score")
    if len(groups) != clips:
        raise ParameterError(f"speakers must have {clips} entries, got {len(groups)}")
    return np.unique(np.asarray(groups), return_inverse=True)[1]


def named_speakers(speakers: Sequence[Any] | NDArray[Any]) -> int:
    """How many speakers are known by name; "" is the name of whoever is not known.

    >>> named_speakers(["01", "02", "01", ""]), named_speakers(["", ""])
    (2, 0)
    """
    return len(set(map(str, speakers)) - {""})


def estimate(groups: GroupSums, score: Score, repeats: int = 1000, seed: int = 0) -> Estimate:
    """Scores of all clips, and how far they would be off with other speakers.

    Args:
        groups: each speaker's sums.
        score: from sums to scores; it is called once for all resamples.
        repeats: number of resamples.
        seed: of the draw; the same seed and number of speakers draw the same ones.

    Raises:
        ParameterError: `repeats` is out of bounds.
    """
    values = np.asarray(score(groups.sums.sum(0)), dtype=float)
    samples = np.asarray(score(_draws(groups.number, repeats, seed) @ groups.sums), dtype=float)
    # Who has no clip that a score is about, as of a class or a bin of confidence, has no say in it.
    alone = np.asarray(score(groups.sums), dtype=float)
    return _estimate(values, samples, groups, (~np.isnan(alone)).sum(0))


def intervals(
    groups: GroupSums,
    score: Score,
    level: float = 0.95,
    bounds: Bounds = SHARE,
    repeats: int = 1000,
    seed: int = 0,
) -> list[Interval]:
    """An interval over speakers for each score; see `estimate` and `Estimate.intervals`.

    Raises:
        ParameterError: `repeats` or `level` is out of bounds.
    """
    return estimate(groups, score, repeats, seed).intervals(level, bounds)


def mean_interval(
    values: ArrayLike,
    groups: Sequence[Any] | NDArray[Any],
    level: float = 0.95,
    bounds: Bounds = SHARE,
) -> Interval:
    """The mean of a value over clips, with its interval over speakers.

    Args:
        values: `(num_clips,)`.
        groups: `(num_clips,)`, the speaker of each clip.
        level: share of the interval, in (0, 1).
        bounds: between which the mean is, `UNBOUNDED` for none.

    Raises:
        ParameterError: there is no clip, or the lengths differ.
    """
    each = np.asarray(values, dtype=float)
    sums = group_sums(np.stack([each, np.ones_like(each)], axis=1), groups)
    return intervals(sums, lambda sums: sums[..., :1] / sums[..., 1:], level, bounds)[0]


def bootstrap_interval(
    values: Callable[[NDArray[np.intp]], float],
    groups: Sequence[Any] | NDArray[Any],
    repeats: int = 1000,
    seed: int = 0,
    level: float = 0.95,
    bounds: Bounds = UNBOUNDED,
) -> Interval:
    """Interval of a score that does not come from sums, such as a median; slower than `intervals`.

    Args:
        values: the score of the clips at the given row indices; an index may come several times.
        groups: `(num_clips,)`, the speaker of each clip.
        repeats: number of resamples.
        seed: of the draw; the same seed draws the same speakers as `intervals`.
        level: share of the interval, in (0, 1).
        bounds: between which the score is; infinite for none.

    Raises:
        ParameterError: there is no clip, or `repeats` or `level` is out of bounds.
    """
    codes = group_codes(groups, len(groups))
    clips = np.bincount(codes).astype(float)
    rows = np.arange(len(codes))
    drawn = _draws(len(clips), repeats, seed).astype(np.intp)
    samples = np.array([[values(np.repeat(rows, weights[codes]))] for weights in drawn], float)
    whole = np.array([values(rows)], dtype=float)
    sums, everybody = GroupSums(clips[:, None], clips), np.array([len(clips)])
    found = _estimate(whole, samples, sums, everybody)
    return found.intervals(level, bounds)[0]


def _estimate(
    values: Floats, samples: Floats, groups: GroupSums, speakers: NDArray[np.intp]
) -> Estimate:
    known = ~np.isnan(samples)
    times = known.sum(0)
    # Resamples in which a score is not known, as that of a class nobody drawn spoke, do not count.
    mean = np.where(known, samples, 0).sum(0) / np.maximum(times, 1)
    squares = np.where(known, samples - mean, 0) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.sqrt(squares.sum(0) / (times - 1) * speakers / (speakers - 1))
    errors[(times < 2) | (speakers < 2)] = np.nan
    freedom = np.maximum(1.0, np.minimum(groups.effective, speakers) - 1)
    return Estimate(values, errors, freedom, speakers)


@lru_cache(maxsize=32)
def _draws(number: int, repeats: int, seed: int) -> Floats:
    """How often each of `number` speakers is drawn in each resample: `(repeats, number)`."""
    if repeats < 2:
        raise ParameterError(f"repeats must be 2 or more, got {repeats}")
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(number, np.full(number, 1 / number), repeats).astype(float)
    weights.setflags(write=False)
    return weights


def _around(values: Floats, reach: Floats, bounds: Bounds) -> tuple[Floats, Floats]:
    """`reach` to both sides, on a scale on which the bounds are infinitely far."""
    low, high = bounds
    if math.isinf(low):
        return values - reach, values + reach
    below = values - low
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        if math.isinf(high):
            factor = np.exp(reach / below)
            return low + below / factor, low + below * factor
        above = high - values
        # The logit's slope is (high - low) / (below · above).
        factor = np.exp(reach * (high - low) / (below * above))
        odds = below / above
        span = high - low
        ends = (span * odds / (odds + factor), span * odds / (odds + 1 / factor))
    inside = (below > 0) & (above > 0)
    return tuple(
        np.where(inside | np.isnan(values), low + end, np.where(np.isnan(reach), np.nan, values))
        for end in ends
    )  # type: ignore[return-value]
