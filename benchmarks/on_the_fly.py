"""Share of an epoch of `studio` that augmentation on the fly takes.

Two networks of the recipe are trained in turns in one process, epoch by epoch, on the same clips:
one with all of the recipe's chain, drawn anew in every epoch from prepared voices (`copies = 0`),
the other on the clips as they are, with no augmentation at all. The share is what the first takes
longer, of what it takes. Features and voices of the clips are kept before the clock starts.

On a machine that does other work too, processor time says more: it is given beside the time that
passes. The last lines are the batches alone, made without a network that learns from them.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import describe, table

if TYPE_CHECKING:
    from ser_core.training.batches import TrainingBatches
    from ser_core.training.config import Recipe
    from ser_core.training.trainer import Learning

GOAL = 0.15
HEADS = ("epoch", "time", "clips/s", "processor time", "share of each that is augmentation", "goal")

Times = dict[str, list[tuple[float, float]]]
"""Seconds that passed and seconds of processors, of each repetition, by what was timed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=480, help="training clips")
    parser.add_argument("--epochs", type=int, default=5, help="of each, after one to warm up")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        os.environ.update(SER_HOME=folder, TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1")
        clips = some_clips(Path(folder), options.clips)
        times = measure(clips, options.epochs)
    table_of(times, len(clips), options.epochs)


def table_of(times: Times, clips: int, epochs: int) -> None:
    """Print what was measured; the first two are epochs, the second with augmentation."""
    middle = [
        tuple(statistics.median(each[kind] for each in found) for kind in (0, 1))
        for found in times.values()
    ]
    shares = [1 - plain / augmented for plain, augmented in zip(*middle[:2], strict=True)]
    goal = f"≤ {GOAL:.0%}: {'met' if shares[0] <= GOAL else 'missed'}"
    said = [("", ""), (" and ".join(f"{share:.1%}" for share in shares), goal), ("", ""), ("", "")]
    rows = [
        (
            name,
            describe([passed for passed, _ in found], "s"),
            f"{clips / seconds:.0f}",
            describe([used for _, used in found], "s"),
            *words,
        )
        for (name, found), (seconds, _), words in zip(times.items(), middle, said, strict=True)
    ]
    table(f"{clips} clips, {epochs} epochs of each in turns, {os.cpu_count()} cores", HEADS, rows)


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


def measure(clips: pd.DataFrame, epochs: int) -> Times:
    """Each epoch, without and with augmentation, and the batches of each alone."""
    from threadpoolctl import threadpool_limits

    from ser_core import recipes
    from ser_core.training.config import override

    studio = recipes.load("studio")
    ways = {
        "without augmentation": learning(clips, override(studio, {"augmentation": {}})),
        "augmented on the fly": learning(clips, override(studio, {"copies": 0})),
    }
    times: Times = {name: [] for name in (*ways, *(f"batches alone, {name}" for name in ways))}
    for number in range(1, epochs + 2):
        for name, (way, batches) in ways.items():
            passed = timed(way.train, number)
            with threadpool_limits(1, user_api="blas"):  # as `train` has it
                alone = timed(drain, batches, number)
            if number > 1:
                times[name].append(passed)
                times[f"batches alone, {name}"].append(alone)
    return times


def drain(batches: "TrainingBatches", number: int) -> None:
    """Make the batches of an epoch, for nobody."""
    for _ in batches.epoch(number):
        pass


def timed(work: Callable[..., object], *arguments: object) -> tuple[float, float]:
    """Seconds that pass, and seconds of processors, until something is done."""
    began, used = time.perf_counter(), time.process_time()
    work(*arguments)
    return time.perf_counter() - began, time.process_time() - used


def learning(clips: pd.DataFrame, recipe: "Recipe") -> "tuple[Learning, TrainingBatches]":
    """A new network, ready for its first epoch on all of the clips, and its batches."""
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
    return Learning(network, targets, recipe.training, weights, batches), batches


if __name__ == "__main__":
    main()
