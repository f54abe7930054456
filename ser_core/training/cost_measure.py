"""Trains a few batches of noise to see how long that takes; see `ser_core.training.cost`.

Run as a program, it measures the recipe that standard input holds.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from ser_core.augment import Chain
from ser_core.emotions import EMOTIONS
from ser_core.models import Baseline
from ser_core.models.aside import answer
from ser_core.store import Clip
from ser_core.training.batches import TrainingBatches, training_statistics
from ser_core.training.class_weights import class_weights
from ser_core.training.cost import Cost
from ser_core.training.examples import Copies, Examples, Windows
from ser_core.training.on_the_fly import OnTheFly
from ser_core.training.recipe import Recipe
from ser_core.training.shapes import input_shapes
from ser_core.training.targets import Head, Targets

_STEPS = 2
_HEARD = 32  # clips
_CLIP_S = 3.7  # as long as one of RAVDESS is on average


def measure(recipe: Recipe, emotions: int) -> Cost:
    """What a recipe takes on this machine, measured with noise; loads Keras.

    Raises:
        ParameterError: the network cannot take what the extractors give.
    """
    features_s = _features_s(recipe)
    step_s, predict_s, device = None, 0.0, "CPU"
    if not isinstance(recipe.network(), Baseline):
        step_s, predict_s, device = _learned(recipe, emotions)
    return Cost(
        step_s=step_s,
        predict_s=predict_s,
        features_s=features_s,
        cores=os.cpu_count() or 1,
        memory_mb=_peak_mb(),
        device=device,
    )


def _features_s(recipe: Recipe) -> float:
    """Seconds for the features of one clip and its copies, after what is done but once."""
    copies = Copies(recipe.preprocessing, recipe.augmentation, recipe.training.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made-up.wav"
        soundfile.write(path, _voice(48_000), 48_000)
        taken = []
        for number in range(3):
            clip, began = Clip(path, bytes([number]) * 16), time.monotonic()
            for source in (copies, Windows(recipe.preprocessing)):
                for extractor in recipe.extractors().values():
                    for signal in source.signals(clip, extractor.sampling_rate):
                        if not extractor.by_name:
                            extractor.of(signal)
            taken.append(time.monotonic() - began)
        return min(taken[1:])


def _learned(recipe: Recipe, emotions: int) -> tuple[float, float, str]:
    """Seconds for a step and to hear a clip, and on what."""
    import keras

    from ser_core.training.trainer import Fitted, Learning, predict, prepare_keras

    prepare_keras(recipe.training)
    examples, targets = _made_up(recipe, emotions)
    rows = np.arange(len(examples.speakers))
    fitted = Fitted(
        recipe.network().build(examples.shapes, targets.sizes),
        training_statistics(examples, rows),
        targets,
    )
    batches = TrainingBatches(examples, targets, rows, _scaler(fitted, examples, rows), recipe)
    weights = class_weights(recipe.training, targets, rows)
    learning = Learning(fitted.network, targets, recipe.training, weights, batches)
    step_s = _second(learning.train) / batches.steps
    predict_s = _second(lambda _: predict(fitted, examples, rows[:_HEARD])) / rows[:_HEARD].size
    found = [str(device) for device in keras.distribution.list_devices()]
    return step_s, predict_s, ", ".join(found)


def _scaler(fitted: Any, examples: Examples, rows: Any) -> Any:
    from ser_core.training.batches import Standardiser

    return Standardiser(fitted.statistics, examples, rows, "corpus")


def _second(work: Any) -> float:
    """Seconds of the second call; the first one compiles."""
    work(1)
    began = time.monotonic()
    work(2)
    return time.monotonic() - began


def _made_up(recipe: Recipe, emotions: int) -> tuple[Examples, Targets]:
    """Noise in the shapes of the recipe's inputs, enough for a few batches."""
    rng = np.random.default_rng(0)
    number, versions = _STEPS * recipe.training.batch_size, 1 + recipe.augmentation.copies
    if recipe.training.versions == "all":
        number = max(8, number // versions)
    shapes = input_shapes(recipe)
    # The same memory for all clips: only their number is to be as it will be.
    each = {name: rng.random((versions, *shape), np.float32) for name, shape in shapes.items()}
    whole = {name: [array] * number for name, array in each.items()}
    first = {name: [array[:1]] * number for name, array in each.items()}
    live = _live(recipe, number) if recipe.on_the_fly else None
    labels = [*EMOTIONS, *(f"emotion {n}" for n in range(emotions))][:emotions]
    emotion = np.eye(emotions, dtype=np.float32)[rng.integers(0, emotions, number)]
    heads = [Head("emotion", tuple(labels))]
    values = [emotion]
    for task in recipe.training.heads:
        classes = ("a", "b") if task in ("gender", "intensity") else ()
        heads.append(Head(task, classes))
        values.append(
            np.eye(2, dtype=np.float32)[rng.integers(0, 2, number)][:, : len(classes) or 1]
        )
    targets = Targets(tuple(heads), np.concatenate(values, axis=1))
    return Examples(whole, first, np.array(["01"] * number), on_the_fly=live), targets


def _live(recipe: Recipe, number: int) -> OnTheFly:
    rate = recipe.preprocessing.sampling_rate
    return OnTheFly(
        [_voice(rate)] * number,
        [Clip("made-up.wav", n.to_bytes(16, "little")) for n in range(number)],
        [next(iter(EMOTIONS))] * number,
        Chain(recipe.augmentation),
        recipe.preprocessing,
        recipe.extractors(),
        recipe.training.seed,
    )


def _voice(sampling_rate: int) -> Any:
    """A hum that comes and goes, (num_samples,) float32."""
    time_s = np.arange(round(_CLIP_S * sampling_rate)) / sampling_rate
    noise = np.random.default_rng(0).normal(scale=0.05, size=time_s.size)
    hum = sum(np.sin(2 * np.pi * 150 * n * time_s) / n for n in range(1, 20))
    return (0.1 * hum * np.sin(np.pi * time_s / _CLIP_S) + noise).astype(np.float32)


def _peak_mb() -> float:
    """The most memory that this process has had."""
    import psutil

    facts = psutil.Process().memory_info()
    if (peak := getattr(facts, "peak_wset", None)) is not None:  # Windows
        return float(peak) / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _answer(order: dict[str, Any]) -> str:
    return measure(Recipe.parse(order["recipe"]), order["emotions"]).model_dump_json()


if __name__ == "__main__":
    sys.exit(answer(_answer))
