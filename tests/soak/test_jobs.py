"""Servers and workers killed at random moments: no job is lost, and no epoch of one."""

import contextlib
import os
import subprocess
import sys
import time

import numpy as np

from ser_core.errors import ParameterError
from ser_core.jobs import folder as folders
from ser_core.jobs import process as processes
from ser_core.jobs.folder import JobFolder
from ser_core.jobs.manager import JobManager
from ser_core.training import worker
from tests.conftest import ROOT
from tests.jobs.conftest import CPU, SERVER, STANDIN, Store, plan, steps, until

KILLS = int(os.environ.get("SER_KILLS", "20"))
# Of every epoch, a quarter passes between its checkpoint and its event.
PLAN = {"folds": 2, "epochs": 12, "epoch_s": 0.09, "tell_s": 0.03}
WHOLE = [(fold, epoch) for fold in (1, 2) for epoch in range(1, PLAN["epochs"] + 1)]


def test_twenty_kills_lose_nothing(ser_home):
    manager = JobManager(devices=[CPU], command=STANDIN, store=Store, poll_s=0.05)
    ids = [manager.submit_document(plan(**PLAN)) for _ in range(2)]
    rng = np.random.default_rng(0)
    server, killed = start_server(), {"server": 0, "worker": 0, "both": 0}
    while sum(killed.values()) < KILLS:
        what = ("server", "worker", "both")[rng.integers(3)]
        if strike(what, manager, ids, server, rng.uniform(0, 2)):
            killed[what] += 1
        if server.poll() is not None:
            server = start_server()
    until(lambda: took_up(manager, ids), "every job is finished", within_s=600)
    server.kill()
    server.wait()
    done = [manager.job(one) for one in ids]
    again = sum(job.state.attempt - 1 for job in done)
    print(f"kills {killed}, jobs {len(done)}, taken up again {again} times")
    assert again >= KILLS // 4, "work was broken off"
    for job in done:
        assert steps(JobFolder(job.path)) == WHOLE, "each epoch was told once, in order"
        folds = manager.history(job.job_id).folds.values()
        assert [len(fold.epochs) for fold in folds] == [PLAN["epochs"]] * PLAN["folds"]
        assert len(job.state.attempts()) == job.state.attempt


def strike(what, manager, ids, server, after_s):
    """Kill some time after a worker was seen at work; whether what was to be hit still ran."""
    worker = until(lambda: at_work(manager, ids), "a worker is at work", within_s=300)
    time.sleep(after_s)
    hit = True
    if what != "server":
        hit = worker.poll() is None
        worker.kill()
    if hit and what != "worker":
        server.kill()
        server.wait()
    return hit


def at_work(manager, ids):
    """A worker that runs, if there is one; there is always something to do."""
    if took_up(manager, ids):
        ids.append(manager.submit_document(plan(**PLAN)))
    found = (processes.find(job.path / "worker.json") for job in manager.jobs())
    return next(filter(None, found), None)


def took_up(manager, ids):
    """What a user would do: go on with whatever broke off; whether all is finished."""
    for job in manager.jobs():
        if job.status in ("FAILED", "KILLED") and not (job.path / folders.RESUME).exists():
            assert job.state.can_resume, job.state
            with contextlib.suppress(ParameterError):  # it was taken up since
                manager.resume(job.job_id)
    return all(manager.job(one).status == "FINISHED" for one in ids)


def start_server():
    return subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT)


def test_a_worker_that_made_features_ends_at_once():
    """The processes that made them would wait for minutes for more."""
    code = """
from joblib import Parallel, delayed
from ser_core.training import worker
list(Parallel(2, return_as="generator_unordered")(delayed(pow)(one, 2) for one in range(8)))
worker.leave(worker.Exit.KILLED)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=100, check=False)
    assert done.returncode == worker.Exit.KILLED
