"""All jobs as they stand, read from their folders with as little work as can be."""

import os
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ser_core.errors import ParameterError, UnknownNameError
from ser_core.jobs.folder import Ended, JobFolder, State, Status, list_jobs, recovered
from ser_core.jobs.progress import Progress
from ser_core.training import worker

WORDS: dict[Status, str] = {
    "SCHEDULED": "waiting",
    "RUNNING": "running",
    "FINISHED": "finished",
    "FAILED": "failed",
    "KILLED": "stopped",
}
"""What a status is called. A job that was asked to stop is "stopping" until it has, and one that
was stopped by nobody is "interrupted"."""

_Mark = tuple[int, int, int] | None


@dataclass(frozen=True)
class Job:
    """A job at one instant.

    Attributes:
        order: what to train, as `order.json` has it; empty where that cannot be read.
        place: in line, from 1; 0 when it does not wait.
        stopping: it was asked to stop and has not got there yet.
    """

    job_id: str
    path: Path
    order: dict[str, Any]
    state: State
    place: int = 0
    stopping: bool = False

    @property
    def status(self) -> Status:
        """SCHEDULED, RUNNING, FINISHED, FAILED or KILLED."""
        return self.state.status

    @property
    def word(self) -> str:
        """How it stands, in one word for people: see `WORDS`."""
        if self.stopping:
            return "stopping"
        if self.status == "KILLED" and self.state.interrupted:
            return "interrupted"
        return WORDS[self.status]

    @property
    def progress(self) -> Progress:
        """How far it is, or was at its end."""
        return self.state.progress

    @property
    def recipe(self) -> str:
        """Name of the recipe."""
        return str(self._recipe("name") or "")

    @property
    def architecture(self) -> str:
        """Name of the architecture."""
        return str(self._recipe("architecture", "name") or "")

    @property
    def corpus(self) -> str:
        """Names of the corpora, joined by "+"."""
        return "+".join(str(one.get("name", "")) for one in self.order.get("sources", []))

    @property
    def protocol(self) -> str:
        """How clips are split."""
        return str(self.order.get("protocol", ""))

    @property
    def model_name(self) -> str:
        """What the model is to be saved as; empty for none."""
        return str(self.order.get("model_name") or "")

    @property
    def wish(self) -> str:
        """The device that was asked for; see `device.fits`."""
        return str(self.order.get("device", "auto"))

    @property
    def epochs(self) -> int:
        """Of a fold, at most."""
        return self.progress.epochs or int(self._recipe("training", "epochs") or 0)

    @property
    def share(self) -> float | None:
        """How much of the training is done, 0 to 1; None before it begins."""
        if self.status == "FINISHED":
            return 1.0
        return self.progress.share(self.epochs, with_final=bool(self.model_name))

    @property
    def elapsed_s(self) -> float | None:
        """Seconds of the last attempt; None while it waits for its first or next one."""
        if self.state.started is None:
            return None
        return max((self.state.ended or time.time()) - self.state.started, 0.0)

    @property
    def eta_s(self) -> float | None:
        """Seconds to the end at most, for folds may end early; None while that is not known."""
        left_s = self.progress.left_s(self.epochs)
        if self.status != "RUNNING" or left_s is None:
            return None
        left_s -= time.time() - self.progress.at
        return left_s if left_s > 0 else None  # it takes longer than was thought

    def _recipe(self, *names: str) -> Any:
        found: Any = self.order.get("recipe")
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        return found


@dataclass
class _Entry:
    folder: JobFolder
    order: dict[str, Any]
    mark: _Mark
    state: State
    ended: Ended | None = None
    unsaved: bool = False
    """The disk refused `state.json`; what is here is newer."""


