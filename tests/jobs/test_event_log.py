"""A worker that is killed at any point of telling: each epoch is in the file once, in order."""

from ser_core.jobs.folder import JobFolder
from ser_core.jobs.history import HistoryReader
from ser_core.training.event_log import EventLog
from ser_core.training.events import BatchDone, FoldStarted
from tests.jobs.conftest import steps
from tests.jobs.made import training

EPOCHS = [event for event in training(folds=1, epochs=4) if event.kind == "epoch"]


def goes_on(folder, from_epoch, to, fold=1):
    """A worker that finds so many epochs in its checkpoint, and trains some more."""
    log = EventLog(folder / "events.jsonl")
    log.append(FoldStarted(fold=fold, folds=2, from_epoch=from_epoch))
    for event in EPOCHS[:from_epoch]:
        log.append(event.model_copy(update={"fold": fold, "again": True}))
    for event in EPOCHS[from_epoch:to]:
        log.append(BatchDone(fold=fold, epoch=event.epoch, batch=1, batches=10))
        log.append(event.model_copy(update={"fold": fold}))


def drawn(folder, fold=1):
    return HistoryReader().read(JobFolder(folder)).folds[fold].values("loss")


def test_what_is_there_is_not_told_again(tmp_path):
    for done in (0, 2, 2, 4):
        goes_on(tmp_path, done, 4 if done else 2)
    assert steps(JobFolder(tmp_path)) == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 3), (1, 4)]
    assert drawn(tmp_path) == [event.loss for event in EPOCHS]


def test_an_epoch_whose_line_is_missing_or_torn_is_told_again(tmp_path):
    goes_on(tmp_path, 0, 2)
    goes_on(tmp_path, 0, 1, fold=2)
    file = tmp_path / "events.jsonl"
    whole = file.read_bytes()
    for torn in (whole[:-1], whole[:-40], whole[: whole[:-1].rfind(b"\n") + 1]):
        file.write_bytes(torn)
        goes_on(tmp_path, 1, 3, fold=2)
        assert steps(JobFolder(tmp_path)) == [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3)]
        assert drawn(tmp_path, 2) == [event.loss for event in EPOCHS[:3]]


def test_epochs_that_a_new_beginning_made_void_are_told_again(tmp_path):
    goes_on(tmp_path, 0, 3)
    EventLog(tmp_path / "events.jsonl").append(FoldStarted(fold=1, folds=2))
    goes_on(tmp_path, 2, 4)
    assert drawn(tmp_path) == [event.loss for event in EPOCHS]
