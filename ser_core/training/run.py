"""One training run from a recipe to a scored, saved model."""

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pandas as pd

from ser_core import paths
from ser_core.corpora import combine
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.quality import with_problems
from ser_core.corpora.splits import Fold, LeakCheck, split_notes
from ser_core.errors import SerError, TaskCancelled
from ser_core.inference.model_place import draft
from ser_core.tracking import open_store
from ser_core.training.checkpoint import clear
from ser_core.training.config import Recipe, override
from ser_core.training.cross_validation import FOLD_MODELS, Study
from ser_core.training.events import DRAWING, Finished, Message, Report, silent
from ser_core.training.failures import in_words, reason
from ser_core.training.nested import Candidates, Choice
from ser_core.training.order import Order
from ser_core.training.results import CrossValidation
from ser_core.training.run_files import (
    RECIPE,
    STOPPED,
    keep_results,
    keep_stopped,
    keep_surroundings,
    known_by,
)
from ser_core.training.run_log import RunLog
from ser_core.training.run_models import (
    LIMITS,
    RESPONSIBLE_USE,
    check_name,
    keep_fold,
    put_in_place,
    save_model,
)
from ser_core.training.run_words import left_out_words, manner, summary

__all__ = [
    "LIMITS",
    "RECIPE",
    "RESPONSIBLE_USE",
    "STOPPED",
    "Order",
    "default_work",
    "summary",
    "train",
]


def train(
    order: Order,
    report: Report = silent,
    should_stop: Callable[[], bool] = lambda: False,
    work: Path | None = None,
    run_id: str | None = None,
    draw: Callable[[str], str] | None = None,
) -> str:
    """Run all folds, keep scores and predictions in the run store, and save a model if asked.

    Args:
        report: told how it goes on.
        should_stop: asked between batches; the weights of the best epoch so far are then kept with
            the run.
        work: folder for checkpoints and finished folds; None for the one of this very order, which
            `order.resume` reads. Whoever gives one clears it, see `checkpoint.clear`.
        run_id: of a run in the store that was announced or interrupted; None for a new one.
        draw: keeps pictures with the run of an id, before it is said to be finished; returns what
            went wrong, in words, "" for nothing.

    Returns:
        The run's id.

    Raises:
        NameTakenError: another model has its name, and `order.replace` does not say so.
        ParameterError: the model's name is not allowed.
        CorpusError: the corpus cannot be read or split.
        TaskCancelled: it was stopped; the run is marked KILLED.
        SerError: training failed; the run is marked FAILED, and its tag `reason` says why. Or the
            very same is being trained already, and there is no run.
    """
    if work is None:
        with _alone(order):
            run_id = _train_and_tell(order, report, should_stop, default_work(order), run_id, draw)
            clear(default_work(order))  # what is left of the final model's
    else:
        run_id = _train_and_tell(order, report, should_stop, work, run_id, draw)
    report(Finished(run_id=run_id))
    return run_id


def _train_and_tell(
    order: Order,
    report: Report,
    should_stop: Callable[[], bool],
    work: Path,
    run_id: str | None,
    draw: Callable[[str], str] | None,
) -> str:
    """Train, and have the run say how it ended."""
    log = RunLog(open_store(), report, run_id)
    try:
        _train(order, report, should_stop, work, log, draw)
    except (KeyboardInterrupt, TaskCancelled):
        log.end("KILLED")
        raise
    except BaseException as error:
        log.end("FAILED", reason(error))
        told = in_words(error)
        if told is error:
            raise
        raise told from error
    assert log.run_id is not None
    return log.run_id


