"""Nested selection: for each fold, settings are chosen on its training clips alone.

The clips that a fold trains and validates on are split once more by speakers, every candidate is
cross-validated on these inner folds, and the one with the best mean UAR is trained for the outer
fold. Its test clips play no part in that, so that the score is one of the whole procedure, choice
included (Varma & Simon 2006, "Bias in error estimation when using cross-validation for model
selection", BMC Bioinformatics 7:91).
"""

import shutil
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_core.corpora.splits import Fold
from ser_core.training.cross_validation import Study
from ser_core.training.events import Message, Report
from ser_core.training.preflight import check_folds, check_inner_folds
from ser_core.training.results import CrossValidation, FoldResult, score_table

INNER = "inner"
"""Folder of what inner folds keep to be taken up again."""


@dataclass(frozen=True)
class Choice:
    """What was chosen for a fold, or for everybody (number 0).

    Attributes:
        place: of the candidate.
        uar: of each candidate, the mean over the inner folds.
    """

    number: int
    place: int
    uar: tuple[float, ...]


@dataclass(frozen=True)
class Candidates:
    """Settings among which is chosen, each with its study.

    Attributes:
        settings: what each changes in the recipe.
        studies: of the same clips.
    """

    settings: tuple[Mapping[str, Any], ...]
    studies: tuple[Study, ...]
    work: Path
    report: Report

    def cross_validate(
        self, folds: Sequence[Fold], resume: bool
    ) -> tuple[CrossValidation, list[Choice]]:
        """Choose, train and test for every fold.

        Raises:
            CorpusError: a fold cannot be trained and scored, or not be split once more.
        """
        first = self.studies[0]
        check_folds(first.material, folds)
        inner = check_inner_folds(first.material, folds)
        if not resume:
            self._forget()
        results: list[FoldResult] = []
        choices: list[Choice] = []
        for number, (fold, parts) in enumerate(zip(folds, inner, strict=True), start=1):
            choices.append(self._choose(number, f"fold {number}", parts))
            chosen = self.studies[choices[-1].place]
            results.append(chosen.result(number, fold, len(folds), resume=True))
        return CrossValidation(first.labels, results), choices

    def choose_for_everybody(self) -> Choice:
        """The same choice on all clips, for the final model."""
        return self._choose(0, "final model", self.studies[0].material.inner_folds())

    def document(self, choices: Sequence[Choice]) -> list[dict[str, Any]]:
        """What was chosen and tried, as plain values."""
        return [
            {
                "fold": choice.number,
                "chosen": dict(self.settings[choice.place]),
                "tried": [
                    {"settings": dict(settings), "inner_uar": uar}
                    for settings, uar in zip(self.settings, choice.uar, strict=True)
                ],
            }
            for choice in choices
        ]

    def _forget(self) -> None:
        """Remove what an earlier run has left to be taken up again."""
        for study in self.studies:
            study.forget()
        shutil.rmtree(self.work / INNER, ignore_errors=True)

    def _choose(self, number: int, what: str, folds: Sequence[Fold]) -> Choice:
        scores = []
        for place, study in enumerate(self.studies):
            self._say(f"{what}, choosing: {self._words(place)}")
            quiet = study.quietly(self.work / INNER / f"{what.replace(' ', '-')}-{place + 1}")
            found = quiet.cross_validate(folds, resume=True)
            each = [score_table(one.predictions, found.labels).uar.value for one in found.folds]
            scores.append(statistics.mean(each))
        best = max(range(len(scores)), key=lambda place: scores[place])
        told = ", ".join(f"{self._words(place)} {uar:.3f}" for place, uar in enumerate(scores))
        self._say(f"{what}, chosen by inner UAR: {self._words(best)} ({told})")
        return Choice(number, best, tuple(scores))

    def _words(self, place: int) -> str:
        return ", ".join(f"{key}={value}" for key, value in self.settings[place].items())

    def _say(self, words: str) -> None:
        self.report(Message(words=words))
