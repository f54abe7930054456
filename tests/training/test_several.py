"""Several inputs, several tasks, several runs; and where a training starts."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core import __main__ as command_line
from ser_core import recipes
from ser_core.corpora.splits import protocol_folds
from ser_core.errors import CorpusError, ModelError, ParameterError, UnknownNameError
from ser_core.features.statistics import Statistics
from ser_core.inference import Predictor
from ser_core.inference.model_file import find_model
from ser_core.training import export, trainer
from ser_core.training.config import Recipe, override, variants
from ser_core.training.cross_validation import Study
from ser_core.training.faults import leak_words
from ser_core.training.material import material
from ser_core.training.run_models import inherited
from ser_core.training.starting_point import (
    check_strangers,
    further,
    heard_in_all,
    labels_from,
    save_weights,
)
from ser_core.training.targets import emotion_targets
from ser_core.training.trainer import fit, predict_averaged, predict_heads
from tests.inference.handmade import make_model
from tests.training.test_training import made_up

TWO_INPUTS = {
    "architecture": {
        "name": "cutmix_multi_input",
        "settings": {
            "filters": [4, 4],
            "block_dropout": [0, 0],
            "image_units": [8, 8],
            "vector_units": [8, 4],
        },
    },
    "features": {
        "image": {
            "name": "spectrogram_image",
            "settings": {"height": 32, "width": 32, "colour": "rgb"},
        },
        "vector": {"name": "functionals"},
    },
    "augmentation": {
        "waveform": [{"name": "speed"}],
        "batch": [{"name": "cutmix"}],
    },
    "heads": ["gender", "intensity"],
    "test_copies": 1,
    "epochs": 1,
}


def two_inputs(tiny: Recipe) -> Recipe:
    data = tiny.model_dump()
    training = data["training"] | {
        name: TWO_INPUTS[name] for name in ("heads", "test_copies", "epochs")
    }
    parts = {name: TWO_INPUTS[name] for name in ("architecture", "features", "augmentation")}
    return override(Recipe.parse({**data, **parts, "training": training}), {})


def test_two_inputs_and_three_tasks_from_clips_to_live_use(
    three_speakers: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    recipe = two_inputs(tiny)
    study = Study(three_speakers, recipe, tmp_path / "work", lambda _: None)
    assert study.targets.sizes["gender"] == 2
    folds = protocol_folds(three_speakers, "speaker-independent", 3, 1, 0)[:1]
    results = study.cross_validate(folds)
    table = results.predictions
    assert set(table["predicted_gender"]) <= {"female", "male"}
    assert table["gender"].tolist() == [
        study.table.set_index("clip")["gender"][clip] for clip in table["clip"]
    ]
    np.testing.assert_allclose(table[results.labels].sum(axis=1), 1, atol=1e-5)
    further = results.further_scores()
    right = (table["gender"] == table["predicted_gender"]).mean()
    assert further.numbers()["gender_accuracy"].value == pytest.approx(right)
    assert further.as_dict()["gender"]["accuracy"]["value"] == pytest.approx(right)

    fitted = study.fit_final(1)
    card = export.model_card("two", recipe, results, {"corpus": "made"}, fitted)
    assert card["features"]["vector"]["extractor"] == "functionals"
    folder = tmp_path / "two"
    export.export_model(fitted, export.model_spec(recipe, results, fitted), card, folder)
    predictor = Predictor.load(folder)
    rows = np.arange(0, 60, 20)
    wanted = predict_heads(fitted, study.examples, rows)
    for place, row in enumerate(rows):
        prediction = predictor.predict_file(study.table["path"][row])
        got = [prediction.probabilities[label] for label in study.labels]
        np.testing.assert_allclose(got, wanted["emotion"][place], atol=1e-4)
        said = prediction.further["gender"]
        assert isinstance(said, dict)
        np.testing.assert_allclose([*said.values()], wanted["gender"][place], atol=1e-4)
    with pytest.raises(ModelError, match="two: takes image and vector"):
        predictor.extractor.extract(np.zeros(9, np.float32), 16_000)
    _answers_are_averaged_over_versions(study, fitted)


def _answers_are_averaged_over_versions(study: Study, fitted: trainer.Fitted) -> None:
    examples, rows = study.examples, np.arange(4)
    assert examples.in_tests is not None
    statistics = fitted.statistics
    version = {
        name: statistics[name].standardise(array)
        for name, array in examples.in_tests.test_batch(rows, 0).items()
    }
    said = fitted.network.predict_on_batch(version)["emotion"]
    said = np.exp(said) / np.exp(said).sum(axis=1, keepdims=True)
    alone = predict_heads(fitted, examples, rows)["emotion"]
    both = predict_averaged(fitted, examples, rows, 1)["emotion"]
    np.testing.assert_allclose(both, (alone + said) / 2, atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "cutmix_multi_input"}, "has the inputs image, vector; give an extractor"),
        ({"features": {"image": {"name": "log_mel"}}}, "are features, got image"),
        ({"test_copies": 2, "augmentation": {}}, "made by the waveform steps"),
        ({"frozen": True}, r"needs training\.init_from"),
    ],
)
def test_parts_that_do_not_fit_are_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        override(recipes.load("studio"), changes)


def test_training_starts_from_the_weights_of_a_model(tiny: Recipe, ser_home: Path) -> None:
    examples, targets = made_up()
    rows, nobody = np.arange(40), np.empty(0, np.intp)
    changes = {"epochs": 1, "optimiser": "sgd", "learning_rate": 1e-9, "schedule": "constant"}
    first = fit(examples, targets, rows, nobody, override(tiny, {**changes, "seed": 1}))
    folder = ser_home / "models" / "base"
    folder.mkdir(parents=True)
    (folder / "model.onnx").touch()
    known = {"features": Statistics(np.full(16, -30.0, np.float32), np.full(16, 9.0, np.float32))}
    save_weights(first.network, targets.heads, known, folder)
    onward = override(tiny, {**changes, "init_from": "base", "frozen": True})
    again = fit(examples, targets, rows, nobody, onward)
    for before, after in zip(first.network.get_weights(), again.network.get_weights(), strict=True):
        np.testing.assert_allclose(after, before, atol=1e-6)
    trained = {layer.name for layer in again.network.layers if layer.trainable_weights}
    assert trained == {"emotion"}
    np.testing.assert_array_equal(again.statistics["features"].mean, known["features"].mean)
    assert labels_from("base", {"sad"}) == targets.labels, "what it told apart it goes on to"
    assert labels_from("base", {"sad", "bored"}) == ["sad", "bored"]

    names = ["neutral", "sad", "happy"]  # other columns: this head is not that of the model
    other = emotion_targets([names[index] for index in targets.emotions], names)
    fresh = fit(examples, other, rows, nobody, onward)
    head = fresh.network.get_layer("emotion").get_weights()[0]
    assert not np.allclose(head, first.network.get_layer("emotion").get_weights()[0])
    wider = override(onward, {"dense_units": 16})
    with pytest.raises(ParameterError, match="network of 'base' differs from the recipe's"):
        fit(examples, targets, rows, nobody, wider)


def test_nobody_is_tested_who_was_heard_before(
    three_speakers: pd.DataFrame, ser_home: Path
) -> None:
    folder = ser_home / "models" / "base"
    folder.mkdir(parents=True)
    (folder / "model.onnx").touch()
    speakers = sorted(three_speakers["speaker"].unique())
    trained_on = f'{{"corpus": "synthetic", "speakers": ["{speakers[0]}"]}}'
    (folder / "card.json").write_text(f'{{"trained_on": {trained_on}}}', encoding="utf-8")
    clips = {who: list(rows["clip"]) for who, rows in three_speakers.groupby("speaker")}
    check_strangers("base", three_speakers, clips[speakers[1]])
    with pytest.raises(CorpusError, match="'base' was trained on 1 of the speakers who are to be"):
        check_strangers("base", three_speakers, clips[speakers[0]] + clips[speakers[1]])
    mine = {"corpus": "labelled_folder", "speakers": ["me"]}
    heard = heard_in_all("base", mine)
    assert heard["speakers"] == ["labelled_folder/me", f"synthetic/{speakers[0]}"]
    (folder / "card.json").write_text(json.dumps({"trained_on": heard}), encoding="utf-8")
    assert heard_in_all("base", mine) == heard
    with pytest.raises(CorpusError, match="'base' was trained on 1 of the speakers"):
        check_strangers("base", three_speakers, clips[speakers[0]])


def test_a_model_goes_on_with_few_clips_of_few_emotions(three_speakers: pd.DataFrame) -> None:
    recipe = further("default")
    two = three_speakers[three_speakers["emotion"].isin({"happy", "angry"})]
    assert set(two["emotion"]) == {"happy", "angry"}
    found = material(two.assign(problems=""), recipe)
    assert found.labels == list(Predictor.load("default").labels)
    assert (recipe.training.init_from, recipe.training.frozen) == ("default", True)


def test_a_model_does_not_go_on_with_the_faults_of_an_original(ser_home: Path) -> None:
    model = ser_home / "models" / "faulty"
    shutil.copytree(find_model("default").path, model)
    card = json.loads((model / "card.json").read_text("utf-8"))
    card["recipe"]["faults"] = {"epoch_from_test": True, "copies_before_split": True}
    (model / "card.json").write_text(json.dumps(card), encoding="utf-8")
    assert leak_words(further("faulty").faults, "stratified-holdout") == []


def test_the_card_of_a_model_that_went_on_says_what_its_start_derives_from() -> None:
    own = {"title": "Studio", "licence": "weights derive from mine", "citation": "None."}
    found = inherited(own, "default")
    assert found["title"] == "Studio, trained further"
    assert found["licence"].startswith("weights derive from mine; through 'default', weights der")
    assert "RAVDESS" in found["licence"]
    assert "Livingstone" in found["citation"]


def test_a_model_without_weights_cannot_go_on(three_speakers: pd.DataFrame, ser_home: Path) -> None:
    make_model(ser_home / "models" / "bare", card={})
    with pytest.raises(ModelError, match="bare: the weights were not kept beside the model"):
        further("bare")
    recipe = override(recipes.load("studio"), {"init_from": "bare"})
    with pytest.raises(ModelError, match="bare: the weights were not kept beside the model"):
        material(three_speakers.assign(problems=""), recipe)


def test_half_precision_ends_in_single(tiny: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    examples, targets = made_up()
    used: list[str] = []

    def gpu() -> bool:
        return True

    def noted(self: Any, *args: Any) -> None:
        used.append(keras.config.dtype_policy().name)
        learn(self, *args)

    learn = trainer.Learning.__init__
    monkeypatch.setattr(trainer, "_has_gpu", gpu)
    monkeypatch.setattr(trainer.Learning, "__init__", noted)
    recipe = override(tiny, {"epochs": 1, "precision": "mixed"})
    fitted = fit(examples, targets, np.arange(40), np.arange(40, 48), recipe)
    assert used == ["mixed_float16"]
    assert keras.config.dtype_policy().name == "float32"
    assert fitted.network.outputs[0].dtype == "float32"
    assert np.isfinite(predict_heads(fitted, examples, np.arange(8))["emotion"]).all()


@pytest.mark.parametrize(("device", "policy"), [("cpu:0", "float32"), ("gpu:0", "mixed_float16")])
def test_half_precision_is_for_gpus_alone(
    device: str, policy: str, tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    def as_jax(kind: str | None = None) -> list[str]:
        if kind is not None and not device.startswith(kind):
            raise RuntimeError(f"Unknown backend: {kind!r} requested")
        return [device]

    monkeypatch.setattr(keras.distribution, "list_devices", as_jax)
    trainer.prepare_keras(override(tiny, {"precision": "mixed"}).training)
    assert keras.config.dtype_policy().name == policy
    trainer.prepare_keras(tiny.training)
    assert keras.config.dtype_policy().name == "float32"


def test_deterministic_runs_ask_for_it(tiny: Recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    asked: list[bool] = []
    monkeypatch.setattr(tf.config.experimental, "enable_op_determinism", lambda: asked.append(True))
    trainer.prepare_keras(tiny.training)
    assert not asked
    trainer.prepare_keras(override(tiny, {"deterministic": True}).training)
    assert asked


def test_a_list_of_values_is_a_run_for_each() -> None:
    studio = recipes.load("studio")
    found = variants(studio, {"seed": [0, 1], "optimiser": ["adam", "sgd"], "epochs": 3})
    assert [(each["seed"], each["optimiser"], each["epochs"]) for each in found] == [
        (0, "adam", 3),
        (0, "sgd", 3),
        (1, "adam", 3),
        (1, "sgd", 3),
    ]
    assert variants(studio, {"block_filters": [8, 8]}) == [{"block_filters": [8, 8]}]
    assert len(variants(studio, {"block_filters": [[8], [8, 8]]})) == 2


def test_several_seeds_from_the_command_line(
    few_clips: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from ser_core import tracking
    from ser_core.commands import train

    uar = {"run0": 0.5, "run1": 0.6}
    runs = [
        SimpleNamespace(run_id=name, metrics={"uar": value}, tags={}) for name, value in uar.items()
    ]
    monkeypatch.setattr(tracking, "open_store", lambda: SimpleNamespace(runs=lambda: runs))
    monkeypatch.setattr(train, "_trained", lambda order: f"run{order.recipe.training.seed}")
    asked = ["train", "linear", "--corpus", f"synthetic={few_clips}", "--set", "seed=[0,1]"]
    assert command_line.main(asked) in (0, None)
    lines = capsys.readouterr().out.splitlines()
    assert "UAR of 2 runs: 0.550 ± 0.071 (standard deviation)" in lines
    assert lines[-2:] == ["run0", "run1"]
    assert command_line.main([*asked, "--model", "mine"]) != 0
    assert "a model is of one run, and 2 are asked for" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["d-cnn1d", "--set", 'features=["mfcc", "functionals"]'], "residual_cnn1d takes frames"),
        (["d-cnn1d", "--set", 'init_from=["", "nobody"]'], "model 'nobody' is not known"),
        (["linear", "--snr", "nan"], "snr_db must be numbers"),
    ],
)
def test_what_a_later_step_cannot_do_is_said_before_the_first(
    options: list[str],
    words: str,
    few_clips: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from ser_core.commands import train

    monkeypatch.setattr(train, "_trained", lambda _: pytest.fail("it was trained"))
    assert command_line.main(["train", *options, "--corpus", f"synthetic={few_clips}"]) == 1
    assert words in capsys.readouterr().err


def test_a_training_starts_from_the_model_of_a_run_and_of_no_other(
    ser_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ser_core import tracking
    from ser_core.commands import train

    run = "1a2b3c4d5e"

    def find(reference: str) -> SimpleNamespace:
        if not run.startswith(reference):
            raise UnknownNameError("no such run")
        return SimpleNamespace(run_id=run, tags={"model": "mine"})

    monkeypatch.setattr(tracking, "open_store", lambda: SimpleNamespace(find=find))
    own = ser_home / "models" / "mine"
    own.mkdir(parents=True)
    (own / "model.onnx").touch()
    (own / "card.json").write_text(json.dumps({"run": run}), encoding="utf-8")
    assert [train._model_of(each) for each in ("mine", run, run[:8])] == ["mine"] * 3
    (own / "card.json").write_text('{"run": "another"}', encoding="utf-8")
    with pytest.raises(ParameterError, match="'mine' is not that of run .* any more"):
        train._model_of(run)
    with pytest.raises(UnknownNameError, match="model 'nobody' is not known"):
        train._model_of("nobody")
