"""Training throughput and peak memory against a plain Keras `fit` on arrays in memory.

For each recipe, its network is trained on the same clips, with their copies and batch steps, in
three ways, each in a process of its own, in turns:

- SER Studio: features from the store's memory-mapped files, batches made ahead in a thread;
- Keras `fit`, as it comes: the same features, standardised, as one array in memory; a PyDataset
  picks rows and applies the same batch steps; the same loss, optimiser and batch size;
- Keras `fit` without XLA, which Keras takes on its own where a network allows.

Features are computed and kept before the clock starts, and the first epoch counts for nothing.
Processor time is that of all threads; on a machine that has other things to do as well it says more
than the clock.
Beside these, the seconds that SER Studio needs to make the batches of an epoch alone, and to train
on batches that lie ready, say where its time goes. Last, describing a network: asked of a process
with Keras, and read back.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import ROOT, describe, short, table, verdict
from benchmarks.on_the_fly import some_clips

if TYPE_CHECKING:
    from ser_core.training.config import Recipe

GOAL = 1.5
WAYS = {
    "ours": "SER Studio",
    "fit": "Keras fit",
    "fit-without-xla": "Keras fit without XLA",
}
HEADS = ("way", "epoch", "processor", "clips/s", "peak memory", "ratio of clips/s", "goal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--recipes", nargs="+", default=["studio", "d-hybrid"])
    parser.add_argument("--clips", type=int, default=480, help="training clips")
    parser.add_argument("--epochs", type=int, default=3, help="of each process, after one more")
    parser.add_argument("--rounds", type=int, default=2, help="processes of each way")
    parser.add_argument("--descriptions", type=int, default=3, help="times a network is described")
    parser.add_argument("--home", type=Path, help="folder that keeps the features for another call")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)  # in a process of its own
    options = parser.parse_args()
    if options.way:
        print(json.dumps(one_process(options)))
        return
    with TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        os.environ.update(SER_HOME=str(home), TF_CPP_MIN_LOG_LEVEL="2", CUDA_VISIBLE_DEVICES="-1")
        for recipe in options.recipes:
            compare(recipe, options)
        descriptions(options.recipes[0], options.descriptions, home)


def compare(recipe: str, options: argparse.Namespace) -> None:
    """Print the figures of one recipe."""
    ask(recipe, "ours", options, epochs=0)  # computes the features that all of them read
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(options.rounds):
        for way in WAYS:
            found[way].append(ask(recipe, way, options, options.epochs))
    seconds = {way: [s for each in found[way] for s in each["seconds"]] for way in WAYS}
    seen = found["ours"][0]["seen"]
    ours = statistics.median(seconds["ours"])
    rows = []
    for way, title in WAYS.items():
        middle = statistics.median(seconds[way])
        peak = describe([each["peak_mb"] for each in found[way]], "MB")
        against = ("", "") if way == "ours" else verdict(middle / ours, GOAL, at_least=True)
        processor = describe([s for each in found[way] for s in each["processor"]], "s")
        figures = (describe(seconds[way], "s"), processor, short(seen / middle), peak)
        rows.append((title, *figures, *against))
    title = (
        f"{recipe}: {seen} clips and copies an epoch, {options.rounds} processes of each way in "
        f"turns with {options.epochs} epochs each, {os.cpu_count()} cores"
    )
    table(title, HEADS, rows)
    alone = {
        part: describe([each[f"{part}_s"] for each in found["ours"]], "s")
        for part in ("batches", "steps")
    }
    print(f"\nof an epoch: batches alone {alone['batches']}, training alone {alone['steps']}")


def ask(recipe: str, way: str, options: argparse.Namespace, epochs: int) -> dict[str, Any]:
    """What a process of its own has measured."""
    command = [sys.executable, __file__, "--way", way, "--recipes", recipe]
    command += ["--clips", str(options.clips), "--epochs", str(epochs)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def one_process(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds of each epoch but the first, and the most memory that the process had."""
    from ser_core import recipes

    (name,) = options.recipes
    study = Study(Path(os.environ["SER_HOME"]), recipes.load(name), options.clips)
    if not options.epochs:
        return {}
    parts: dict[str, float] = {}
    if options.way == "ours":
        spent, parts = ours(study, options.epochs)
    else:
        spent = plain(study, options.epochs, "auto" if options.way == "fit" else False)
    # Linux gives kilobytes, macOS bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    seconds, processor = zip(*spent[1:], strict=True)
    return {
        "seen": study.seen,
        "seconds": seconds,
        "processor": processor,
        "peak_mb": peak,
        **parts,
    }


