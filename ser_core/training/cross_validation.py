"""Train and test a recipe over the folds of a protocol, then once more on everybody."""

import hashlib
import json
import math
import os
import shutil
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.augment import BatchChain
from ser_core.augment.chain import check_classes
from ser_core.corpora import labels
from ser_core.corpora.folds import people
from ser_core.corpora.splits import Fold
from ser_core.emotions import order
from ser_core.errors import CorpusError, TaskCancelled
from ser_core.evaluation.calibration import ProbabilityScores, probability_scores
from ser_core.evaluation.metrics import Scores, scores
from ser_core.training import checkpoint
from ser_core.training.checkpoint import CheckpointFile, write_whole
from ser_core.training.config import Channel, Recipe
from ser_core.training.epoch import Epoch
from ser_core.training.events import (
    BatchDone,
    EpochDone,
    FeaturesMade,
    FoldFinished,
    FoldStarted,
    Message,
    Report,
    silent,
)
from ser_core.training.examples import Examples, examples_key, make_examples
from ser_core.training.failures import reason
from ser_core.training.starting_point import check_strangers
from ser_core.training.targets import Head, make_targets
from ser_core.training.trainer import Fitted, Watch, class_weights, fit, predict_averaged
from ser_core.words import count


@dataclass(frozen=True)
class FoldResult:
    """One finished fold. `predictions` has a row for each test clip."""

    number: int
    fold: Fold
    best_epoch: int
    history: list[Epoch]
    predictions: pd.DataFrame


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
        table = self.predictions
        truth = [self.labels.index(label) for label in table["emotion"]]
        speakers = table["speaker"].tolist()
        return probability_scores(table[self.labels].to_numpy(float), truth, speakers)

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


_SCORES = ("accuracy", "validation_loss", "validation_accuracy", "validation_uar")
FOLD_MODELS = "fold-models"
"""Folder of the networks of all folds, where they are kept: each in `fold-N`."""

Log = Callable[[int, Sequence[Epoch]], None]
Keep = Callable[["Study", FoldResult, Fitted, Path], None]

_FEW_CLIPS = 10  # of a speaker, for mean and deviation to be theirs and not the clips'


