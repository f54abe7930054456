"""What the Augmentation page says of draws, labels and models."""

import doctest
import json
import shlex
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from pages.components import (
    augmentation_draft,
    augmentation_heard,
    augmentation_pictures,
    augmentation_presets,
    augmentation_words,
    augmentation_work,
    config_form,
)
from pages.components.augmentation_draft import Draft
from pages.components.augmentation_pictures import ModelInput
from pages.components.augmentation_work import Roll
from ser_core import recipes
from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS, BatchAugmenter, ChainConfig, Step, presets
from ser_core.commands.shared import assignment
from ser_core.inference import Prediction
from ser_core.training.config import override
from tests.conftest import SAMPLING_RATE, speech_like

SOUNDS = [n for n in AUGMENTERS.names() if not issubclass(AUGMENTERS.get(n), BatchAugmenter)]


@pytest.mark.parametrize("module", [augmentation_draft, augmentation_words])
def test_examples_in_docstrings(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def draft_of(*steps: Step, **more: Any) -> Draft:
    sounds = tuple(s for s in steps if s.name in SOUNDS)
    return Draft.of(ChainConfig(waveform=sounds, batch=tuple(s for s in steps if s not in sounds)))


@pytest.mark.parametrize("name", [name for name in SOUNDS if name != "background_noise"])
def test_every_draw_is_said_with_units(name: str, speech: Waveform) -> None:
    chain = draft_of(Step(name=name))
    steps = augmentation_work.drawn(chain, Roll(seed=1))
    [step] = steps.values()
    assert step is not None
    said = augmentation_words.drawn_words(name, step.document()["draw"], {})
    labels = [f"{config_form.label(key)}: " for key in step.draw]
    assert len(said) == len(step.draw)
    assert not any(each.startswith(tuple(labels)) for each in said), "said by its bare name"
    assert augmentation_work.applied(speech, SAMPLING_RATE, steps).size
    assert augmentation_words.group(name) != "Other sounds"


@pytest.mark.parametrize("kind", augmentation_pictures.KINDS)
def test_steps_of_features_fit_every_picture(
    kind: augmentation_pictures.Kind, speech: Waveform
) -> None:
    shown = augmentation_pictures.picture(speech, SAMPLING_RATE, kind, ModelInput())
    for name in AUGMENTERS.names():
        if augmentation_words.group(name) != "Features" or (
            name == "saturation" and kind != "colour"
        ):
            continue
        steps = draft_of(Step(name=name)).acting(of_sounds=False)
        found = augmentation_pictures.changed(shown, steps, 0, "", {})
        assert found.values.shape == shown.values.shape
        [drawn] = found.drawn.values()
        assert drawn is not None
        assert augmentation_words.batch_words(name, drawn.document()["draw"])


@pytest.mark.parametrize("name", ["mixup", "cutmix", "whole_image_mix"])
@pytest.mark.parametrize("kept", [0.5, 0.75, 1.0])
def test_label_has_the_share_that_was_set(name: str, kept: float) -> None:
    shown = tuple(
        augmentation_pictures.picture(speech_like(3.0, seed), SAMPLING_RATE, "grey", ModelInput())
        for seed in (0, 1)
    )
    mixed = augmentation_pictures.mixed((shown[0], shown[1]), ("angry", "sad"), name, {}, 3, kept)
    assert mixed.kept == pytest.approx(kept, abs=0.02)
    assert mixed.label.get("angry", 0) == pytest.approx(mixed.kept, abs=1e-5)
    assert sum(mixed.label.values()) == pytest.approx(1)


def test_the_box_and_what_was_done_before_the_cut_are_told() -> None:
    first, second = (
        augmentation_pictures.picture(speech_like(3.0, seed), SAMPLING_RATE, "grey", ModelInput())
        for seed in (0, 1)
    )
    steps = [{"name": "brightness"}, {"name": "flip", "classes": ["sad"]}]
    settings = {"alpha": 1.0, "before": steps}
    mixed = augmentation_pictures.mixed(
        (first, second), ("angry", "sad"), "cutmix", settings, 3, kept=0.75
    )
    assert mixed.box is not None
    top, bottom, left, right = mixed.box
    height, width = first.values.shape[:2]
    assert (bottom - top) * (right - left) == pytest.approx(0.25 * height * width, rel=0.05)
    assert [len(words) for words in mixed.before] == [1, 2], "flips are for sad clips alone"
    outlined = first.part(mixed.values, "Mixed", mixed.box).box
    assert outlined == (left, right, height - bottom, height - top)


@pytest.mark.parametrize("name", presets.names())
def test_train_with_this_trains_with_the_very_chain(name: str) -> None:
    chain = presets.load(name)
    recipe = augmentation_presets.recipe_for(Draft.of(chain, name))
    line = augmentation_words.train_command(name, ["--corpus", "ravdess=/data"], recipe)
    _, _, _, command, given, *_, option, setting = shlex.split(line)
    assert (command, option) == ("train", "--set")
    trained = override(recipes.load(given), dict([assignment(setting)]))
    assert augmentation_draft.same(trained.augmentation, chain)


def heard(emotion: str, share: float, sure: str = "sure") -> Prediction:
    rest = (1 - share) / 2
    shares = {"neutral": rest, "sad": rest, "angry": rest} | {emotion: share}
    return Prediction(emotion, shares, [], 1.0, sure, [])


@pytest.mark.parametrize(
    ("before", "after", "acted", "expected"),
    [
        (heard("angry", 0.82), heard("angry", 0.64, "fairly sure"), "angry",
         "Still heard as **angry**, 0.82 → 0.64 (sure before, fairly sure after)."),
        (heard("angry", 0.82), heard("sad", 0.6), "",
         "The label may no longer hold: heard as **angry** before and **sad** after"),
        (heard("sad", 0.6), heard("sad", 0.6), "angry",
         "wrong about this clip before anything is done: it hears **sad** where **angry**"),
        (heard("angry", 0.8), "silent", "angry", "what came out cannot be heard (silent)"),
    ],
)  # fmt: skip
def test_the_verdict_is_one_plain_sentence(
    before: Prediction, after: Prediction | str, acted: str, expected: str
) -> None:
    assert expected in augmentation_heard.verdict(before, after, acted)


def test_draws_are_plain_json(speech: Waveform) -> None:
    chain = Draft.of(presets.load("d"))
    steps = augmentation_work.drawn(chain, Roll(seed=1))
    assert json.loads(json.dumps(augmentation_work.document(steps)))
    same: Callable[[], Waveform] = lambda: augmentation_work.applied(  # noqa: E731
        speech, SAMPLING_RATE, steps
    )
    assert np.array_equal(same(), same())
