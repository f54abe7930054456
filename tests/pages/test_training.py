"""The Training page: what is set is what is put in line, and what its command would train."""

import doctest
import json
import shlex
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import (
    job_lead,
    tasks,
    training_cost,
    training_form,
    training_plan,
    training_recipe,
    training_vary,
)
from pages.components import training_draft as drafts
from pages.components.training_plan import Asked
from ser_core import recipes
from ser_core.__main__ import _parser
from ser_core.commands import train
from ser_core.corpora import library
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import ParameterError
from ser_core.inference import model_place
from ser_core.jobs import manager as managers
from ser_core.jobs.device import Device
from ser_core.jobs.manager import JobManager
from ser_core.models.describe import Description
from ser_core.training import cost, order_file, preflight, shapes, starting_point
from ser_core.training.config import complete, override
from ser_core.training.order import Order
from tests.conftest import SAMPLING_RATE, speech_like
from tests.jobs import made

APP = Path(__file__).resolve().parents[2] / "app.py"
ACTORS = ("01", "02", "03", "04")
COMMAND = "python -m ser_core "


@pytest.mark.parametrize("module", [training_cost, training_form, training_recipe, training_vary])
def test_examples_in_docstrings(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch, ser_home: Path) -> JobManager:
    """A manager that keeps jobs in line and starts none."""
    still = JobManager(ser_home / "jobs", [Device("cpu", "CPU, 2 cores", "-1")])
    monkeypatch.setattr(managers, "manager", lambda: still)
    return still


