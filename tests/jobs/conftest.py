"""A manager whose workers train nothing, and a run store that only remembers."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ser_core.jobs import folder as folders
from ser_core.jobs.device import Device
from ser_core.jobs.folder import JobFolder
from ser_core.jobs.manager import JobManager
from tests.conftest import ROOT

STANDIN = (sys.executable, "-m", "tests.jobs.standin")
CPU = Device("cpu", "CPU", "-1")
SOON_S = 60  # a bound for what must happen; reached only when a test fails

SERVER = """
import sys, time
from tests.jobs.conftest import CPU, STANDIN, Store
from ser_core.jobs.manager import JobManager
JobManager(devices=[CPU], command=STANDIN, store=Store, poll_s=0.05, patience_s=1).start()
time.sleep(600)
"""


class Store:
    """What a `RunStore` would have been told, by run."""

    def __init__(self) -> None:
        self.told: dict[str, list[str]] = {}
        self.tags: dict[str, dict[str, Any]] = {}
        self.kept: dict[str, list[str]] = {}
        self._lock = threading.Lock()

    def schedule(self, name: str, parameters: Any = None, tags: Any = None) -> str:
        with self._lock:
            run_id = f"run-{tags['job']}"
            self.told[run_id], self.tags[run_id] = ["SCHEDULED"], dict(tags)
        return run_id

    def reopen(self, run_id: str, status: str = "RUNNING") -> None:
        self.told.setdefault(run_id, []).append(status)

    def finish(self, run_id: str, status: str = "FINISHED") -> None:
        self.told.setdefault(run_id, []).append(status)

    def log_artifact(self, run_id: str, path: Path) -> None:
        self.kept.setdefault(run_id, []).append(path.name)

    def tag(self, run_id: str, tags: dict[str, Any]) -> None:
        self.tags.setdefault(run_id, {}).update(tags)

    def status(self, run_id: str) -> str:
        return self.told.get(run_id, ["RUNNING"])[-1]


def plan(**what: Any) -> dict[str, Any]:
    """An order for the stand-in."""
    return {"recipe": {"name": "stand-in"}, "plan": what}


def steps(folder: JobFolder) -> list[tuple[int, int]]:
    """Fold and epoch of every epoch that was told, in the order in which it was."""
    told = [event for _, event in folder.read_events().events]
    return [(event.fold, event.epoch) for event in told if event.kind == "epoch"]


def until(condition: Callable[[], Any], what: str, within_s: float = SOON_S) -> Any:
    """Wait for something that must happen soon."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.01)
    pytest.fail(f"not within {within_s} s: {what}")


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def make_manager(store: Store) -> Iterator[Callable[..., JobManager]]:
    """Makes managers, and ends them and their workers after the test."""
    made: list[JobManager] = []

    def make(**settings: Any) -> JobManager:
        usual = {"devices": [CPU], "command": STANDIN, "store": lambda: store, "poll_s": 0.02}
        made.append(JobManager(**{**usual, "patience_s": 0.5, **settings}))
        return made[-1]

    yield make
    for manager in made:
        for job in manager.jobs():
            (job.path / "stop").touch()
    for manager in made:
        if manager.leads:
            until(lambda m=manager: all(job.state.over for job in m.jobs()), "workers end")
        manager.close()


@pytest.fixture
def manager(make_manager: Callable[..., JobManager]) -> JobManager:
    return make_manager().start()


@pytest.fixture
def server(ser_home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a process of its own, to be killed."""
    folders.jobs_folder()
    process = subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT)
    yield process
    process.kill()
    process.wait()


def worker_pid(folder: Path) -> int:
    """The process of a job's worker, once it has said so."""
    until((folder / "worker.json").exists, "the worker starts")
    return int(json.loads((folder / "worker.json").read_text())["pid"])


def kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
