"""Jobs with real worker processes, which train nothing; kills are real kills."""

import itertools
import json
import os
import time

import psutil
import pytest

from ser_core.errors import ParameterError, UnknownNameError
from ser_core.jobs import folder as folders
from ser_core.jobs.device import Device
from ser_core.jobs.folder import JobFolder
from tests.jobs.conftest import CPU, SOON_S, kill, plan, steps, until, worker_pid

THREE = [(1, 1), (1, 2), (1, 3)]


def test_a_job_from_the_line_to_its_end(manager, store):
    job_id = manager.submit_document(plan(folds=2, epochs=2))
    job = manager.wait(job_id, SOON_S)
    assert (job.status, job.state.reason, job.share, job.eta_s) == ("FINISHED", "", 1.0, None)
    assert (job.progress.fold, job.progress.epoch, job.epochs) == (2, 2, 2)
    assert job.progress.scores == {"validation_uar": 0.5}
    assert steps(JobFolder(job.path)) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert "sees -1" in JobFolder(job.path).log()  # its own device and no other
    run = job.state.run_id
    until(lambda: manager.job(job_id).state.mirrored == "FINISHED", "the run store is told")
    assert store.told[run] == ["SCHEDULED", "RUNNING", "FINISHED"]
    assert store.tags[run]["job"] == job_id


def test_first_come_first_served_one_at_a_time(make_manager):
    manager = make_manager()
    ids = [manager.submit_document(plan(epochs=1)) for _ in range(3)]
    assert [job.place for job in manager.jobs()] == [1, 2, 3]
    manager.start()
    done = [manager.wait(job_id, SOON_S).state for job_id in ids]
    for earlier, later in itertools.pairwise(done):
        assert earlier.ended <= later.started


def test_each_device_has_its_own_job(make_manager):
    cards = [Device(f"gpu:{number}", "card", f"GPU-{number}") for number in range(2)]
    manager = make_manager(devices=[*cards, CPU])
    slow = {"epoch_s": 30}
    ids = [manager.submit_document(plan(**slow)) for _ in range(3)]
    ids.append(manager.submit_document({**plan(**slow), "device": "cpu"}))
    manager.start()

    def devices():
        return [manager.job(job_id).state.device for job_id in ids]

    until(lambda: len(set(devices())) == 4, "three run, one waits")
    assert devices()[2] == ""  # no card is free, and the processor is nobody's second choice
    assert devices()[3] == "cpu"
    logs = [JobFolder(manager.job(job_id).path) for job_id in ids[:2]]
    until(lambda: all("sees GPU-" in one.log() for one in logs), "workers see their cards")
    assert logs[0].log() != logs[1].log()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("error", "the loss is no longer a number"),
        ("bug", "unexpected: ZeroDivisionError: division by zero"),
        ("memory", "the worker was killed (SIGKILL): most likely the memory ran out"),
        ("crash", "the worker crashed (SIGSEGV); its log may say why"),
        ("disk", "the disk is full or may not be written: "),
        ("exit", "the worker ended with status 7: a library gave up"),
    ],
)
def test_what_goes_wrong_is_said_and_the_next_job_goes_on(manager, store, wrong, words):
    bad = manager.submit_document(plan(at=2, wrong=wrong))
    good = manager.submit_document(plan(epochs=1))
    job = manager.wait(bad, SOON_S)
    assert job.status == "FAILED"
    assert job.state.reason.startswith(words)
    assert job.state.can_resume
    until(lambda: store.status(job.state.run_id) == "FAILED", "the run store is told")
    assert store.tags[job.state.run_id]["reason"] == job.state.reason
    assert manager.wait(good, SOON_S).status == "FINISHED"


def test_a_broken_off_job_goes_on_after_its_last_epoch(manager, store):
    job_id = manager.submit_document(plan(at=3, wrong="memory"))
    assert manager.wait(job_id, SOON_S).status == "FAILED"
    order = manager.job(job_id).path / "order.json"
    order.write_text(json.dumps(plan()))
    manager.resume(job_id)
    job = manager.wait(job_id, SOON_S)
    assert (job.status, job.state.attempt, job.state.reason) == ("FINISHED", 2, "")
    assert steps(JobFolder(job.path)) == THREE
    first, second = JobFolder(job.path).state().attempts()
    assert (first.status, first.epochs, second.status) == ("FAILED", 2, "FINISHED")
    assert first.reason.startswith("the worker was killed")
    assert first.ended <= second.started
    told = store.told[job.state.run_id]
    until(lambda: told[-2:] == ["RUNNING", "FINISHED"], "the store, told a little later, knows")
    with pytest.raises(ParameterError, match="only what broke off is resumed"):
        manager.resume(job_id)


