"""The file that a job's worker tells its events in: each is there once, however often it is killed.

A worker may be killed after an epoch is safe in a checkpoint and before it has told of it, or while
it tells. Whoever takes the training up tells all of its epochs again, and here those are written
that the file does not have.
"""

import errno
import json
import os
import threading
import time
from pathlib import Path

from ser_core.errors import ParameterError, SerError
from ser_core.training import events


class DiskError(SerError):
    """An event cannot be written."""


class EventLog:
    """Appends events to a file, a line each, every line in one write.

    A line that an earlier process left half-written is closed first, so that it spoils nothing but
    itself.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._told = _Told()
        self._lock = threading.Lock()

    def append(self, event: events.Event) -> None:
        """Write an event, but for an epoch that is told again and that the file has.

        Raises:
            DiskError: the disk is full, or the file may not be written.
        """
        with self._lock:
            file = self._opened()
            if isinstance(event, events.EpochDone) and event.again and self._told.has(event):
                return
            self._write(file, events.write(event))
            self._told.take(event)

    def ended(self, state: str, reason: str = "", can_resume: bool = True) -> None:
        """Write how the worker ended: the last line.

        Raises:
            DiskError: the disk is full, or the file may not be written.
        """
        said = {"kind": "ended", "state": state, "reason": reason, "can_resume": can_resume}
        with self._lock:
            self._write(self._opened(), json.dumps(said))

    def _write(self, file: int, document: str) -> None:
        """Write a JSON document, with the time put into it."""
        text = f'{{"time":{time.time():.3f},{document[1:]}\n'.encode()
        try:
            if os.write(file, text) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise self._refused(error) from None

    def _opened(self) -> int:
        """The file, read to its end when it is opened."""
        if self._file is None:
            try:
                self._file = _open(self._path)
                self._told.read(self._path)
            except OSError as error:
                raise self._refused(error) from None
        return self._file

    def _refused(self, error: OSError) -> DiskError:
        why = error.strerror or str(error)
        return DiskError(f"{self._path} cannot be written ({why})")


class _Told:
    """Epochs that a reader of the file knows, by their folds."""

    def __init__(self) -> None:
        self._epochs: dict[int, set[int]] = {}

    def read(self, path: Path) -> None:
        """Take every event of a file; what is no event is passed over, as readers do."""
        if not path.is_file():
            return
        with path.open("rb") as file:
            for line in file:
                if b'"kind":"batch"' in line:  # most lines are batches, and need not be understood
                    continue
                try:
                    self.take(events.read(line))
                except ParameterError:
                    continue

    def take(self, event: events.Event) -> None:
        """One more event, which a fold's epochs are known by, or made void by a new beginning."""
        if isinstance(event, events.FoldStarted):
            epochs = self._epochs.get(event.fold, set())
            self._epochs[event.fold] = {one for one in epochs if one <= event.from_epoch}
        elif isinstance(event, events.EpochDone):
            self._epochs.setdefault(event.fold, set()).add(event.epoch)

    def has(self, event: events.EpochDone) -> bool:
        """Whether an epoch is known."""
        return event.epoch in self._epochs.get(event.fold, ())


def _open(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    size = os.fstat(file).st_size
    if size:
        os.lseek(file, size - 1, os.SEEK_SET)
        if os.read(file, 1) != b"\n":
            os.write(file, b"\n")
    return file
