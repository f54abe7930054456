"""Seconds of an epoch of each recipe: its training steps on inputs of the right shape.

Each network is trained by the trainer's own step on one batch of random numbers, over and over, in
one process; what batches cost to make is left out (`throughput.py` measures that). An epoch is that
of a fold of 840 training clips (five folds of RAVDESS' speech, 20 speakers), or of 1,423 where a
recipe learns from song, too, with as many versions of each as the recipe sees in one. Processor
time is that of all threads; on a machine that has other things to do as well it says more than the
clock, so that epochs are reckoned with it.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import describe, table

if TYPE_CHECKING:
    from ser_core.training.config import Recipe

SPEECH, WITH_SONG = 840, 1423
HEADS = (
    "recipe", "batch", "step", "processor", "steps an epoch", "epoch", "epochs of the recipe",
    "5 folds",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--recipes", nargs="+", default=["d-mlp", "d-cnn1d", "d-bilstm", "d-hybrid"]
    )
    parser.add_argument("--steps", type=int, default=20, help="timed, after three more")
    options = parser.parse_args()
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1")
    from ser_core import recipes

    rows = [row(recipes.load(name), options.steps) for name in options.recipes]
    table(f"processor time of a fold's epoch, {os.cpu_count()} cores", HEADS, rows)


def row(recipe: "Recipe", steps: int) -> tuple[str, ...]:
    """A recipe's figures."""
    seconds, processor = zip(*timed_steps(recipe, steps), strict=True)
    training, copies = recipe.training, recipe.augmentation.copies
    versions = 1 + copies if training.versions == "all" else 1
    clips = WITH_SONG if "song" in recipe.data.train_channels else SPEECH
    number = clips * versions // training.batch_size
    epoch = statistics.median(processor) * number
    return (
        recipe.name,
        str(training.batch_size),
        describe(seconds, "ms", 1000),
        describe(processor, "ms", 1000),
        str(number),
        f"{epoch:.1f} s",
        str(training.epochs),
        f"{5 * training.epochs * epoch / 3600:.1f} h",
    )


def timed_steps(recipe: "Recipe", steps: int) -> list[tuple[float, float]]:
    """Seconds of each step, as the trainer takes it, by the clock and of the processor."""
    import keras

    from ser_core.emotions import EMOTIONS
    from ser_core.training.objective import Learner
    from ser_core.training.shapes import input_shapes
    from ser_core.training.targets import Head
    from ser_core.training.trainer import whole_steps

    keras.backend.clear_session()
    training, shapes, rng = recipe.training, input_shapes(recipe), np.random.default_rng(0)
    heads = [Head("emotion", EMOTIONS), *(Head(name, ("0", "1")) for name in training.heads)]
    network = recipe.network().build(shapes, {head.name: head.size for head in heads})
    learner = Learner(network, heads, training.label_smoothing, [1.0] * len(EMOTIONS), "equal")
    learner.compile(training.make_optimiser().build(), jit_compile=whole_steps())
    size = training.batch_size
    inputs = {name: rng.normal(size=(size, *s)).astype(np.float32) for name, s in shapes.items()}
    chosen = {head.name: rng.integers(0, head.size, size) for head in heads}
    targets = {head.name: np.eye(head.size, dtype=np.float32)[chosen[head.name]] for head in heads}
    seconds = []
    for number in range(steps + 3):
        began, used = time.perf_counter(), time.process_time()
        learner.train_on_batch(inputs, targets, return_dict=True)
        if number >= 3:
            seconds.append((time.perf_counter() - began, time.process_time() - used))
    return seconds


if __name__ == "__main__":
    main()