def test_an_epoch_that_was_kept_and_not_told_is_told_when_the_job_goes_on(manager):
    job_id = manager.submit_document(plan(untold=2))
    assert manager.wait(job_id, SOON_S).status == "FAILED"
    assert steps(JobFolder(manager.job(job_id).path)) == THREE[:1]
    manager.resume(job_id)
    assert manager.wait(job_id, SOON_S).status == "FINISHED"
    assert steps(JobFolder(manager.job(job_id).path)) == THREE, "once each, and in order"
    assert list(manager.history(job_id).folds[1].epochs) == [1, 2, 3]


def test_a_worker_takes_its_children_along(manager):
    job_id = manager.submit_document(plan(at=1, wrong="child"))
    job = manager.wait(job_id, SOON_S)
    child = int((job.path / "child").read_text())

    def gone():
        return not psutil.pid_exists(child) or psutil.Process(child).status() == "zombie"

    until(gone, "nothing is left running")


def test_cancel_while_it_runs_and_while_it_waits(manager):
    runs = manager.submit_document(plan(epoch_s=60))
    waits = manager.submit_document(plan(epoch_s=60))
    until(lambda: manager.job(runs).progress.words, "it trains")
    manager.cancel(waits)
    assert manager.job(waits).status == "KILLED"
    began = time.monotonic()
    manager.cancel(runs)
    assert manager.wait(runs, SOON_S).status == "KILLED"
    assert time.monotonic() - began < 5
    assert manager.job(runs).state.reason == ""
    assert not manager.job(runs).state.interrupted


def test_a_worker_that_will_not_hear_is_killed(manager):
    job_id = manager.submit_document(plan(at=1, wrong="deaf", deaf=True))
    folder = manager.job(job_id).path
    worker_pid(folder)
    until(lambda: "sees" in manager.job(job_id).progress.words, "it trains")
    manager.cancel(job_id)
    assert manager.wait(job_id, 10).status == "KILLED"


def test_a_worker_that_is_terminated_is_stopped_whatever_a_library_makes_of_it(manager):
    job_id = manager.submit_document(plan(at=1, wrong="wrapped", deaf=True))
    folder = manager.job(job_id).path
    until(lambda: "sees" in manager.job(job_id).progress.words, "it trains")
    manager.cancel(job_id)
    job = manager.wait(job_id, 10)
    assert (job.status, job.state.reason, job.state.can_resume) == ("KILLED", "", True)
    assert (folder / "tidied").exists(), "the first word was enough"


def test_clone_and_delete(manager):
    job_id = manager.submit_document(plan(epochs=1))
    with pytest.raises(ParameterError, match="cancel it first"):
        manager.delete(job_id)
    assert manager.wait(job_id, SOON_S).status == "FINISHED"
    other = manager.clone(job_id)
    assert manager.wait(other, SOON_S).status == "FINISHED"
    manager.delete(job_id)
    assert [job.job_id for job in manager.jobs()] == [other]
    with pytest.raises(UnknownNameError, match=job_id):
        manager.job(job_id)


def test_a_server_that_is_killed_is_taken_over_from(server, make_manager):
    first = make_manager()
    job_id = first.submit_document(plan(epochs=40, epoch_s=0.1))
    until(lambda: first.job(job_id).progress.epoch >= 2, "it trains")
    before = worker_pid(first.job(job_id).path)
    kill(server)
    heir = make_manager().start()
    until(lambda: heir.leads, "the next manager leads")
    assert heir.job(job_id).status == "RUNNING"
    assert worker_pid(heir.job(job_id).path) == before
    epoch = heir.job(job_id).progress.epoch
    until(lambda: heir.job(job_id).progress.epoch > epoch, "it is followed")
    job = heir.wait(job_id, SOON_S)
    assert (job.status, job.state.attempt, job.progress.epoch) == ("FINISHED", 1, 40)
    assert steps(JobFolder(job.path)) == [(1, epoch) for epoch in range(1, 41)]


def test_a_worker_that_ended_with_its_server_is_interrupted(server, make_manager, store):
    first = make_manager()
    job_id = first.submit_document(plan(epochs=20, epoch_s=0.1))
    until(lambda: first.job(job_id).progress.epoch >= 2, "it trains")
    pid = worker_pid(first.job(job_id).path)
    process = psutil.Process(pid)
    kill(server)
    process.kill()
    until(lambda: not process.is_running() or process.status() == "zombie", "it is gone")
    heir = make_manager().start()
    until(lambda: heir.leads, "the next manager leads")
    job = heir.job(job_id)
    assert (job.status, job.state.interrupted, job.state.can_resume) == ("KILLED", True, True)
    assert store.tags[job.state.run_id]["interrupted"] == "true"
    heir.resume(job_id)
    job = heir.wait(job_id, SOON_S)
    assert (job.status, job.state.interrupted) == ("FINISHED", False)
    assert store.tags[job.state.run_id]["interrupted"] == ""
    assert sorted(set(steps(JobFolder(job.path)))) == [(1, epoch) for epoch in range(1, 21)]


