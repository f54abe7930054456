"""Servers and workers killed at random moments: no job is lost, and no epoch of one."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np

from ser_core.jobs import folder as folders
from ser_core.jobs.folder import JobFolder
from ser_core.jobs.manager import JobManager
from tests.conftest import ROOT
from tests.jobs.conftest import CPU, SERVER, STANDIN, Store, plan, steps

KILLS = 20
JOBS = 6
PLAN = {"folds": 2, "epochs": 12, "epoch_s": 0.1}


def test_twenty_kills_lose_nothing(ser_home):
    manager = JobManager(devices=[CPU], command=STANDIN, store=Store, poll_s=0.05)
    ids = [manager.submit_document(plan(**PLAN)) for _ in range(JOBS)]
    rng = np.random.default_rng(0)
    server, killed = start_server(), {"server": 0, "worker": 0, "both": 0}
    while sum(killed.values()) < KILLS:
        time.sleep(rng.uniform(0.2, 1.5))
        what = ("server", "worker", "both")[rng.integers(3)]
        running = [job for job in manager.jobs() if job.status == "RUNNING"]
        if what != "server" and not (running and kill_worker(running[0].path)):
            continue
        killed[what] += 1
        if what != "worker":
            server.kill()
            server.wait()
            server = start_server()
        take_up(manager, ids)
    end = time.monotonic() + 300
    while time.monotonic() < end and any(manager.job(one).status != "FINISHED" for one in ids):
        take_up(manager, ids)
        time.sleep(0.1)
    server.kill()
    server.wait()
    whole = [(fold, epoch) for fold in (1, 2) for epoch in range(1, PLAN["epochs"] + 1)]
    lost = [
        step
        for one in ids
        for step in whole
        if step not in steps(JobFolder(folders.jobs_folder() / one))
    ]
    attempts = [manager.job(one).state.attempt for one in ids]
    print(f"kills {killed}, attempts {attempts}, epochs lost {len(lost)}")
    assert lost == []
    assert [manager.job(one).status for one in ids] == ["FINISHED"] * JOBS


def take_up(manager, ids):
    """What a user would do: go on with whatever broke off."""
    for job in manager.jobs():
        if job.status in ("FAILED", "KILLED") and not (job.path / folders.RESUME).exists():
            assert job.state.can_resume, job.state
            manager.resume(job.job_id)


def start_server():
    return subprocess.Popen([sys.executable, "-c", SERVER], cwd=ROOT)


def kill_worker(folder):
    try:
        pid = int(json.loads((folder / "worker.json").read_text())["pid"])
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        return False
    return True
