"""Starts a job's worker, follows it to its end, and writes down how it ended."""

import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

import ser_core
from ser_core.errors import UnknownNameError
from ser_core.jobs import folder as folders
from ser_core.jobs import process as processes
from ser_core.jobs.book import JobBook
from ser_core.jobs.device import Device
from ser_core.jobs.mirror import Mirror
from ser_core.training import worker

log = logging.getLogger(__name__)

_PROJECT = Path(ser_core.__file__).resolve().parent.parent
_SAVE_S = 10.0


class Follower:
    """For the threads of a manager, each with a worker of its own.

    Args:
        book: where it is written down.
        mirror: tells the run store.
        command: starts a worker, with the job's folder behind it.
        closing: set when the manager ends; its workers go on.
        poll_s: how often things are looked at.
        patience_s: how long a worker that was asked to stop may take before it is terminated, and
            then again before it is killed.
    """

    def __init__(
        self,
        book: JobBook,
        mirror: Mirror,
        command: Sequence[str],
        closing: threading.Event,
        poll_s: float,
        patience_s: float,
    ) -> None:
        self._book, self._mirror, self._command = book, mirror, tuple(command)
        self._closing, self._poll_s, self._patience_s = closing, poll_s, patience_s

    def run(self, job_id: str, device: Device) -> None:
        """Start a job's worker, and follow it."""
        self._mirror.tell(job_id)
        path = self._book.root / job_id
        environment = {
            "CUDA_VISIBLE_DEVICES": device.visible,
            "PYTHONUNBUFFERED": "1",
            "SER_HOME": str(self._book.root.parent),
        }
        try:
            handle = processes.Child(
                [*self._command, str(path)], path / worker.LOG, environment, _PROJECT
            )
        except OSError as error:
            self.end(job_id, "FAILED", f"no worker can be started: {error}", can_resume=True)
            return
        with contextlib.suppress(OSError, psutil.Error):  # it has ended, or says so itself
            worker.announce(path, handle.pid)
        self.see_through(job_id, handle)

    def see_through(self, job_id: str, handle: processes.Handle) -> None:
        """Follow a worker to its end, or to ours."""
        try:
            status = self._follow(job_id, handle)
            if status is not None:
                self.conclude(job_id, status)
        except UnknownNameError:  # somebody removed the folder
            handle.kill()
        except Exception as error:
            log.exception("job %s", job_id)
            handle.kill()
            self.end(job_id, "FAILED", f"unexpected: {error!r}", can_resume=True)

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
            elif not (self._book.root / job_id).is_dir():
                raise UnknownNameError(f"there is no job {job_id}")
            if self._closing.wait(self._poll_s):
                return None
        return status

    def _press(self, handle: processes.Handle, waited_s: float) -> None:
        if waited_s > 2 * self._patience_s:
            handle.kill()
        elif waited_s > self._patience_s:
            handle.terminate()

    def conclude(self, job_id: str, status: int | None) -> None:
        """Write down how a worker ended; `status` is None when it did so unseen.

        When it ended is told by what it said last: it may be long ago when a server comes back.
        """
        ended = self._book.ended(job_id)
        job_folder = self._book.folder(job_id)
        if ended is not None:
            can_resume = ended.status != "FINISHED" and ended.can_resume
            self.end(job_id, ended.status, ended.reason, can_resume=can_resume, at=ended.at)
        elif job_folder.asked(worker.STOP):
            self.end(job_id, "KILLED", "", can_resume=True)
        elif status is None:
            state = self._book.job(job_id).state
            self.end(
                job_id,
                "KILLED",
                "interrupted: server and worker ended while it ran",
                interrupted=True,
                can_resume=True,
                at=max(state.progress.at, state.started or 0.0),
            )
        else:
            self.end(job_id, "FAILED", _reason(job_folder, status), can_resume=True)

    def end(
        self,
        job_id: str,
        status: folders.Status,
        reason: str,
        interrupted: bool = False,
        can_resume: bool = False,
        at: float = 0.0,
    ) -> None:
        """Write down how a job ended, and tell the run store; at this moment if `at` is 0."""
        try:
            self._book.folder(job_id).settle(worker.STOP)
            self._book.update(
                job_id,
                status=status,
                reason=reason,
                interrupted=interrupted,
                can_resume=can_resume,
                ended=at or time.time(),
            )
        except (UnknownNameError, OSError):
            return
        self._mirror.tell(job_id)


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
