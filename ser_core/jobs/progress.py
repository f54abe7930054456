"""How far a job is, from what its worker tells."""

from dataclasses import dataclass, field, replace
from typing import Any

from ser_core.training import events


@dataclass(frozen=True)
class Progress:
    """What is known after some events.

    Attributes:
        words: the last thing that was said.
        done: clips whose features are there, of `total`.
        fold: which is trained, from 1; 0 before the first and for the final model.
        final: whether it is the final model that is trained.
        fold_name: where the protocol gives it one.
        epoch: the last finished one of the fold.
        batch: the last finished one of the epoch after it, of `batches`.
        loss: of the last finished epoch.
        scores: of the last finished epoch, as events name them.
        fold_uar: test UAR of each finished fold, by its number.
        eta_s: seconds to the end as they were at `at`; None while they are not known.
        at: Unix seconds of the last event.
        since: Unix seconds at which the last epoch ended or the fold began.
    """

    words: str = ""
    done: int = 0
    total: int = 0
    fold: int = 0
    folds: int = 0
    final: bool = False
    fold_name: str = ""
    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    loss: float | None = None
    scores: dict[str, float] = field(default_factory=dict)
    fold_uar: dict[int, float] = field(default_factory=dict)
    eta_s: float | None = None
    at: float = 0.0
    since: float = 0.0

    def share(self, epochs: int, with_final: bool) -> float | None:
        """How much of the training is done, 0 to 1; None before it begins.

        Args:
            epochs: of a fold at most, for as long as no epoch has told of it.
            with_final: whether a final model is trained after the folds.
        """
        epochs = self.epochs or epochs
        if not self.folds or not epochs:
            return None
        before = self.folds if self.final else self.fold - 1
        within = min((self.epoch + self._of_epoch) / epochs, 1.0)
        return min((before + within) / (self.folds + with_final), 1.0)

    def left_s(self, epochs: int) -> float | None:
        """Seconds from `at` to the end of the last fold at most; None while they are not known.

        Args:
            epochs: of a fold at most, for as long as no epoch has told of it.
        """
        if self.eta_s is not None or not self._of_epoch or not epochs or self.final:
            return self.eta_s
        epoch_s = (self.at - self.since) / self._of_epoch
        return epoch_s * (epochs - self.epoch + max(self.folds - self.fold, 0) * epochs) - (
            self.at - self.since
        )

    @property
    def _of_epoch(self) -> float:
        return self.batch / self.batches if self.batches else 0.0

    def after(self, event: events.Event, at: float) -> "Progress":
        """What is known after one more event, which happened at `at`."""
        said = events.words(event) or self.words
        return replace(self, words=said, at=at, **_changes(self, event, at))


def _changes(now: Progress, event: events.Event, at: float) -> dict[str, Any]:
    match event:
        case events.FeaturesMade():
            return {"done": event.done, "total": event.total}
        case events.FoldStarted():
            return {
                "fold": event.fold,
                "folds": event.folds or now.folds,
                "final": event.fold == 0,
                "fold_name": event.name,
                "epoch": event.from_epoch,
                "batch": 0,
                "since": at,
            }
        case events.BatchDone():
            return {"epoch": event.epoch - 1, "batch": event.batch, "batches": event.batches}
        case events.EpochDone():
            return {
                "fold": event.fold,
                "epoch": event.epoch,
                "epochs": event.epochs,
                "batch": 0,
                "loss": event.loss,
                "scores": event.scores,
                "eta_s": event.eta_s,
                "since": at,
            }
        case events.FoldFinished():
            return {"fold_uar": {**now.fold_uar, event.fold: event.uar}}
    return {}
