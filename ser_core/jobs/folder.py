"""A job is a folder below `SER_HOME/jobs`; here is all that reads and writes it.

    order.json       what to train; never changed
    state.json       how it stands; replaced as a whole, by the process that leads the jobs alone
    events.jsonl     what happened, appended line by line by the worker
    worker.json      which process the worker is
    log.txt          what the worker printed
    checkpoints/     what the worker goes on from
    artifacts/       what came of it
    stop, resume     somebody asks for it: the files need not hold anything

Whatever is asked of a job is asked by a file, so that any process may ask.
"""

import json
import os
import secrets
import shutil
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from ser_core import paths
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.jobs.progress import Progress
from ser_core.training import events, worker

Status = Literal["SCHEDULED", "RUNNING", "FINISHED", "FAILED", "KILLED"]

RESUME = "resume"
_NEW, _DELETED = ".new-", ".deleted-"
_LOG_TAIL = 20_000
_LAST_LINE = 8_000  # bytes that the longest reason takes, and more

_last_id = 0
_id_lock = threading.Lock()


@dataclass(frozen=True)
class Attempt:
    """An earlier start of a job, and how it ended; times in Unix seconds."""

    started: float
    ended: float
    device: str
    host: str
    status: Status
    reason: str = ""
    interrupted: bool = False
    epochs: int = 0
    """Finished in that attempt's last fold."""


@dataclass(frozen=True)
class State:
    """How a job stands, as `state.json` has it.

    Attributes:
        reason: why it failed, or what became of it, in words.
        interrupted: whether it ended with its server, and not because anybody asked.
        can_resume: whether what it has done so far can be gone on from.
        device: name of what it runs on.
        attempt: how often it was started.
        queued: Unix seconds, by which jobs wait in line.
        started, ended: Unix seconds of the last attempt.
        host: machine that it runs on.
        run_id: its run in the run store, "" before it has one.
        mirrored: status of the run as the run store was last told.
        offset: bytes of events.jsonl that `progress` comes from.
        past: the attempts before the last one, oldest first.
    """

    status: Status = "SCHEDULED"
    reason: str = ""
    interrupted: bool = False
    can_resume: bool = False
    device: str = ""
    attempt: int = 0
    queued: float = 0.0
    started: float | None = None
    ended: float | None = None
    host: str = ""
    run_id: str = ""
    mirrored: str = ""
    offset: int = 0
    progress: Progress = field(default_factory=Progress)
    past: tuple[Attempt, ...] = ()

    @property
    def over(self) -> bool:
        """Whether nothing more happens unless somebody asks for it."""
        return self.status not in ("SCHEDULED", "RUNNING")

    def attempts(self) -> tuple[Attempt, ...]:
        """All that were begun, the last one included, oldest first."""
        if self.started is None:
            return self.past
        last = Attempt(
            started=self.started,
            ended=self.ended or self.progress.at,
            device=self.device,
            host=self.host,
            status=self.status,
            reason=self.reason,
            interrupted=self.interrupted,
            epochs=self.progress.epoch,
        )
        return (*self.past, last)


@dataclass(frozen=True)
class Ended:
    """The worker's last line; `at` is when it was written, in Unix seconds."""

    status: Status
    reason: str
    can_resume: bool
    at: float


@dataclass(frozen=True)
class Reading:
    """Events from a place in the file on.

    Attributes:
        events: each with its time in Unix seconds.
        ended: how the worker ended, where it said so.
        offset: where to read on; a line that is not whole yet is left for later.
    """

    events: list[tuple[float, events.Event]]
    ended: Ended | None
    offset: int


