"""Whole runs: what the store knows of them while they go on, stop, fail and are taken up again."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core import recipes
from ser_core.__main__ import main
from ser_core.comparison.loading import load
from ser_core.corpora.combine import Source
from ser_core.errors import SerError, TaskCancelled, TrackingError
from ser_core.inference import Predictor
from ser_core.inference.model_file import NETWORK, ModelFolder
from ser_core.inference.model_place import draft
from ser_core.store import Clip
from ser_core.tracking import open_store
from ser_core.training import cross_validation
from ser_core.training.config import Recipe, override
from ser_core.training.environment import data_fingerprint
from ser_core.training.epoch import Epoch
from ser_core.training.events import (
    EpochDone,
    Event,
    FoldStarted,
    ModelSaved,
    RunStarted,
    words,
)
from ser_core.training.run import Order, default_work, train
from ser_core.training.run_log import RunLog
from ser_core.training.run_models import put_in_place
from ser_core.training.starting_point import read_weights


@pytest.fixture
def root(synthetic_corpus: Path, tmp_path: Path) -> Path:
    """A corpus of its own: three speakers of the synthetic one, every third clip."""
    place = tmp_path / "corpus"
    for clip in sorted(synthetic_corpus.rglob("*.wav"))[:180:3]:
        copy = place / clip.relative_to(synthetic_corpus)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, copy)
    return place


def order_of(root: Path, tiny: Recipe, **more: Any) -> Order:
    """One fold of two epochs."""
    recipe = override(tiny, {"copies": 0})
    return Order(recipe, (Source("synthetic", root),), "stratified-holdout", **more)


def test_what_is_being_trained_is_not_trained_by_another_at_the_same_time(
    root: Path, tiny: Recipe
) -> None:
    order = order_of(root, tiny)
    begun = default_work(order) / "fold-1" / "checkpoint.npz"
    begun.parent.mkdir()
    begun.touch()

    def meanwhile(_: Event) -> None:
        with pytest.raises(SerError, match="studio is being trained already.*seed=1"):
            train(order)
        assert begun.exists()
        raise TaskCancelled("seen enough")

    for _ in range(2):  # when the first has ended, another may begin
        with pytest.raises(TaskCancelled):
            train(order, meanwhile)
    assert not open_store().runs()


def test_a_stopped_run_keeps_its_best_weights_and_is_taken_up_under_its_own_name(
    root: Path, tiny: Recipe
) -> None:
    order = order_of(root, tiny)
    said: list[Event] = []

    def enough() -> bool:
        return any(isinstance(event, EpochDone) for event in said)

    with pytest.raises(TaskCancelled):
        train(order, said.append, enough)
    store = open_store()
    (stopped,) = store.runs()
    assert stopped.status == "KILLED"
    assert [step for step, _ in store.history(stopped.run_id, "fold1.loss")] == [1]
    files = store.files(stopped.run_id)
    assert files is not None
    about = json.loads((files / "stopped" / "about.json").read_text())
    assert (about["fold"], about["best_epoch"], len(about["epochs"])) == (1, 1, 1)
    assert "emotion/0" in read_weights(ModelFolder("stopped", files / "stopped"))

    said.clear()
    again = order_of(root, tiny, resume=True, keep_folds=True)
    assert train(again, said.append, run_id=stopped.run_id) == stopped.run_id
    assert [each.from_epoch for each in said if isinstance(each, FoldStarted)] == [1]
    told = [(each.epoch, each.again) for each in said if isinstance(each, EpochDone)]
    assert told == [(1, True), (2, False)], "whoever did not hear of the first does now"
    run = store.find(stopped.run_id)
    assert run.status == "FINISHED"
    assert [step for step, _ in store.history(run.run_id, "fold1.loss")] == [1, 2]
    assert [*default_work(order).rglob("checkpoint.npz")] == []
    table = pd.read_csv(files / "predictions.csv")
    _surroundings_are_kept(files, root)
    calibration = json.loads((files / "scores.json").read_text())["calibration"]
    assert calibration["predictions"] == "as the fold models gave them, not tempered"
    assert calibration["temperature"] == run.metrics["temperature"]
    _fold_models_answer_as_in_the_test(files, table, root)
    _the_folds_are_heard_under_noise(run.run_id, table, root)
    _it_is_exported_as_a_recipe(run.run_id, order.recipe, files.parent)


def _surroundings_are_kept(files: Path, root: Path) -> None:
    environment = json.loads((files / "environment.json").read_text())
    assert {"keras", "numpy"} <= set(environment["packages"])
    assert environment["devices"]
    data = json.loads((files / "data.json").read_text())
    assert data["clips"] == len([*root.rglob("*.wav")])


def _fold_models_answer_as_in_the_test(files: Path, table: pd.DataFrame, root: Path) -> None:
    predictor = Predictor.load(files / "fold-models" / "fold-1")
    assert len(predictor.card["trained_on"]["speakers"]) == 3
    assert predictor.card["note"].endswith("of speakers it knows")
    for row in table.iloc[::5].to_dict("records"):
        prediction = predictor.predict_file(root / f"{row['clip']}")
        got = [prediction.probabilities[label] for label in predictor.labels]
        np.testing.assert_allclose(got, [row[label] for label in predictor.labels], atol=1e-4)


def _the_folds_are_heard_under_noise(run_id: str, table: pd.DataFrame, root: Path) -> None:
    """On the clips that they were tested on, by command; what comes of it is kept with the run."""
    command = ["evaluate", run_id, "--corpus", f"synthetic={root}", "--snr", "0"]
    assert main([*command, "--noise", "white"]) == 0
    clean, noisy = load(run_id, open_store()).noise
    assert (clean.colour, noisy.colour, noisy.snr_db) == ("none", "white", 0)
    assert clean.clips == noisy.clips == len(table)
    assert clean.war.value == (table["emotion"] == table["predicted"]).mean()
    assert main([*command, "--speakers", "1"]) == 1


def _it_is_exported_as_a_recipe(run_id: str, recipe: Recipe, folder: Path) -> None:
    command = ["export", run_id, "--format", "recipe", "--out"]
    assert main([*command, str(folder / "mine.toml")]) == 0
    assert recipes.load(str(folder / "mine.toml")) == recipe.model_copy(update={"name": "mine"})
    assert main([*command, str(folder / "studio.toml")]) == 1


def test_a_name_that_was_taken_meanwhile_stays_with_who_has_it(
    tiny: Recipe, ser_home: Path, tmp_path: Path
) -> None:
    order = order_of(tmp_path, tiny, model_name="mine")
    for number in (1, 2):
        with draft("mine") as made:
            (made / NETWORK).write_text(str(number))
            said = put_in_place(order, made)
    assert "another model is called 'mine' by now: this one is kept with its run" in words(said)
    assert (ser_home / "models" / "mine" / NETWORK).read_text() == "1"
    with draft("mine") as made:
        (made / NETWORK).write_text("3")
        assert isinstance(put_in_place(replace(order, replace=True), made), ModelSaved)
    assert (ser_home / "models" / "mine" / NETWORK).read_text() == "3"
    assert [path.name for path in (ser_home / "models").rglob("*.old")] == []


def raising(error: Exception) -> Callable[..., None]:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def test_a_run_that_fails_says_why_in_words(
    root: Path, tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = {
        "out of memory; try a smaller training.batch_size": MemoryError(),
        "the disk is full: /x": OSError(28, "No space left on device", "/x"),
    }
    for told, error in errors.items():
        monkeypatch.setattr(cross_validation, "fit", raising(error))
        with pytest.raises(SerError, match=told):
            train(order_of(root, tiny))
        run = open_store().runs()[0]
        assert run.status == "FAILED"
        assert run.tags["reason"].startswith(told)
    _a_corpus_that_is_moved_away_in_mid_run_is_named(root, tiny)


def _a_corpus_that_is_moved_away_in_mid_run_is_named(root: Path, tiny: Recipe) -> None:
    def move(event: Event) -> None:
        if isinstance(event, RunStarted):
            root.rename(root.with_name("elsewhere"))

    with pytest.raises(SerError, match=r"03-01-.*\.wav"):
        train(order_of(root, tiny), move)
    run = open_store().runs()[0]
    assert run.status == "FAILED"
    assert ".wav" in run.tags["reason"]


class Slow:
    """A run store that can be out of reach."""

    def __init__(self) -> None:
        self.told: list[Mapping[int, Mapping[str, float]]] = []
        self.reachable = True

    def log_steps(self, _: str, steps: Mapping[int, Mapping[str, float]]) -> None:
        if not self.reachable:
            raise TrackingError("the run store cannot be used")
        self.told.append(dict(steps))

    def history(self, _: str, __: str) -> list[tuple[int, float]]:
        return [(1, 0.5)]


def epochs(*numbers: int) -> list[Epoch]:
    return [Epoch(number, 1.0, 0.1, 0.5, 0.5) for number in numbers]


def test_epochs_are_told_in_portions_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    store, now = Slow(), [100.0]
    monkeypatch.setattr("ser_core.training.run_log.time.monotonic", lambda: now[0])
    log = RunLog(store, pytest.fail, "a run taken up")  # type: ignore[arg-type]
    log.epochs(1, epochs(1))
    log.epochs(1, epochs(2, 3))
    now[0] += 60
    log.epochs(1, epochs(4))
    log.epochs(1, epochs(5))
    log.epochs(0, epochs(6))  # the final model has no scores
    log.write()
    assert [sorted(steps) for steps in store.told] == [[2, 3, 4], [5]]
    assert store.told[0][2]["fold1.loss"] == 0.5


def test_a_store_out_of_reach_stops_nothing_and_is_told_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, now, said = Slow(), [100.0], list[Event]()
    monkeypatch.setattr("ser_core.training.run_log.time.monotonic", lambda: now[0])
    log = RunLog(store, said.append, "a run")  # type: ignore[arg-type]
    store.reachable = False
    for number in (1, 2, 3):
        log.epochs(1, epochs(number))
        now[0] += 60
    assert [words(event) for event in said] == [
        "the run store cannot be used; training goes on, and it is told later"
    ]
    store.reachable = True
    log.epochs(1, epochs(4))
    assert [sorted(steps) for steps in store.told] == [[2, 3, 4]]


def test_data_are_known_by_what_they_hold_alone() -> None:
    clips = [Clip(name, key) for name, key in (("a.wav", b"1"), ("b.wav", b"2"))]
    moved = [Clip(f"there/{clip.path}", clip.key) for clip in reversed(clips)]
    assert data_fingerprint(clips) == data_fingerprint(moved)
    assert data_fingerprint(clips) != data_fingerprint(clips[:1])
