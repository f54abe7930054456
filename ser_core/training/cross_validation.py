"""Train and test a recipe over the folds of a protocol, then once more on everybody."""

import copy
import hashlib
import json
import os
import shutil
from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.corpora.splits import Fold
from ser_core.errors import TaskCancelled
from ser_core.training import checkpoint
from ser_core.training.checkpoint import CheckpointFile
from ser_core.training.config import Recipe
from ser_core.training.epoch import Epoch
from ser_core.training.events import (
    BatchDone,
    FeaturesMade,
    FoldStarted,
    Message,
    Report,
    silent,
)
from ser_core.training.examples import Examples, examples_key, make_examples
from ser_core.training.failures import reason
from ser_core.training.fold_file import read_fold, save_fold
from ser_core.training.material import material
from ser_core.training.predictions import prediction_table
from ser_core.training.preflight import check_folds
from ser_core.training.progress import epoch_event, fold_event
from ser_core.training.results import CrossValidation, FoldResult, score_table
from ser_core.training.rows import examples_by_row
from ser_core.training.starting_point import heard_in_all
from ser_core.training.targets import Targets
from ser_core.training.trainer import Fitted, Watch, fit, predict_averaged
from ser_core.words import count

__all__ = ["FOLD_MODELS", "CrossValidation", "FoldResult", "Study", "score_table"]

FOLD_MODELS = "fold-models"
"""Folder of the networks of all folds, where they are kept: each in `fold-N`."""

_PACE_EPOCHS = 7  # whose times tell how long the rest takes