class Study:
    """A recipe, a corpus and the features made from both, ready to train.

    Args:
        table: utterances; clips with problems or without an emotion are left out.
        work: folder for finished folds and for where the others stand, so that an interrupted
            study can be taken up again.
        report: told how it goes on.
        should_stop: asked between batches, and between portions of clips.
        log: told of a fold's number and of epochs that it has finished, in this run or before.
        keep: given each fold's network and a folder to leave it in.

    Attributes:
        left_out: clips that take no part, by reason.
        stopped: the fold that was being trained when the study was stopped, and its network as it
            was after its best epoch; None before, or where no epoch was finished.
    """

    def __init__(
        self,
        table: pd.DataFrame,
        recipe: Recipe,
        work: Path,
        report: Report = silent,
        should_stop: Callable[[], bool] = lambda: False,
        log: Log = lambda *_: None,
        keep: Keep | None = None,
    ) -> None:
        channels = {*recipe.data.train_channels, *recipe.data.test_channels}
        usable = table["problems"].eq("") & table["emotion"].ne("")
        usable &= table["channel"].isin(channels)
        if not usable.any():
            raise CorpusError(f"no usable clip in the channels {', '.join(sorted(channels))}")
        self.table = table[usable].reset_index(drop=True)
        self.left_out = _left_out(table, channels)
        self.recipe = recipe
        self.labels = order(set(self.table["emotion"]))
        self.targets = make_targets(
            self.table, self.labels, recipe.training.heads, recipe.training.soft_labels
        )
        self.classes = self.targets.emotions
        self._check_emotions()
        self._work = work
        self._report = report
        self._should_stop = should_stop
        self._log = log
        self._keep = keep
        self.stopped: tuple[int, Fitted] | None = None
        self._examples: Examples | None = None
        if recipe.training.standardisation == "speaker":
            self._check_speakers()

    def _check_emotions(self) -> None:
        """What the recipe says of emotions must be about emotions; mistyped ones are found here."""
        for step in (*self.recipe.augmentation.waveform, *self.recipe.augmentation.batch):
            check_classes(step, self.labels)
        BatchChain(self.recipe.augmentation.batch, self.labels)
        class_weights(self.recipe.training, self.targets, np.arange(len(self.table)))

    def _check_speakers(self) -> None:
        """Whoever is measured against their own clips must be known, and have some."""
        clips = people(self.table).value_counts()
        if "" in clips.index:
            raise CorpusError(
                'training.standardisation: "speaker" needs to know who speaks, and '
                f'{count(clips[""], "clip does not say", "clips do not say")}; take "corpus"'
            )
        few = sorted(str(name) for name in clips.index[clips < _FEW_CLIPS])
        if few:
            few_words = f"few clips to measure a voice against (under {_FEW_CLIPS})"
            self._report(Message(words=f"{few_words}: {', '.join(few)}"))

    @property
    def examples(self) -> Examples:
        """Features of the clips, made on first use."""
        if self._examples is None:
            self._report(Message(words=f"features of {count(len(self.table), 'clip')}"))
            self._examples = make_examples(self.table, self.recipe, self.feature_progress)
        return self._examples

    @cached_property
    def _key(self) -> str:
        """Names what is learned from, as it was when the study began."""
        return examples_key(self.table, self.recipe)

    def cross_validate(self, folds: Sequence[Fold], resume: bool = False) -> CrossValidation:
        """Train and test every fold.

        Args:
            folds: clips of each fold; those that this study leaves out are passed over.
            resume: read back the folds that an interrupted run of the same study finished.

        Raises:
            CorpusError: a label of the test clips has no training clip, a part is empty, or two
                share a clip.
        """
        for number, fold in enumerate(folds, start=1):
            self._check(number, fold)
            if self.recipe.training.init_from:
                tested = [*fold.validation, *fold.test]
                check_strangers(self.recipe.training.init_from, self.table, tested)
        if not resume:
            shutil.rmtree(self._work, ignore_errors=True)
        results = []
        key = self._key
        for number, fold in enumerate(folds, start=1):
            saved = self.folder(number)
            result = self._read(saved, number, fold, key) if resume else None
            if result is None:
                result = self._run_fold(number, fold, len(folds))
                self._save(saved, result, key)
            else:
                self._log(number, result.history)
            results.append(result)
            self._report(self._finished(result, len(folds)))
        return CrossValidation(self.labels, results)

    def fit_final(self, epochs: int) -> Fitted:
        """Train on every clip for a number of epochs that was chosen elsewhere."""
        everyone = self._rows(self.recipe.data.train_channels)
        nobody = np.empty(0, np.intp)
        return self._fit(0, 0, "", f"{epochs} epochs", everyone, nobody, stop_after=epochs)

    def folder(self, number: int) -> Path:
        """Where a fold is kept; the final model is number 0."""
        return self._work / (f"fold-{number}" if number else "final")

    def _read(self, folder: Path, number: int, fold: Fold, key: str) -> FoldResult | None:
        """A fold finished before, with its network if that is to be kept."""
        if self._keep is not None and not (self._work / FOLD_MODELS / folder.name).is_dir():
            return None
        return _read(folder, number, fold, key)

    def _save(self, folder: Path, result: FoldResult, key: str) -> None:
        """Keep a finished fold; the study goes on where that is not possible."""
        try:
            _save(folder, result, key)
        except OSError as error:
            words = f"fold {result.number} cannot be kept to be resumed: {reason(error)}"
            self._report(Message(words=words))
        else:
            (folder / checkpoint.FILE).unlink(missing_ok=True)

    def trained_on(self, corpus: str, clips: Sequence[str] | None = None) -> dict[str, Any]:
        """Corpus and speakers that `fit_final` learns from, or the network of a fold's clips."""
        rows = self._rows(self.recipe.data.train_channels, clips)
        return {"corpus": corpus, "speakers": sorted(set(self.table["speaker"].iloc[rows]))}

    def _run_fold(self, number: int, fold: Fold, num_folds: int) -> FoldResult:
        fitted = self._fit(
            number,
            num_folds,
            fold.name,
            fold.key,
            self._rows(self.recipe.data.train_channels, fold.train),
            self._rows(self.recipe.data.test_channels, fold.validation),
        )
        test = self._rows(self.recipe.data.test_channels, fold.test)
        copies = self.recipe.training.test_copies
        said = predict_averaged(fitted, self.examples, test, copies)
        table = self._prediction_table(number, test, said)
        result = FoldResult(number, fold, fitted.best_epoch, fitted.history, table)
        if self._keep is not None:
            self._keep(self, result, fitted, self._work / FOLD_MODELS / f"fold-{number}")
        return result

    def _fit(
        self,
        number: int,
        folds: int,
        name: str,
        key: str,
        train: NDArray[np.intp],
        validation: NDArray[np.intp],
        stop_after: int | None = None,
    ) -> Fitted:
        epochs = stop_after or self.recipe.training.epochs

        def on_start(epochs: Sequence[Epoch]) -> None:
            self._log(number, epochs)
            began = FoldStarted(fold=number, folds=folds, name=name, from_epoch=len(epochs))
            self._report(began)

        def on_batch(epoch: int, batch: int, batches: int) -> None:
            self._report(BatchDone(fold=number, epoch=epoch, batch=batch, batches=batches))

        def on_epoch(epoch: Epoch) -> None:
            self._log(number, [epoch])
            self._report(epoch_event(epoch, number, folds, epochs, self.labels))

        def on_stop(fitted: Fitted) -> None:
            self.stopped = number, fitted

        kept = CheckpointFile(
            self.folder(number),
            checkpoint_key(key, self._key, self.recipe),
            lambda words: self._report(Message(words=words)),
        )
        watch = Watch(on_start, on_batch, on_epoch, on_stop, self._should_stop, kept)
        return fit(
            self.examples,
            self.targets,
            train,
            validation,
            self.recipe,
            number,
            watch,
            stop_after,
        )

    def _rows(
        self, channels: Sequence[str], clips: Sequence[str] | None = None
    ) -> NDArray[np.intp]:
        chosen = self.table["channel"].isin(channels)
        if clips is not None:
            chosen &= self.table["clip"].isin(clips)
        return np.flatnonzero(chosen.to_numpy())

    def _check(self, number: int, fold: Fold) -> None:
        what = f"fold {number} ({fold.name})" if fold.name else f"fold {number}"
        train = self._rows(self.recipe.data.train_channels, fold.train)
        validation = self._rows(self.recipe.data.test_channels, fold.validation)
        test = self._rows(self.recipe.data.test_channels, fold.test)
        if not test.size or not validation.size or not train.size:
            raise CorpusError(
                f"{what}: no clip to train on, to validate on or to test in the channels that the "
                f"recipe asks for: {train.size} to train on in "
                f"{', '.join(self.recipe.data.train_channels)}, {validation.size} to validate on "
                f"and {test.size} to test in {', '.join(self.recipe.data.test_channels)}"
            )
        rows = np.concatenate([train, validation, test])
        if np.unique(rows).size < rows.size:
            raise CorpusError(f"{what}: a clip stands in two parts")
        unseen = sorted(set(self.classes[test]) - set(self.classes[train]))
        if unseen:
            raise CorpusError(
                f"{what}: no training clip is labelled "
                f"{', '.join(self.labels[index] for index in unseen)}; use other folds, or leave "
                "out or map these labels"
            )

    def _prediction_table(
        self, number: int, rows: NDArray[np.intp], said: dict[str, NDArray[np.float32]]
    ) -> pd.DataFrame:
        table = self.table.loc[rows, ["clip", "speaker", "emotion"]].reset_index(drop=True)
        table.insert(2, "fold", number)
        emotion, *further = self.targets.heads
        table["predicted"] = _chosen(emotion, said[emotion.name])
        table[self.labels] = said[emotion.name]
        for head in further:
            table[head.name] = self.table[head.name].iloc[rows].to_numpy()
            table[f"predicted_{head.name}"] = _chosen(head, said[head.name])
        return table

    def _finished(self, result: FoldResult, folds: int) -> FoldFinished:
        found = score_table(result.predictions, self.labels)
        return FoldFinished(
            fold=result.number,
            folds=folds,
            uar=found.uar.value,
            war=found.war.value,
            best_epoch=result.best_epoch,
        )

    def feature_progress(self, done: int, total: int, words: str = "") -> None:
        """Told of clips that are read.

        Raises:
            TaskCancelled: the study was asked to stop.
        """
        if self._should_stop():
            raise TaskCancelled("stopped while features were made")
        if done % 200 == 0 or done == total:
            self._report(FeaturesMade(done=done, total=total, doing=words))


