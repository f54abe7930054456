"""What is told of a finished epoch and of a finished fold."""

import math
from collections.abc import Sequence
from statistics import median

from ser_core.training.epoch import Epoch
from ser_core.training.events import EpochDone, FoldFinished
from ser_core.training.results import FoldResult, score_table

_SCORES = ("accuracy", "validation_loss", "validation_accuracy", "validation_uar")


def epoch_event(
    epoch: Epoch,
    fold: int,
    folds: int,
    epochs: int,
    labels: Sequence[str],
    paces: Sequence[float],
    again: bool = False,
) -> EpochDone:
    """What is told of an epoch; scores that there are no clips for are left out.

    Args:
        paces: what the last epochs took, in seconds; the time left goes by their median, since one
            that other work held up says little about those to come.
        again: see `EpochDone`.
    """
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
        eta_s=to_come * median(paces),
        learning_rate=epoch.learning_rate,
        again=again,
    )


def fold_event(result: FoldResult, folds: int, labels: Sequence[str]) -> FoldFinished:
    """What is told of a fold that was tested."""
    found = score_table(result.predictions, labels)
    return FoldFinished(
        fold=result.number,
        folds=folds,
        uar=found.uar.value,
        war=found.war.value,
        best_epoch=result.best_epoch,
    )
