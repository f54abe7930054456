"""Background tasks with real threads: events decide the order, so nothing waits on a clock."""

import gc
import logging
import subprocess
import sys
import threading
import time
import weakref

import pytest

from ser_core.errors import CorpusError, ParameterError
from ser_core.jobs import tasks
from ser_core.jobs.tasks import TaskRunner

SOON_S = 10  # a bound for what must happen; reached only when a test fails


class Clock:
    """A monotonic clock that moves when it is told to."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


class Work:
    """Work that goes on when the test says so: each `step` makes one report."""

    def __init__(self):
        self.reports = []
        self.asked = threading.Semaphore(0)
        self.reported = threading.Semaphore(0)
        self.begun = threading.Event()
        self.cleaned_up = False

    def step(self, *report):
        """Report and return once that has happened."""
        self.reports.append(report)
        self.asked.release()
        assert self.reported.acquire(timeout=SOON_S)

    def finish(self):
        self.reports.append(None)
        self.asked.release()

    def __call__(self, progress):
        self.begun.set()
        try:
            while True:
                assert self.asked.acquire(timeout=SOON_S)
                report = self.reports.pop(0)
                if report is None:
                    return "result"
                try:
                    progress(*report)
                finally:
                    self.reported.release()
        finally:
            self.cleaned_up = True


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def runner(clock):
    runner = TaskRunner(workers=2, keep=3, clock=clock)
    yield runner
    runner.close(timeout_s=0.5)


@pytest.fixture
def work(runner):
    """Work that has begun in a task named "index"."""
    work = Work()
    runner.start("index", "Index RAVDESS", work)
    assert work.begun.wait(SOON_S)
    yield work
    work.finish()


def test_a_task_shows_its_progress_and_keeps_its_result(runner, work, clock):
    before = time.time()
    snapshot = runner.snapshot("index")
    assert (snapshot.state, snapshot.running, snapshot.title) == ("running", True, "Index RAVDESS")
    assert (snapshot.done, snapshot.total, snapshot.words) == (0, 0, "")
    assert abs(snapshot.started - before) < SOON_S
    work.step(1, 4, "reading")
    work.step(2, 4)
    snapshot = runner.snapshot("index")
    assert (snapshot.done, snapshot.total, snapshot.words) == (2, 4, "reading")
    clock.now_s += 3
    work.finish()
    snapshot = runner.wait("index", SOON_S)
    assert (snapshot.state, snapshot.running, snapshot.result) == ("done", False, "result")
    assert (snapshot.elapsed_s, snapshot.remaining_s, snapshot.error) == (3, None, "")


def test_work_runs_in_a_named_daemon_thread(runner):
    thread = []
    runner.start("look", "Look", lambda progress: thread.append(threading.current_thread()))
    runner.wait("look", SOON_S)
    assert thread[0].daemon
    assert thread[0].name == "task-look"


def test_the_estimate_follows_the_pace_of_the_work(runner, work, clock):
    assert runner.snapshot("index").remaining_s is None
    work.step(0, 10)
    assert runner.snapshot("index").remaining_s is None
    clock.now_s += 4
    work.step(2, 10)
    assert runner.snapshot("index").remaining_s == pytest.approx(16)
    clock.now_s += 1
    assert runner.snapshot("index").remaining_s == pytest.approx(15)
    # The third step takes long, yet seven more are to come.
    clock.now_s += 30
    assert runner.snapshot("index").remaining_s == pytest.approx(14)


def test_a_new_phase_gets_an_estimate_of_its_own(runner, work, clock):
    work.step(0, 2, "reading")
    clock.now_s += 100
    work.step(2, 2, "reading")
    assert runner.snapshot("index").remaining_s == 0
    work.step(0, 5, "writing")
    assert runner.snapshot("index").remaining_s is None
    clock.now_s += 1
    work.step(1, 5, "writing")
    assert runner.snapshot("index").remaining_s == pytest.approx(4)
    work.step(0, 5, "checking")
    clock.now_s += 10
    work.step(1, 5, "checking")
    assert runner.snapshot("index").remaining_s == pytest.approx(40)


def test_without_a_total_there_is_no_estimate(runner, work, clock):
    clock.now_s += 5
    work.step(3, 0, "downloading")
    assert runner.snapshot("index").remaining_s is None


def test_a_stopped_task_ends_at_its_next_report(runner, work):
    work.step(1, 4, "reading")
    snapshot = runner.stop("index")
    assert (snapshot.state, snapshot.stopping, snapshot.words) == ("running", True, "stopping")
    work.step(2, 4)
    snapshot = runner.wait("index", SOON_S)
    assert (snapshot.state, snapshot.stopping, snapshot.error) == ("stopped", False, "")
    assert (snapshot.done, snapshot.result) == (1, None)
    assert work.cleaned_up


def test_work_can_ask_whether_it_was_stopped(runner):
    begun, stop = threading.Event(), threading.Event()
    seen = []

    def work(progress):
        seen.append(progress.stopped)
        begun.set()
        stop.wait(SOON_S)
        seen.append(progress.stopped)

    runner.start("save", "Save", work)
    begun.wait(SOON_S)
    runner.stop("save")
    stop.set()
    assert runner.wait("save", SOON_S).state == "done"
    assert seen == [False, True]


def test_stopping_what_has_ended_or_never_was_changes_nothing(runner, work):
    work.finish()
    runner.wait("index", SOON_S)
    assert runner.stop("index").state == "done"
    assert runner.stop("other") is runner.snapshot("other") is runner.wait("other") is None


def test_a_running_task_is_not_started_twice(runner, work):
    again = runner.start("index", "Another", lambda progress: pytest.fail("started twice"))
    assert again.title == "Index RAVDESS"
    assert len(runner.all()) == 1


def test_an_ended_task_can_be_started_again(runner, work):
    work.finish()
    runner.wait("index", SOON_S)
    runner.start("index", "Index RAVDESS", lambda progress: "second")
    assert runner.wait("index", SOON_S).result == "second"
    assert len(runner.all()) == 1


def test_a_known_error_becomes_its_plain_sentence(runner, caplog):
    def work(progress):
        raise CorpusError("no clip of RAVDESS below /data")

    runner.start("index", "Index", work)
    snapshot = runner.wait("index", SOON_S)
    assert (snapshot.state, snapshot.error) == ("failed", "no clip of RAVDESS below /data")
    assert caplog.records == []


@pytest.mark.parametrize(
    ("problem", "error"),
    [
        (ValueError("bad header"), "unexpected: ValueError: bad header"),
        (MemoryError(), "unexpected: MemoryError"),
        (SystemExit(1), "unexpected: SystemExit: 1"),
    ],
)
def test_any_other_error_is_called_unexpected_and_logged(runner, caplog, problem, error):
    def work(progress):
        raise problem

    with caplog.at_level(logging.ERROR):
        runner.start("index", "Index", work)
        snapshot = runner.wait("index", SOON_S)
    assert (snapshot.state, snapshot.error, snapshot.result) == ("failed", error, None)
    assert caplog.records[0].exc_info[1] is problem


def test_a_failed_task_frees_its_worker(runner):
    for number in range(4):
        runner.start(f"{number}", "Divide", lambda progress: 1 // 0)
        assert runner.wait(f"{number}", SOON_S).state == "failed"
    runner.start("after", "After", lambda progress: "fine")
    assert runner.wait("after", SOON_S).result == "fine"


def test_only_so_many_work_at_once_and_the_others_wait_their_turn(runner, clock):
    works = [Work() for _ in range(4)]
    for number, work in enumerate(works):
        runner.start(f"{number}", f"Task {number}", work)
    assert works[0].begun.wait(SOON_S)
    assert works[1].begun.wait(SOON_S)
    waiting = runner.snapshot("2")
    assert (waiting.state, waiting.words) == ("running", "waiting for another task to end")
    clock.now_s += 50
    assert (runner.snapshot("0").elapsed_s, runner.snapshot("2").elapsed_s) == (50, 0)
    assert not works[2].begun.is_set()
    works[1].finish()
    assert works[2].begun.wait(SOON_S)
    assert not works[3].begun.is_set()
    assert runner.snapshot("2").words == ""
    assert runner.snapshot("2").elapsed_s == 0
    for number in (0, 2, 3):
        works[number].finish()
        assert runner.wait(f"{number}", SOON_S).state == "done"


def test_a_waiting_task_stops_at_once_and_never_works(runner):
    works = [Work() for _ in range(3)]
    for number, work in enumerate(works):
        runner.start(f"{number}", "Task", work)
    snapshot = runner.stop("2")
    assert (snapshot.state, snapshot.words, snapshot.elapsed_s) == ("stopped", "", 0)
    for number in (0, 1):
        works[number].finish()
        runner.wait(f"{number}", SOON_S)
    runner.start("after", "After", lambda progress: None)
    runner.wait("after", SOON_S)
    assert not works[2].begun.is_set()


def test_ended_tasks_are_remembered_newest_first_up_to_a_bound(runner, work, clock):
    for number in range(5):
        clock.now_s += 1
        runner.start(f"{number}", "Task", lambda progress: None)
        runner.wait(f"{number}", SOON_S)
    assert [snapshot.key for snapshot in runner.all()] == ["4", "3", "2", "index"]
    assert runner.snapshot("index").state == "running"


def test_an_ended_task_does_not_keep_its_work_alive(runner):
    class Corpus:
        pass

    corpus = Corpus()
    gone = weakref.ref(corpus)
    runner.start("index", "Index", lambda progress, corpus=corpus: None)
    runner.wait("index", SOON_S)
    del corpus
    until = time.monotonic() + SOON_S
    while gone() is not None and time.monotonic() < until:
        gc.collect()  # the thread drops its last frame just after the task ended
    assert gone() is None


def test_many_threads_may_use_one_runner(clock):
    runner = TaskRunner(workers=3, keep=1000, clock=clock)
    ran = []

    def use(name):
        for number in range(20):
            key = f"{name}-{number}"
            runner.start(key, key, lambda progress, key=key: (progress(1, 1), ran.append(key)))
            runner.start(f"shared-{number}", "Shared", lambda progress: progress(1, 2))
            runner.all()
            runner.stop(f"shared-{number}")

    threads = [threading.Thread(target=use, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SOON_S)
    for snapshot in runner.all():
        assert runner.wait(snapshot.key, SOON_S).state in ("done", "stopped")
    assert sorted(ran) == sorted(f"{name}-{number}" for name in "abcd" for number in range(20))


def test_closing_stops_every_task_and_lets_it_clean_up(clock):
    runner = TaskRunner(workers=1, clock=clock)
    cleaned_up, begun = [], threading.Event()

    def work(progress):
        begun.set()
        try:
            while True:
                progress(0, 1)
        finally:
            cleaned_up.append(True)

    runner.start("one", "One", work)
    runner.start("two", "Two", work)
    assert begun.wait(SOON_S)
    runner.close(timeout_s=SOON_S)
    assert [snapshot.state for snapshot in runner.all()] == ["stopped", "stopped"]
    assert cleaned_up == [True]


@pytest.mark.parametrize("setting", ["workers", "keep"])
def test_settings_out_of_bounds_are_refused(setting):
    with pytest.raises(ParameterError, match=f"{setting} must be 1 or more, got 0"):
        TaskRunner(**{setting: 0})


def test_a_process_has_one_runner():
    assert tasks.runner() is tasks.runner()


def test_a_task_that_hangs_does_not_keep_the_process_from_ending():
    code = (
        "import threading; from ser_core.jobs import tasks; begun = threading.Event();"
        "tasks.runner().start('hang', 'Hang',"
        " lambda progress: (begun.set(), threading.Event().wait(60)));"
        "begun.wait()"
    )
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, timeout=30, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - start < 20