def checkpoint_key(fold: str, examples: str, recipe: Recipe) -> str:
    """Names everything that decides how a network learns.

    Args:
        fold: the fold's key.
        examples: names what is learned from.
    """
    backend = os.environ.get("KERAS_BACKEND", "")
    made_by = [backend, *(metadata.version(name) for name in ("keras", "numpy"))]
    text = json.dumps([fold, examples, recipe.fingerprint(), *made_by])
    return hashlib.sha256(text.encode()).hexdigest()


def epoch_event(
    epoch: Epoch, fold: int, folds: int, epochs: int, labels: Sequence[str]
) -> EpochDone:
    """What is told of an epoch; scores that there are no clips for are left out."""
    to_come = epochs - epoch.number + max(folds - fold, 0) * epochs
    found = {name: getattr(epoch, name) for name in _SCORES}
    return EpochDone(
        fold=fold,
        folds=folds,
        epoch=epoch.number,
        epochs=epochs,
        loss=epoch.loss,
        scores={name: value for name, value in found.items() if math.isfinite(value)},
        recall=epoch.validation_recall,
        confusion=epoch.validation_confusion,
        labels=list(labels),
        seconds=epoch.seconds,
        eta_s=to_come * epoch.seconds,
        learning_rate=epoch.learning_rate,
    )


