"""`SER_HOME` on a drive that machines share: each job is ended by its own machine alone."""

import dataclasses
import socket
import time

from ser_core.jobs import folder as folders
from ser_core.jobs import process as processes
from ser_core.jobs.folder import JobFolder
from ser_core.training import worker
from tests.jobs.conftest import SOON_S, plan, until
from tests.jobs.made import make_job, training


def running_at(host: str, order, **state) -> JobFolder:
    """A job that a machine has in work, as its folder shows it."""
    job = folders.new_job(order, folders.jobs_folder())
    known = dataclasses.replace(
        job.state(), status="RUNNING", attempt=1, started=time.time(), device="cpu", host=host
    )
    job.write_state(dataclasses.replace(known, mirrored="RUNNING", run_id="elsewhere", **state))
    return job


def test_what_runs_on_another_machine_is_left_to_it(make_manager, store):
    theirs = running_at("another", plan())
    manager = make_manager().start()
    mine = manager.submit_document(plan(epochs=1))
    assert manager.wait(mine, SOON_S).status == "FINISHED"
    assert manager.job(theirs.job_id).status == "RUNNING"
    manager.cancel(theirs.job_id)  # its own worker looks for that
    assert theirs.asked(worker.STOP)
    log = worker.EventLog(theirs.path / worker.EVENTS)
    try:
        assert manager.job(theirs.job_id).status == "RUNNING"
    finally:
        log.ended("KILLED")
    until(lambda: manager.job(theirs.job_id).status == "KILLED", "its worker's word is taken")
    until(lambda: manager.job(mine).state.mirrored == "FINISHED", "the store is told of ours")
    assert "elsewhere" not in store.told
    assert manager.job(theirs.job_id).state.host == "another"


def test_a_worker_that_has_not_said_yet_who_it_is_is_found_by_the_next_server(make_manager):
    manager = make_manager(command=("sh", "-c", "exec sleep 60")).start()
    job_id = manager.submit_document(plan())
    file = manager.job(job_id).path / worker.PROCESS
    found = until(lambda: processes.find(file), "whoever started it has said so")
    manager.close()
    heir = make_manager().start()
    until(lambda: heir.leads, "the next manager leads")
    assert heir.job(job_id).status == "RUNNING"
    assert processes.find(file).pid == found.pid


def test_a_server_that_was_killed_as_it_took_a_job_up_again_leaves_it_in_line_once(make_manager):
    manager = make_manager()
    job_id = manager.submit_document(plan(at=1, wrong="error"))
    manager.job(job_id)
    folder = JobFolder(manager.job(job_id).path)
    folder.ask(folders.RESUME)  # it waits already: the file was to be removed next
    manager.start()
    assert manager.wait(job_id, SOON_S).status == "FAILED"
    until(lambda: manager.job(job_id).state.mirrored == "FAILED", "the store is told")
    assert not folder.asked(folders.RESUME)
    assert manager.job(job_id).state.attempt == 1


def test_a_worker_whose_last_word_was_read_but_not_written_down(make_manager):
    """The server was killed between the two."""
    manager = make_manager().start()
    job_id = manager.submit_document(plan(epochs=1))
    manager.wait(job_id, SOON_S)
    until(lambda: manager.job(job_id).state.mirrored == "FINISHED", "all is written")
    manager.close()
    job = JobFolder(manager.job(job_id).path)
    state = job.state()
    job.write_state(dataclasses.replace(state, status="RUNNING", offset=job.events_size()))
    heir = make_manager().start()
    assert heir.wait(job_id, SOON_S).status == "FINISHED"
    heir.close()
    # What an earlier attempt said last is not this one's word.
    job.write_state(dataclasses.replace(state, status="RUNNING", started=time.time() + 60))
    assert job.last_said(time.time() + 60) is None


def test_what_ended_while_no_server_ran_took_no_longer_for_it(make_manager):
    """Each ended minutes ago; one said so, and one broke off."""
    here = {"ago_s": 600.0, "host": socket.gethostname()}
    done = make_job(folders.jobs_folder(), **here)
    done.write_state(dataclasses.replace(done.state(), status="RUNNING", ended=None, offset=0))
    cut = make_job(folders.jobs_folder(), "RUNNING", told=7, **here)
    manager = make_manager().start()
    until(lambda: manager.leads, "what was left behind is in order")
    jobs = [manager.job(one.job_id) for one in (done, cut)]
    assert [job.word for job in jobs] == ["finished", "interrupted"]
    told = len(list(training()))
    assert [round(job.elapsed_s) for job in jobs] == [told, 6]
