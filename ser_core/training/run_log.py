"""What the run store is told of a run while it goes on."""

import contextlib
import math
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ser_core.errors import TrackingError
from ser_core.tracking import RunStore, Status
from ser_core.training.epoch import Epoch
from ser_core.training.events import Message, Report, RunStarted

EVERY_S = 5.0
"""Seconds between writes: one costs some 10 ms, and much more on a store that others use."""

_EPOCH_METRICS = (
    "loss",
    "accuracy",
    "validation_loss",
    "validation_accuracy",
    "validation_uar",
    "learning_rate",
)


class RunLog:
    """One run in the store: begun, told of epochs in portions, and ended.

    A store that cannot be reached in the middle of a run stops nothing: what it was to be told
    waits for the next time.

    Args:
        run_id: of a run that was announced or interrupted; None for a new one.
    """

    def __init__(self, store: RunStore, report: Report, run_id: str | None = None) -> None:
        self.store = store
        self.run_id = run_id
        self._taken_up = run_id is not None
        self._report = report
        self._known: dict[int, set[int]] = {}  # epochs by fold, of a run taken up again
        self._waiting: dict[int, dict[str, float]] = {}
        self._written = -math.inf
        self._failed = False

    def start(self, name: str, parameters: Mapping[str, Any], tags: Mapping[str, Any]) -> str:
        """Begin the run, or go on with the one that was given.

        Raises:
            TrackingError: the store cannot be written.
        """
        tags = {**tags, "host": socket.gethostname()}
        if self.run_id is None:
            self.run_id = self.store.start(name, parameters, tags)
        else:
            self.store.reopen(self.run_id)
            self.store.tag(self.run_id, tags)
        self._report(RunStarted(run_id=self.run_id))
        return self.run_id

    def epochs(self, fold: int, epochs: Sequence[Epoch]) -> None:
        """Write the scores of finished epochs, at once or with those of the next."""
        if not fold or not epochs or self.run_id is None:
            return
        if fold not in self._known:
            self._known[fold] = self._steps(fold) if self._taken_up else set()
        for epoch in epochs:
            if epoch.number not in self._known[fold]:
                scores = {f"fold{fold}.{name}": getattr(epoch, name) for name in _EPOCH_METRICS}
                self._waiting.setdefault(epoch.number, {}).update(scores)
        if time.monotonic() - self._written >= EVERY_S:
            self._try_to_write()

    def write(self) -> None:
        """Write what waits.

        Raises:
            TrackingError: the store cannot be written.
        """
        if self._waiting and self.run_id is not None:
            self.store.log_steps(self.run_id, self._waiting)
            self._waiting = {}
        self._written = time.monotonic()

    def end(self, status: Status, reason: str = "") -> None:
        """Write what waits, and how the run ended. Its error, if it has one, matters more."""
        if self.run_id is None:
            return
        with contextlib.suppress(TrackingError):
            self.write()
        with contextlib.suppress(TrackingError):
            if reason:
                self.store.tag(self.run_id, {"reason": reason})
        with contextlib.suppress(TrackingError):
            self.store.finish(self.run_id, status)

    def _try_to_write(self) -> None:
        try:
            self.write()
        except TrackingError as error:
            if not self._failed:
                self._report(Message(words=f"{error}; training goes on, and it is told later"))
            self._failed = True
            self._written = time.monotonic()
        else:
            self._failed = False

    def _steps(self, fold: int) -> set[int]:
        """Epochs of a fold that the store knows."""
        assert self.run_id is not None
        with contextlib.suppress(TrackingError):
            return {step for step, _ in self.store.history(self.run_id, f"fold{fold}.loss")}
        return set()
