"""What the one manager that leads does: a thread for each device, and answers to what is asked."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Sequence

from ser_core.errors import SerError, UnknownNameError
from ser_core.jobs import folder as folders
from ser_core.jobs import process as processes
from ser_core.jobs.book import Job, JobBook
from ser_core.jobs.device import Device, fits
from ser_core.jobs.folder import State
from ser_core.jobs.follower import Follower
from ser_core.jobs.mirror import Mirror
from ser_core.jobs.progress import Progress
from ser_core.training import worker

log = logging.getLogger(__name__)

_GRACE_S = 10.0  # from the start of a worker until it says which process it is


class Leader:
    """Only to be asked to `lead` by who holds the lock of all jobs.

    Args:
        book: of all jobs.
        mirror: tells the run store.
        follower: starts workers and follows them.
        closing: set when the manager ends.
        poll_s: how often things are looked at.
    """

    def __init__(
        self,
        book: JobBook,
        mirror: Mirror,
        follower: Follower,
        closing: threading.Event,
        poll_s: float,
    ) -> None:
        self._book, self._mirror, self._follower = book, mirror, follower
        self._closing, self._poll_s = closing, poll_s
        self._devices: Sequence[Device] = ()
        self.leading = threading.Event()

    def lead(self, devices: Sequence[Device]) -> None:
        """Take over what runs, serve every device, and do what is asked for, until the end.

        `leading` is set once what an earlier manager left behind is in order.
        """
        self._devices = devices
        folders.clean(self._book.root)
        found = self._recover()
        names = {one.name for one in self._devices}
        see_through = self._follower.see_through
        threads = [
            *(
                threading.Thread(
                    target=self._serve, args=(one, found.get(one.name, {})), name=f"jobs-{one.name}"
                )
                for one in self._devices
            ),
            *(
                threading.Thread(target=see_through, args=one)
                for device, workers in found.items()
                if device not in names
                for one in workers.items()
            ),
            threading.Thread(target=self._serve_mirror, name="jobs-mirror"),
        ]
        self.leading.set()
        for thread in threads:
            thread.daemon = True
            thread.start()
        while not self._closing.wait(self._poll_s):
            self._guarded(self._answer_all)
        for thread in threads:
            thread.join()

    def _recover(self) -> dict[str, dict[str, processes.Handle]]:
        """Workers that an earlier manager started and that still run, by device and job.

        Jobs whose worker is gone are marked as it left them.
        """
        found: dict[str, dict[str, processes.Handle]] = {}
        for job in self._book.jobs(now=True):
            with contextlib.suppress(UnknownNameError):  # deleted meanwhile
                if (handle := self._recover_one(job)) is not None:
                    found.setdefault(job.state.device, {})[job.job_id] = handle
        return found

    def _recover_one(self, job: Job) -> processes.Handle | None:
        if self._book.folder(job.job_id).state() is None:
            self._book.update(job.job_id)
        if job.status != "RUNNING" or not _here(job):
            return None
        handle = self._find(job)
        if handle is None:
            self._follower.conclude(job.job_id, None)
        return handle

    def _find(self, job: Job) -> processes.Found | None:
        """The job's worker; one that has just been started may not have said who it is."""
        path = job.path / worker.PROCESS
        while not path.exists() and time.time() - (job.state.started or 0) < _GRACE_S:
            if self._closing.wait(self._poll_s):
                break
        return processes.find(path)

    def _serve(self, device: Device, found: dict[str, processes.Handle]) -> None:
        """The thread of a device, with the workers that were found on it."""
        for job_id, handle in found.items():
            self._follower.see_through(job_id, handle)
        while not self._closing.is_set():
            self._guarded(lambda: self._serve_next(device))

    def _serve_next(self, device: Device) -> None:
        next_id = self._take(device)
        if next_id is None:
            self._closing.wait(self._poll_s)
        else:
            self._follower.run(next_id, device)

    def _take(self, device: Device) -> str | None:
        """The next job in line that may run on a device, marked as running there."""
        with self._book.lock:
            waiting = [job for job in self._book.jobs() if job.place and job.order]
            for job in sorted(waiting, key=lambda job: job.place):
                if fits(device, job.wish, self._devices) and not self.answer(job.job_id):
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

    def _answer_all(self) -> None:
        """Do what other processes ask for, and write what the disk refused before."""
        for job in self._book.jobs(now=True):
            job_folder = self._book.folder(job.job_id)
            if job.status == "SCHEDULED" and not job.order:
                self._follower.end(job.job_id, "FAILED", "its order.json cannot be read")
            elif job.status == "RUNNING" and not _here(job):
                if self._book.ended(job.job_id):  # its worker, elsewhere, has said so
                    self._follower.conclude(job.job_id, None)
            elif job_folder.asked(folders.RESUME if job.state.over else worker.STOP):
                self.answer(job.job_id)
        self._book.save()

    def answer(self, job_id: str) -> bool:
        """Do what a job that does not run is asked for; whether it was called off."""
        if not self.leading.is_set():
            return False
        job_folder = self._book.folder(job_id)
        with self._book.lock:
            state = self._book.job(job_id).state
            if state.over and job_folder.asked(folders.RESUME):
                job_folder.settle(worker.STOP)
                past = state.attempts()
                self._book.update(
                    job_id,
                    status="SCHEDULED",
                    queued=time.time(),
                    reason="",
                    interrupted=False,
                    can_resume=False,
                    started=None,
                    ended=None,
                    past=past,
                )
                job_folder.settle(folders.RESUME)  # last, or it would be lost with this process
            elif state.status == "SCHEDULED":
                job_folder.settle(folders.RESUME)  # of an earlier leader that came as far as that
                return self._call_off(job_id, state)
        return False

    def _call_off(self, job_id: str, state: State) -> bool:
        """Stop a job that waits, if that is asked for."""
        if not self._book.folder(job_id).asked(worker.STOP):
            return False
        can_resume = state.attempt > 0
        self._book.update(job_id, status="KILLED", ended=time.time(), can_resume=can_resume)
        self._book.folder(job_id).settle(worker.STOP)
        return True

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


def _here(job: Job) -> bool:
    """Whether a job runs on this machine; where `SER_HOME` is shared, others lead at other times.

    Whether a worker elsewhere lives cannot be seen from here, so its job is left alone.
    """
    return job.state.host in ("", socket.gethostname())
