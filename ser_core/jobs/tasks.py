"""One small runner for background work that reports progress and can be stopped.

Generating, indexing, extracting and downloading run here, in threads of this process. Threads
write into the runner under its lock; pages read snapshots and never touch a thread:

    runner().start("index", "Index RAVDESS", lambda progress: corpus.index(root, progress))
    runner().snapshot("index")  # TaskSnapshot(state="running", done=120, total=1440, …)
"""

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ser_core.errors import ParameterError, SerError, TaskCancelled

log = logging.getLogger(__name__)

State = Literal["running", "done", "failed", "stopped"]

_WAITING = "waiting for another task to end"
_STOPPING = "stopping"


@dataclass(frozen=True)
class TaskSnapshot:
    """What one task looked like at one instant.

    A task that waits for a free worker counts as running: it has no progress yet, says so in
    `words`, and can be stopped.
    """

    key: str
    title: str
    state: State
    done: int
    total: int
    """0 while the amount of work is not known."""
    words: str
    """What is being done, for people; may be empty."""
    started: float
    """When the work began, in Unix seconds; while it waits, when it was asked for."""
    elapsed_s: float
    """Seconds the work has taken, without its wait."""
    remaining_s: float | None
    """Estimated seconds to the end; None while it cannot be known."""
    error: str
    """One plain sentence when `state` is "failed", else empty."""
    result: Any
    """What the work returned when `state` is "done", else None."""
    stopping: bool = False
    """Stop was asked for and the work has not got there yet."""

    @property
    def running(self) -> bool:
        """Whether the task has yet to end."""
        return self.state == "running"


class Progress:
    """What a task's work calls to report: `progress(done, total, words="")`.

    Each call raises TaskCancelled once the task was asked to stop, so the work ends at its next
    report. It must let the exception pass; `finally` blocks and context managers clean up.
    """

    def __init__(self, report: Callable[[int, int, str], None], stop: threading.Event) -> None:
        self._report = report
        self._stop = stop

    def __call__(self, done: int, total: int, words: str = "") -> None:
        """Report that `done` of `total` steps are finished.

        Args:
            done: steps finished, from 0.
            total: steps in all; 0 when not known. Another total than before begins a new phase,
                whose estimate starts afresh.
            words: what is being done; empty keeps the words of the last report.

        Raises:
            TaskCancelled: the task was asked to stop.
        """
        if self._stop.is_set():
            raise TaskCancelled("the task was stopped")
        self._report(done, total, words)

    @property
    def stopped(self) -> bool:
        """Whether the task was asked to stop, for work that must not be interrupted just now."""
        return self._stop.is_set()


@dataclass(eq=False)
class _Task:
    """A task's changing state; read and written under the runner's lock only."""

    key: str
    title: str
    work: Callable[[Progress], Any]
    started: float
    state: State = "running"
    done: int = 0
    total: int = 0
    words: str = _WAITING
    error: str = ""
    result: Any = None
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    # Instants of the runner's monotonic clock; the wall clock may jump.
    begun: float | None = None
    ended: float | None = None
    reported: float = 0.0
    phase_begun: float = 0.0
    phase_done: int = 0

    def report(self, done: int, total: int, words: str, now: float) -> None:
        if total != self.total or done < self.done:
            self.phase_begun, self.phase_done = now, done
        self.done, self.total, self.reported = done, total, now
        self.words = words or self.words

    def elapsed_s(self, now: float) -> float:
        if self.begun is None:
            return 0.0
        return (now if self.ended is None else self.ended) - self.begun

    def remaining_s(self, now: float) -> float | None:
        steps, left = self.done - self.phase_done, self.total - self.done
        if self.state != "running" or steps <= 0 or left < 0:
            return None
        step_s = (self.reported - self.phase_begun) / steps
        # The step at hand may end any moment, but the ones after it have not begun.
        least_s = step_s * max(left - 1, 0)
        return max(step_s * left - (now - self.reported), least_s)

    def snapshot(self, now: float) -> TaskSnapshot:
        running = self.state == "running"
        stopping = running and self.stop.is_set()
        return TaskSnapshot(
            key=self.key,
            title=self.title,
            state=self.state,
            done=self.done,
            total=self.total,
            words=_STOPPING if stopping else self.words,
            started=self.started,
            elapsed_s=self.elapsed_s(now),
            remaining_s=self.remaining_s(now),
            error=self.error,
            result=self.result,
            stopping=stopping,
        )


