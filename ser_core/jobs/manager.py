"""Leads the jobs of one `SER_HOME`: starts workers in turn, follows them, says how they ended.

    manager().submit(order)  # in line; a thread starts it when its device is free
    manager().jobs()         # snapshots, for pages

Workers are processes of their own and go on when this one ends; the next manager finds them again.
Of several managers the first leads, and the others wait for its end; all of them read, and ask.
"""

import atexit
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from filelock import FileLock, Timeout

import ser_core
from ser_core.errors import ParameterError, SerError, UnknownNameError
from ser_core.jobs import folder as folders
from ser_core.jobs import process as processes
from ser_core.jobs.book import Job, JobBook
from ser_core.jobs.device import Device, find_devices, fits
from ser_core.jobs.mirror import Mirror
from ser_core.jobs.progress import Progress
from ser_core.tracking import RunStore, open_store
from ser_core.training import worker

if TYPE_CHECKING:
    from ser_core.training.run import Order

log = logging.getLogger(__name__)

WORKER = (sys.executable, "-m", "ser_core.training.worker")

_PROJECT = Path(ser_core.__file__).resolve().parent.parent
_SAVE_S = 10.0
_LOCK_S = 1.0
_GRACE_S = 10.0  # from the start of a worker until it says which process it is


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
        self._mirror = Mirror(self._book, store)
        self._devices = None if devices is None else tuple(devices)
        self._command, self._poll_s, self._patience_s = tuple(command), poll_s, patience_s
        self._lock = FileLock(self.root / ".lead.lock", timeout=0, thread_local=False)
        self._closing, self._leads = threading.Event(), threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def leads(self) -> bool:
        """Whether this manager starts workers; otherwise another one does, or none has begun."""
        return self._leads.is_set()

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

    def read_events(self, job_id: str, offset: int = 0) -> folders.Reading:
        """What a job's worker told from `offset` on, for curves; of an epoch that was trained
        again after a resume, the last one counts.
        """
        return self._book.folder(job_id).read_events(offset)

    def submit(self, order: "Order", device: str = "auto") -> str:
        """Put an order in line and return the job's id.

        Args:
            order: what to train.
            device: see `device.fits`.
        """
        from ser_core.training import order_file

        return self.submit_document({**order_file.document(order), "device": device})

    def submit_document(self, order: dict[str, Any]) -> str:
        """The same for an order as `order.json` has it.

        Raises:
            ParameterError: the disk is full, or may not be written.
        """
        try:
            job = folders.new_job(order, self.root)
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
            self._answer(job_id)

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
        self._answer(job_id)

    def clone(self, job_id: str) -> str:
        """Put the same order in line once more, as a new job; returns its id.

        Raises:
            UnknownNameError: there is no such job.
            ParameterError: its order cannot be read.
        """
        self._book.job(job_id)
        return self.submit_document(self._book.folder(job_id).order())

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
                self._lead()
            finally:
                self._leads.clear()
                self._lock.release()
            return

    def _lead(self) -> None:
        folders.clean(self.root)
        found = self._recover()
        threads = [
            threading.Thread(target=self._serve, args=(one, found), name=f"jobs-{one.name}")
            for one in self.devices
        ]
        threads.append(threading.Thread(target=self._serve_mirror, name="jobs-mirror"))
        names = {one.name for one in self.devices}
        for job_id, handle in found.items():
            if self._book.job(job_id).state.device not in names:
                threads.append(threading.Thread(target=self._see_through, args=(job_id, handle)))
        self._leads.set()
        for thread in threads:
            thread.daemon = True
            thread.start()
        while not self._closing.wait(self._poll_s):
            self._guarded(self._answer_all)
        for thread in threads:
            thread.join()

    def _recover(self) -> dict[str, processes.Handle]:
        """Workers that an earlier manager started and that still run, by their jobs.

        Jobs whose worker is gone are marked as it left them.
        """
        found: dict[str, processes.Handle] = {}
        for job in self._book.jobs(now=True):
            if self._book.folder(job.job_id).state() is None:
                self._book.update(job.job_id)
            here = job.state.host in ("", socket.gethostname())
            if job.status != "RUNNING" or not here:
                continue
            handle = self._find(job)
            if handle is not None:
                found[job.job_id] = handle
            else:
                self._conclude(job.job_id, None)
        return found

    def _find(self, job: Job) -> processes.Found | None:
        """The job's worker; one that has just been started may not have said who it is."""
        path = job.path / worker.PROCESS
        while not path.exists() and time.time() - (job.state.started or 0) < _GRACE_S:
            if self._closing.wait(self._poll_s):
                break
        return processes.find(path)

    def _serve(self, device: Device, found: dict[str, processes.Handle]) -> None:
        """The thread of a device."""
        for job_id, handle in found.items():
            if self._book.job(job_id).state.device == device.name:
                self._see_through(job_id, handle)
        while not self._closing.is_set():
            self._guarded(lambda: self._serve_next(device))

    def _serve_next(self, device: Device) -> None:
        next_id = self._take(device)
        if next_id is None:
            self._closing.wait(self._poll_s)
        else:
            self._run(next_id, device)

    def _take(self, device: Device) -> str | None:
        """The next job in line that may run on a device, marked as running there."""
        with self._book.lock:
            waiting = [job for job in self._book.jobs() if job.place and job.order]
            for job in sorted(waiting, key=lambda job: job.place):
                if fits(device, job.wish, self.devices) and not self._answer(job.job_id):
                    return self._mark_running(job, device)
        return None

    def _mark_running(self, job: Job, device: Device) -> str | None:
        job_folder = self._book.folder(job.job_id)
        try:
            job_folder.settle(worker.PROCESS)
            self._book.update(
                job.job_id,
                status="RUNNING",
                reason="",
                interrupted=False,
                can_resume=False,
                device=device.name,
                attempt=job.state.attempt + 1,
                started=time.time(),
                ended=None,
                host=socket.gethostname(),
                offset=job_folder.events_size(),
                progress=Progress(),
            )
        except (SerError, OSError):  # deleted since, or its folder may not be written
            return None
        return job.job_id

    def _run(self, job_id: str, device: Device) -> None:
        self._mirror.tell(job_id)
        path = self.root / job_id
        environment = {
            "CUDA_VISIBLE_DEVICES": device.visible,
            "PYTHONUNBUFFERED": "1",
            "SER_HOME": str(self.root.parent),
        }
        try:
            handle = processes.Child(
                [*self._command, str(path)], path / worker.LOG, environment, _PROJECT
            )
        except OSError as error:
            self._end(job_id, "FAILED", f"no worker can be started: {error}", can_resume=True)
            return
        self._see_through(job_id, handle)

    def _see_through(self, job_id: str, handle: processes.Handle) -> None:
        """Follow a worker to its end, or to ours."""
        try:
            status = self._follow(job_id, handle)
            if status is not None:
                self._conclude(job_id, status)
        except UnknownNameError:  # somebody removed the folder
            handle.kill()
        except Exception as error:
            log.exception("job %s", job_id)
            handle.kill()
            self._end(job_id, "FAILED", f"unexpected: {error!r}", can_resume=True)

    def _follow(self, job_id: str, handle: processes.Handle) -> int | None:
        """The exit status of a worker; None when this manager ends before."""
        asked: float | None = None
        saved = time.monotonic()
        while (status := handle.poll()) is None:
            now = time.monotonic()
            if asked is None and self._book.folder(job_id).asked(worker.STOP):
                asked = now
            if asked is not None:
                self._press(handle, now - asked)
            if now - saved > _SAVE_S:
                saved = now
                self._book.ended(job_id)
                self._book.update(job_id)
            elif not (self.root / job_id).is_dir():
                raise UnknownNameError(f"there is no job {job_id}")
            if self._closing.wait(self._poll_s):
                return None
        return status

    def _press(self, handle: processes.Handle, waited_s: float) -> None:
        if waited_s > 2 * self._patience_s:
            handle.kill()
        elif waited_s > self._patience_s:
            handle.terminate()

    def _conclude(self, job_id: str, status: int | None) -> None:
        """Write down how a worker ended; `status` is None when it did so unseen."""
        ended = self._book.ended(job_id)
        job_folder = self._book.folder(job_id)
        if ended is not None:
            can_resume = ended.status != "FINISHED" and ended.can_resume
            self._end(job_id, ended.status, ended.reason, can_resume=can_resume)
        elif job_folder.asked(worker.STOP):
            self._end(job_id, "KILLED", "", can_resume=True)
        elif status is None:
            self._end(
                job_id,
                "KILLED",
                "interrupted: server and worker ended while it ran",
                interrupted=True,
                can_resume=True,
            )
        else:
            self._end(job_id, "FAILED", _reason(job_folder, status), can_resume=True)

    def _end(
        self,
        job_id: str,
        status: folders.Status,
        reason: str,
        interrupted: bool = False,
        can_resume: bool = False,
    ) -> None:
        try:
            self._book.folder(job_id).settle(worker.STOP)
            self._book.update(
                job_id,
                status=status,
                reason=reason,
                interrupted=interrupted,
                can_resume=can_resume,
                ended=time.time(),
            )
        except (UnknownNameError, OSError):
            return
        self._mirror.tell(job_id)

    def _answer_all(self) -> None:
        """Do what other processes ask for, and write what the disk refused before."""
        for job in self._book.jobs(now=True):
            job_folder = self._book.folder(job.job_id)
            if job.status == "SCHEDULED" and not job.order:
                self._end(job.job_id, "FAILED", "its order.json cannot be read")
            elif job_folder.asked(folders.RESUME if job.state.over else worker.STOP):
                self._answer(job.job_id)
        self._book.save()

    def _answer(self, job_id: str) -> bool:
        """Do what a job that does not run is asked for; whether it was called off."""
        if not self.leads:
            return False
        job_folder = self._book.folder(job_id)
        with self._book.lock:
            state = self._book.job(job_id).state
            if state.over and job_folder.asked(folders.RESUME):
                job_folder.settle(folders.RESUME)
                job_folder.settle(worker.STOP)
                self._book.update(job_id, status="SCHEDULED", queued=time.time(), reason="")
            elif state.status == "SCHEDULED" and job_folder.asked(worker.STOP):
                job_folder.settle(worker.STOP)
                can_resume = state.attempt > 0
                self._book.update(job_id, status="KILLED", ended=time.time(), can_resume=can_resume)
                return True
        return False

    def _serve_mirror(self) -> None:
        while not self._closing.wait(self._poll_s):
            self._guarded(self._mirror.catch_up)

    def _guarded(self, work: Callable[[], None]) -> None:
        """Nothing that goes wrong once may end a thread that all jobs depend on."""
        try:
            work()
        except UnknownNameError:  # a job was deleted meanwhile
            return
        except Exception:
            log.exception("jobs")


def _reason(job_folder: folders.JobFolder, status: int) -> str:
    """Why a worker ended that could not say it itself."""
    if status == worker.Exit.DISK:
        return f"the disk is full or may not be written: {job_folder.path}"
    if status == worker.Exit.BUSY:
        return "another worker has the job"
    if status == -9:
        return "the worker was killed (SIGKILL): most likely the memory ran out"
    if status < 0:
        return f"the worker crashed ({processes.signal_name(status)}); its log may say why"
    if status == processes.UNSEEN:
        return "the worker ended without a word; most likely it was killed"
    lines = [line for line in job_folder.log().splitlines() if line.strip()]
    last = f": {lines[-1][:300]}" if lines else ""
    return f"the worker ended with status {status}{last}"


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