class JobFolder:
    """One job's files. Reading takes what is there, be it half-written, damaged or missing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.job_id = path.name

    def order(self) -> dict[str, Any]:
        """What was asked for, with `device`.

        Raises:
            ParameterError: it cannot be read.
        """
        try:
            said = json.loads((self.path / worker.ORDER).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ParameterError(f"{self.path / worker.ORDER} cannot be read ({error})") from None
        if not isinstance(said, dict):
            raise ParameterError(f"{self.path / worker.ORDER} must hold an order, got {said!r:.80}")
        return said

    def state(self) -> State | None:
        """How the job stands; None where that cannot be read."""
        try:
            said = json.loads((self.path / worker.STATE).read_text("utf-8"))
            progress = said.pop("progress")
            progress["fold_uar"] = {int(key): one for key, one in progress["fold_uar"].items()}
            past = tuple(Attempt(**one) for one in said.pop("past", ()))
            state = State(progress=Progress(**progress), past=past, **said)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        known = ("SCHEDULED", "RUNNING", "FINISHED", "FAILED", "KILLED")
        return state if state.status in known else None

    def write_state(self, state: State) -> None:
        """Replace `state.json` as a whole.

        Raises:
            OSError: the disk is full, or the folder is gone.
        """
        _replace(self.path / worker.STATE, json.dumps(asdict(state)))

    def read_events(self, offset: int = 0) -> Reading:
        """What the worker told from `offset` on. Lines that are no events are passed over."""
        found: list[tuple[float, events.Event]] = []
        ended = None
        try:
            with (self.path / worker.EVENTS).open("rb") as file:
                file.seek(offset)
                block = file.read()
        except OSError:
            return Reading([], None, offset)
        whole = block[: block.rfind(b"\n") + 1]
        for line in whole.splitlines():
            read = _line(line)
            if isinstance(read, Ended):
                ended = read
            elif read is not None:
                found.append(read)
        return Reading(found, ended, offset + len(whole))

    def last_said(self, since: float) -> Ended | None:
        """How the worker ended, where that is its last line and was said after `since`.

        Args:
            since: Unix seconds; what an earlier attempt said last does not count.
        """
        block = self._tail(worker.EVENTS, _LAST_LINE)
        line = block[: block.rfind(b"\n")].rpartition(b"\n")[2]
        read = _line(line)
        return read if isinstance(read, Ended) and read.at >= since else None

    def events_size(self) -> int:
        """Bytes of events.jsonl."""
        try:
            return (self.path / worker.EVENTS).stat().st_size
        except OSError:
            return 0

    def log(self, most: int = _LOG_TAIL) -> str:
        """The end of what the worker printed, at most so many bytes of it, in whole lines."""
        tail = self._tail(worker.LOG, most + 1)
        if len(tail) > most:
            tail = tail.partition(b"\n")[2]
        return tail.decode("utf-8", "replace")

    def _tail(self, name: str, most: int) -> bytes:
        """The last bytes of a file; none where it cannot be read."""
        try:
            with (self.path / name).open("rb") as file:
                file.seek(max(file.seek(0, os.SEEK_END) - most, 0))
                return file.read(most)
        except OSError:
            return b""

    def ask(self, what: str) -> None:
        """Leave a file that asks for something.

        Raises:
            UnknownNameError: the job is gone.
        """
        try:
            (self.path / what).touch()
        except FileNotFoundError:
            raise UnknownNameError(f"there is no job {self.job_id}") from None

    def asked(self, what: str) -> bool:
        """Whether something is asked for."""
        return (self.path / what).exists()

    def settle(self, what: str) -> None:
        """What was asked for is done."""
        (self.path / what).unlink(missing_ok=True)

    def delete(self) -> None:
        """Remove the folder: it is gone at once, even if its files take their time."""
        gone = self.path.with_name(f"{_DELETED}{self.job_id}")
        try:
            self.path.rename(gone)
        except FileNotFoundError:
            return
        shutil.rmtree(gone, ignore_errors=True)


def jobs_folder() -> Path:
    """Where all jobs are.

    Raises:
        ParameterError: it cannot be made.
    """
    return paths.folder("jobs")


def new_job(order: dict[str, Any], root: Path, begun: Path | None = None) -> JobFolder:
    """Put a job in line: its folder appears as a whole.

    Args:
        order: what to train, as a JSON document.
        root: where all jobs are.
        begun: a job's folder whose finished folds are gone on from; they are read again only if
            data, recipe and split are the very same.

    Raises:
        OSError: the disk is full, or may not be written.
    """
    job_id = _new_id()
    draft = root / f"{_NEW}{job_id}"
    (draft / worker.ARTIFACTS).mkdir(parents=True)
    if begun is not None and (begun / worker.CHECKPOINTS).is_dir():
        half_done = shutil.ignore_patterns("*checkpoint.npz", "stopped")
        shutil.copytree(begun / worker.CHECKPOINTS, draft / worker.CHECKPOINTS, ignore=half_done)
    else:
        (draft / worker.CHECKPOINTS).mkdir()
    _replace(draft / worker.ORDER, json.dumps(order, indent=1))
    JobFolder(draft).write_state(State(queued=_time_of(job_id)))
    draft.rename(root / job_id)
    return JobFolder(root / job_id)


def list_jobs(root: Path) -> list[str]:
    """Ids of all jobs, oldest first."""
    try:
        with os.scandir(root) as found:
            names = [one.name for one in found if one.name[0] != "." and one.is_dir()]
    except FileNotFoundError:
        return []
    return sorted(names)


def clean(root: Path) -> None:
    """Remove what processes that were killed left half made or half removed."""
    for kind in (_NEW, _DELETED):
        for path in root.glob(f"{kind}*"):
            if kind == _DELETED or _age_s(path) > 3600:
                shutil.rmtree(path, ignore_errors=True)


def _age_s(path: Path) -> float:
    """Seconds since a folder was changed; 0 where it has become a job meanwhile."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def recovered(folder: JobFolder) -> State:
    """How a job stands whose `state.json` cannot be read, by what its worker told."""
    reading = folder.read_events()
    queued = _time_of(folder.job_id)
    if not reading.offset:
        return State(queued=queued)
    progress, run_id = Progress(), ""
    for at, event in reading.events:
        progress = progress.after(event, at)
        run_id = getattr(event, "run_id", run_id)
    state = State(
        status="RUNNING",
        attempt=1,
        queued=queued,
        started=reading.events[0][0] if reading.events else queued,
        offset=reading.offset,
        run_id=run_id,
        progress=progress,
    )
    if reading.ended is None:
        return state
    done = reading.ended
    return replace(
        state,
        status=done.status,
        reason=done.reason,
        can_resume=done.can_resume and done.status != "FINISHED",
        ended=done.at or progress.at,
    )


