"""The ONNX file says what the trained network says, through the path of the Live page."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ser_core.__main__ import main
from ser_core.corpora.splits import protocol_folds
from ser_core.errors import ModelError
from ser_core.evaluation.temperature import temper
from ser_core.inference import Predictor
from ser_core.inference.evaluate import evaluate
from ser_core.training import export, onnx_graph
from ser_core.training.config import Recipe, override
from ser_core.training.cross_validation import Study
from ser_core.training.starting_point import save_weights
from ser_core.training.trainer import Fitted, predict


def test_training_and_live_use_hear_the_same(
    three_speakers: pd.DataFrame, tiny: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_graph, "LARGE_BYTES", 100)  # its matrices go their own way
    recipe = override(tiny, {"epochs": 1, "window_s": 1.5, "window_hop_s": 0.7})
    study = Study(three_speakers, recipe, tmp_path / "work", lambda _: None)
    folds = protocol_folds(three_speakers, "speaker-independent", 3, 1, 0)[:1]
    results = study.cross_validate(folds)
    # The network is the same either way; this spec lets it be used with and without a known voice.
    fitted = study.fit_final(epochs=1)
    by_speaker = replace(fitted, standardisation="speaker")
    recipe = override(recipe, {"standardisation": "speaker"})
    learned = replace(results.calibration(), temperature=2.0)  # of one speaker nothing is learned
    card = export.model_card("tiny", recipe, results, {"corpus": "made"}, fitted, learned)
    folder = tmp_path / "tiny"
    left = folder / ".draft" / "model.onnx"  # by a process that was killed in the middle of it
    left.parent.mkdir(parents=True)
    left.touch()
    spec = export.model_spec(recipe, results, by_speaker, learned)
    export.export_model(fitted, spec, card, folder)
    assert {path.name for path in folder.iterdir()} == {"model.onnx", "card.json"}

    predictor = Predictor.load(folder)
    rows = np.arange(0, len(study.table), 7)
    wanted = temper(predict(fitted, study.examples, rows), 2.0)
    several_windows = 0
    for row, probabilities in zip(rows, wanted, strict=True):
        prediction = predictor.predict_file(study.table["path"][row])
        got = [prediction.probabilities[label] for label in study.labels]
        np.testing.assert_allclose(got, probabilities, atol=1e-5)
        several_windows += len(prediction.windows) > 1
    assert several_windows  # the mean over windows was tried too, and what is tempered is that
    assert "how this one usually sounds" in prediction.notes[-1]
    _a_known_voice_is_heard_as_in_training(predictor, study, by_speaker)
    assert predictor.card["uar"]["value"] == pytest.approx(results.scores().uar.value)
    assert predictor.card["calibration"]["temperature"] == 2
    curve = predictor.card["coverage"]
    assert curve["clips"] == len(results.predictions)
    assert curve["answered"][0] == 1
    assert curve["accuracy"][0]["value"] == pytest.approx(results.scores().war.value)
    assert predictor.card["folds"][0]["test"] == list(folds[0].test_speakers)
    assert predictor.card["speakers_apart"]
    assert "each tested on speakers it never heard" in predictor.card["note"]
    assert predictor.card["epochs"] == 1
    _the_keras_file_says_the_same(fitted, folder, tmp_path)

    monkeypatch.setattr(export, "TOLERANCE", -1.0)
    with pytest.raises(ModelError, match="differs from the trained network"):
        export.export_model(
            fitted, export.model_spec(recipe, results, fitted), card, tmp_path / "other"
        )
    assert not (tmp_path / "other" / "model.onnx").exists()


def _a_known_voice_is_heard_as_in_training(
    predictor: Predictor, study: Study, fitted: Fitted
) -> None:
    rows = np.flatnonzero(study.table["speaker"] == study.table["speaker"][0])
    speaker = predictor.speaker_statistics(study.table["path"][rows].tolist())
    wanted = temper(predict(fitted, study.examples, rows), predictor.spec.temperature)
    for row, probabilities in zip(rows[:3], wanted[:3], strict=True):
        prediction = predictor.predict_file(study.table["path"][row], speaker)
        got = [prediction.probabilities[label] for label in study.labels]
        np.testing.assert_allclose(got, probabilities, atol=1e-5)
        assert not any("usually sounds" in note for note in prediction.notes)
    scored = evaluate(predictor, study.table.iloc[rows]).predictions
    np.testing.assert_allclose(scored[study.labels], wanted, atol=1e-5)


def test_sure_means_often_right() -> None:
    rng = np.random.default_rng(0)
    top = rng.uniform(0.5, 1, 4000)
    right = rng.random(4000) < 2 * top - 1  # right never at 0.5, always at 1
    table = pd.DataFrame({"a": top, "b": 1 - top, "predicted": "a"})
    table["emotion"] = np.where(right, "a", "b")
    sure, not_sure = export.confidence_bounds(table, ["a", "b"])
    assert sure == pytest.approx(0.925, abs=0.02)
    assert not_sure == pytest.approx(0.75, abs=0.02)


def test_the_shipped_model_is_built_again_from_its_weights(tmp_path: Path) -> None:
    """So it can be fine-tuned; the command compares what is built with the ONNX file."""
    out = tmp_path / "default.keras"
    assert main(["export", "default", "--format", "keras", "--out", str(out)]) == 0
    assert out.stat().st_size > 1e6


def test_a_model_that_is_never_right_is_never_sure() -> None:
    table = pd.DataFrame({"a": [0.9, 0.8], "b": [0.1, 0.2], "predicted": "a", "emotion": "b"})
    assert export.confidence_bounds(table, ["a", "b"]) == (1.0, 1.0)


@pytest.mark.parametrize(("clips", "told"), [(10, (1.0, 0.8)), (40, (0.8, 0.8))])
def test_few_clips_that_are_right_do_not_make_a_model_sure(
    clips: int, told: tuple[float, float]
) -> None:
    """Ten of ten may be luck, at 85 %; and nothing is known of what is less probable than all."""
    top = np.linspace(0.7995, 0.95, clips)
    table = pd.DataFrame({"a": top, "b": 1 - top, "predicted": "a", "emotion": "a"})
    assert export.confidence_bounds(table, ["a", "b"]) == pytest.approx(told)


def _the_keras_file_says_the_same(fitted: Fitted, folder: Path, tmp_path: Path) -> None:
    import keras
    import onnxruntime

    out = tmp_path / "model.keras"
    command = ["export", str(folder), "--format", "keras", "--out", str(out)]
    assert main(command) == 1  # no weights were kept
    save_weights(fitted.network, fitted.targets.heads, fitted.statistics, folder)
    assert main(command) == 0
    loaded = keras.saving.load_model(out)
    shape = loaded.inputs[0].shape[1:]
    features = np.random.default_rng(0).normal(-30, 10, (3, *shape)).astype(np.float32)
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"))
    assert [one.name for one in session.get_inputs()] == ["features"]
    wanted = session.run(["emotion"], {"features": features})[0]
    got = loaded.predict_on_batch({"features": features})["emotion"]
    np.testing.assert_allclose(got, wanted, atol=1e-4)
    assert json.loads((tmp_path / "model.card.json").read_text())["name"] == "tiny"
