"""Training jobs on the page: the queue in every state, what is over, and one job by itself."""

import doctest
import json
import shutil
from itertools import islice
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.components import training_states
from ser_core import paths, promotion, recipes
from ser_core.inference.model_file import CARD
from ser_core.jobs import manager as managers
from ser_core.jobs.device import Device
from ser_core.jobs.folder import JobFolder
from ser_core.jobs.manager import JobManager
from ser_core.jobs.tasks import runner
from ser_core.paths import ASSETS
from ser_core.training import events, worker
from tests.jobs.made import make_job, order, scores, training

APP = Path(__file__).resolve().parents[2] / "app.py"
NO_MEMORY = "out of memory; try a smaller training.batch_size, or close what else runs"


def test_examples_in_docstrings() -> None:
    result = doctest.testmod(training_states)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch, ser_home: Path) -> Path:
    """Folder of jobs, whose manager keeps them as they are."""
    still = JobManager(ser_home / "jobs", [Device("cpu", "CPU, 2 cores", "-1")])
    still._book._fresh_s = 0.0  # else a fast machine is shown the jobs of a moment ago
    monkeypatch.setattr(managers, "manager", lambda: still)
    return still.root


def page(job: JobFolder | None = None) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params["view"] = "jobs"
    if job is not None:
        app.query_params["job"] = job.job_id
    app.switch_page("pages/training.py")
    return run(app)


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def words(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.info, app.warning, app.error)
    return "\n".join(element.value for kind in kinds for element in kind)


def progress(app: AppTest) -> list[str]:
    return [bar.proto.text for bar in app.get("progress")]


def test_the_queue_in_every_state(root: Path) -> None:
    app = page()
    assert "**Jobs** · none yet" in words(app)
    assert not app.dataframe
    app.button("training_first").click()
    assert run(app).button_group("train_view").value == "new"
    app.button_group("train_view").set_value("jobs")
    run(app)

    running = make_job(root, "RUNNING", events_of=islice(training(), 8), ago_s=9)
    first = make_job(root, "SCHEDULED", asked=order("d-cnn1d"))
    second = make_job(root, "SCHEDULED", asked=order("e"))
    make_job(root, "FAILED", told=8, reason=NO_MEMORY, can_resume=True)
    make_job(root, "KILLED", told=8, interrupted=True, asked=order("svm"))
    make_job(root, "KILLED", told=8)
    make_job(root)
    said = words(run(app))
    assert "1 running, 2 waiting, 1 finished, 1 failed, 1 stopped, 1 interrupted" in said
    assert "The queue is being taken up" in said
    assert "waiting, 2nd in line" in said
    assert progress(app)[0].startswith("fold 1 of 2 · epoch 2 of 4 · batch 5 of 10 · at most 1 min")
    table = app.dataframe[0].value
    assert set(table["state"]) == {"■ stopped", "✓ finished", "✗ failed", "⏻ interrupted"}
    notes = dict(zip(table["state"], table["note"], strict=True))
    assert notes["✗ failed"].startswith(NO_MEMORY)
    assert notes["✓ finished"] == "0.560 to 0.660"

    app.button_group("training_past_states").set_value(["failed", "stopped"])
    assert len(run(app).dataframe[0].value) == 2
    app.selectbox("training_past_recipe").set_value("svm")
    assert "No job passes these filters." in words(run(app))

    app.button(f"cancel:{first.job_id}").click()
    run(app)
    assert first.asked(worker.STOP)
    app.button("training_cancel_all_sure").click()
    run(app)
    assert second.asked(worker.STOP)
    app.button(f"open:{running.job_id}").click()
    run(app)
    assert app.query_params["job"] == running.job_id
    assert "Fold 1 · epoch 1" in words(app)
    app.button("training_all").click()
    assert "2nd in line" in words(run(app))


def test_two_hundred_jobs_are_paged_newest_first_and_told_apart(root: Path) -> None:
    studio = recipes.load("studio").model_dump(mode="json")
    for number in range(200):
        recipe = {**studio, "training": {**studio["training"], "seed": number}}
        asked = {**order(), "recipe": recipe}
        make_job(root, told=0, ago_s=9000 - number, asked=asked, ended=None)
    for number in range(10):
        make_job(root, "SCHEDULED", asked=order(epochs=number + 1))
    app = page()
    assert "10 waiting, 200 finished" in words(app)
    table = app.dataframe[0].value
    assert list(table["changes"])[:2] == ["seed 199", "seed 198"]
    assert len(table) == 15
    assert len([one for one in app.button if one.label == "Cancel"]) == 4
    app.toggle("training_all_wait").set_value(True)
    assert len([one for one in run(app).button if one.label == "Cancel"]) == 10


def test_a_running_job_grows(root: Path) -> None:
    told = list(training(folds=2, epochs=4))
    job = make_job(root, "RUNNING", events_of=iter(told[:5]), asked=order(model_name="mine"))
    app = page(job)
    assert "Curves appear after the first epoch." in words(app)
    assert progress(app)[0].startswith("fold 1 of 2")
    at_once = order("svm") | {"recipe": recipes.load("svm").model_dump(mode="json")}
    svm = make_job(root, "RUNNING", events_of=iter(told[:5]), asked=at_once)
    assert "recall and confusion appear when the first fold is done" in words(page(svm))
    reading = events.FeaturesMade(done=40, total=160)
    early = make_job(root, "RUNNING", events_of=iter([*told[:3], reading]))
    assert page(early).get("progress")[0].proto.value == 25

    log = worker.EventLog(job.path / worker.EVENTS)
    for event in told[5:9]:
        log.append(event)
    said = words(run(app))
    assert "Fold 1 · epoch 2" in said
    assert "best so far" in said
    assert len(app.get("plotly_chart")) == 4
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert [len(line["x"]) for line in chart["data"]] == [2, 2, 1]

    chosen = app.selectbox[0]
    assert chosen.options == ["Current fold", "All folds", "Fold 1", "Fold 2", "Final model"]
    chosen.set_value("Fold 2")
    assert "This fold has not finished an epoch yet." in words(run(app))
    for event in told[9:]:
        log.append(event)
    log.append(events.FoldStarted(fold=0, folds=2))
    said = words(run(app))
    assert "Fold 2 · epoch 4" in said
    assert "best: epoch 3" in said
    assert progress(app)[0].startswith("final model on every clip")


