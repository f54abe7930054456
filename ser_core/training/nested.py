"""Nested selection: for each fold, settings are chosen on its training clips alone.

The clips that a fold trains and validates on are split once more by speakers, every candidate is
cross-validated on these inner folds, and the one with the best mean UAR is trained for the outer
fold. Its test clips play no part in that, so that the score is one of the whole procedure, choice
included (Varma & Simon 2006, "Bias in error estimation when using cross-validation for model
selection", BMC Bioinformatics 7:91).
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ser_core.corpora.splits import Fold, protocol_folds
from ser_core.training.cross_validation import Study
from ser_core.training.events import Message, Report
from ser_core.training.preflight import check_folds
from ser_core.training.results import CrossValidation, FoldResult, score_table

INNER_PROTOCOL = "speaker-independent"
INNER_FOLDS = 3
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
    inner_folds: int = INNER_FOLDS

    def cross_validate(
        self, folds: Sequence[Fold], resume: bool
    ) -> tuple[CrossValidation, list[Choice]]:
        """Choose, train and test for every fold.

        Raises:
            CorpusError: a fold cannot be trained and scored, or not be split once more.
        """
        first = self.studies[0]
        check_folds(first.material, folds)
        inner = [self._inner(fold) for fold in folds]  # what cannot be split shows at once
        if not resume:
            for study in self.studies:
                study.forget()
        results: list[FoldResult] = []
        choices: list[Choice] = []
        for number, (fold, parts) in enumerate(zip(folds, inner, strict=True), start=1):
            choices.append(self._choose(number, f"fold {number}", parts))
            chosen = self.studies[choices[-1].place]
            results.append(chosen.result(number, fold, len(folds), resume=True))
        return CrossValidation(first.labels, results), choices

    def choose_for_everybody(self) -> Choice:
        """The same choice on all clips, for the final model."""
        material = self.studies[0].material
        everybody = protocol_folds(material.table, INNER_PROTOCOL, *self._inner_settings())
        return self._choose(0, "final model", everybody)

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

    def _inner(self, fold: Fold) -> list[Fold]:
        """Folds of the clips that a fold may learn from."""
        material = self.studies[0].material
        known = {*fold.train, *fold.validation} - {*fold.test}
        rows = material.table[material.table["clip"].isin(known)].reset_index(drop=True)
        folds = protocol_folds(rows, INNER_PROTOCOL, *self._inner_settings())
        check_folds(material, folds)
        return folds

    def _inner_settings(self) -> tuple[int, int, int]:
        training = self.studies[0].recipe.training
        return self.inner_folds, training.validation_speakers, training.seed

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