def test_a_worker_that_finished_while_no_server_ran(server, make_manager):
    first = make_manager()
    job_id = first.submit_document(plan(epochs=5, epoch_s=0.1))
    until(lambda: first.job(job_id).progress.epoch >= 1, "it trains")
    pid = worker_pid(first.job(job_id).path)
    kill(server)
    process = psutil.Process(pid)
    until(lambda: not process.is_running() or process.status() == "zombie", "it ends alone")
    assert make_manager().start().wait(job_id, SOON_S).status == "FINISHED"


def test_the_second_manager_reads_and_asks_only(manager, make_manager):
    until(lambda: manager.leads, "the first leads")
    second = make_manager().start()
    job_id = second.submit_document(plan(epoch_s=60))
    until(lambda: second.job(job_id).status == "RUNNING", "the first starts it")
    assert not second.leads
    second.cancel(job_id)
    assert second.wait(job_id, SOON_S).status == "KILLED"
    manager.close()
    until(lambda: second.leads, "the second takes over")


def test_a_process_that_was_given_the_number_since_is_not_the_worker(make_manager):
    manager = make_manager()
    job_id = manager.submit_document(plan())
    folder = manager._book.folder(job_id)
    manager._leader._mark_running(manager.job(job_id), CPU)
    # This very process, but as if it had begun an hour earlier.
    started = psutil.Process().create_time() - 3600
    said = {"pid": os.getpid(), "started": started, "host": "here"}
    (folder.path / "worker.json").write_text(json.dumps(said))
    manager.start()
    job = manager.wait(job_id, SOON_S)
    assert (job.status, job.state.interrupted) == ("KILLED", True)


@pytest.mark.parametrize("text", ["", "{", '{"status": "RUNNING"}', "[]", '{"progress": 3}'])
def test_a_damaged_state_is_made_anew_from_what_the_worker_told(make_manager, text):
    manager = make_manager().start()
    job_id = manager.submit_document(plan())
    manager.wait(job_id, SOON_S)
    until(lambda: manager.job(job_id).state.mirrored, "all is written")
    manager.close()
    (manager.job(job_id).path / "state.json").write_text(text)
    other = make_manager()
    assert other.job(job_id).status == "FINISHED"
    assert other.job(job_id).progress.epoch == 3
    other.start()
    until(lambda: other._book.folder(job_id).state(), "it is written anew")
    assert other.job(job_id).status == "FINISHED"


def test_a_disk_that_refuses_the_state_does_not_stop_the_jobs(manager, monkeypatch):
    def refuse(self, state):
        raise OSError(28, "No space left on device")

    job_id = manager.submit_document(plan(epochs=1))
    manager.wait(job_id, SOON_S)
    write = JobFolder.write_state
    other = manager.submit_document(plan(epochs=1, epoch_s=0.5))
    until(lambda: manager.job(other).status == "RUNNING", "it runs")
    monkeypatch.setattr(JobFolder, "write_state", refuse)
    assert manager.wait(other, SOON_S).status == "FINISHED"
    assert JobFolder(manager.job(other).path).state().status == "RUNNING"
    monkeypatch.setattr(JobFolder, "write_state", write)
    until(
        lambda: JobFolder(manager.job(other).path).state().status == "FINISHED",
        "it is written when there is room",
    )


def test_an_order_that_cannot_be_read_fails(manager):
    draft = manager.root / ".new-x"
    draft.mkdir()
    (draft / "order.json").write_text("{")
    draft.rename(manager.root / "20260101-000000-000000-abcd")
    job = manager.wait("20260101-000000-000000-abcd", SOON_S)
    assert (job.status, job.state.reason) == ("FAILED", "its order.json cannot be read")
    assert job.recipe == ""


def test_two_hundred_jobs_are_listed_quickly(make_manager):
    root = folders.jobs_folder()
    for _ in range(200):
        job = folders.new_job(plan(), root)
        job.write_state(folders.State(status="FINISHED", mirrored="FINISHED"))
    manager = make_manager()
    assert len(manager.jobs()) == 200
    began = time.perf_counter()
    manager._book.jobs(now=True)
    assert time.perf_counter() - began < 0.1


def test_the_final_model_takes_over_the_finished_folds(manager):
    job_id = manager.submit_document(plan(epochs=2))
    assert manager.wait(job_id, SOON_S).status == "FINISHED"
    (manager.job(job_id).path / "checkpoints" / "checkpoint.npz").touch()
    final = manager.job(manager.train_final(job_id, "mine"))
    assert final.model_name == "mine"
    assert [path.name for path in (final.path / "checkpoints").iterdir()] == ["done.json"]
    assert manager.wait(final.job_id, SOON_S).status == "FINISHED"
    told = [event for _, event in JobFolder(final.path).read_events().events]
    again = [event.again for event in told if event.kind == "epoch"]
    assert again == [True, True], "its curves are whole, and no epoch is trained twice"
    with pytest.raises(ParameterError, match="trained its final model"):
        manager.train_final(final.job_id, "again")
