"""Real trainings in real workers that end badly: each says why, and the next one goes on."""

import json
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ser_core import recipes
from ser_core.corpora.combine import Source
from ser_core.jobs.device import Device
from ser_core.jobs.folder import JobFolder
from ser_core.jobs.manager import JobManager
from ser_core.tracking import open_store
from ser_core.training.config import override
from ser_core.training.run import Order
from tests.training.conftest import TINY

WITHIN_S = 900  # each: where others are busy, workers step back and take long
# Without normalisation each step of this length makes the next one longer.
DIVERGING = {
    "batch_normalisation": False,
    "optimiser": "sgd",
    "learning_rate": 1.0,
    "features": "functionals",
    "augmentation": {},
    "batch_size": 4,
    "folds": 3,
    "validation_speakers": 1,
}
# A worker that may not have more than so much memory, however large the machine is.
SMALL = (
    "sh",
    "-c",
    f'ulimit -v 3300000; exec "{sys.executable}" -m ser_core.training.worker "$0"',
)


@pytest.fixture
def manager():
    made = []

    def make(**settings):
        cpu = [Device("cpu", "CPU", "-1")]
        made.append(JobManager(devices=cpu, poll_s=0.1, patience_s=30, **settings).start())
        return made[-1]

    yield make
    for one in made:
        for job in one.jobs():
            if not job.state.over:
                one.cancel(job.job_id)
                one.wait(job.job_id, 60)
        one.close()


def order(root: Path, **changes) -> Order:
    recipe = override(recipes.load("studio"), {**TINY, **changes})
    return Order(recipe, (Source("synthetic", root),), "speaker-independent")


def seen(manager: JobManager, job_id: str, what) -> None:
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        job = manager.job(job_id)
        if what(job) or job.state.over:
            return
        time.sleep(0.02)
    pytest.fail(f"not within {WITHIN_S} s: {JobFolder(manager.job(job_id).path).log()}")


def ended(manager: JobManager, job_id: str, status: str) -> str:
    job = manager.wait(job_id, WITHIN_S)
    assert job.status == status, (job.state, JobFolder(job.path).log())
    return job.state.reason


def test_bad_ends_are_told_and_the_next_job_goes_on(manager, few_clips, tmp_path):
    moving = tmp_path / "moving"
    shutil.copytree(few_clips, moving)
    jobs = manager()
    network = override(recipes.load("d-mlp"), DIVERGING)
    diverging = jobs.submit(replace(order(few_clips), recipe=network))
    moved = jobs.submit(order(moving, n_mels=48, copies=8))
    unwritable = jobs.submit(order(few_clips))
    killed = jobs.submit(order(few_clips))
    good = jobs.submit(order(few_clips))
    # A disk without room for what happens: every write to this device fails for want of space.
    (jobs.job(unwritable).path / "events.jsonl").symlink_to("/dev/full")
    reasons = {"diverging": ended(jobs, diverging, "FAILED")}
    seen(jobs, moved, lambda job: "features" in job.progress.words or job.progress.done)
    moving.rename(tmp_path / "elsewhere")
    reasons["moved"] = ended(jobs, moved, "FAILED")
    reasons["unwritable"] = ended(jobs, unwritable, "FAILED")
    seen(jobs, killed, lambda job: job.progress.epoch >= 1)
    os.kill(int(json.loads((jobs.job(killed).path / "worker.json").read_text())["pid"]), 9)
    reasons["killed"] = ended(jobs, killed, "FAILED")
    assert ended(jobs, good, "FINISHED") == ""
    print(reasons)
    assert "no longer a number" in reasons["diverging"]
    assert ".wav" in reasons["moved"] or str(moving) in reasons["moved"]
    assert reasons["unwritable"].startswith("the disk is full or may not be written")
    assert "most likely the memory ran out" in reasons["killed"]
    store = open_store()
    for job_id in (diverging, moved, unwritable, killed):
        run = store.find(jobs.job(job_id).state.run_id)
        assert (run.status, run.tags["reason"]) == ("FAILED", jobs.job(job_id).state.reason)
        assert "log.txt" in store.names(run.run_id)


def test_memory_that_runs_out_is_told(manager, few_clips):
    jobs = manager(command=SMALL)
    large = {"stem_filters": 512, "block_filters": [512, 512], "batch_size": 512, "copies": 8}
    reason = ended(jobs, jobs.submit(order(few_clips, **large)), "FAILED")
    # TensorFlow says so where it can, and else crashes.
    assert "memory" in reason or "crashed" in reason or "SIGKILL" in reason