class Study:
    """Clips of a recipe with their features, which are computed unless they are kept."""

    def __init__(self, folder: Path, recipe: "Recipe", clips: int) -> None:
        from ser_core.emotions import order
        from ser_core.training.batches import training_statistics
        from ser_core.training.examples import make_examples
        from ser_core.training.targets import make_targets

        found = some_clips(folder, clips)
        self.recipe = recipe
        self.examples = make_examples(found, recipe)
        self.rows = np.arange(len(found))
        self.targets = make_targets(found, order(set(found["emotion"])), ())
        self.statistics = training_statistics(self.examples, self.rows)
        copies = recipe.augmentation.copies if recipe.training.versions == "all" else 0
        size = recipe.training.batch_size
        self.seen = self.rows.size * (1 + copies) // size * size

    def network(self) -> Any:
        """A new network."""
        return self.recipe.network().build(self.examples.shapes, self.targets.sizes)


def ours(study: Study, epochs: int) -> tuple[list[tuple[float, float]], dict[str, float]]:
    """What each epoch took, and seconds of the two halves of the work, each alone."""
    from ser_core.training.batches import Standardiser, TrainingBatches
    from ser_core.training.trainer import Learning

    training = study.recipe.training
    standardiser = Standardiser(study.statistics, study.examples, study.rows, "corpus")
    batches = TrainingBatches(study.examples, study.targets, study.rows, standardiser, study.recipe)
    weights = [1.0] * len(study.targets.labels)
    learning = Learning(study.network(), study.targets, training, weights, batches)
    spent = [took(lambda number=number: learning.train(number)) for number in range(epochs + 1)]
    made: list[Any] = []
    making = timed(lambda: made.extend(batches.epoch(epochs + 1)))
    batches.epoch = lambda _: (batch for batch in made)  # type: ignore[method-assign]
    return spent, {"batches_s": making, "steps_s": timed(lambda: learning.train(epochs + 1))}


def plain(study: Study, epochs: int, jit_compile: str | bool) -> list[tuple[float, float]]:
    """What each epoch of `fit` took, as its documentation has it."""
    import keras

    keras.utils.set_random_seed(0)
    network, training = study.network(), study.recipe.training
    loss = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=training.label_smoothing
    )
    optimiser = training.make_optimiser().build()
    network.compile(optimiser, {"emotion": loss}, metrics=["accuracy"], jit_compile=jit_compile)
    dataset = in_memory(study)
    return [took(lambda: network.fit(dataset, epochs=1, verbose=0)) for _ in range(epochs + 1)]


def in_memory(study: Study) -> Any:
    """A PyDataset over one array of clips and copies, of which an epoch sees as many as ours."""
    import keras

    from ser_core.augment import BatchChain

    (name,) = study.examples.shapes
    statistics, size = study.statistics[name], study.recipe.training.batch_size
    every = statistics.standardise(np.stack(study.examples.versions[name]))
    extractor = study.recipe.extractors()[name]
    chain = BatchChain(study.recipe.augmentation.batch, study.targets.labels, extractor.kind)
    wanted, rng = study.targets.values, np.random.default_rng(0)
    all_of_them = study.recipe.training.versions == "all"
    clips, copies = every.shape[:2]
    seen = clips * copies if all_of_them else clips

    class InMemory(keras.utils.PyDataset):  # type: ignore[misc]
        order = rng.permutation(seen)

        def __len__(self) -> int:
            return seen // size

        def __getitem__(self, step: int) -> tuple[dict[str, Any], dict[str, Any]]:
            places = self.order[step * size :][:size]
            rows, versions = places, rng.integers(0, copies, size=places.size)
            if all_of_them:
                rows, versions = places // copies, places % copies
            inputs = {name: every[rows, versions]}
            draw = chain.draw(inputs[name].shape, rng)
            changed, targets = chain.apply_to(inputs, name, wanted[rows], draw)
            return changed, {"emotion": targets}

        def on_epoch_end(self) -> None:
            self.order = rng.permutation(seen)

    return InMemory()


def descriptions(recipe: str, times: int, home: Path) -> None:
    """Print how long describing a network takes, asked of a process with Keras and read back."""
    from ser_core import recipes
    from ser_core.training.shapes import description

    network = recipes.load(recipe)

    def forget() -> None:
        for file in (home / "cache" / "descriptions").glob("*"):
            file.unlink()

    asked, kept = [], []
    for _ in range(times):
        forget()
        asked.append(timed(lambda: description(network, 8)))
        kept.append(timed(lambda: description(network, 8)))
    ratio = statistics.median(asked) / statistics.median(kept)
    row = (recipe, describe(asked, "s"), describe(kept, "ms", 1000), f"{ratio:.0f}×")
    table("describe", ("recipe", "first", "kept", "ratio"), [row])


def took(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of a piece of work, by the clock and of the processor."""
    began = time.process_time()
    seconds = timed(work)
    return seconds, time.process_time() - began


def timed(work: Callable[[], object]) -> float:
    """Seconds of a piece of work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