def _line(line: bytes) -> Ended | tuple[float, events.Event] | None:
    try:
        said = json.loads(line)
        kind, at = said["kind"], float(said.get("time", 0.0))
        if kind == "ended":
            return Ended(said["state"], said["reason"], said["can_resume"], at)
        return at, events.read(line)
    except (ValueError, TypeError, KeyError, ParameterError):
        return None


def _replace(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _new_id() -> str:
    """Sorts by time; two of one process never have the same time."""
    global _last_id  # noqa: PLW0603
    with _id_lock:
        _last_id = max(_last_id + 1, time.time_ns() // 1000)
        micros = _last_id
    when = datetime.fromtimestamp(micros // 1_000_000, UTC)
    return f"{when:%Y%m%d-%H%M%S}-{micros % 1_000_000:06d}-{secrets.token_hex(2)}"


def _time_of(job_id: str) -> float:
    """When an id was given, in Unix seconds; 0 for what is no id.

    >>> _time_of("20261120-182031-250000-a1b2") % 60
    31.25
    """
    date, _, rest = job_id.partition("-")
    clock, _, rest = rest.partition("-")
    try:
        when = datetime.strptime(f"{date}{clock}", "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        return when.timestamp() + int(rest.partition("-")[0]) / 1e6
    except ValueError:
        return 0.0
