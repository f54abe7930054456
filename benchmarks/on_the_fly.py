"""Share of an epoch of `studio` that augmentation on the fly takes.

Two networks of the recipe are trained in turns in one process, epoch by epoch, on the same clips:
one with all of the recipe's chain, drawn anew in every epoch from prepared voices (`copies = 0`),
the other on the clips as they are, with no augmentation at all. The share is what the first takes
longer, of what it takes. Features and voices of the clips are kept before the clock starts.
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import describe, table

if TYPE_CHECKING:
    from ser_core.training.config import Recipe
    from ser_core.training.trainer import Learning

GOAL = 0.15
HEADS = ("epoch", "time", "clips/s", "share of it that is augmentation", "goal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=480, help="training clips")
    parser.add_argument("--epochs", type=int, default=5, help="of each, after one to warm up")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        os.environ.update(SER_HOME=folder, TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1")
        clips = some_clips(Path(folder), options.clips)
        seconds = measure(clips, options.epochs)
    plain, augmented = (statistics.median(each) for each in seconds.values())
    share = 1 - plain / augmented
    goal = f"≤ {GOAL:.0%}: {'met' if share <= GOAL else 'missed'}"
    rows = [
        (name, describe(each, "s"), f"{len(clips) / statistics.median(each):.0f}", *words)
        for (name, each), words in zip(
            seconds.items(), (("", ""), (f"{share:.1%}", goal)), strict=True
        )
    ]
    title = f"{len(clips)} clips, {options.epochs} epochs of each in turns, {os.cpu_count()} cores"
    table(title, HEADS, rows)


def some_clips(folder: Path, number: int) -> pd.DataFrame:
    """Clips of RAVDESS where SER_RAVDESS names its folder, else of the synthetic corpus."""
    from ser_core.corpora import CORPORA, synthetic

    root = os.environ.get("SER_RAVDESS")
    if not root and not (folder / "synthetic").is_dir():
        synthetic.generate(folder / "synthetic")
    name = "ravdess" if root else "synthetic"
    found = CORPORA.get(name)().index(Path(root or folder / "synthetic"))
    sound = found[found["problems"].eq("") & found["emotion"].ne("")]
    return sound.iloc[:: max(1, len(sound) // number)].head(number).reset_index(drop=True)


def measure(clips: pd.DataFrame, epochs: int) -> dict[str, list[float]]:
    """Seconds of each epoch, without and with augmentation."""
    from ser_core import recipes
    from ser_core.training.config import override

    studio = recipes.load("studio")
    ways = {
        "without augmentation": learning(clips, override(studio, {"augmentation": {}})),
        "augmented on the fly": learning(clips, override(studio, {"copies": 0})),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(1, epochs + 2):
        for name, way in ways.items():
            began = time.perf_counter()
            way.train(number)
            if number > 1:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def learning(clips: pd.DataFrame, recipe: "Recipe") -> "Learning":
    """A new network, ready for its first epoch on all of the clips."""
    from ser_core.emotions import order
    from ser_core.training.batches import Standardiser, TrainingBatches, training_statistics
    from ser_core.training.examples import make_examples
    from ser_core.training.targets import make_targets
    from ser_core.training.trainer import Learning

    examples, rows = make_examples(clips, recipe), np.arange(len(clips))
    targets = make_targets(clips, order(set(clips["emotion"])), ())
    standardiser = Standardiser(training_statistics(examples, rows), examples, rows, "corpus")
    batches = TrainingBatches(examples, targets, rows, standardiser, recipe)
    network = recipe.network().build(examples.shapes, targets.sizes)
    weights = [1.0] * len(targets.labels)
    return Learning(network, targets, recipe.training, weights, batches)


if __name__ == "__main__":
    main()
