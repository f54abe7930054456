"""Scores of what a network says besides emotion: gender, intensity, valence and the like."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ser_core.evaluation.dimensions import DimensionScores, dimension_scores
from ser_core.evaluation.intervals import Interval, mean_interval

DIMENSIONS = ("valence", "arousal", "dominance")
_SAID = "predicted_"


@dataclass(frozen=True)
class FurtherScores:
    """Each over the clips of which the truth is known; tasks that no clip knows are left out.

    Attributes:
        classes: accuracy, by task.
        dimensions: agreement with the ratings, by task.
    """

    classes: dict[str, Interval]
    dimensions: dict[str, DimensionScores]

    def as_dict(self) -> dict[str, Any]:
        """The scores for JSON, by task."""
        said = {name: {"accuracy": score.as_dict()} for name, score in self.classes.items()}
        return {
            **said,
            **{
                name: {"clips": one.clips, "ccc": one.ccc.as_dict(), "rmse": one.rmse.as_dict()}
                for name, one in self.dimensions.items()
            },
        }

    def numbers(self) -> dict[str, Interval]:
        """Every score by one name: `gender_accuracy`, `valence_ccc`."""
        found = {f"{name}_accuracy": score for name, score in self.classes.items()}
        for name, one in self.dimensions.items():
            found |= {f"{name}_ccc": one.ccc, f"{name}_rmse": one.rmse}
        return found


def further_scores(table: pd.DataFrame) -> FurtherScores:
    """Of a table of predictions with a column for each task, and `predicted_` of it."""
    speakers = table["speaker"].tolist()
    classes, dimensions = {}, {}
    for name in _tasks(table):
        if name in DIMENSIONS:
            columns = (name, f"{_SAID}{name}")
            true, said = (pd.to_numeric(table[x], errors="coerce").to_numpy(float) for x in columns)
            if np.isfinite(true).any():
                dimensions[name] = dimension_scores(true, said, speakers)
            continue
        true_class = table[name].fillna("").astype(str)
        known = true_class.ne("")
        if known.any():
            right = true_class.eq(table[f"{_SAID}{name}"].astype(str))[known]
            classes[name] = mean_interval(right.to_numpy(float), table["speaker"][known].tolist())
    return FurtherScores(classes, dimensions)


def _tasks(table: pd.DataFrame) -> list[str]:
    said = [str(column) for column in table if str(column).startswith(_SAID)]
    return [name for name in (column.removeprefix(_SAID) for column in said) if name in table]