@pytest.fixture(autouse=True)
def described(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every network has a million parameters, and no process with Keras is started to count."""
    found = Description(
        architecture="studio_crnn", title="Studio CRNN", settings={}, shapes={}, heads={},
        layers=(), parameters=1_000_000, trainable=1_000_000, flops=20_000_000, diagram="",
    )  # fmt: skip
    monkeypatch.setattr(shapes, "description", lambda recipe, emotions: found)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two emotions, twice, of each of four actors."""
    folder = tmp_path_factory.mktemp("voices")
    for number, actor in enumerate(ACTORS):
        for take, emotion in enumerate(("03", "05", "03", "05")):
            sound = speech_like(0.5, seed=10 * number + take)
            name = f"03-01-{emotion}-01-0{1 + take // 2}-01-{actor}.wav"
            soundfile.write(folder / name, sound, SAMPLING_RATE)
    return folder


def page(root: Path | None, **query: str | list[str]) -> AppTest:
    if root is not None:
        library.table(library.open_folder(root))
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.query_params.update(query)
    app.switch_page("pages/training.py")
    return settled(app)


def settled(app: AppTest) -> AppTest:
    """Run until what is worked out in the background is there."""
    for _ in range(20):
        app.run()
        assert not app.exception, app.exception
        if not [button for button in app.button if (button.key or "").startswith("stop:page:")]:
            return app
    raise AssertionError("work in the background does not end")


def words(app: AppTest) -> str:
    kinds = (app.title, app.markdown, app.caption, app.info, app.warning, app.error, app.success)
    return "\n".join(element.value for kind in kinds for element in kind)


def typed(command: str) -> list[Order]:
    """The orders that a command asks for."""
    assert command.startswith(COMMAND)
    options = _parser().parse_args(shlex.split(command.removeprefix(COMMAND)))
    return [order for _, order in train.orders(options)]


def documents(orders: list[Order]) -> list[Any]:
    return [json.loads(json.dumps(order_file.document(order))) for order in orders]


def in_line(jobs: JobManager) -> list[Any]:
    return [{k: v for k, v in job.order.items() if k != "device"} for job in jobs.jobs()]


def test_what_is_set_is_put_in_line_and_what_the_command_would_train(
    root: Path, jobs: JobManager
) -> None:
    app = page(root)
    assert app.success[0].value.startswith("**4 speaker-independent folds.** No leak")
    assert [metric.value for metric in app.metric][:2] == ["1 M", "20 M FLOPs"]
    app.number_input("train:epochs").set_value(2)
    app.number_input("train:split:folds").set_value(2)
    app.number_input("train:training:batch_size").set_value(4)
    app.text_input("train_model_name").set_value("first")
    settled(app)
    assert [button.label for button in app.button if button.key == "train:training:batch_size:undo"]
    wanted = typed(app.code[0].value.replace("epochs=2", "epochs=3"))

    # What is typed just before the button is pressed arrives together with the press.
    app.number_input("train:epochs").set_value(3)
    app.button("train_start").click()
    settled(app)
    assert in_line(jobs) == documents(wanted)
    order = wanted[0]
    training = order.recipe.training
    assert (training.epochs, training.folds, training.batch_size) == (3, 2, 4)
    assert (order.model_name, order.protocol) == ("first", "speaker-independent")
    assert "You may close this tab" in words(app)
    assert app.query_params["job"] == jobs.jobs()[0].job_id
    assert "studio" in words(app)


def test_a_name_that_another_model_has_or_will_have_is_refused(
    root: Path, jobs: JobManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = jobs.submit_document(made.order(model_name="first"))
    app = page(root)
    app.text_input("train_model_name").set_value("first")
    settled(app)
    assert app.button("train_start").disabled
    said = app.error[0].value.replace("\\", "")
    assert said == f"Model name: job {waits} is to save its model as 'first'; take another name."
    monkeypatch.setattr(model_place, "model_folders", lambda: {"second": root})
    monkeypatch.setattr(model_place, "_said", lambda _: "")
    app.text_input("train_model_name").set_value("second")
    settled(app)
    assert app.button("train_start").disabled
    assert "there is a model 'second' already; take another name" in app.error[0].value


def test_several_values_are_a_job_for_each_combination(
    root: Path, jobs: JobManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = page(root, recipe="d-mlp", protocol="loso")
    assert app.button("train_measure").label == "Measure time and memory"
    measured = cost.Cost(
        step_s=0.5, predict_s=0.0, features_s=0.5, cores=2, memory_mb=1500, device="CPU"
    )
    monkeypatch.setattr(cost, "kept", lambda recipe, emotions: measured)
    app.text_input("train:seeds").set_value("0, 1")
    app.multiselect("train:vary").set_value(["training.batch_size", "augmentation"])
    settled(app)
    app.text_input("train:vary:training.batch_size").set_value("8, 0")
    settled(app)
    assert app.error[-1].value.startswith("Augmentation\\: give the values")
    app.multiselect("train:vary:augmentation").set_value(["b"])
    settled(app)
    assert app.error[-1].value.startswith("Learning\\: Batch size\\: input should be")
    app.text_input("train:vary:training.batch_size").set_value("8, 16")
    app.multiselect("train:vary:augmentation").set_value(["b", "d"])
    settled(app)
    assert app.button("train_start").label == "Start 8 jobs"
    assert "**8 jobs**" in words(app)
    # 200 epochs of 4 folds; five versions of 4 training clips are 2 steps of 8, or 1 of 16.
    metrics = {metric.label: metric.value for metric in app.metric}
    assert metrics["Time of all 8"] == tasks.duration(4 * 200 * 4 * 0.5 * (2 + 1))
    assert metrics["Memory"] == "1.5 GB"
    wanted, shared = typed(app.code[0].value), dict(app.query_params)
    app.button("train_start").click()
    settled(app)
    assert "8 jobs are in line. You may close this tab" in words(app)
    assert "job" not in app.query_params, "of several jobs the list is shown"
    assert in_line(jobs) == documents(wanted)
    assert len({order.recipe.fingerprint() for order in wanted}) == 8

    # The same values may be what each fold chooses among: then they are a job for each seed.
    app = page(None, **dict(shared))
    app.radio("train:select").set_value(True)
    settled(app)
    assert "**2 jobs**: 2 of seed; each fold chooses among **4 settings**" in words(app)
    metrics = {metric.label: metric.value for metric in app.metric}
    # Each of the settings on three inner folds, and one of them once more.
    assert metrics["Time of all 2"] == tasks.duration(2 * 200 * 4 * 0.5 * (3 * 2 * (2 + 1) + 2))
    nested = typed(app.code[0].value)
    assert [len(order.choices) for order in nested] == [4, 4]

    # A grid that is refused half-way says how far it came.
    def full(order: Order, device: str, put: Any = jobs.submit) -> str:
        if len(jobs.jobs()) == 9:
            raise ParameterError("the disk is full")
        return str(put(order, device))

    monkeypatch.setattr(jobs, "submit", full)
    app.button("train_start").click()
    settled(app)
    assert in_line(jobs)[8:] == documents(nested[:1])
    refused = "1 of 2 jobs are in line. The next (seed 1) was refused: the disk is full."
    assert app.error[0].value == refused
    cloned = page(None, recipe_of=jobs.jobs()[8].job_id)
    assert documents(typed(cloned.code[0].value)) == documents(nested[:1])


def test_an_address_sets_the_form_and_a_job_is_cloned_into_it(root: Path, jobs: JobManager) -> None:
    asked = ["training.seed=[3,4]", "features=mfcc", "features.settings.n_mfcc=20"]
    app = page(root, recipe="d-bilstm", protocol="loso", augmentation="e", set=asked)
    wanted = typed(app.code[0].value)
    assert [order.recipe.training.seed for order in wanted] == [3, 4]
    assert wanted[0].protocol == "loso"
    assert wanted[0].recipe.features.settings["n_mfcc"] == 20  # type: ignore[union-attr]
    shared = dict(app.query_params)
    app.button("train_start").click()
    settled(app)

    again = page(None, **shared)
    assert typed(again.code[0].value) == wanted
    job_id = jobs.jobs()[1].job_id
    app.query_params["job"] = job_id
    settled(app)
    app.button(f"clone:{job_id}").click()
    assert documents(typed(settled(app).code[0].value)) == documents(wanted[1:])
    onward = page(None, further="default", protocol="stratified-kfold")
    assert "Goes on from the weights of **default**; only its heads learn." in words(onward)
    [order] = typed(onward.code[0].value)
    assert (order.model_name, order.protocol) == ("mine", "stratified-kfold")
    assert order.recipe.training == complete(starting_point.further("default")).training
    lost = page(None, recipe_of="nobody", protocol="nothing", data="tess-1")
    for said in ("there is no job", "there is no protocol “nothing”", "“tess-1” is not on your"):
        assert said in words(lost)
    assert "there is no job" in words(settled(lost)), "background work runs the page again"
    lost.number_input("train:epochs").set_value(2)
    settled(lost)
    assert "there is no job" not in words(settled(lost))


def test_what_cannot_be_trained_is_said_before_it_is_put_in_line(
    root: Path, jobs: JobManager
) -> None:
    app = page(root, set=['training.class_weights={"grumpy": 2.0}'])
    assert "grumpy not known" in app.error[-1].value
    assert app.button("train_start").disabled
    app = page(None, protocol="leave-one-session-out")
    assert any("needs more than one session" in error.value for error in app.error)
    assert app.button("train_start").disabled
    app.text_input("train:seeds").set_value("one")
    settled(app)
    assert "whole numbers with commas between" in app.error[-1].value
    app = page(None, recipe="c", set=["preprocessing.window_s=0.31"])
    assert app.button("train_start").disabled
    assert "at least 32 steps" in app.error[-1].value
    app = page(None, recipe="linear", set=["seed=7", "epohcs=3"])
    assert "did you mean epochs?" in words(app)
    assert typed(app.code[0].value)[0].recipe == override(recipes.load("linear"), {"seed": 7})
    assert jobs.jobs() == []


def test_the_faithful_form_is_a_switch_that_says_what_differs(
    root: Path, jobs: JobManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "problems", lambda order, table: [])  # it imports librosa
    app = page(root, recipe="d-cnn1d")
    assert "stratified-kfold" in words(app)
    app.segmented_control("train_faithful").set_value(True)
    settled(app)
    order = typed(app.code[0].value)[0]
    assert (order.protocol, order.recipe) == (
        "stratified-kfold", recipes.load("d-cnn1d", faithful=True),
    )  # fmt: skip
    assert "This score leaks" in words(app)
    assert "speakers are mixed" in words(app)
    app.segmented_control("train_own").set_value(True)
    settled(app)
    app.selectbox("train_architecture").set_value("cutmix_multi_input")
    settled(app)
    app.selectbox("train:features:vector").set_value("functionals")
    settled(app)
    own = typed(app.code[0].value)[0].recipe
    assert (own.name, own.title) == (
        "cutmix_multi_input-spectrogram_image+functionals",
        "CutMix multi-input on Spectrogram image and Functionals",
    )


def test_without_a_corpus_the_demo_is_a_click_away(jobs: JobManager) -> None:
    app = page(None)
    assert "Training needs a corpus" in words(app)
    assert app.button("dataset_demo").label == "Make the demo corpus"


@pytest.mark.parametrize("name", recipes.names())
def test_the_command_of_every_recipe_trains_the_same(name: str, tmp_path: Path) -> None:
    corpus = CorpusEntry("ravdess", "RAVDESS", tmp_path, {}, (), "basic-7", {"calm": "neutral"})
    asked = Asked(corpus, "loso", "my model", keep_folds=True)
    for faithful in (False, True)[: 1 + (name in recipes.originals())]:
        base = drafts.base(name, faithful)
        wanted = override(base, {"training.seed": 7, "training.folds": 3})
        plan = training_plan.make(base, name, faithful, wanted, {}, asked)
        assert plan.orders() == typed(plan.command())
        assert plan.orders()[0].recipe == wanted


def test_jobs_of_an_earlier_server_are_taken_up_where_there_are_any(
    ser_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    led = threading.Event()
    monkeypatch.setattr(managers, "manager", led.set)
    job_lead.take_up(f"{ser_home} without")
    assert not led.wait(0.05)
    order = ser_home / "jobs" / "one" / "order.json"
    order.parent.mkdir(parents=True)
    order.write_text("{}")
    job_lead.take_up(str(ser_home))
    assert led.wait(30)