@contextlib.contextmanager
def _alone(order: Order) -> Iterator[None]:
    """Nobody else trains in the order's folder: two would take each other's epochs for their own.

    Raises:
        SerError: somebody does.
    """
    from filelock import FileLock, Timeout

    # Beside the folder, which a training that begins anew removes.
    lock = FileLock(default_work(order).with_suffix(".lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise SerError(
            f"{order.recipe.name} is being trained already, with the same settings, protocol and "
            "clips: wait until that is done or stop it; to train it twice, give another seed "
            "(--set seed=1)"
        ) from None
    try:
        yield
    finally:
        lock.release()


def default_work(order: Order) -> Path:
    """Where an order's checkpoints and finished folds lie."""
    return paths.folder("runs", "work", order.fingerprint)


def _train(
    order: Order,
    report: Report,
    should_stop: Callable[[], bool],
    work: Path,
    log: RunLog,
    draw: Callable[[str], str] | None,
) -> None:
    check_name(order)
    PROTOCOLS.get(order.protocol)  # a mistyped name shows before the corpus is read
    report(Message(words="looking at the clips"))
    table = with_problems(order.labels.apply(combine.read(order.sources)))
    trial = Trial(order, table, work, report, should_stop, log)
    folds, leaks = trial.split()
    report(Message(words="loading the training libraries; noting clips and machine"))
    run_id = log.start(order.recipe.name, *known_by(order))
    try:
        keep_surroundings(log.store, run_id, trial.study)
        results, choices = trial.cross_validate(folds)
        log.write()
        chosen = trial.chosen_words(choices)
        keep_results(log.store, run_id, order, trial.study, results, leaks, work, chosen)
        report(Message(words=summary(results) + manner(order)))
        trial.say_left_out()
        if order.model_name:
            with draft(order.model_name) as folder:
                save_model(order, trial.final_study(), results, leaks, folder, run_id)
                log.store.log_artifact(run_id, folder)
                report(put_in_place(order, folder))
        if draw is not None:
            report(Message(words=DRAWING))
            if trouble := draw(run_id):
                report(Message(words=trouble))
    except (KeyboardInterrupt, TaskCancelled):
        keep_stopped(log.store, run_id, trial.stopped_study(), work)
        raise
    log.store.finish(run_id)


class Trial:
    """An order's study, or its candidates' studies, one of which is chosen for each fold."""

    def __init__(
        self,
        order: Order,
        table: pd.DataFrame,
        work: Path,
        report: Report,
        should_stop: Callable[[], bool],
        log: RunLog,
    ) -> None:
        self._order, self._report = order, report
        keep = partial(keep_fold, order) if order.keep_folds else None

        def study(recipe: Recipe, folder: Path) -> Study:
            kept = work / FOLD_MODELS
            return Study(table, recipe, folder, report, should_stop, log.epochs, keep, kept)

        self._candidates: Candidates | None = None
        if order.choices:
            recipes = [override(order.recipe, dict(each)) for each in order.choices]
            studies = [
                study(recipe, work / f"candidate-{number}")
                for number, recipe in enumerate(recipes, start=1)
            ]
            self._candidates = Candidates(order.choices, tuple(studies), work, report)
            self.study = studies[0]
        else:
            self.study = study(order.recipe, work)
        self.say_left_out()

    def say_left_out(self) -> None:
        """Tell which clips take no part, if there are any."""
        if self.study.left_out:
            self._report(Message(words=left_out_words(self.study)))

    def split(self) -> tuple[list[Fold], LeakCheck]:
        """The folds, and what stands on both sides; both are told."""
        folds = self.study.material.folds(self._order.protocol)
        for note in split_notes(folds):
            self._report(Message(words=f"{self._order.protocol}: {note}"))
        leaks = self.study.material.leaks(folds)
        self._report(Message(words=leaks.sentence))
        return folds, leaks

    def cross_validate(self, folds: list[Fold]) -> tuple[CrossValidation, list[Choice]]:
        """Train and test every fold, with the settings that were chosen for it."""
        if self._candidates is not None:
            return self._candidates.cross_validate(folds, self._order.resume)
        return self.study.cross_validate(folds, self._order.resume), []

    def chosen_words(self, choices: list[Choice]) -> list[dict[str, object]]:
        """What was chosen and tried for each fold, for a JSON document."""
        return [] if self._candidates is None else self._candidates.document(choices)

    def final_study(self) -> Study:
        """The study of the final model: with several candidates, of the one best on everybody."""
        if self._candidates is None:
            return self.study
        return self._candidates.studies[self._candidates.choose_for_everybody().place]

    def stopped_study(self) -> Study:
        """The study that was stopped, if any was."""
        studies = (self.study,) if self._candidates is None else self._candidates.studies
        return next((study for study in studies if study.stopped), self.study)
