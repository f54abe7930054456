"""Accuracy by group: for whom, and for which clips, a model works."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError
from ser_core.evaluation.intervals import Interval, mean_interval, named_speakers
from ser_core.words import minus


@dataclass(frozen=True)
class GroupScore:
    """Accuracy of one group's clips; `speakers` are known by name."""

    name: str
    clips: int
    speakers: int
    accuracy: Interval

    def as_dict(self) -> dict[str, Any]:
        """The score for JSON."""
        return {
            "name": self.name,
            "clips": self.clips,
            "speakers": self.speakers,
            "accuracy": self.accuracy.as_dict(),
        }


def accuracy_by_group(
    correct: ArrayLike,
    groups: Sequence[str] | NDArray[Any],
    speakers: Sequence[Any] | NDArray[Any],
    level: float = 0.95,
) -> list[GroupScore]:
    """Share of clips that were right in each group, sorted by name.

    The interval is over speakers. A group of one speaker, as when the groups are the speakers, has
    Wilson's interval over clips instead: it is about this speaker and nobody else (Wilson 1927,
    "Probable inference, the law of succession, and statistical inference", JASA 22). Clips whose
    speakers nobody knows have none.

    Args:
        correct: `(num_clips,)`, whether a clip was recognised.
        groups: `(num_clips,)`, each clip's group; "" belongs to none and is left out.
        speakers: `(num_clips,)`, the speaker of each clip.
        level: share of the intervals, in (0, 1).

    Raises:
        ParameterError: the lengths differ.
    """
    right, names, who = np.asarray(correct, bool), np.asarray(groups, str), np.asarray(speakers)
    if not right.shape == names.shape == who.shape:
        raise ParameterError(
            f"groups and speakers must have {right.size} entries as correct has, "
            f"got {names.size} and {who.size}"
        )
    found = []
    for name in np.unique(names[names != ""]):
        inside = names == name
        share = _share(right[inside], who[inside], level)
        known = named_speakers(who[inside])
        found.append(GroupScore(str(name), int(inside.sum()), known, share))
    return found


def _share(right: NDArray[np.bool_], speakers: NDArray[Any], level: float) -> Interval:
    if len(np.unique(speakers)) == 1 and named_speakers(speakers):
        return wilson(int(right.sum()), len(right), level)
    return mean_interval(right, speakers, level)


def wilson(hits: int, trials: int, level: float = 0.95) -> Interval:
    """Interval of a share of independent trials.

    Raises:
        ParameterError: no trial, or more hits than trials.

    >>> wilson(9, 10)
    Interval(value=0.9, low=0.595..., high=0.982...)
    """
    from scipy import special  # late: scipy is not needed to import this module

    if not 0 <= hits <= trials or trials < 1:
        raise ParameterError(f"hits must be 0 to trials, 1 or more, got {hits} of {trials}")
    z = float(special.ndtri((1 + level) / 2))
    share = hits / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = (
        z
        / (1 + z * z / trials)
        * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    )
    return Interval(share, max(0.0, middle - reach), min(1.0, middle + reach))


def range_groups(values: ArrayLike, unit: str, decimals: int, number: int = 4) -> list[str]:
    """Each clip's range of values, so that every range has about as many clips.

    Args:
        values: `(num_clips,)`; nan belongs to no range.
        unit: of the values.
        decimals: to which the ends of the ranges are rounded.
        number: of ranges.

    Returns:
        Such as "2.9–3.2 s", and "" where the value is not known.

    Raises:
        ParameterError: `number` is below 1.
    """
    if number < 1:
        raise ParameterError(f"number must be 1 or more, got {number}")
    table = np.asarray(values, dtype=float)
    finite = np.isfinite(table)
    if not finite.any():
        return [""] * table.size
    edges = _edges(table[finite], decimals, number)
    if len(edges) == 1:
        names = [f"{edges[0]:.{decimals}f} {unit}"]
    else:
        names = [f"{low:.{decimals}f}–{high:.{decimals}f} {unit}" for low, high in pairwise(edges)]
    names = [minus(name) for name in names]
    places = np.clip(np.searchsorted(edges, table, side="right") - 1, 0, len(names) - 1)
    return [names[place] if known else "" for place, known in zip(places, finite, strict=True)]


def _edges(known: NDArray[np.float64], decimals: int, number: int) -> NDArray[np.float64]:
    """Ends of the ranges, from the lowest value to the highest."""
    scale = 10**decimals
    cuts = np.quantile(known, np.arange(1, number) / number).round(decimals)
    ends = [np.floor(scale * known.min()) / scale, np.ceil(scale * known.max()) / scale]
    return np.unique(np.concatenate([cuts, ends]).round(decimals))