class TaskRunner:
    """Runs tasks in named daemon threads, a few at a time, in the order they were asked for.

    All methods may be called from any thread and return at once, `wait` and `close` excepted.

    Args:
        workers: tasks that work at the same time; more wait their turn.
        keep: finished tasks that are remembered; the oldest are forgotten first.
        clock: monotonic seconds.
    """

    def __init__(
        self, workers: int = 2, keep: int = 20, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if workers < 1:
            raise ParameterError(f"workers must be 1 or more, got {workers}")
        if keep < 1:
            raise ParameterError(f"keep must be 1 or more, got {keep}")
        self._workers, self._keep, self._clock = workers, keep, clock
        self._changed = threading.Condition()
        self._tasks: dict[str, _Task] = {}  # by key, oldest first
        self._waiting: deque[_Task] = deque()
        self._active = 0

    def start(self, key: str, title: str, work: Callable[[Progress], Any]) -> TaskSnapshot:
        """Run `work(progress)` in the background.

        A task of the same key that has yet to end is returned instead; one that has ended is
        replaced.

        Args:
            key: names the task, for example "index:ravdess".
            title: the task in words, shown to people.
            work: does the work and returns its result. It must be safe to leave at any report.
        """
        with self._changed:
            known = self._tasks.get(key)
            if known is None or known.state != "running":
                self._tasks.pop(key, None)  # so that the new one counts as the newest
                known = _Task(key=key, title=title, work=work, started=time.time())
                self._tasks[key] = known
                self._waiting.append(known)
                self._fill_workers()
            return known.snapshot(self._clock())

    def snapshot(self, key: str) -> TaskSnapshot | None:
        """The newest task of this key; None when there is none, or it was forgotten."""
        with self._changed:
            task = self._tasks.get(key)
            return task.snapshot(self._clock()) if task else None

    def all(self) -> list[TaskSnapshot]:
        """Every task that runs or is remembered, newest first."""
        with self._changed:
            now = self._clock()
            return [task.snapshot(now) for task in reversed(self._tasks.values())]

    def stop(self, key: str) -> TaskSnapshot | None:
        """Ask a task to stop: one that waits ends at once, one that works at its next report."""
        with self._changed:
            task = self._tasks.get(key)
            if task is None:
                return None
            if task.state == "running":
                task.stop.set()
                if task in self._waiting:
                    self._waiting.remove(task)
                    self._end(task, "stopped")
            return task.snapshot(self._clock())

    def wait(self, key: str, timeout_s: float | None = None) -> TaskSnapshot | None:
        """Block until the task ends or the time is over; for the command line and for tests."""
        with self._changed:
            task = self._tasks.get(key)
            if task is None:
                return None
            self._changed.wait_for(lambda: task.state != "running", timeout_s)
            return task.snapshot(self._clock())

    def close(self, timeout_s: float = 2.0) -> None:
        """Stop every task and give them a moment to clean up."""
        until = time.monotonic() + timeout_s
        with self._changed:
            threads = [task.thread for task in self._tasks.values() if task.thread]
            for key in list(self._tasks):
                self.stop(key)
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _fill_workers(self) -> None:
        """Give free workers the tasks that wait; called under the lock."""
        while self._waiting and self._active < self._workers:
            task = self._waiting.popleft()
            self._active += 1
            now = self._clock()
            task.started, task.words = time.time(), ""
            task.begun = task.reported = task.phase_begun = now
            # Daemon: a task that hangs must not keep the server from ending.
            task.thread = threading.Thread(
                target=self._work, args=(task,), name=f"task-{task.key}", daemon=True
            )
            try:
                task.thread.start()
            except RuntimeError as problem:  # the system has no thread left
                self._active -= 1
                self._end(task, "failed", f"unexpected: {problem}")

    def _work(self, task: _Task) -> None:
        """The thread of one task: whatever happens, the task ends and its worker is freed."""

        def report(done: int, total: int, words: str) -> None:
            with self._changed:
                task.report(done, total, words, self._clock())
                self._changed.notify_all()

        state: State = "failed"
        result, error = None, ""
        try:
            result, state = task.work(Progress(report, task.stop)), "done"
        except TaskCancelled:
            state = "stopped"
        except SerError as problem:
            error = str(problem)
        except BaseException as problem:  # even SystemExit: no task may look as if it still ran
            log.exception("task %s failed", task.key)
            error = f"unexpected: {type(problem).__name__}: {problem}".removesuffix(": ")
        with self._changed:
            self._active -= 1
            self._end(task, state, error, result)
            self._fill_workers()

    def _end(self, task: _Task, state: State, error: str = "", result: Any = None) -> None:
        """Close the books of a task and forget the oldest ones; called under the lock."""
        task.state, task.error, task.result = state, error, result
        task.ended = self._clock()
        # The work's closure may hold whole corpora; the thread holds the work.
        task.work, task.thread = _no_work, None
        if task.words == _WAITING:
            task.words = ""
        ended = sorted(
            (other for other in self._tasks.values() if other.ended is not None),
            key=lambda other: other.ended or 0.0,
        )
        for other in ended[: -self._keep]:
            del self._tasks[other.key]
        self._changed.notify_all()


def _no_work(_: Progress) -> None:
    """Stands in for the work of a task that has ended."""


# More than long work needs, so that a short read of a page does not queue behind two long tasks.
_RUNNER = TaskRunner(workers=4)
atexit.register(_RUNNER.close)


def runner() -> TaskRunner:
    """The runner of this process, shared by all its pages and sessions."""
    return _RUNNER
