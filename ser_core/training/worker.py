"""A training job in a process of its own: `python -m ser_core.training.worker JOB_DIR`.

The folder is all that couples it to whoever started it: it reads `order.json`, appends what
happens to `events.jsonl`, looks for the file `stop`, and says in `worker.json` which process it is.
The last event and the exit status tell how it ended.
"""

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn, Protocol

from ser_core.errors import ParameterError, SerError, TaskCancelled
from ser_core.training import events
from ser_core.training.event_log import DiskError, EventLog
from ser_core.training.failures import reason

ORDER, EVENTS, PROCESS, STOP = "order.json", "events.jsonl", "worker.json", "stop"
LOG, CHECKPOINTS, ARTIFACTS = "log.txt", "checkpoints", "artifacts"
LOCK, STATE = "worker.lock", "state.json"

LOG_BYTES = 2_000_000
"""The log is cut to its newer half when it grows beyond this."""

NICENESS = 10
_RESULTS = ("predictions.csv", "scores.json", "history.json")
_WATCH_S = 2.0
_terminated = threading.Event()
_FEW_CORES = 4  # with so few, one left idle would cost more than the lower priority does


class Exit(IntEnum):
    """How the worker's process ended."""

    FINISHED = 0
    FAILED = 1
    BUSY = 3
    """Another worker has the folder."""
    KILLED = 4
    """It was asked to stop."""
    DISK = 5
    """What happened could not be written down."""


class Training(Protocol):
    """What the worker does: carries out the order of a folder and returns the run's id."""

    def __call__(self, folder: Path, report: events.Report, should_stop: Callable[[], bool]) -> str:
        """Work in a folder."""


def main(arguments: Sequence[str], training: Training | None = None) -> int:
    """Work in a job's folder.

    Args:
        arguments: the folder.
        training: what to do there; None for the order's training.

    Returns:
        The process' exit status.
    """
    from filelock import FileLock, Timeout

    folder = Path(arguments[0]).absolute()
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        _say(f"another worker has {folder}")
        return Exit.BUSY
    with lock:
        announce(folder, os.getpid())
        _step_back()
        signal.signal(signal.SIGTERM, _interrupt)
        threading.Thread(target=_watch_log, args=(folder / LOG,), daemon=True).start()
        return _work(folder, training or _train)


def _work(folder: Path, training: Training) -> Exit:
    log = EventLog(folder / EVENTS)

    def report(event: events.Event) -> None:
        log.append(event)
        if said := events.words(event):
            _say(f"{time.strftime('%H:%M:%S')} {said}")

    def should_stop() -> bool:
        return (folder / STOP).exists()

    try:
        training(folder, report, should_stop)
        log.ended("FINISHED")
    except DiskError as error:
        _say(str(error))
        return Exit.DISK
    except BaseException as error:  # even SystemExit: the last event says how it ended
        return _end_badly(log, error)
    _clear(folder / CHECKPOINTS)
    return Exit.FINISHED


def _end_badly(log: EventLog, error: BaseException) -> Exit:
    # Libraries make errors of their own of an interrupt that reaches them.
    stopped = isinstance(error, KeyboardInterrupt | TaskCancelled) or _terminated.is_set()
    if not isinstance(error, SerError | KeyboardInterrupt):
        _say("".join(traceback.format_exception(error)))
    try:
        if stopped:
            log.ended("KILLED")
            return Exit.KILLED
        log.ended("FAILED", reason(error))
        _say(reason(error))
    except DiskError as disk:
        _say(str(disk))
        return Exit.DISK
    return Exit.FAILED


def _train(folder: Path, report: events.Report, should_stop: Callable[[], bool]) -> str:
    """The order's training, from its checkpoints on where there are some."""
    from ser_core.reports.kept import keep_what_is_drawn
    from ser_core.tracking import open_store
    from ser_core.training import order_file
    from ser_core.training.run import train

    order = replace(order_file.read(folder / ORDER), resume=True)
    draw = partial(keep_what_is_drawn, store=open_store())
    run_id = train(order, report, should_stop, folder / CHECKPOINTS, _run_id(folder), draw)
    _keep_results(folder)
    return run_id


