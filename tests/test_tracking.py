"""The run store with a real MLflow: real files, real processes, no server but a made-up address."""

import dataclasses
import json
import math
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from ser_core.errors import ParameterError, SerError, TrackingError
from ser_core.tracking import database, open_store

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """An empty store, made once for this file: making one takes seconds."""
    file = tmp_path_factory.mktemp("template") / "mlflow.db"
    database.create(file, None)
    return file


@pytest.fixture
def no_store(ser_home, monkeypatch):
    """A home without runs."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return ser_home


@pytest.fixture
def home(no_store, template):
    """A home with an empty store."""
    (no_store / "runs").mkdir(parents=True)
    shutil.copy(template, no_store / "runs" / "mlflow.db")
    return no_store


def python(code, home, **environment):
    """Start a fresh process in which every warning is an error."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        env=clean | {"SER_HOME": str(home)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def only_run():
    [run] = open_store().runs()
    return run


def test_a_run_is_read_back_as_it_was_written(home):
    store = open_store()
    before = time.time()
    run_id = store.start(
        "studio, fold 1",
        {"epochs": 3, "rate": 0.001},
        {"recipe": "studio", "protocol": "speaker folds", "seed": 7},
    )
    store.log_metrics(run_id, {"val_uar": 0.4, "val_war": 0.5}, step=1)
    store.log_metrics(run_id, {"val_uar": 0.6}, step=2)
    running = only_run()
    assert (running.status, running.ended) == ("RUNNING", None)
    store.finish(run_id)
    run = only_run()
    assert (run.run_id, run.name, run.status) == (run_id, "studio, fold 1", "FINISHED")
    assert (run.recipe, run.protocol) == ("studio", "speaker folds")
    assert run.parameters == {"epochs": "3", "rate": "0.001"}
    assert run.metrics == {"val_uar": 0.6, "val_war": 0.5}
    assert run.tags == {"recipe": "studio", "protocol": "speaker folds", "seed": "7"}
    assert before - 1 < run.started <= run.ended < time.time() + 1


def test_the_store_stands_in_ser_home_and_nowhere_else(home, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    note = tmp_path / "note.txt"
    note.write_text("hello")
    store = open_store()
    run_id = store.start("run")
    store.log_artifact(run_id, note)
    assert list(elsewhere.iterdir()) == []
    [kept] = (home / "runs" / "artifacts").rglob("note.txt")
    assert kept.read_text() == "hello"


def test_a_folder_is_kept_with_all_that_is_in_it(home, tmp_path):
    folder = tmp_path / "figures"
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "curve.json").write_text("{}")
    store = open_store()
    store.log_artifact(store.start("run"), folder)
    [kept] = (home / "runs" / "artifacts").rglob("curve.json")
    assert kept.parts[-3:] == ("figures", "deep", "curve.json")


def test_a_document_among_a_runs_files_is_read_back(home, tmp_path):
    scores = tmp_path / "scores.json"
    scores.write_text(json.dumps({"left_out": {"problem with the clip": 2}}))
    store = open_store()
    run_id = store.start("run")
    assert store.document(only_run(), "scores.json") is None
    store.log_artifact(run_id, scores)
    run = only_run()
    assert store.document(run, "scores.json") == {"left_out": {"problem with the clip": 2}}
    elsewhere = dataclasses.replace(run, artifacts="mlflow-artifacts:/1")  # as a server says it
    assert store.document(elsewhere, "scores.json") == store.document(run, "scores.json")
    assert store.document(elsewhere, "gone.json") is None
    [kept] = (home / "runs" / "artifacts").rglob("scores.json")
    kept.write_text("[not json")
    assert store.document(run, "scores.json") is None


def test_reading_makes_no_store_and_needs_no_mlflow(no_store):
    code = (
        "import sys; from ser_core.tracking import open_store; assert open_store().runs() == [];"
        "print([name for name in ('mlflow', 'sqlalchemy', 'alembic') if name in sys.modules])"
    )
    output, errors = python(code, no_store).communicate(timeout=240)
    assert (output.strip(), errors) == ("[]", "")
    assert not no_store.exists()


