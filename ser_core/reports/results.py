"""Everything that is reported about a run, computed from its predictions."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ser_core.evaluation.calibration import ProbabilityScores, probability_scores
from ser_core.evaluation.comparison import Comparison, compare, holm
from ser_core.evaluation.dimensions import DimensionScores, dimension_scores
from ser_core.evaluation.groups import GroupScore, accuracy_by_group, duration_groups
from ser_core.evaluation.intervals import Interval, mean_interval
from ser_core.evaluation.metrics import Scores, scores
from ser_core.reports.runs import FACTS, FinishedRun

DIMENSIONS = ("valence", "arousal", "dominance")
_MOST_GROUPS = 40  # speakers whose bars can be told apart


@dataclass(frozen=True)
class Results:
    """A run's scores.

    Attributes:
        groups: accuracy by speaker, and by what else is known of the clips.
        heads: accuracy of further classes that were learned, such as gender.
        dimensions: agreement in those that were learned.
    """

    run: FinishedRun
    scores: Scores
    probability: ProbabilityScores
    groups: dict[str, list[GroupScore]]
    heads: dict[str, Interval]
    dimensions: dict[str, DimensionScores]

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
class Pair:
    """Two runs on the same clips.

    Attributes:
        p: of the difference in UAR, made fit for all the comparisons of the report (Holm).
    """

    first: Results
    second: Results
    comparison: Comparison
    p: float

    @property
    def sentence(self) -> str:
        """Which is ahead, by how much, and whether that may be luck."""
        difference = self.comparison.uar
        value, low, high = (
            100 * x
            for x in (difference.interval.value, difference.interval.low, difference.interval.high)
        )
        about = f"on {self.comparison.clips:,} clips of {self.comparison.speakers:,} speakers"
        runs = self.first.run, self.second.run
        ahead, behind = runs if value >= 0 else runs[::-1]
        if value < 0:
            value, low, high = -value, -high, -low
        if not np.isfinite(low):
            return (
                f"{ahead.title} is ahead of {behind.title} by {value:.1f} points of UAR {about}; "
                "one speaker cannot tell whether that is luck."
            )
        said = (
            f"{ahead.title} is ahead of {behind.title} by {value:.1f} points of UAR, 95 % interval "
            f"{low:.1f} to {high:.1f}, {about}"
        )
        if self.p < 0.05:
            return f"{said}."
        return f"{said}: that may be luck."


def results_of(run: FinishedRun) -> Results:
    """All scores of a run.

    Raises:
        ParameterError: its predictions hold a label or a probability that cannot be.
    """
    table, labels = run.predictions, run.labels
    true, predicted = table["emotion"].tolist(), table["predicted"].tolist()
    speakers = table["speaker"].tolist()
    found = scores(true, predicted, speakers, labels)
    places = {label: place for place, label in enumerate(labels)}
    truth = np.array([places[label] for label in true])
    # Rounded on their way through a file, rows sum to 1 but for the last digits.
    probability = probability_scores(table[labels].to_numpy(float), truth, speakers)
    return Results(
        run, found, probability, _groups(table), _heads(table), _dimensions(table, speakers)
    )


def pairs_of(results: Sequence[Results]) -> list[Pair]:
    """Every two runs that were tested on the same clips under one protocol, compared."""
    found = []
    for one, other in itertools.combinations(results, 2):
        if comparable(one.run, other.run):
            found.append((one, other, _compared(one.run, other.run)))
    adjusted = holm([comparison.uar.p for _, _, comparison in found])
    return [
        Pair(one, other, comparison, float(p))
        for (one, other, comparison), p in zip(found, adjusted, strict=True)
    ]


def comparable(one: FinishedRun, other: FinishedRun) -> bool:
    """Whether two runs were tested on the same clips under one protocol, each clip once."""
    return one.test() == other.test() and one.times_tested == other.times_tested == 1


def why_not(one: FinishedRun, other: FinishedRun) -> str:
    """What keeps two runs from being compared; "" for nothing."""
    if one.protocol != other.protocol:
        return f"their protocols differ ({one.protocol} and {other.protocol})"
    if one.test() != other.test():
        return "they were tested on different clips or labels"
    if not one.times_tested == other.times_tested == 1:
        return "clips were tested several times, by several seeds"
    return ""


def _compared(one: FinishedRun, other: FinishedRun) -> Comparison:
    first = one.predictions.set_index("clip")
    second = other.predictions.set_index("clip").loc[first.index]
    return compare(
        first["emotion"].tolist(),
        first["predicted"].tolist(),
        second["predicted"].tolist(),
        first["speaker"].tolist(),
        sorted({*one.labels, *other.labels}),
    )


def _groups(table: pd.DataFrame) -> dict[str, list[GroupScore]]:
    right = table["emotion"].eq(table["predicted"]).to_numpy()
    by: dict[str, list[str]] = {"speaker": table["speaker"].astype(str).tolist()}
    for name in FACTS[:3]:
        if name in table:
            by[name] = table[name].fillna("").astype(str).tolist()
    if "duration_s" in table:
        by["duration"] = duration_groups(table["duration_s"].to_numpy(float))
    found = {
        name: accuracy_by_group(right, groups, table["speaker"].tolist())
        for name, groups in by.items()
    }
    return {
        name: groups
        for name, groups in found.items()
        if len(groups) > 1 and (name == "speaker" or len(groups) <= _MOST_GROUPS)
    }


def _heads(table: pd.DataFrame) -> dict[str, Interval]:
    """Accuracy of every further class that was predicted, over the clips that have it."""
    found: dict[str, Interval] = {}
    for name in _further(table):
        true = table[name].fillna("").astype(str)
        known = true.ne("")
        if name in DIMENSIONS or not known.any():
            continue
        right = true.eq(table[f"predicted_{name}"].astype(str))[known]
        found[name] = mean_interval(right.to_numpy(float), table["speaker"][known].tolist())
    return found


def _dimensions(table: pd.DataFrame, speakers: list[str]) -> dict[str, DimensionScores]:
    found = {}
    for name in _further(table):
        if name in DIMENSIONS:
            true, predicted = (
                pd.to_numeric(table[column], errors="coerce").to_numpy(float)
                for column in (name, f"predicted_{name}")
            )
            if np.isfinite(true).any():
                found[name] = dimension_scores(true, predicted, speakers)
    return found


def _further(table: pd.DataFrame) -> list[Any]:
    prefix = "predicted_"
    names = [str(column).removeprefix(prefix) for column in table if prefix in str(column)]
    return [name for name in names if name in table]
