"""One real training as a job: TensorFlow in the worker, MLflow as the run store."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from ser_core import recipes
from ser_core.corpora.combine import Source
from ser_core.corpora.labels import Labels
from ser_core.jobs.device import Device
from ser_core.jobs.folder import JobFolder
from ser_core.jobs.manager import JobManager
from ser_core.tracking import open_store
from ser_core.training import order_file
from ser_core.training.config import override
from ser_core.training.run import Order
from tests.jobs.conftest import until
from tests.training.conftest import TINY

WITHIN_S = 1200  # where others are busy, workers step back and take long


@pytest.fixture
def order(synthetic_corpus, tmp_path):
    """Sixty clips of three speakers, a network of a few thousand weights, three folds."""
    few = tmp_path / "few"
    for path in sorted(synthetic_corpus.rglob("*.wav"))[:180:3]:
        target = few / path.relative_to(synthetic_corpus)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(path)
    recipe = override(recipes.load("studio"), TINY)
    return Order(recipe, (Source("synthetic", few),), "speaker-independent")


def test_an_order_survives_its_file(tmp_path):
    order = Order(recipes.load("studio"), (Source("synthetic", tmp_path),), "speaker-independent")
    chosen = Labels("mine", {"calm": "neutral"}, asked=frozenset({"calm"}))
    order = replace(order, labels=chosen, model_name="m", keep_folds=True)
    read = order_file.parse(json.loads(json.dumps(order_file.document(order))))
    assert read.recipe.fingerprint() == order.recipe.fingerprint()
    assert replace(read, recipe=order.recipe) == order


@pytest.mark.soak  # tests/e2e trains a job, tests/training/test_run.py stops a network and goes on
@pytest.mark.timeout(3600)
def test_a_recipe_is_trained_cancelled_and_resumed(order):
    manager = JobManager(devices=[Device("cpu", "CPU", "-1")], poll_s=0.05, patience_s=30).start()
    job_id = manager.submit(order)
    until(
        lambda: manager.job(job_id).progress.epoch or manager.job(job_id).state.over,
        "it trains",
        WITHIN_S,
    )
    manager.cancel(job_id)
    job = manager.wait(job_id, WITHIN_S)
    assert job.status == "KILLED", JobFolder(job.path).log()
    manager.resume(job_id)
    job = manager.wait(job_id, WITHIN_S)
    assert job.status == "FINISHED", JobFolder(job.path).log()
    assert sorted(job.progress.fold_uar) == [1, 2, 3]
    told = [event for _, event in JobFolder(job.path).read_events().events if event.kind == "epoch"]
    assert len(told) == 6, "no epoch is trained twice"
    until(lambda: manager.job(job_id).state.mirrored == "FINISHED", "the run store is told", 240)
    manager.close()
    (run,) = open_store().runs()
    assert (run.run_id, run.status, run.tags["job"]) == (job.state.run_id, "FINISHED", job_id)
    assert run.tags["interrupted"] == ""
    files = open_store().files(run.run_id)
    assert len(pd.read_csv(files / "predictions.csv")) == 60
    assert (job.path / "artifacts" / "scores.json").exists()