def test_an_empty_store_has_no_runs(home):
    assert open_store().runs() == []


RACE = """
import time
from pathlib import Path
from ser_core import tracking
from ser_core.tracking.database import mlflow_loaded

with mlflow_loaded():
    import mlflow.store.tracking.sqlalchemy_store  # so that both stand at the same line
Path("{ready}").touch()
while not Path("{go}").exists():
    time.sleep(0.01)
store = tracking.open_store()
run_id = store.start("{name}", {{"rate": 0.1}})
for step in range(20):
    store.log_metrics(run_id, {{"loss": 1 / (step + 1)}}, step)
store.finish(run_id)
"""


def test_processes_that_start_at_once_make_one_store(no_store, tmp_path_factory):
    """Also: what a process killed in the middle of it left behind does not hurt."""
    folder = no_store / "runs"
    folder.mkdir(parents=True)
    (folder / "mlflow.db.new-0123").write_bytes(b"half a database")
    signals = tmp_path_factory.mktemp("signals")
    names = ["first", "second"]
    racers = [
        python(RACE.format(ready=signals / name, go=signals / "go", name=name), no_store)
        for name in names
    ]
    until = time.monotonic() + 120
    while not all((signals / name).exists() for name in names) and time.monotonic() < until:
        time.sleep(0.02)
    (signals / "go").touch()
    for racer in racers:
        assert racer.communicate(timeout=240) == ("", "")
        assert racer.returncode == 0
    runs = open_store().runs()
    assert sorted(run.name for run in runs) == names
    assert {run.status for run in runs} == {"FINISHED"}
    assert all(run.metrics == {"loss": 0.05} for run in runs)
    assert sorted(path.name for path in folder.iterdir()) == ["mlflow.db", "store.lock"]


def test_using_the_store_is_quiet_and_private(home, tmp_path_factory):
    """No output, no warning, no git command, no telemetry, no user name."""
    tools = tmp_path_factory.mktemp("tools")
    git = tools / "git"
    git.write_text(f"#!/bin/sh\ntouch {tools}/git-was-called\n")
    git.chmod(0o755)
    code = (
        "from ser_core.tracking import open_store; store = open_store();"
        "run_id = store.start('run', {'long': 'x' * 9000}, {'recipe': 'studio'});"
        "store.log_metrics(run_id, {'loss': 0.5}); store.finish(run_id); runs = store.runs();"
        "import sys; from mlflow.telemetry import get_telemetry_client;"
        "assert get_telemetry_client() is None; assert 'git' not in sys.modules;"
        "assert store._client().get_run(run_id).info.user_id == 'unknown'"
    )
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    process = python(code, home, PATH=path, CI="", PYTEST_CURRENT_TEST="")
    assert process.communicate(timeout=240) == ("", "")
    assert process.returncode == 0
    assert not (tools / "git-was-called").exists()


def test_nested_parameters_become_dotted_names(home):
    parameters = {
        "features": {"log_mel": {"n_mels": 64}},
        "classes": ["sad", "angry"],
        "augment": {},
        "trim": True,
        "title": "",
        "limit": None,
    }
    open_store().start("run", parameters)
    assert only_run().parameters == {
        "features.log_mel.n_mels": "64",
        "classes": '["sad", "angry"]',
        "augment": "{}",
        "trim": "True",
        "title": "",
        "limit": "None",
    }


def test_a_long_value_is_cut_and_kept_whole_beside_the_run(home):
    clips = [f"Actor_{number:02d}/03-01-05-01-01-01.wav" for number in range(1000)]
    parameters = {"train": {"clips": clips}, "epochs": 3}
    open_store().start("run", parameters, {"note": "y" * 9000})
    run = only_run()
    assert run.parameters["epochs"] == "3"
    assert len(run.parameters["train.clips"]) == 6000
    assert run.parameters["train.clips"].startswith('["Actor_00/')
    assert run.parameters["train.clips"].endswith("…")
    assert run.tags["note"].endswith("…")
    [whole] = (home / "runs" / "artifacts").rglob("parameters.json")
    assert json.loads(whole.read_text()) == parameters


