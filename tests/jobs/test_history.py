"""What curves are drawn from: epochs as they were told, the last word counting."""

import math
from itertools import islice

import pytest

from ser_core.jobs import folder as folders
from ser_core.jobs.history import HistoryReader
from ser_core.training import events, worker
from tests.jobs.made import make_job, training


def append(job, *told):
    with (job.path / worker.EVENTS).open("a") as file:
        file.writelines(f'{{"time":1.0,{events.write(event)[1:]}\n' for event in told)


@pytest.fixture
def job(ser_home):
    """The first fold has trained two of its epochs."""
    return make_job(folders.jobs_folder(), "RUNNING", events_of=islice(training(), 9))


def test_curves_grow_by_what_is_new(job):
    reader = HistoryReader()
    before = reader.read(job)
    assert [len(fold.values("loss")) for fold in before.folds.values()] == [2]
    assert reader.read(job).mark == before.mark
    third, *_, tested = (e for e in list(training())[9:14] if e.kind in ("epoch", "fold_finished"))
    append(job, third)
    after = reader.read(job)
    assert after.mark > before.mark
    assert after.folds[1].values("loss")[2] == third.loss
    assert after.folds[1].last == third
    assert len(before.folds[1].epochs) == 2, "a snapshot stays as it is"
    append(job, tested)
    fold = reader.read(job).folds[1]
    assert (fold.best_epoch, fold.uar) == (tested.best_epoch, tested.uar)


def test_epochs_trained_again_count_once_and_lost_ones_are_gaps(job):
    second = [event for event in training() if event.kind == "epoch"][1]
    append(job, second.model_copy(update={"loss": 7.0}))
    append(job, second.model_copy(update={"epoch": 4}))
    loss = HistoryReader().read(job).folds[1].values("loss")
    assert loss[1] == 7.0
    assert math.isnan(loss[2])
    append(job, events.FoldStarted(fold=1, folds=2, from_epoch=1))
    assert len(HistoryReader().read(job).folds[1].epochs) == 1


def test_an_older_job_is_read_anew(job):
    reader, root = HistoryReader(keep=1), folders.jobs_folder()
    first = reader.read(job)
    other = make_job(root)
    assert len(reader.read(other).folds) == 2
    assert reader.read(job).folds == first.folds
