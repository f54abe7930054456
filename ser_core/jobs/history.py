"""What a job's worker has told so far, epoch by epoch: what curves are drawn from."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ser_core.jobs.folder import JobFolder
from ser_core.training import events

_NAN = float("nan")


@dataclass
class FoldHistory:
    """One fold, or the final model.

    Attributes:
        number: from 1; 0 is the final model, which learns from every clip.
        name: where the protocol gives it one.
        epochs: by their numbers; an epoch that was trained again after a resume stands as it was
            the last time.
        best_epoch: which the fold was tested with; 0 before that.
        uar, war: of its test clips, 0 to 1; None before they are scored.
    """

    number: int
    name: str = ""
    epochs: dict[int, events.EpochDone] = field(default_factory=dict)
    best_epoch: int = 0
    uar: float | None = None
    war: float | None = None

    def best_so_far(self, monitor: str) -> int:
        """The epoch that is kept: the one that was tested, or the best one up to now; 0 for none.

        Args:
            monitor: what picks it, as a recipe says: "uar", "accuracy", "loss" or "last".
        """
        if self.best_epoch or not self.epochs:
            return self.best_epoch
        if monitor == "last":
            return max(self.epochs)
        sign = -1 if monitor == "loss" else 1
        name = f"validation_{monitor}"
        known = {
            one: sign * epoch.scores[name]
            for one, epoch in sorted(self.epochs.items())
            if name in epoch.scores
        }
        return max(known, key=lambda one: known[one]) if known else 0

    @property
    def last(self) -> events.EpochDone | None:
        """The last finished epoch."""
        return self.epochs[max(self.epochs)] if self.epochs else None

    def values(self, name: str) -> list[float]:
        """A score by epoch, from the first to the last; NaN where there is none.

        Args:
            name: "loss", or one of `EpochDone.scores`.
        """
        return [_score(epoch, name) for epoch in self._in_order()]

    def recall(self, label: str) -> list[float]:
        """Recall of an emotion's validation clips by epoch, NaN where there is none."""
        return [epoch.recall.get(label, _NAN) if epoch else _NAN for epoch in self._in_order()]

    def _in_order(self) -> list[events.EpochDone | None]:
        """None for an epoch of which nothing is known."""
        return [self.epochs.get(one) for one in range(1, max(self.epochs, default=0) + 1)]


def _score(epoch: events.EpochDone | None, name: str) -> float:
    if epoch is None:
        return _NAN
    return epoch.loss if name == "loss" else epoch.scores.get(name, _NAN)


@dataclass(frozen=True)
class JobHistory:
    """All folds of a job at one instant, to be read only; the same object until more is known.

    Attributes:
        mark: another number whenever there is more to be drawn.
        folds: by their numbers.
        messages: what was told in words, each with its time in Unix seconds.
        model: name of the model that was saved; "" for none.
    """

    mark: int
    folds: Mapping[int, FoldHistory]
    messages: tuple[tuple[float, str], ...] = ()
    model: str = ""


class HistoryReader:
    """Reads jobs' events; each reading takes up where the one before ended.

    Safe to use from several threads.

    Args:
        keep: of so many jobs what was read is remembered.
    """

    def __init__(self, keep: int = 8) -> None:
        self._keep = keep
        self._lock = threading.Lock()
        self._readers: OrderedDict[Path, _Reader] = OrderedDict()

    def read(self, folder: JobFolder) -> JobHistory:
        """What a job's worker has told by now."""
        with self._lock:
            reader = self._readers.pop(folder.path, None) or _Reader(folder)
            self._readers[folder.path] = reader  # the newest is last
            while len(self._readers) > self._keep:
                self._readers.popitem(last=False)
            return reader.read()


class _Reader:
    """Reads one job's events on from where it was."""

    def __init__(self, folder: JobFolder) -> None:
        self._folder = folder
        self._offset, self._mark = 0, 0
        self._folds: dict[int, FoldHistory] = {}
        self._shown: dict[int, FoldHistory] = {}  # copies, so that no snapshot changes
        self._messages: list[tuple[float, str]] = []
        self._model = ""
        self._last: JobHistory | None = None

    def read(self) -> JobHistory:
        """What there is by now."""
        reading = self._folder.read_events(self._offset)
        if not reading.events and self._last is not None:
            return self._last
        self._offset = reading.offset
        for at, event in reading.events:
            self._take(event, at)
        for number, fold in self._folds.items():
            if number not in self._shown:
                self._shown[number] = replace(fold, epochs=dict(fold.epochs))
        folds = {number: self._shown[number] for number in sorted(self._shown)}
        if self._last is None or self._last.mark != self._mark:
            self._last = JobHistory(self._mark, folds, tuple(self._messages), self._model)
        return self._last

    def _take(self, event: events.Event, at: float) -> None:
        match event:
            case events.FoldStarted():
                fold = self._fold(event.fold)
                fold.name = event.name
                for epoch in [one for one in fold.epochs if one > event.from_epoch]:
                    del fold.epochs[epoch]  # they are trained again
            case events.EpochDone():
                self._fold(event.fold).epochs[event.epoch] = event
            case events.FoldFinished():
                fold = self._fold(event.fold)
                fold.best_epoch, fold.uar, fold.war = event.best_epoch, event.uar, event.war
            case events.Message():
                self._messages.append((at, event.words))
            case events.ModelSaved():
                self._model = event.name
            case _:
                return
        self._mark += 1

    def _fold(self, number: int) -> FoldHistory:
        self._shown.pop(number, None)
        return self._folds.setdefault(number, FoldHistory(number))