Log = Callable[[int, Sequence[Epoch]], None]
Keep = Callable[["Study", FoldResult, Fitted, Path], None]


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
        models: above the folders that `keep` is given; None for one in `work`.

    Attributes:
        material: the clips that take part, and what is learned of them.
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
        models: Path | None = None,
    ) -> None:
        self.material = material(table, recipe)
        self.recipe = recipe
        self._work = work
        self._report = report
        self._should_stop = should_stop
        self._log = log
        self._keep = keep
        self._models = models or work / FOLD_MODELS
        self.stopped: tuple[int, Fitted] | None = None
        self._paces: deque[float] = deque(maxlen=_PACE_EPOCHS)
        self._examples: Examples | None = None
        for note in self.material.notes:
            report(Message(words=note))

    @property
    def table(self) -> pd.DataFrame:
        """What folds are made of; see `Material.table`."""
        return self.material.table

    @property
    def labels(self) -> list[str]:
        """The emotions, in house order."""
        return self.material.labels

    @property
    def targets(self) -> Targets:
        """What is learned of each row."""
        return self.material.targets

    @property
    def left_out(self) -> dict[str, int]:
        """Clips that take no part, by reason."""
        return self.material.left_out

    @property
    def examples(self) -> Examples:
        """Features of the clips, made on first use."""
        if self._examples is None:
            clips = self.material.clips
            self._report(Message(words=f"features of {count(len(clips), 'clip')}"))
            made = make_examples(clips, self.recipe, self.feature_progress)
            apart = self.recipe.faults.copies_before_split
            self._examples = examples_by_row(made) if apart else made
        return self._examples

    @cached_property
    def _key(self) -> str:
        """Names what is learned from, as it was when the study began."""
        return examples_key(self.material.clips, self.recipe)

    def cross_validate(self, folds: Sequence[Fold], resume: bool = False) -> CrossValidation:
        """Train and test every fold.

        Args:
            folds: clips of each fold; those that this study leaves out are passed over.
            resume: read back the folds that an interrupted run of the same study finished.

        Raises:
            CorpusError: a label of the test clips has no training clip, a part is empty, or two
                share a clip.
        """
        check_folds(self.material, folds)
        if not resume:
            self.forget()
        results = [
            self.result(number, fold, len(folds), resume)
            for number, fold in enumerate(folds, start=1)
        ]
        return CrossValidation(self.labels, results)

    def result(self, number: int, fold: Fold, folds: int, resume: bool) -> FoldResult:
        """Train and test one fold of several, or read back what was finished of it before."""
        saved = self.folder(number)
        result = self._read(saved, number, fold) if resume else None
        if result is None:
            result = self._run_fold(number, fold, folds)
            self._save(saved, result)
        else:
            epochs = self.recipe.training.epochs
            self._tell_again(number, folds, epochs, result.history)
        self._report(fold_event(result, folds, self.labels))
        return result

    def forget(self) -> None:
        """Remove what an earlier run has left to be taken up again."""
        shutil.rmtree(self._work, ignore_errors=True)

    def quietly(self, work: Path) -> "Study":
        """The same study elsewhere, which tells and keeps nothing: to try something out.

        Args:
            work: as of `Study`.
        """
        other = copy.copy(self)
        other._examples = self.examples  # made once for both
        other._work, other._report, other._keep = work, silent, None
        other._log = lambda *_: None
        return other

    def fit_final(self, epochs: int) -> Fitted:
        """Train on every clip for a number of epochs that was chosen elsewhere."""
        everyone = self.material.rows(self.recipe.data.train_channels)
        nobody = np.empty(0, np.intp)
        return self._fit(0, 0, "", f"{epochs} epochs", everyone, nobody, stop_after=epochs)

    def folder(self, number: int) -> Path:
        """Where a fold is kept; the final model is number 0."""
        return self._work / (f"fold-{number}" if number else "final")

    def _read(self, folder: Path, number: int, fold: Fold) -> FoldResult | None:
        """A fold finished before, with its network if that is to be kept."""
        if self._keep is not None and not (self._models / folder.name).is_dir():
            return None
        return read_fold(folder, number, fold, self._key)

    def _save(self, folder: Path, result: FoldResult) -> None:
        """Keep a finished fold; the study goes on where that is not possible."""
        try:
            save_fold(folder, result, self._key)
        except OSError as error:
            words = f"fold {result.number} cannot be kept to be resumed: {reason(error)}"
            self._report(Message(words=words))
        else:
            (folder / checkpoint.FILE).unlink(missing_ok=True)

    def trained_on(self, corpus: str, clips: Sequence[str] | None = None) -> dict[str, Any]:
        """Corpus and speakers that `fit_final` learns from, or the network of a fold's clips.

        Of a training that goes on from a saved model, those of that model, too.
        """
        rows = self.material.rows(self.recipe.data.train_channels, clips)
        own = {"corpus": corpus, "speakers": sorted(set(self.table["speaker"].iloc[rows]))}
        start = self.recipe.training.init_from
        return heard_in_all(start, own) if start else own

    def _run_fold(self, number: int, fold: Fold, num_folds: int) -> FoldResult:
        train, validation, test = self.material.parts(fold)
        fitted = self._fit(number, num_folds, fold.name, fold.key, train, validation)
        copies = self.recipe.training.test_copies
        said = predict_averaged(fitted, self.examples, test, copies)
        table = prediction_table(self.material, number, test, said)
        size = int(fitted.network.count_params())
        result = FoldResult(number, fold, fitted.best_epoch, fitted.history, table, size)
        if self._keep is not None:
            self._keep(self, result, fitted, self._models / f"fold-{number}")
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
        watch = self._watch(number, folds, name, key, stop_after or self.recipe.training.epochs)
        return fit(
            self.examples, self.targets, train, validation, self.recipe, number, watch, stop_after
        )

    def _watch(self, number: int, folds: int, name: str, key: str, epochs: int) -> Watch:
        """Who is told of a fold's training, and where it is kept."""

        def on_start(finished: Sequence[Epoch]) -> None:
            began = FoldStarted(fold=number, folds=folds, name=name, from_epoch=len(finished))
            self._report(began)
            self._tell_again(number, folds, epochs, finished)

        def on_batch(epoch: int, batch: int, batches: int) -> None:
            self._report(BatchDone(fold=number, epoch=epoch, batch=batch, batches=batches))

        def on_epoch(epoch: Epoch) -> None:
            self._log(number, [epoch])
            self._paces.append(epoch.seconds)
            self._report(epoch_event(epoch, number, folds, epochs, self.labels, self._paces))

        def on_stop(fitted: Fitted) -> None:
            self.stopped = number, fitted

        kept = CheckpointFile(
            self.folder(number),
            checkpoint_key(key, self._key, self.recipe),
            lambda words: self._report(Message(words=words)),
        )
        return Watch(on_start, on_batch, on_epoch, on_stop, self._should_stop, kept)

    def _tell_again(self, fold: int, folds: int, epochs: int, finished: Sequence[Epoch]) -> None:
        """Tell of epochs that an interrupted run had finished, whether it had told or not."""
        self._log(fold, finished)
        for epoch in finished:
            paces = [epoch.seconds]
            self._report(epoch_event(epoch, fold, folds, epochs, self.labels, paces, again=True))

    def feature_progress(self, done: int, total: int, words: str = "") -> None:
        """Told of clips that are read.

        Raises:
            TaskCancelled: the study was asked to stop.
        """
        if self._should_stop():
            raise TaskCancelled("stopped while features were made")
        if done % max(1, min(200, total // 20)) == 0 or done == total:
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
