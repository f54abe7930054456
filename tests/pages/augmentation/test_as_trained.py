"""What the Augmentation page plays is what training hears, and what the label check asks about."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from pages.components import (
    augmentation_features,
    augmentation_kept,
    augmentation_pictures,
    augmentation_voice,
    augmentation_work,
    live_input,
)
from pages.components.augmentation_draft import Draft
from ser_core import audio, recipes
from ser_core.__main__ import main
from ser_core.augment import BatchChain, ChainConfig, DrawnStep, Step, generator
from ser_core.augment.chain_file import parse_chain
from ser_core.corpora import library
from ser_core.emotions import EMOTIONS
from ser_core.exploration import perturbed
from ser_core.inference import Predictor
from ser_core.store import identify
from ser_core.training.config import Recipe, override
from ser_core.training.on_the_fly import OnTheFly, placed
from tests.conftest import SAMPLING_RATE, speech_like

CHAIN = """
[[waveform]]
name = "gain"
[[waveform]]
name = "time_shift"
[[waveform]]
name = "amplitude_noise"
[[waveform]]
name = "speed"
probability = 0.5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Clips that preparing changes: at 48 kHz, with silence around a voice of another level."""
    for number, emotion in enumerate(("05", "04")):
        voice = audio.resample(speech_like(1.5, seed=number), SAMPLING_RATE, 48_000)
        quiet = np.pad(voice * np.float32(0.2), 30_000)
        soundfile.write(tmp_path / f"03-01-{emotion}-01-01-01-01.wav", quiet, 48_000)
    return tmp_path


def as_trained(folder: Path) -> tuple[Recipe, OnTheFly]:
    chain = parse_chain(CHAIN.encode(), "chain").model_dump(mode="json")
    recipe = override(recipes.load("studio"), {"augmentation": chain})
    return recipe, OnTheFly.of(library.table(library.open_folder(folder)), recipe)


def test_the_page_plays_what_training_draws_feature_for_feature(folder: Path) -> None:
    recipe, fly = as_trained(folder)
    fitted = Draft.of(recipe.augmentation)
    for row, (known, emotion) in enumerate(zip(fly.clips, fly.emotions, strict=True)):
        clip = live_input.take("sample", "x", Path(known.path).read_bytes(), acted=emotion)
        assert isinstance(clip, live_input.Clip)
        voice = augmentation_voice.of(clip, None)
        rng = generator(recipe.training.seed, 1, 2, known.key)
        by_place = {step.place: step for step in fly.chain.draw(rng, emotion, 2)}
        drawn: dict[int, DrawnStep | None] = {
            step.id: by_place.get(place) for place, step in enumerate(fitted.acting())
        }
        after = augmentation_work.applied(voice.waveform, voice.sampling_rate, drawn)
        heard = placed(after, recipe.preprocessing, rng)
        np.testing.assert_array_equal(heard, fly.waveform(row, fold=1, epoch=2))
        made = augmentation_features.model_input(None)
        features = made.extractor.extract(heard, recipe.preprocessing.sampling_rate)
        wanted = fly.batch(np.array([row]), fold=1, epoch=2)["features"][0]
        np.testing.assert_allclose(features, wanted, atol=1e-3)


def test_a_gain_is_given_to_the_model_as_in_training(folder: Path) -> None:
    """It would be lost if what comes out were prepared once more."""
    known = identify(sorted(folder.glob("*.wav")))[0]
    clip = live_input.take("sample", "x", Path(known.path).read_bytes(), acted="sad")
    assert isinstance(clip, live_input.Clip)
    predictor = Predictor.load()
    voice = augmentation_voice.of(clip, predictor)
    louder = voice.waveform * np.float32(2)
    change = predictor.features_of_voice(louder) - predictor.features_of_voice(voice.waveform)
    assert change.max() == pytest.approx(6.02, abs=0.1)
    before, after = (predictor.predict_voice(each) for each in (voice.waveform, louder))
    assert (
        before.probabilities == predictor.predict(clip.waveform, clip.sampling_rate).probabilities
    )
    assert before.probabilities != after.probabilities


def test_the_label_check_asks_what_the_page_asks(folder: Path) -> None:
    [known, *_] = identify(sorted(folder.glob("*.wav")))
    predictor = Predictor.load()
    waveform = perturbed.prepared(Path(known.path), predictor)
    spoken = perturbed.Voice(known, 0, "sad", "1", waveform)
    gain = Step(name="gain", settings={"min_gain_db": -20, "max_gain_db": -20})
    whole = perturbed.Whole(ChainConfig(waveform=(gain,)), predictor.labels, 0, "frames")
    found = perturbed.Listener([spoken], predictor).hear(whole, lambda _: None)
    heard = predictor.predict_voice(waveform * np.float32(0.1))
    assert found["probability"][0, 0] == pytest.approx(heard.probabilities["sad"], abs=1e-4)


def test_steps_of_features_are_drawn_as_a_chain_of_the_library_draws_them() -> None:
    steps = (
        Step(name="spec_augment", probability=0.5),
        Step(name="spec_augment", classes=("sad",)),
        Step(name="spec_augment"),
    )
    draft = Draft.of(ChainConfig(batch=steps))
    made = augmentation_pictures.ModelInput()
    shown = augmentation_pictures.picture(speech_like(2.0), SAMPLING_RATE, "log-mel", made)
    batch = shown.values[None]
    for seed, emotion in ((0, "sad"), (1, "sad"), (2, "angry")):
        targets = np.zeros((1, len(EMOTIONS)), np.float32)
        targets[0, list(EMOTIONS).index(emotion)] = 1
        chain = BatchChain(steps)
        drawn = chain.draw(batch.shape, np.random.default_rng(seed))
        wanted, _ = chain.apply(batch, targets, drawn)
        found = augmentation_pictures.changed(shown, draft.acting(False), seed, emotion, {})
        np.testing.assert_array_equal(found.values, wanted[0])


def test_results_that_are_kept_are_bounded_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(augmentation_kept.st, "session_state", state)
    for number in range(30):
        augmentation_kept.once(number, lambda: (np.zeros(2_000_000, np.float32), "x"))
    [held] = state.values()
    assert list(held) == list(range(18, 30)), "the last of them, 8 MB each, within 96 MB"


def test_the_command_says_what_a_model_is_for(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [path, *_] = sorted(folder.glob("*.wav"))
    command = ["augment", "gain", str(path), "--out", str(tmp_path / "changed.wav"), "--model", "x"]
    assert main(command) == 1
    assert "--model: it says how --prepared prepares; add --prepared" in capsys.readouterr().err
