"""Worker processes: started, found again after a restart, and ended with all their children."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import psutil

_SAME_START_S = 2.0  # the clock that start times are counted from may be set meanwhile


class Handle(Protocol):
    """A process that is followed."""

    def poll(self) -> int | None:
        """None while it runs; else its exit status, negative for a signal."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it, with all the processes that it started."""


UNSEEN = 256
"""What `poll` says of a process that has ended when nobody could see how."""


# Those that go on when nobody follows them any more; asked now and then, so that none is left as
# a zombie when it ends.
_started: "list[subprocess.Popen[bytes]]" = []


class Child:
    """A process that this one starts, in a session of its own, so that it outlives this one.

    Args:
        command: what to start.
        log: file that its output is appended to.
        environment: what it finds there beside what this process has.
        folder: where it starts.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self, command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path
    ) -> None:
        _started[:] = [one for one in _started if one.poll() is None]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _started.append(self._process)
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """See `Handle`; what its end leaves of its children is ended too."""
        known = self._process.returncode
        status = self._process.poll()
        if known is None and status is not None:
            _end_session(self.pid)
        return status

    def terminate(self) -> None:
        """See `Handle`."""
        self._process.terminate()

    def kill(self) -> None:
        """See `Handle`."""
        if self._process.poll() is None:
            _end_session(self.pid)
            self._process.kill()


class Found:
    """A process that an earlier server started."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.pid = process.pid

    def poll(self) -> int | None:
        """See `Handle`."""
        return None if _runs(self._process) else UNSEEN

    def terminate(self) -> None:
        """See `Handle`."""
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process.terminate()

    def kill(self) -> None:
        """See `Handle`."""
        if _runs(self._process):
            _end_session(self.pid)
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.kill()


def find(path: Path) -> Found | None:
    """The process that a worker's file tells of, while it runs.

    Another process that has been given the number since is not taken for it.
    """
    try:
        said = json.loads(path.read_text("utf-8"))
        process = psutil.Process(int(said["pid"]))
        if abs(process.create_time() - float(said["started"])) > _SAME_START_S:
            return None
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return Found(process) if _runs(process) else None


def memory_mib(path: Path) -> float | None:
    """Memory that the process takes which a worker's file tells of; None where it does not run."""
    found = find(path)
    if found is None:
        return None
    try:
        return float(psutil.Process(found.pid).memory_info().rss) / 2**20
    except psutil.Error:
        return None


def signal_name(status: int) -> str:
    """The name of the signal that a negative exit status stands for.

    >>> signal_name(-11)
    'SIGSEGV'
    """
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"


def _runs(process: psutil.Process) -> bool:
    """One that has ended but was not yet taken note of by who started it does not run."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _end_session(pid: int) -> None:
    if not hasattr(os, "killpg"):  # Windows
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(pid).children(recursive=True):
                child.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
