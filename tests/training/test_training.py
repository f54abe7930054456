"""From clips to a scored model: what is learned from, what is scored, what survives."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core.corpora.splits import Fold, protocol_folds
from ser_core.errors import AudioError, CorpusError, SerError
from ser_core.features.store import FeatureStore
from ser_core.training.batches import Standardiser, TrainingBatches, training_statistics
from ser_core.training.config import Recipe, override
from ser_core.training.cross_validation import CrossValidation, FoldResult, Study
from ser_core.training.epoch import Epoch
from ser_core.training.events import EpochDone, Event, FoldFinished, read, words, write
from ser_core.training.examples import Examples, make_examples
from ser_core.training.predictions import prediction_table
from ser_core.training.progress import epoch_event
from ser_core.training.run import summary
from ser_core.training.targets import Targets, emotion_targets
from ser_core.training.trainer import Learning, Watch, fit, predict


def test_examples_are_made_once_and_read_back(three_speakers: pd.DataFrame, tiny: Recipe) -> None:
    calls: list[tuple[int, int]] = []
    table = three_speakers.head(8)
    made = make_examples(table, tiny, lambda *call: calls.append(call[:2]))
    assert made.shapes == {"features": (241, 64)}
    versions = made.versions["features"]
    assert [clip.shape for clip in versions] == [(2, 241, 64)] * 8
    assert {clip.shape[1:] for clip in made.windows["features"]} == {(241, 64)}
    assert made.speakers.tolist() == table["speaker"].tolist()
    assert calls[-1] == (8, 8)
    assert not np.array_equal(versions[0][0], versions[0][1])
    calls.clear()
    again = make_examples(table, tiny, lambda *call: calls.append(call[:2]))
    assert calls == []
    for before, after in zip(versions, again.versions["features"], strict=True):
        np.testing.assert_array_equal(before, after)


def test_copies_of_a_clip_depend_on_the_clip_and_the_seed_alone(
    three_speakers: pd.DataFrame, tiny: Recipe
) -> None:
    together = make_examples(three_speakers.head(4), tiny).versions["features"]
    paths_moved = three_speakers.iloc[[3, 1]]
    FeatureStore().clear()
    apart = make_examples(paths_moved, tiny).versions["features"]
    np.testing.assert_array_equal(together[3], apart[0])
    np.testing.assert_array_equal(together[1], apart[1])
    reseeded = make_examples(paths_moved, override(tiny, {"seed": 1})).versions["features"]
    assert not np.array_equal(reseeded[0][1], apart[0][1])


def test_a_clip_that_cannot_be_read_is_named(
    three_speakers: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"no sound" * 20)
    table = three_speakers.head(2).assign(path=[three_speakers["path"][0], str(broken)])
    with pytest.raises(AudioError, match=r"broken\.wav"):
        make_examples(table, tiny)


def made_up(num_clips: int = 48) -> tuple[Examples, Targets]:
    """Clips whose class shows in which band is loud."""
    rng = np.random.default_rng(0)
    labels = ["neutral", "happy", "sad"]
    classes = np.arange(num_clips) % len(labels)
    versions = rng.normal(-40, 5, (num_clips, 2, 40, 16))
    for clip, label in enumerate(classes):
        versions[clip, :, :, 4 * label : 4 * label + 4] += 20
    windows = versions[:, 0].astype(np.float32)
    speakers = np.array([f"{clip // 12:02}" for clip in range(num_clips)])
    examples = Examples(
        {"features": list(versions.astype(np.float32))},
        {"features": list(windows[:, None])},
        speakers,
    )
    return examples, emotion_targets([labels[index] for index in classes], labels)


def test_statistics_come_from_training_clips_alone() -> None:
    examples, _ = made_up()
    rows = np.arange(10)
    statistics = training_statistics(examples, rows)
    versions = examples.versions["features"][:10]
    clips = np.stack(versions).astype(np.float64).reshape(-1, 16)
    np.testing.assert_allclose(statistics["features"].mean, clips.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(statistics["features"].std, clips.std(axis=0), rtol=1e-4)
    standardiser = Standardiser(statistics, examples, rows, "corpus")
    standardised = standardiser.standardise({"features": np.stack(versions)}, rows)["features"]
    np.testing.assert_allclose(standardised.mean(axis=(0, 1, 2)), 0, atol=1e-4)


def test_by_speaker_each_voice_is_measured_against_its_own_clips_of_that_part() -> None:
    examples, _ = made_up()
    everybody = training_statistics(examples, np.arange(24))
    rows = np.arange(24, 36)  # one speaker, never trained on
    # The speaker's clips in another part of the study must not matter.
    windows = examples.windows["features"]
    windows[36][:] += 1000
    theirs = {"features": np.stack([windows[row][0] for row in rows])}
    standardiser = Standardiser(everybody, examples, rows, "speaker")
    standardised = standardiser.standardise(theirs, rows)["features"]
    np.testing.assert_allclose(standardised.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(standardised.std(axis=(0, 1)), 1, atol=1e-3)


def test_an_epoch_is_drawn_anew_and_can_be_drawn_again(tiny: Recipe) -> None:
    examples, targets = made_up()
    rows = np.arange(0, 40)
    standardiser = Standardiser(training_statistics(examples, rows), examples, rows, "corpus")
    batches = TrainingBatches(examples, targets, rows, standardiser, tiny)
    first = [batch.inputs["features"] for batch in batches.epoch(1)]
    assert len(first) == batches.steps == 2
    np.testing.assert_array_equal(first, [batch.inputs["features"] for batch in batches.epoch(1)])
    assert not np.array_equal(first, [batch.inputs["features"] for batch in batches.epoch(2)])
    for batch in batches.epoch(3):
        np.testing.assert_allclose(batch.targets["emotion"].sum(axis=1), 1, atol=1e-5)


def test_a_network_learns_what_can_be_learned(tiny: Recipe) -> None:
    examples, targets = made_up()
    train, validation, test = np.arange(0, 30), np.arange(30, 39), np.arange(39, 48)
    recipe = override(
        tiny,
        {"epochs": 25, "optimiser": "adamw", "learning_rate": 0.02, "batch_size": 10}
        | {"dropout": 0, "block_dropout": 0},
    )
    seen: list[int] = []
    fitted = fit(
        examples,
        targets,
        train,
        validation,
        recipe,
        watch=Watch(on_epoch=lambda epoch: seen.append(epoch.number)),
    )
    assert seen == list(range(1, 26))
    probabilities = predict(fitted, examples, test)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    assert (probabilities.argmax(axis=1) == targets.emotions[test]).mean() == 1.0
    best = max(epoch.validation_uar for epoch in fitted.history)
    chosen = fitted.history[fitted.best_epoch - 1]
    assert chosen.validation_uar == best
    kept = predict(fitted, examples, validation).argmax(axis=1)
    assert (kept == targets.emotions[validation]).mean() == pytest.approx(best)


def test_loss_and_accuracy_of_an_epoch_are_means_over_its_batches(
    tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    steps: list[dict[str, float]] = []
    step = keras.Model.train_on_batch

    def noted(model: keras.Model, *args: Any, **kwargs: Any) -> dict[str, float]:
        steps.append(step(model, *args, **kwargs))
        return steps[-1]

    monkeypatch.setattr(keras.Model, "train_on_batch", noted)
    examples, targets = made_up()
    recipe = override(tiny, {"epochs": 2, "batch_size": 10})
    epochs = fit(examples, targets, np.arange(30), np.arange(30, 48), recipe).history
    for place, epoch in enumerate(epochs):
        own = steps[3 * place : 3 * place + 3]
        assert len({logs["loss"] for logs in own}) == 3
        assert epoch.loss == pytest.approx(np.mean([logs["loss"] for logs in own]))
        assert epoch.accuracy == pytest.approx(np.mean([logs["accuracy"] for logs in own]))


def test_on_jax_alone_a_step_is_compiled_as_a_whole(
    tiny: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    examples, targets = made_up()
    rows = np.arange(30)
    standardiser = Standardiser(training_statistics(examples, rows), examples, rows, "corpus")
    batches = TrainingBatches(examples, targets, rows, standardiser, tiny)
    asked: list[bool] = []
    compile_model = keras.Model.compile

    def noted(model: keras.Model, *args: Any, jit_compile: bool) -> None:
        asked.append(jit_compile)
        compile_model(model, *args, jit_compile=False)  # XLA is not to be had with determinism

    monkeypatch.setattr(keras.Model, "compile", noted)
    for backend, whole in (("tensorflow", False), ("jax", True)):
        monkeypatch.setattr(keras.backend, "backend", lambda name=backend: name)
        asked.clear()
        network = tiny.network().build(examples.shapes, targets.sizes)
        Learning(network, targets, tiny.training, [1.0] * 3, batches)
        assert asked == [whole, whole]


def test_a_diverged_loss_is_said_so(tiny: Recipe) -> None:
    examples, targets = made_up()
    broken = [np.full_like(clip, np.nan) for clip in examples.versions["features"]]
    examples = replace(examples, versions={"features": broken})
    with pytest.raises(SerError, match="epoch 1: the loss is no longer a number"):
        fit(examples, targets, np.arange(30), np.arange(30, 48), tiny)


def test_an_epoch_that_was_held_up_says_little_about_those_to_come() -> None:
    held_up = Epoch(4, seconds=400.0, learning_rate=1e-3, loss=1.0, accuracy=0.5)
    told = epoch_event(held_up, 1, 2, 10, ["sad", "happy"], [13.0, 12.0, 14.0, 400.0])
    assert told.seconds == 400
    assert told.eta_s == pytest.approx(16 * 13.5)


def test_every_test_clip_is_scored_once_by_a_model_that_never_heard_the_speaker(
    three_speakers: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    said: list[Event] = []
    folds = protocol_folds(three_speakers, "speaker-independent", 3, 1, 0)
    recipe = override(tiny, {"epochs": 1})
    study = Study(three_speakers, recipe, tmp_path / "work", said.append)
    results = study.cross_validate(folds)
    predictions = results.predictions
    assert sorted(predictions["clip"]) == sorted(three_speakers["clip"])
    for result in results.folds:
        assert set(result.predictions["clip"]) == set(result.fold.test)
        assert set(result.predictions["speaker"]) == set(result.fold.test_speakers)
    np.testing.assert_allclose(predictions[results.labels].sum(axis=1), 1, atol=1e-5)
    assert results.scores().clips == len(three_speakers)
    assert any("fold 3/3" in words(event) for event in said)
    assert list(map(read, map(write, said))) == said  # as a job's file keeps them
    (finished,) = (each for each in said if isinstance(each, FoldFinished) and each.fold == 1)
    first = results.folds[0].predictions
    assert finished.war == pytest.approx((first["emotion"] == first["predicted"]).mean())
    epoch = next(each for each in said if isinstance(each, EpochDone))
    assert sum(map(sum, epoch.confusion)) == len(results.folds[0].fold.validation)
    assert epoch.eta_s == pytest.approx(2 * epoch.seconds)  # two folds of an epoch to come

    said.clear()
    resumed = Study(three_speakers, recipe, tmp_path / "work", said.append)
    again = resumed.cross_validate(folds, resume=True)
    assert not any("epoch 1/1" in words(event) for event in said)  # nothing was trained again
    pd.testing.assert_frame_equal(again.predictions, predictions, check_dtype=False)


def test_a_label_nobody_trains_is_refused_before_training(
    three_speakers: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    test, validation, train = sorted(three_speakers["speaker"].unique())
    table = three_speakers.copy()
    table.loc[table["speaker"].eq(test) & table["emotion"].eq("angry"), "emotion"] = "bored"
    study = Study(table, tiny, tmp_path / "work")
    parts = [tuple(table.loc[table["speaker"].eq(s), "clip"]) for s in (train, validation, test)]
    with pytest.raises(CorpusError, match="no training clip is labelled bored"):
        study.cross_validate([Fold(*parts)])
    with pytest.raises(CorpusError, match=r"fold 1 \(x\): .* 0 to validate on .* 20 to test"):
        study.cross_validate([Fold(parts[0], (), parts[2], name="x")])
    with pytest.raises(CorpusError, match="a clip stands in two parts"):
        study.cross_validate([Fold(parts[0], parts[1], parts[1] + parts[2])])


def test_clips_with_problems_are_left_out(
    three_speakers: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    table = three_speakers.copy()
    table.loc[:4, "problems"] = "empty file"
    table.loc[5, "emotion"] = ""  # its label maps to none
    study = Study(table, tiny, tmp_path)
    assert study.left_out == {
        "problem with the clip": 5,
        "label 'happy' is not mapped to an emotion": 1,
    }
    assert len(study.table) == len(table) - 6
    assert "" not in study.labels


def test_scores_of_mixed_speakers_are_called_so(
    three_speakers: pd.DataFrame,
    tiny: Recipe,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = Study(three_speakers.assign(speaker=""), tiny, tmp_path / "work")
    trained: list[Fold] = []

    def guess(number: int, fold: Fold, _: int) -> FoldResult:
        trained.append(fold)
        rows = np.flatnonzero(study.table["clip"].isin(fold.test))
        chances = np.random.default_rng(0).dirichlet(np.ones(8), rows.size).astype(np.float32)
        table = prediction_table(study.material, number, rows, {"emotion": chances})
        return FoldResult(number, fold, 1, [], table)

    monkeypatch.setattr(study, "_run_fold", guess)
    folds = protocol_folds(study.table, "stratified-holdout", 5, 2, seed=3)
    results = study.cross_validate(folds)
    assert sorted(results.predictions["clip"]) == sorted(folds[0].test)
    assert not results.speakers_apart
    sentence = summary(results)
    mixed = "1 fold, speakers are mixed: this score says nothing about new voices"
    assert sentence.endswith(f"{mixed} (stratified-holdout)")
    assert "no interval: it needs two speakers" in sentence
    assert "speaker-independent" not in sentence

    partial = [replace(folds[0], notes=("partial: actor 09 absent",))]
    sentence = summary(
        CrossValidation(results.labels, [replace(results.folds[0], fold=partial[0])])
    )
    assert sentence.endswith("(stratified-holdout; partial: actor 09 absent)")

    again = study.cross_validate(folds, resume=True)  # nobody's name is read back as a number
    pd.testing.assert_frame_equal(again.predictions, results.predictions, check_dtype=False)
    assert trained == folds
    others = protocol_folds(study.table, "stratified-holdout", 5, 2, seed=4)
    study.cross_validate(others, resume=True)  # what other clips gave is not taken for theirs
    assert trained == [*folds, *others]


def test_standardising_by_speaker_needs_to_know_the_speakers(
    three_speakers: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    recipe = override(tiny, {"standardisation": "speaker"})
    said: list[Event] = []
    Study(three_speakers.head(25), recipe, tmp_path, said.append)
    assert [words(event) for event in said] == [
        "few clips to measure a voice against (under 10): 02"
    ]
    nobody = three_speakers.assign(speaker=three_speakers["speaker"].where(lambda s: s != "02", ""))
    with pytest.raises(CorpusError, match=r"needs to know who speaks, and 20 clips do not say"):
        Study(nobody, recipe, tmp_path, said.append)
