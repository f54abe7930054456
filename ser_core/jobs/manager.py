"""The jobs of one `SER_HOME`: what pages and commands read of them, and ask for.

    manager().submit(order)  # in line; a thread starts it when its device is free
    manager().jobs()         # snapshots, for pages

Workers are processes of their own and go on when this one ends; the next manager finds them again.
Of several managers the first leads (see `leader`), and the others wait for its end; all of them
read, and ask.
"""

import atexit
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from filelock import FileLock, Timeout

from ser_core.errors import NameTakenError, ParameterError, UnknownNameError
from ser_core.jobs import folder as folders
from ser_core.jobs.book import Job, JobBook
from ser_core.jobs.device import Device, find_devices
from ser_core.jobs.follower import Follower
from ser_core.jobs.history import HistoryReader, JobHistory
from ser_core.jobs.leader import Leader
from ser_core.jobs.mirror import Mirror
from ser_core.tracking import RunStore, open_store
from ser_core.training import worker

if TYPE_CHECKING:
    from ser_core.training.run import Order

WORKER = (sys.executable, "-m", "ser_core.training.worker")

_LOCK_S = 1.0


class JobManager:
    """See the module. All methods may be called from any thread; none waits for a worker.

    Args:
        root: folder of all jobs; None for the one below `SER_HOME`.
        devices: what jobs run on; None for what is found.
        command: starts a worker, with the job's folder behind it.
        store: opens the run store.
        poll_s: how often things are looked at.
        patience_s: how long a worker that was asked to stop may take before it is terminated, and
            then again before it is killed.
    """

    def __init__(
        self,
        root: Path | None = None,
        devices: Sequence[Device] | None = None,
        command: Sequence[str] = WORKER,
        store: Callable[[], RunStore] = open_store,
        poll_s: float = 0.25,
        patience_s: float = 5.0,
    ) -> None:
        self.root = root or folders.jobs_folder()
        self._book = JobBook(self.root)
        self._devices = None if devices is None else tuple(devices)
        self._histories = HistoryReader()
        self._poll_s = poll_s
        self._lock = FileLock(self.root / ".lead.lock", timeout=0, thread_local=False)
        self._closing = threading.Event()
        mirror = Mirror(self._book, store)
        follower = Follower(self._book, mirror, command, self._closing, poll_s, patience_s)
        self._leader = Leader(self._book, mirror, follower, self._closing, poll_s)
        self._keeper: threading.Thread | None = None

    @property
    def leads(self) -> bool:
        """Whether this manager starts workers; otherwise another one does, or none has begun."""
        return self._leader.leading.is_set()

    @property
    def devices(self) -> tuple[Device, ...]:
        """What jobs run on; the first call may take a moment."""
        if self._devices is None:
            self._devices = find_devices()
        return self._devices

    def is_led(self) -> bool:
        """Whether any manager leads, of this process or another."""
        if self.leads:
            return True
        try:
            with FileLock(self.root / ".lead.lock", timeout=0):
                return False
        except Timeout:
            return True

    def start(self) -> Self:
        """Lead the jobs as soon as nobody else does."""
        if self._keeper is None:
            self._keeper = threading.Thread(target=self._keep, name="jobs", daemon=True)
            self._keeper.start()
        return self

    def close(self, timeout_s: float = 5.0) -> None:
        """Lead no longer. Workers go on."""
        self._closing.set()
        if self._keeper is not None:
            self._keeper.join(timeout_s)

    def jobs(self) -> list[Job]:
        """Every job, oldest first."""
        return self._book.jobs()

    def job(self, job_id: str) -> Job:
        """One job.

        Raises:
            UnknownNameError: there is no such job.
        """
        return self._book.job(job_id)

    def find(self, reference: str) -> Job:
        """A job by its id, or by a part of it that no other has.

        Raises:
            UnknownNameError: no job, or several.
        """
        found = [job for job in self._book.jobs(now=True) if reference in job.job_id]
        if len(found) == 1 and reference:
            return found[0]
        if len(found) > 1:
            ids = ", ".join(job.job_id for job in found[-5:])
            raise UnknownNameError(f"job {reference!r} stands for several: {ids}")
        raise UnknownNameError(f"there is no job {reference!r}")

    def log(self, job_id: str) -> str:
        """The end of what a job's worker printed."""
        return self._book.folder(job_id).log()

    def history(self, job_id: str) -> JobHistory:
        """What a job's worker has told so far, for curves; reads only what is new."""
        return self._histories.read(self._book.folder(job_id))

    def read_events(self, job_id: str, offset: int = 0) -> folders.Reading:
        """What a job's worker told from `offset` on, for curves; of an epoch that was trained
        again after a resume, the last one counts.
        """
        return self._book.folder(job_id).read_events(offset)

    def check_name(self, model_name: str) -> None:
        """Make sure that no job which waits or runs is to save a model under a name.

        Raises:
            NameTakenError: one is.
        """
        for job in self.jobs():
            if job.model_name == model_name and not job.state.over:
                raise NameTakenError(
                    f"model name: job {job.job_id} is to save its model as {model_name!r}; take "
                    "another name"
                )

    def submit(self, order: "Order", device: str = "auto") -> str:
        """Put an order in line and return the job's id.

        Args:
            order: what to train.
            device: see `device.fits`.
        """
        from ser_core.training import order_file

        return self.submit_document({**order_file.document(order), "device": device})

    def submit_document(self, order: dict[str, Any], begun: Path | None = None) -> str:
        """The same for an order as `order.json` has it.

        Args:
            begun: see `folder.new_job`.

        Raises:
            ParameterError: the disk is full, or may not be written.
        """
        try:
            job = folders.new_job(order, self.root, begun)
        except OSError as error:
            why = error.strerror or str(error)
            raise ParameterError(f"the job cannot be kept in {self.root} ({why})") from None
        self._book.forget()
        return job.job_id

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop: at once while it waits, within seconds while it runs.

        Raises:
            UnknownNameError: there is no such job.
        """
        if not self._book.job(job_id).state.over:
            self._book.folder(job_id).ask(worker.STOP)
            self._leader.answer(job_id)

    def resume(self, job_id: str) -> None:
        """Put a job in line again that did not get to its end; it goes on from its checkpoints.

        Raises:
            UnknownNameError: there is no such job.
            ParameterError: it waits, runs or is finished.
        """
        job = self._book.job(job_id)
        if job.status not in ("FAILED", "KILLED"):
            raise ParameterError(f"job {job_id} is {job.status}: only what broke off is resumed")
        if not job.order:
            raise ParameterError(f"job {job_id}: its order.json cannot be read any more")
        self._book.folder(job_id).ask(folders.RESUME)
        self._leader.answer(job_id)

    def clone(self, job_id: str) -> str:
        """Put the same order in line once more, as a new job; returns its id.

        Raises:
            UnknownNameError: there is no such job.
            ParameterError: its order cannot be read.
        """
        self._book.job(job_id)
        return self.submit_document(self._book.folder(job_id).order())

    def train_final(self, job_id: str, name: str) -> str:
        """Put in line what a finished job left out: the model that hears everybody, to be promoted.

        Its folds are taken over, so that only the final model is trained.

        Returns:
            The new job's id.

        Raises:
            UnknownNameError: there is no such job.
            ParameterError: it is not finished, has such a model, or its order cannot be read.
        """
        job = self._book.job(job_id)
        if job.status != "FINISHED" or job.model_name:
            said = "trained its final model" if job.model_name else f"is {job.status}"
            raise ParameterError(f"job {job_id} {said}: only finished folds are gone on from")
        order = {**self._book.folder(job_id).order(), "model_name": name}
        return self.submit_document(order, job.path)

    def delete(self, job_id: str) -> None:
        """Remove a job's folder. Its run and its model stay.

        Raises:
            UnknownNameError: there is no such job.
            ParameterError: it waits or runs.
        """
        job = self._book.job(job_id)
        if not job.state.over:
            raise ParameterError(f"job {job_id} is {job.status}: cancel it first")
        self._book.folder(job_id).delete()
        self._book.forget()

    def wait(self, job_id: str, timeout_s: float) -> Job:
        """Wait until a job is over, or the time is; for tests and the command line.

        Raises:
            UnknownNameError: there is no such job.
        """
        until = time.monotonic() + timeout_s
        while not (job := self._book.job(job_id)).state.over and time.monotonic() < until:
            time.sleep(min(self._poll_s, 0.05))
        return job

    def _keep(self) -> None:
        """The thread that leads, once it may."""
        while not self._closing.is_set():
            try:
                self._lock.acquire()
            except (Timeout, OSError):
                self._closing.wait(_LOCK_S)
                continue
            try:
                self._leader.lead(self.devices)
            finally:
                self._leader.leading.clear()
                self._lock.release()
            return


_managers: dict[Path, JobManager] = {}
_managers_lock = threading.Lock()


def manager() -> JobManager:
    """The manager of this process and its `SER_HOME`, started on first use."""
    root = folders.jobs_folder()
    with _managers_lock:
        if root not in _managers:
            _managers[root] = JobManager(root).start()
            atexit.register(_managers[root].close)
        return _managers[root]