def test_why_a_job_failed_and_what_to_do(root: Path) -> None:
    job = make_job(root, "FAILED", told=8, reason=NO_MEMORY, can_resume=True)
    app = page(job)
    assert app.error[0].value.startswith("**Failed in fold 1 of 2, after epoch 1: out of memory")
    assert "smaller batch size" in app.error[0].value
    app.button(f"resume:{job.job_id}:1").click()
    run(app)
    assert job.asked("resume")
    folders = [make_job(root, "KILLED", told=0, attempt=0), make_job(root, "FAILED", told=2)]
    assert "Stopped before it began" in words(page(folders[0]))
    assert "It ended before its first epoch" in words(page(folders[1]))


def test_scores_of_a_finished_job_come_with_all_that_must_be_said(root: Path) -> None:
    job = make_job(root)
    leak = "leak: 2 of 6 speakers stand in test and train"
    found = scores() | {"leak_check": leak, "protocol": "2 folds (stratified-kfold)"}
    (job.path / worker.ARTIFACTS / "scores.json").write_text(json.dumps(found))
    app = page(job)
    assert [metric.value for metric in app.metric] == ["0.610"] * 3
    assert app.metric[0].delta == "0.560 to 0.660"
    said = words(app)
    assert "84 clips of 6 speakers" in said
    assert "2 folds \\(stratified-kfold\\)" in said
    assert "2 of 6 speakers stand in test and train" in app.warning[0].value
    assert "Synthetic speech" in said
    assert len(app.dataframe[0].value) == 2
    assert "No model to use" in said

    app.button(f"delete:{job.job_id}:1:sure").click()
    run(app)
    assert not job.path.exists()
    assert "job" not in app.query_params
    app.query_params["job"] = job.job_id
    assert f"There is no job {job.job_id}" in words(run(app)).replace("\\", "")


def test_a_finished_job_is_promoted_made_default_or_given_its_final_model(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = make_job(root)
    app = page(measured)
    name = f"training_model_name:{measured.job_id}"
    app.text_input(name).set_value("default")
    app.button(f"final:{measured.job_id}").click()
    assert "'default' is the name of a shipped model" in run(app).error[0].value
    app.text_input(name).set_value("mine")
    app.button(f"final:{measured.job_id}").click()
    run(app)
    new = managers.manager().job(app.query_params["job"])
    assert (new.word, new.model_name) == ("waiting", "mine")
    app.query_params["job"] = measured.job_id
    run(app).text_input(name).set_value("mine")
    app.button(f"final:{measured.job_id}").click()
    assert f"job {new.job_id} is to save its model" in run(app).error[0].value.replace("\\", "")

    asked: list[tuple[str, str, bool]] = []

    def promote(run_id: str, name: str, make_default: bool, replace: bool) -> None:
        if replace:
            shutil.rmtree(paths.folder("models") / name)
        shutil.copytree(ASSETS / "models" / "default", paths.folder("models") / name)
        card = paths.folder("models") / name / CARD
        card.write_text(json.dumps(json.loads(card.read_text()) | {"run": run_id}))
        asked.append((name, make_default, replace))

    monkeypatch.setattr(promotion, "promote", promote)
    job = make_job(root, asked=order(model_name="named"))
    app = page(job)
    name = f"training_model_name:{job.job_id}"
    assert app.text_input(name).value == "named"
    app.text_input(name).set_value("better")
    app.button(f"promote:{job.job_id}").click()
    run(app)
    assert runner().wait("promote:run0", 10).state == "done"  # type: ignore[union-attr]
    assert "Model **better** can be chosen on Live" in words(run(app))
    assert asked == [("better", False, False)]
    app.button("default:better").click()
    assert "and is the default" in words(run(app))

    # A name that is taken is replaced only by who was told so, even if it was typed and pressed.
    other = make_job(root, asked=order(model_name="named"), run_id="other")
    app = page(other)
    app.text_input(f"training_model_name:{other.job_id}").set_value("better")
    app.button(f"promote:{other.job_id}").click()
    assert "There is a model 'better' already" in run(app).warning[0].value
    assert len(asked) == 1
    assert app.button(f"promote:{other.job_id}").label == "Replace better"
    app.button(f"promote:{other.job_id}").click()
    run(app)
    assert runner().wait("promote:other", 10).state == "done"  # type: ignore[union-attr]
    assert asked[1:] == [("better", False, True)]


def test_what_is_not_readable_breaks_no_page(root: Path) -> None:
    job = make_job(root, "FAILED", told=8, reason="its order.json cannot be read")
    (job.path / worker.ORDER).write_text("{")
    assert "not readable" in list(page().dataframe[0].value["recipe"])
    app = page(job)
    assert "order not readable" in words(app)
    other = make_job(root)
    (other.path / worker.ARTIFACTS / "scores.json").write_text("{")
    (other.path / worker.EVENTS).write_text('{"kind":"epoch"}\nnonsense\n')
    assert "Its scores are not in its folder any more" in words(page(other))
