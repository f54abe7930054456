"""`jobs`, beside a manager that another process would have."""

import json

from ser_core.__main__ import main
from ser_core.jobs import folder as folders
from ser_core.jobs.folder import State
from tests.jobs.conftest import SOON_S, plan, until


def test_without_jobs(capsys):
    assert main(["jobs"]) == 0
    assert capsys.readouterr().out == "no jobs\n"
    assert main(["jobs", "log", "x"]) == 1
    assert capsys.readouterr().err == "ser_core jobs: there is no job 'x'\n"


def test_jobs_are_listed_stopped_taken_up_and_read(manager, capsys):
    job_id = manager.submit_document(plan(epoch_s=60, at=2))
    until(lambda: "sees" in manager.job(job_id).progress.words, "it trains")
    assert main(["jobs"]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split()[:2] == ["asked", "recipe"]
    assert "stand-in" in line
    assert "running" in line
    assert main(["jobs", "cancel", job_id[-4:]]) == 0
    assert manager.wait(job_id, SOON_S).status == "KILLED"
    assert main(["jobs", "resume", job_id]) == 0
    until(lambda: manager.job(job_id).state.attempt == 2, "it is started again")
    assert capsys.readouterr().out.splitlines()[-1] == f"{job_id}: in line again"
    assert main(["jobs", "log", job_id]) == 0
    assert "sees -1" in capsys.readouterr().out
    assert main(["jobs", "--json"]) == 0
    (document,) = json.loads(capsys.readouterr().out)
    assert (document["job_id"], document["status"]) == (job_id, "RUNNING")


def test_who_asks_while_nobody_leads_is_told(capsys):
    job = folders.new_job(plan(), folders.jobs_folder())
    job.write_state(State(status="KILLED", interrupted=True))
    assert main(["jobs", "resume", job.job_id]) == 0
    assert "it begins once the app runs" in capsys.readouterr().out
    assert job.asked("resume")
