"""What training hears: draws named by what they are for, and nothing of them in what is scored."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core import audio, recipes
from ser_core.augment import BatchChain, Chain, ChainConfig, generator, presets
from ser_core.errors import AudioError, UnknownNameError
from ser_core.store import identify
from ser_core.training.batches import Standardiser, TrainingBatches, training_statistics
from ser_core.training.config import Recipe, load_toml, override
from ser_core.training.cross_validation import Study
from ser_core.training.examples import Examples, make_examples
from ser_core.training.on_the_fly import OnTheFly, placed
from ser_core.training.prefetch import prefetched
from ser_core.training.targets import make_targets

LOUDER = {"name": "gain", "settings": {"min_gain_db": 6, "max_gain_db": 6}}
SOFTER = {"name": "gain", "settings": {"min_gain_db": -6, "max_gain_db": -6}}


@pytest.fixture
def few(three_speakers: pd.DataFrame) -> pd.DataFrame:
    """Eight clips of one speaker."""
    return three_speakers.head(8)


@pytest.fixture
def live(tiny: Recipe) -> Recipe:
    """The small recipe, augmented on the fly."""
    return override(tiny, {"copies": 0, "batch_size": 2})


def batches_of(table: pd.DataFrame, examples: Examples, recipe: Recipe) -> TrainingBatches:
    rows = np.arange(len(table))
    targets = make_targets(table, sorted(set(table["emotion"])), ())
    standardiser = Standardiser(training_statistics(examples, rows), examples, rows, "corpus")
    return TrainingBatches(examples, targets, rows, standardiser, recipe, fold=2)


def on_the_fly(examples: Examples) -> OnTheFly:
    assert examples.on_the_fly is not None
    return examples.on_the_fly


def prefetchers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "prefetch"]


def test_training_hears_what_the_chain_gives(few: pd.DataFrame, live: Recipe) -> None:
    fly = on_the_fly(make_examples(few, live))
    chain, prepare = Chain(live.augmentation), live.preprocessing
    for row, clip in enumerate(identify(few["path"].tolist())[:4]):
        voice, _ = audio.prepare(*audio.load(clip.path), prepare)
        rng = generator(live.training.seed, 1, 5, clip.key)
        drawn = chain.draw(rng, few["emotion"].iloc[row])
        heard = placed(chain.apply(voice, prepare.sampling_rate, drawn), prepare, rng)
        np.testing.assert_array_equal(fly.waveform(row, fold=1, epoch=5), heard)
        wanted = live.extractors()["features"].extract(heard, prepare.sampling_rate)
        got = fly.batch(np.array([row]), fold=1, epoch=5)["features"][0]
        np.testing.assert_allclose(got, wanted, atol=1e-3)


def test_a_version_depends_on_fold_epoch_and_clip_alone(few: pd.DataFrame, live: Recipe) -> None:
    fly = on_the_fly(make_examples(few, live))
    one = fly.batch(np.array([3, 1, 0]), 1, 1)["features"]
    other = fly.batch(np.array([0, 5, 3, 6]), 1, 1)["features"]
    np.testing.assert_array_equal(one[[0, 2]], other[[2, 0]])
    moved = on_the_fly(make_examples(few.iloc[::-1].reset_index(drop=True), live))
    np.testing.assert_array_equal(one, moved.batch(np.array([4, 6, 7]), 1, 1)["features"])
    for fold, epoch in ((2, 1), (1, 2)):
        assert not np.array_equal(one, fly.batch(np.array([3, 1, 0]), fold, epoch)["features"])
    assert not any(voice.flags.owndata or voice.flags.writeable for voice in fly.voices)


def test_an_epoch_of_batches_is_named_by_fold_epoch_and_batch(
    few: pd.DataFrame, live: Recipe
) -> None:
    examples = make_examples(few, live)
    batches = batches_of(few, examples, live)
    list(batches.epoch(1))  # what was drawn before does not matter
    second = list(batches.epoch(2))
    assert len(second) == batches.steps == 4
    fresh = batches_of(few, examples, live)
    for ours, theirs in zip(second, fresh.epoch(2), strict=True):
        np.testing.assert_array_equal(ours.inputs["features"], theirs.inputs["features"])
        np.testing.assert_array_equal(ours.targets["emotion"], theirs.targets["emotion"])
    order = generator(live.training.seed, 2, 2, "order").permutation(8).reshape(4, 2)
    statistics = training_statistics(examples, np.arange(8))["features"]
    chain = BatchChain(live.augmentation.batch, sorted(set(few["emotion"])))
    targets = make_targets(few, sorted(set(few["emotion"])), ()).values
    for step, rows in enumerate(order):
        plain = statistics.standardise(on_the_fly(examples).batch(rows, 2, 2)["features"])
        draw = chain.draw(plain.shape, generator(live.training.seed, 2, 2, step))
        wanted, soft = chain.apply(plain, targets[rows], draw)
        np.testing.assert_allclose(second[step].inputs["features"], wanted, atol=1e-5)
        np.testing.assert_allclose(second[step].targets["emotion"], soft, atol=1e-6)


def test_what_is_scored_was_never_augmented(few: pd.DataFrame, tiny: Recipe, live: Recipe) -> None:
    plain = make_examples(few, override(tiny, {"augmentation": {}}))
    for recipe in (live, override(tiny, {"copies": 2})):
        examples = make_examples(few, recipe)
        for with_steps, without in zip(
            examples.windows["features"], plain.windows["features"], strict=True
        ):
            np.testing.assert_array_equal(with_steps, without)
    statistics = training_statistics(make_examples(few, live), np.arange(8))["features"]
    originals = training_statistics(plain, np.arange(8))["features"]
    np.testing.assert_array_equal(statistics.mean, originals.mean)


def loudness_db(waveform: Any) -> float:
    return float(10 * np.log10(np.mean(np.square(waveform.astype(np.float64)))))


def test_steps_act_on_the_emotions_they_name(few: pd.DataFrame, tiny: Recipe) -> None:
    step = {**LOUDER, "classes": [few["emotion"].iloc[0]]}
    chain = {"waveform": [step]}
    fly = on_the_fly(make_examples(few, override(tiny, {"augmentation": chain})))
    plain = on_the_fly(make_examples(few, override(tiny, {"augmentation": {"waveform": [SOFTER]}})))
    for row, emotion in enumerate(few["emotion"]):
        louder = loudness_db(fly.waveform(row, 1, 1)) - loudness_db(plain.voices[row])
        padding = 10 * np.log10(fly.waveform(row, 1, 1).size / plain.voices[row].size)
        gain_db = 6 if emotion in step["classes"] else 0
        assert louder + padding == pytest.approx(gain_db, abs=0.01)

    copied = make_examples(few, override(tiny, {"augmentation": {**chain, "copies": 1}}))
    for row, emotion in enumerate(few["emotion"]):
        original, copy = copied.versions["features"][row]
        louder = float(np.max(copy) - np.max(original))
        assert louder == pytest.approx(6 if emotion in step["classes"] else 0, abs=0.7)


def test_copies_take_turns(few: pd.DataFrame, tiny: Recipe) -> None:
    chain = {"use": "turns", "copies": 2, "waveform": [LOUDER, SOFTER]}
    examples = make_examples(few.head(2), override(tiny, {"augmentation": chain}))
    for original, louder, softer in examples.versions["features"]:
        assert np.max(louder) - np.max(original) == pytest.approx(6, abs=0.7)
        assert np.max(softer) - np.max(original) == pytest.approx(-6, abs=0.7)


def test_a_step_for_an_emotion_that_is_absent_is_idle_and_a_mistyped_one_is_refused(
    few: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    flip = {"name": "flip", "settings": {"time": 1.0}}
    before = {"name": "cutmix", "settings": {"before": [{**flip, "classes": ["bored"]}]}}
    chain = {"waveform": [{**LOUDER, "classes": ["bored"]}], "batch": [before]}
    recipe = override(tiny, {"augmentation": chain})
    study = Study(few, recipe, tmp_path, lambda _: None)
    batches = batches_of(study.table, study.examples, recipe)
    assert all(np.isfinite(batch.inputs["features"]).all() for batch in batches.epoch(1))
    for kind, step in (("waveform", LOUDER), ("batch", flip)):
        mistyped = {kind: [{**step, "classes": ["sadd"]}]}
        with pytest.raises(UnknownNameError, match="classes: sadd not known; known: neutral"):
            Study(few, override(tiny, {"augmentation": mistyped}), tmp_path, lambda _: None)


def test_a_preset_is_taken_by_name_and_written_out(tmp_path: Path) -> None:
    studio = recipes.load("studio")
    by_name = override(studio, {"augmentation": "d", "copies": 2})
    assert by_name.augmentation.copies == 2
    assert by_name.augmentation.waveform == presets.load("d").waveform
    presets.keep("mine", ChainConfig.parse({"waveform": [LOUDER]}))
    assert override(studio, {"augmentation": "mine"}).on_the_fly
    file = tmp_path / "own.toml"
    file.write_text(
        'name = "own"\ntitle = "Own"\naugmentation = "c"\nfeatures = { name = "log_mel" }\n'
        'architecture = { name = "studio_crnn" }\n',
        encoding="utf-8",
    )
    kept = load_toml(file).model_dump()["augmentation"]
    assert kept["waveform"][0]["name"] == "pitch_shift"


def test_a_stop_or_an_error_leaves_no_thread(few: pd.DataFrame, live: Recipe) -> None:
    examples = make_examples(few, live)
    epoch = batches_of(few, examples, live).epoch(1)
    next(epoch)
    assert prefetchers()
    epoch.close()
    assert not prefetchers()

    broken = replace(on_the_fly(examples), voices=[np.full(9, np.nan, np.float32)] * 8)
    batches = batches_of(few, replace(examples, on_the_fly=broken), live)
    with pytest.raises(AudioError, match="some samples are not numbers"):
        list(batches.epoch(1))
    assert not prefetchers()


def test_items_come_in_order_and_a_few_ahead() -> None:
    made: list[int] = []

    def items() -> Any:
        for number in range(50):
            made.append(number)
            yield number

    ahead = prefetched(items(), ahead=2)
    assert next(ahead) == 0
    assert list(ahead) == list(range(1, 50))
    again = prefetched(items(), ahead=2)
    next(again)
    again.close()
    assert len(made) < 50 + 6