class JobBook:
    """Reads jobs' folders again where they have changed; safe to use from several threads.

    Args:
        root: where all jobs are.
        fresh_s: for so long a reading counts as new.
    """

    def __init__(self, root: Path, fresh_s: float = 0.2) -> None:
        self.root = root
        self.lock = threading.RLock()
        self._fresh_s = fresh_s
        self._read = -1e9
        self._entries: dict[str, _Entry] = {}

    def jobs(self, now: bool = False) -> list[Job]:
        """Every job, oldest first.

        Args:
            now: read the folders even if that was done a moment ago.
        """
        with self.lock:
            if now or time.monotonic() - self._read > self._fresh_s:
                self._refresh()
            waiting = [key for key, one in self._entries.items() if one.state.status == "SCHEDULED"]
            waiting.sort(key=lambda key: (self._entries[key].state.queued, key))
            places = {key: place for place, key in enumerate(waiting, start=1)}
            return [_job(one, places.get(key, 0)) for key, one in self._entries.items()]

    def job(self, job_id: str) -> Job:
        """One job, read anew.

        Raises:
            UnknownNameError: there is no such job.
        """
        for job in self.jobs(now=True):
            if job.job_id == job_id:
                return job
        raise UnknownNameError(f"there is no job {job_id}")

    def forget(self) -> None:
        """Read the folders again at the next look, however soon."""
        with self.lock:
            self._read = -1e9

    def folder(self, job_id: str) -> JobFolder:
        """A job's folder, which need not be there."""
        return JobFolder(self.root / job_id)

    def ended(self, job_id: str) -> Ended | None:
        """What the worker of the last attempt said last of all."""
        with self.lock:
            entry = self._entries.get(job_id)
            if entry is None:
                return None
            _follow(entry)
            # Whoever led before may have read that far, and not have come to write it down.
            return entry.ended or entry.folder.last_said(entry.state.started or 0.0)

    def update(self, job_id: str, **changes: Any) -> State:
        """Change a job's state and write it; for whoever leads the jobs.

        When the disk refuses, the state is kept here, and written by `save` later.

        Raises:
            UnknownNameError: the job is gone.
        """
        with self.lock:
            entry = self._entries.get(job_id)
            if entry is None or not entry.folder.path.is_dir():
                raise UnknownNameError(f"there is no job {job_id}")
            if changes.get("attempt", entry.state.attempt) != entry.state.attempt:
                entry.ended = None
            entry.state, entry.unsaved = replace(entry.state, **changes), True
            self._save(entry)
            return entry.state

    def save(self) -> None:
        """Write what the disk has refused before."""
        with self.lock:
            for entry in self._entries.values():
                if entry.unsaved:
                    self._save(entry)

    def _save(self, entry: _Entry) -> None:
        try:
            entry.folder.write_state(entry.state)
        except OSError:
            return
        entry.unsaved, entry.mark = False, _mark(entry.folder)

    def _refresh(self) -> None:
        names = list_jobs(self.root)
        old, self._entries = self._entries, {}
        for name in names:
            entry = old.get(name)
            if entry is None:
                entry = _read(JobFolder(self.root / name))
            elif not entry.unsaved and _mark(entry.folder) != entry.mark:
                _reread(entry)
            if entry.state.status == "RUNNING":
                _follow(entry)
            self._entries[name] = entry
        self._read = time.monotonic()


def _read(folder: JobFolder) -> _Entry:
    try:
        order = folder.order()
    except ParameterError:
        order = {}
    mark = _mark(folder)
    state = folder.state()
    return _Entry(folder, order, mark, recovered(folder) if state is None else state)


def _reread(entry: _Entry) -> None:
    mark, state = _mark(entry.folder), entry.folder.state()
    state = recovered(entry.folder) if state is None else state
    known = entry.state
    if state.attempt != known.attempt:
        entry.ended = None
    elif known.offset > state.offset:  # more was read here than whoever wrote it had read
        state = replace(state, offset=known.offset, progress=known.progress)
    entry.mark, entry.state = mark, state


def _follow(entry: _Entry) -> None:
    """Read what the worker has told since."""
    state = entry.state
    if entry.folder.events_size() == state.offset:
        return
    reading = entry.folder.read_events(state.offset)
    progress, run_id = state.progress, state.run_id
    for at, event in reading.events:
        progress = progress.after(event, at)
        run_id = run_id or getattr(event, "run_id", "")
    entry.ended = reading.ended or entry.ended
    entry.state = replace(state, offset=reading.offset, progress=progress, run_id=run_id)


def _job(entry: _Entry, place: int) -> Job:
    stopping = entry.state.status == "RUNNING" and entry.folder.asked(worker.STOP)
    path = entry.folder.path
    return Job(entry.folder.job_id, path, entry.order, entry.state, place, stopping)


def _mark(folder: JobFolder) -> _Mark:
    """Changes whenever `state.json` is replaced."""
    try:
        found = os.stat(folder.path / worker.STATE)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
