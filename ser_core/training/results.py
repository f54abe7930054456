"""What finished folds predicted, and what they come to together."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.corpora.splits import Fold
from ser_core.evaluation.calibration import ProbabilityScores, probability_scores
from ser_core.evaluation.further import FurtherScores, further_scores
from ser_core.evaluation.metrics import Scores, scores
from ser_core.evaluation.temperature import Calibration, calibrate
from ser_core.training.epoch import Epoch


@dataclass(frozen=True)
class FoldResult:
    """One finished fold. `predictions` has a row for each test clip.

    Attributes:
        parameters: how many numbers its network has learned; None for a fold kept before they were
            counted.
    """

    number: int
    fold: Fold
    best_epoch: int
    history: list[Epoch]
    predictions: pd.DataFrame
    parameters: int | None = None


@dataclass(frozen=True)
class CrossValidation:
    """All folds of a recipe on a corpus, and what they come to together."""

    labels: list[str]
    folds: list[FoldResult]

    @property
    def predictions(self) -> pd.DataFrame:
        """Out-of-fold predictions: clip, speaker, fold, emotion, predicted, one column a label."""
        return pd.concat([result.predictions for result in self.folds], ignore_index=True)

    @property
    def speakers_apart(self) -> bool:
        """Whether nobody was tested by a model that had heard her or him."""
        return all(result.fold.speakers_apart for result in self.folds)

    def scores(self) -> Scores:
        """Scores of all test clips pooled, with intervals over speakers."""
        return score_table(self.predictions, self.labels)

    def probability_scores(self) -> ProbabilityScores:
        """Top-3, calibration and Brier score of all test clips pooled."""
        return probability_scores(*self.probabilities())

    def further_scores(self) -> FurtherScores:
        """Of what was learned besides emotion, all test clips pooled."""
        return further_scores(self.predictions)

    def calibration(self) -> Calibration:
        """The temperature that all test clips pooled ask for, and what it is worth."""
        return calibrate(*self.probabilities())

    def told(self, calibration: Calibration | None) -> pd.DataFrame:
        """The predictions with the probabilities that a user would have been told."""
        table = self.predictions
        if calibration is not None:
            table[self.labels] = calibration.probabilities
        return table

    def probabilities(self) -> tuple[NDArray[np.float64], NDArray[np.intp], list[str]]:
        """Of each test clip the probabilities, the column of its true label, and its speaker."""
        table = self.predictions
        truth = np.array([self.labels.index(label) for label in table["emotion"]], np.intp)
        # Read back from a file or left in float32, rows sum to 1 but for rounding.
        return table[self.labels].to_numpy(float), truth, table["speaker"].astype(str).tolist()

    def parameters(self) -> int | None:
        """How many numbers a network of the folds has learned: their median, as trees differ."""
        known = [result.parameters for result in self.folds if result.parameters is not None]
        return round(statistics.median(known)) if known else None

    def median_best_epoch(self) -> int:
        """How long a final model is to be trained, from what the validation speakers chose."""
        return round(statistics.median(result.best_epoch for result in self.folds))


def score_table(predictions: pd.DataFrame, labels: Sequence[str]) -> Scores:
    """Scores of a table of predictions."""
    return scores(
        predictions["emotion"].tolist(),
        predictions["predicted"].tolist(),
        predictions["speaker"].tolist(),
        list(labels),
    )