def test_more_parameters_than_one_request_takes(home):
    parameters = {f"layer_{number}": number for number in range(250)}
    open_store().start("run", parameters)
    assert only_run().parameters == {name: str(value) for name, value in parameters.items()}


def test_more_metrics_than_one_request_takes(home):
    store = open_store()
    metrics = {f"recall of {number}": number / 1500 for number in range(1500)}
    store.log_metrics(store.start("run"), metrics)
    assert only_run().metrics == metrics


@pytest.mark.parametrize(
    "name", ["a" * 300, "größe (max)", "/absolute", "../up", "a//b", ".", "", "loss=1", "fünf"]
)
def test_any_name_is_taken(home, name):
    store = open_store()
    run_id = store.start("run", {name: 1, "plain": 2}, {name: "tag"})
    store.log_metrics(run_id, {name: 3.0})
    run = only_run()
    assert sorted(run.parameters.values()) == ["1", "2"]
    assert list(run.metrics.values()) == [3.0]
    assert list(run.tags.values()) == ["tag"]


def test_names_that_must_be_changed_stay_apart(home):
    long = "x" * 400
    open_store().start("run", {f"{long}1": 1, f"{long}2": 2, "a(b": 3, "a)b": 4})
    assert sorted(only_run().parameters.values()) == ["1", "2", "3", "4"]


def test_a_loss_that_left_the_numbers_is_kept_as_such(home):
    store = open_store()
    store.log_metrics(store.start("run"), {"loss": float("nan")})
    assert math.isnan(only_run().metrics["loss"])


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_a_run_ends_as_told(home, status):
    store = open_store()
    store.finish(store.start("run"), status)
    assert only_run().status == status


def copy_run(file, run_id, copies):
    """More runs like one, later by a second each, without the time it takes to write them."""
    with closing(sqlite3.connect(file)) as connection, connection:
        for table in ("runs", "params", "tags", "metrics", "latest_metrics"):
            found = connection.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", (run_id,))
            columns = [column[0] for column in found.description]
            rows = [dict(zip(columns, row, strict=True)) for row in found]
            marks = ", ".join(f":{column}" for column in columns)
            for copy in range(1, copies + 1):
                for row in rows:
                    changes = {"run_uuid": f"{run_id[:-4]}{copy:04d}"}
                    if "start_time" in row:
                        changes["start_time"] = row["start_time"] + 1000 * copy
                    connection.execute(f"INSERT INTO {table} VALUES ({marks})", row | changes)


def test_two_hundred_runs_are_listed_fast_newest_first_over_all_pages(home, monkeypatch):
    monkeypatch.setattr("ser_core.tracking.store._PAGE", 64)
    store = open_store()
    first = store.start("run", {f"parameter {number}": number for number in range(40)})
    store.log_metrics(first, {f"metric {number}": number for number in range(20)})
    copy_run(home / "runs" / "mlflow.db", first, 199)
    start = time.thread_time()  # a busy machine must not fail this
    runs = store.runs()
    assert time.thread_time() - start < 1.5
    assert len({run.run_id for run in runs}) == len(runs) == 200
    assert [run.started for run in runs] == sorted((r.started for r in runs), reverse=True)
    assert all(len(run.parameters) == 40 and run.metrics["metric 7"] == 7 for run in runs)