def _chosen(head: Head, said: NDArray[np.float32]) -> list[str] | list[float]:
    """The likeliest class of each row, or the value of a dimension."""
    if head.classes:
        return [head.classes[index] for index in said.argmax(axis=1)]
    return said[:, 0].tolist()


def _left_out(table: pd.DataFrame, channels: set[Channel]) -> dict[str, int]:
    """How many clips take no part, by the first reason that holds."""
    sound = table["problems"].eq("")
    asked = table["channel"].isin(channels)
    reasons = {
        "problem with the clip": int((~sound).sum()),
        **labels.left_out(table[sound]),
        "channel not asked for": int((sound & table["emotion"].ne("") & ~asked).sum()),
    }
    return {reason: number for reason, number in reasons.items() if number}


def _save(folder: Path, result: FoldResult, key: str) -> None:
    """Write a finished fold; `fold.json` comes last, so its presence means that all is there."""
    folder.mkdir(parents=True, exist_ok=True)
    result.predictions.to_csv(folder / "predictions.csv", index=False)
    fold = result.fold
    facts: dict[str, Any] = {
        "examples": key,
        "fold": {
            "key": fold.key,
            "protocol": fold.protocol,
            "name": fold.name,
            "test_speakers": fold.test_speakers,
            "validation_speakers": fold.validation_speakers,
        },
        "best_epoch": result.best_epoch,
        "history": [asdict(epoch) for epoch in result.history],
    }
    text = json.dumps(facts, indent=1)
    write_whole(folder / "fold.json", lambda draft: draft.write_text(text, encoding="utf-8"))


def _read(folder: Path, number: int, fold: Fold, key: str) -> FoldResult | None:
    """A fold finished before with the same clips in the same parts, or None."""
    try:
        facts = json.loads((folder / "fold.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if facts["fold"].get("key") != fold.key or facts.get("examples") != key:
        return None
    # A speaker who is not known is "", which is not a missing number.
    words = dict.fromkeys(("clip", "speaker", "emotion", "predicted"), str)
    predictions = pd.read_csv(folder / "predictions.csv", dtype=words, keep_default_na=False)
    history = [Epoch(**epoch) for epoch in facts["history"]]
    return FoldResult(number, fold, facts["best_epoch"], history, predictions)
