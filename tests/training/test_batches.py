"""What a network is given in an epoch: which versions of clips, and which axis is time."""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from ser_core import recipes
from ser_core.errors import ParameterError
from ser_core.training.batches import Standardiser, TrainingBatches, training_statistics
from ser_core.training.config import Recipe, override
from ser_core.training.examples import Examples
from ser_core.training.targets import emotion_targets

NO_STEPS = {"augmentation.batch": [], "batch_size": 4}
CLIPS, COPIES = 6, 2


def examples_of(clips: np.ndarray, name: str = "features") -> Examples:
    """Clips (num_clips, versions, *shape) as training has them."""
    made = {name: list(clips.astype(np.float32))}
    windows = {name: [clip[:1] for clip in made[name]]}
    return Examples(made, windows, np.array(["ada"] * len(clips)))


def epoch(recipe: Recipe, examples: Examples, number: int = 1, restored: bool = True) -> np.ndarray:
    """All that the network's first input is given, standardisation taken back or not."""
    (name,) = examples.versions
    rows = np.arange(len(examples.versions[name]))
    targets = emotion_targets(["happy", "sad"] * (len(rows) // 2), ["happy", "sad"])
    statistics = training_statistics(examples, rows)
    standardiser = Standardiser(statistics, examples, rows, "corpus")
    batches = TrainingBatches(examples, targets, rows, standardiser, recipe)
    given = [batch.inputs[name] for batch in batches.epoch(number)]
    joined = np.concatenate(given)
    return np.asarray(statistics[name].restore(joined) if restored else joined)


def numbered() -> Examples:
    """Each version of each clip is of one number of its own."""
    numbers = np.arange(CLIPS * (1 + COPIES)).reshape(CLIPS, 1 + COPIES, 1, 1)
    return examples_of(np.broadcast_to(numbers, (CLIPS, 1 + COPIES, 5, 3)))


def test_an_epoch_sees_all_versions_once_or_one_of_each_clip() -> None:
    every = override(recipes.load("studio"), {**NO_STEPS, "versions": "all", "batch_size": 9})
    seen = epoch(every, numbered())[:, 0, 0].round().astype(int)
    assert Counter(seen.tolist()) == Counter(range(CLIPS * (1 + COPIES)))
    assert seen.tolist() != epoch(every, numbered(), 2)[:, 0, 0].round().astype(int).tolist()
    one = override(recipes.load("studio"), {**NO_STEPS, "batch_size": CLIPS})
    seen = epoch(one, numbered())[:, 0, 0].round().astype(int)
    assert sorted(seen // (1 + COPIES)) == list(range(CLIPS))


@pytest.mark.parametrize("faithful", [False, True])
def test_the_recipes_with_copies_hear_all_of_them_as_the_originals_did(faithful: bool) -> None:
    for name in ("b", "d-bilstm", "d-cnn1d", "d-hybrid", "d-mlp", "e"):
        assert recipes.load(name, faithful).training.versions == "all"
    assert recipes.load("studio").training.versions == "one"


def only(step: dict[str, Any]) -> dict[str, Any]:
    return {"augmentation.waveform": [], "augmentation.batch": [step], "batch_size": 4}


@pytest.mark.parametrize("layout", [{}, {"layout": "frames"}, {"layout": "image"}])
@pytest.mark.parametrize(("recipe", "time_axis"), [("studio", 1), ("e", 2)])
def test_time_is_where_the_features_have_it(
    recipe: str, time_axis: int, layout: dict[str, str]
) -> None:
    """Whatever layout a chain was saved with: frames and pictures are masked along time."""
    shape = (40, 30) if time_axis == 1 else (30, 40, 1)
    values = np.random.default_rng(0).random((8, 1, *shape)) + 1
    masks = {"time_masks": 1, "min_time": 0.5, "max_time": 0.5, "frequency_masks": 0}
    step = {"name": "spec_augment", "settings": {**masks, **layout}}
    changes = only(step) | ({"heads": []} if recipe == "e" else {})
    pictures = time_axis == 2  # of these 0 is a shade, of frames the mean
    wanted = override(recipes.load(recipe), changes)
    given = epoch(wanted, examples_of(values), restored=pictures)
    flat = given.std(axis=tuple({1, 2} - {time_axis})) < 1e-4  # masked: the same at all bands
    assert flat.reshape(len(given), -1).sum(axis=1).tolist() == [20] * len(given)


def test_pictures_are_changed_before_they_are_standardised() -> None:
    """Their shades lie in [0, 1] there, which limits and masks go by."""
    values = np.random.default_rng(0).random((8, 1, 16, 16, 1))
    step = {"name": "brightness", "settings": {"max_change": 0, "limit": True}}
    changes = {**only(step), "heads": []}
    given = epoch(override(recipes.load("e"), changes), examples_of(values))
    assert sorted(given.mean(axis=(1, 2, 3))) == pytest.approx(
        sorted(values.mean(axis=(1, 2, 3, 4))), abs=1e-5
    )


@pytest.mark.parametrize(
    ("recipe", "step", "words"),
    [
        ("d-mlp", {"name": "spec_augment"}, "step 1: spec_augment acts on frames and pictures, "),
        ("d-mlp", {"name": "frequency_response"}, "not on vectors, and those are what functionals"),
        ("d-mlp", {"name": "cutmix"}, "cutmix acts on frames and pictures, not on vectors"),
        ("studio", {"name": "saturation"}, "saturation acts on pictures, not on frames"),
        ("e", {"name": "saturation"}, "saturation acts on pictures in colour, not on grey ones"),
        ("studio", {"name": "brightness", "settings": {"limit": True}}, r"limit keeps values with"),
        (
            "e",
            {"name": "cutmix", "settings": {"before": [{"name": "saturation"}]}},
            "saturation acts on pictures in colour",
        ),
    ],
)
def test_a_step_that_cannot_act_is_refused_before_any_work(
    recipe: str, step: dict[str, Any], words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        override(recipes.load(recipe), only(step))


def test_a_preset_for_pictures_in_colour_is_refused_for_frames() -> None:
    with pytest.raises(ParameterError, match=r"augmentation\.batch, step 1: brightness with limit"):
        override(recipes.load("studio"), {"augmentation": "a"})
    assert override(recipes.load("studio"), {"augmentation": "e"}).augmentation.batch