def _keep_results(folder: Path) -> None:
    """Each file whole or not at all: where the disk is full, the run store has them too."""
    for name in _RESULTS:
        draft = folder / ARTIFACTS / f".{name}"
        with contextlib.suppress(OSError):
            shutil.copyfile(folder / CHECKPOINTS / name, draft)
            draft.replace(folder / ARTIFACTS / name)


def _clear(checkpoints: Path) -> None:
    """Once the job is said to be done: one killed before goes on from them."""
    from ser_core.training.checkpoint import clear

    with contextlib.suppress(OSError):  # the job may just be deleted
        clear(checkpoints)


def _run_id(folder: Path) -> str | None:
    """The run that was announced for the job; None where there is none."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return json.loads((folder / STATE).read_text("utf-8")).get("run_id") or None
    return None


def announce(folder: Path, pid: int) -> None:
    """Say which process a folder's worker is; a number alone could be another one's by and by.

    The worker does, and whoever starts it does so at once: should that one end before the worker
    has come to it, the next one could not know that the job has a worker.

    Raises:
        OSError: the disk is full, or the folder is gone.
        psutil.Error: there is no such process.
    """
    import psutil

    process = psutil.Process(pid)
    said = {"pid": pid, "started": process.create_time(), "host": socket.gethostname()}
    draft = folder / f".{PROCESS}.{os.getpid()}"
    draft.write_text(json.dumps(said), "utf-8")
    draft.replace(folder / PROCESS)


def _step_back() -> None:
    """Let everything else on the machine go first; called before NumPy or TensorFlow is loaded."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICENESS)
    # Linux shares its time between sessions first; within one alone does the line above count.
    for file, value in (("autogroup", NICENESS), ("oom_score_adj", 500)):
        with contextlib.suppress(OSError):
            Path(f"/proc/self/{file}").write_text(str(value))
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    cores = _cores()
    if cores > _FEW_CORES:
        for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, str(cores - 1))


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS
        return os.cpu_count() or 1


def _say(words: str) -> None:
    """Into the log; a disk that is full must not hide what went wrong before."""
    if not words:
        return
    with contextlib.suppress(OSError):
        sys.stdout.write(f"{words}\n")
        sys.stdout.flush()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Whoever terminates the worker means what Ctrl-C means: stop, and leave things in order.

    Once, as whoever waits for it asks again and again: that must not break off the tidying.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _terminated.set()
    raise KeyboardInterrupt


def _watch_log(path: Path) -> None:
    while True:
        time.sleep(_WATCH_S)
        with contextlib.suppress(OSError):
            shorten(path)


def shorten(path: Path, limit: int = LOG_BYTES) -> None:
    """Cut a file to the newer half of `limit` once it is longer, at the begin of a line.

    It is cut in place: the process' output goes on into the same file.

    Raises:
        OSError: it cannot be read or written.
    """
    if path.stat().st_size <= limit:
        return
    with path.open("r+b") as file:
        file.seek(-(limit // 2), os.SEEK_END)
        kept = file.read().partition(b"\n")[2]
        file.seek(0)
        file.truncate()
        file.write(b"(older lines are cut)\n" + kept)


def leave(status: int) -> NoReturn:
    """End the process, with all that is to be done at its end, but without taking it apart.

    Python would free every object of TensorFlow one by one: that takes a second or two, in which
    the device is not free for the next job. Threads come first, as at any end: those of the
    processes that made features end these, which what is to be done at the end waits for.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("python -m ser_core.training.worker JOB_DIR")
    try:
        leave(main(sys.argv[1:]))
    except ParameterError as error:
        raise SystemExit(str(error)) from None