def test_threads_may_share_one_store(home):
    store = open_store()

    def train(name):
        run_id = store.start(name)
        for step in range(10):
            store.log_metrics(run_id, {"step": step}, step)
        store.finish(run_id)

    threads = [threading.Thread(target=train, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    runs = store.runs()
    assert sorted(run.name for run in runs) == ["a", "b", "c"]
    assert all(run.metrics == {"step": 9} for run in runs)


def test_a_shared_store_is_used_where_the_environment_names_one(
    home, template, tmp_path, monkeypatch
):
    shared = tmp_path / "shared" / "team.db"
    shared.parent.mkdir()
    shutil.copy(template, shared)
    open_store().start("mine")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{shared}")
    assert open_store().runs() == []
    monkeypatch.chdir(tmp_path)  # where MLflow itself would put the files of runs
    open_store().start("ours")
    assert only_run().name == "ours"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert only_run().name == "mine"


def test_a_server_that_does_not_answer_is_named_soon_and_without_its_password(home, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@127.0.0.1:9/runs")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match=r"http://127\.0\.0\.1:9/runs cannot be used") as caught:
        open_store().runs()
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_run_that_does_not_exist_is_an_error_in_words(home):
    with pytest.raises(TrackingError, match=r"cannot be used: .*0123456789abcdef"):
        open_store().log_metrics("0123456789abcdef", {"loss": 1.0})


def test_a_damaged_store_is_one_sentence_and_no_traceback(home):
    (home / "runs" / "mlflow.db").write_bytes(b"not a database, by a long way" * 100)
    code = (
        "from ser_core.tracking import open_store; from ser_core.errors import TrackingError\n"
        "try: open_store().runs()\n"
        "except TrackingError as error: print(error)"
    )
    output, errors = python(code, home).communicate(timeout=240)
    assert re.fullmatch(r"the run store .*mlflow\.db cannot be used: .*not a database\n", output)
    assert errors == ""


def test_a_store_of_another_mlflow_says_how_to_mend_it(home):
    with closing(sqlite3.connect(home / "runs" / "mlflow.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0123456789ab'")
    with pytest.raises(TrackingError, match=r"another version of MLflow; .* mlflow db upgrade"):
        open_store().runs()


def test_a_home_that_cannot_be_written_is_an_error_in_words(no_store):
    no_store.write_text("a file where the folder should be")
    with pytest.raises(SerError, match="SER_HOME must be a folder that can be written"):
        open_store().start("run")


def test_a_store_that_cannot_be_opened_is_an_error_at_once(no_store):
    (no_store / "runs" / "mlflow.db").mkdir(parents=True)
    start = time.perf_counter()
    with pytest.raises(TrackingError, match="cannot be used"):
        open_store().runs()
    assert time.perf_counter() - start < 1


def test_a_missing_artifact_is_named(home, tmp_path):
    store = open_store()
    with pytest.raises(TrackingError, match=r"there is no file .*model\.onnx"):
        store.log_artifact(store.start("run"), tmp_path / "model.onnx")


def test_values_out_of_bounds_are_refused(home):
    store = open_store()
    run_id = store.start("run")
    with pytest.raises(ParameterError, match="metric 'loss' must be a number, got 'low'"):
        store.log_metrics(run_id, {"loss": "low"})
    with pytest.raises(ParameterError, match="FINISHED, FAILED, KILLED, got 'DONE'"):
        store.finish(run_id, "DONE")


def test_a_run_is_announced_begun_interrupted_and_taken_up_again(home):
    store = open_store()
    run_id = store.schedule("studio", {"epochs": 3}, {"recipe": "studio"})
    assert store.status(run_id) == "SCHEDULED"
    for status in ("KILLED", "FINISHED"):
        store.reopen(run_id)
        assert (store.runs()[0].status, store.runs()[0].ended) == ("RUNNING", None)
        store.tag(run_id, {"interrupted": status == "KILLED"})
        store.finish(run_id, status)
    (run,) = store.runs()
    assert (run.status, run.recipe, run.tags["interrupted"]) == ("FINISHED", "studio", "False")
    assert run.ended is not None
    with pytest.raises(TrackingError, match="0123"):
        store.status("0123" * 8)


def test_a_job_that_was_half_announced_has_one_run(home):
    """Whoever began to announce it was killed before its id was kept."""
    store = open_store()
    begun = store.start("studio", {"epochs": 3}, {"job": "20261120-1"})
    for _ in range(2):
        same = store.schedule("studio", {"epochs": 3, "seed": 1}, {"job": "20261120-1"})
        assert (same, store.status(same)) == (begun, "SCHEDULED")
    assert store.find(begun).parameters == {"epochs": "3", "seed": "1"}
    other = store.schedule("studio", {}, {"job": "20261120-2"})
    assert {run.run_id for run in store.runs()} == {begun, other}
