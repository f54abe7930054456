"""Everything that is reported about a run, computed from its predictions."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.comparison.kept import kept
from ser_core.comparison.runs import FACTS, SNR, FinishedRun
from ser_core.evaluation.calibration import ProbabilityScores, probability_scores
from ser_core.evaluation.dimensions import DimensionScores
from ser_core.evaluation.further import further_scores
from ser_core.evaluation.groups import GroupScore, accuracy_by_group, range_groups
from ser_core.evaluation.intervals import Interval
from ser_core.evaluation.metrics import Scores, scores

_RANGES = {"duration": ("duration_s", "s", 1), "SNR": (SNR, "dB", 0)}
"""Groups made of ranges: column, unit, decimals of their ends."""

_MOST_GROUPS = 40  # speakers whose bars can be told apart


@dataclass(frozen=True)
class Results:
    """A run's scores.

    Attributes:
        heads: accuracy of further classes that were learned, such as gender.
        dimensions: agreement in those that were learned.
    """

    run: FinishedRun
    scores: Scores
    probability: ProbabilityScores
    heads: dict[str, Interval]
    dimensions: dict[str, DimensionScores]

    @cached_property
    def groups(self) -> dict[str, list[GroupScore]]:
        """Accuracy by speaker, and by what else is known of the clips."""
        return groups_of(self.run.predictions)

    def measures(self) -> dict[str, Interval]:
        """The scores of all clips together, by what people call them, best known first."""
        s, p = self.scores, self.probability
        found = {"UAR": s.uar, "WAR": s.war, "macro F1": s.macro_f1, "weighted F1": s.weighted_f1}
        found |= {f"top-{p.k}": p.top_k, "ECE": p.ece, "Brier score": p.brier}
        found |= {f"{name} accuracy": score for name, score in self.heads.items()}
        for name, one in self.dimensions.items():
            found |= {f"{name} CCC": one.ccc, f"{name} RMSE": one.rmse}
        return found


@dataclass(frozen=True)
class _Numbers:
    """What is kept of a run's results: all that its own files decide."""

    scores: Scores
    probability: ProbabilityScores
    heads: dict[str, Interval]
    dimensions: dict[str, DimensionScores]


def results_of(run: FinishedRun) -> Results:
    """All scores of a run; computed once and kept on disk.

    Raises:
        ParameterError: its predictions hold a label or a probability that cannot be.
    """
    found = kept(_Numbers, [run.digest], lambda: _numbers(run))
    return Results(run, found.scores, found.probability, found.heads, found.dimensions)


def _numbers(run: FinishedRun) -> _Numbers:
    table, labels = run.predictions, run.labels
    true, predicted = table["emotion"].tolist(), table["predicted"].tolist()
    speakers = table["speaker"].tolist()
    found = scores(true, predicted, speakers, labels)
    places = {label: place for place, label in enumerate(labels)}
    truth = np.array([places[label] for label in true])
    # Rounded on their way through a file, rows sum to 1 but for the last digits.
    probability = probability_scores(table[labels].to_numpy(float), truth, speakers)
    further = further_scores(table)
    return _Numbers(found, probability, further.classes, further.dimensions)


def groups_of(table: pd.DataFrame) -> dict[str, list[GroupScore]]:
    """Accuracy within every grouping that is known of the clips."""
    right = table["emotion"].eq(table["predicted"]).to_numpy()
    speakers = table["speaker"].tolist()
    by: dict[str, list[str]] = {"speaker": table["speaker"].astype(str).tolist()}
    for name in FACTS[:3]:
        if name in table:
            by[name] = table[name].fillna("").astype(str).tolist()
    found = {name: accuracy_by_group(right, groups, speakers) for name, groups in by.items()}
    for name, (column, unit, decimals) in _RANGES.items():
        if column in table:
            found[name] = _by_range(right, table[column].to_numpy(float), speakers, unit, decimals)
    return {
        name: groups
        for name, groups in found.items()
        if len(groups) > 1 and (name == "speaker" or len(groups) <= _MOST_GROUPS)
    }


def _by_range(
    right: NDArray[np.bool_],
    values: NDArray[np.float64],
    speakers: list[str],
    unit: str,
    decimals: int,
) -> list[GroupScore]:
    """Accuracy within ranges of values, from low to high."""
    names = range_groups(values, unit, decimals)
    lowest = pd.Series(values).groupby(names).min()
    found = accuracy_by_group(right, names, speakers)
    return sorted(found, key=lambda group: float(lowest[group.name]))
