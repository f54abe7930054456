"""The leak meter: what a system scores under splits that leak, and under one that does not.

Three arms share features, network, budget and number of training rows. They differ in what is kept
apart: nothing but the rows themselves (copies are made before the split, so that copies of a clip
stand on both sides), clips with their copies, or speakers.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import paths
from ser_core.corpora import combine
from ser_core.corpora.combine import Source
from ser_core.corpora.folds import people
from ser_core.corpora.labels import Labels
from ser_core.corpora.quality import with_problems
from ser_core.emotions import order
from ser_core.errors import CorpusError, ParameterError
from ser_core.training.config import Recipe
from ser_core.training.examples import Examples, examples_key, make_examples
from ser_core.training.leak_reading import Reading, arm_of, in_words, put, write
from ser_core.training.leak_splits import ARMS, Part, Pool, split
from ser_core.training.rows import examples_by_row, targets_by_row
from ser_core.training.targets import Targets, make_targets
from ser_core.training.trainer import fit, predict

__all__ = ["ARMS", "LeakOrder", "Part", "Pool", "Reading", "in_words", "measure", "split", "write"]


@dataclass(frozen=True)
class LeakOrder:
    """What is to be measured.

    Attributes:
        recipe: with copies that are made ahead.
        sources: the corpora, in their folders.
        folds: of each arm; fewer where there are fewer speakers.
        seeds: a set of splits and networks each.
    """

    recipe: Recipe
    sources: tuple[Source, ...]
    labels: Labels = field(default_factory=Labels)
    folds: int = 5
    seeds: tuple[int, ...] = (0,)


def measure(order_: LeakOrder, report: Callable[[str], None] = print) -> Reading:
    """Train and test all arms; what an earlier call has finished is read back.

    Raises:
        ParameterError: the recipe makes no copies ahead, or something else would spoil the
            comparison.
        CorpusError: the corpus cannot be read or split.
    """
    recipe = order_.recipe
    _check(order_)
    report("looking at the clips")
    table = _clips(order_)
    labels = order(set(table["emotion"]))
    folder = _folder(order_, table)
    report(f"kept in {folder}")
    work = _Work(recipe, table, labels, folder, report)
    parts = work.parts(order_.folds, order_.seeds)
    predictions = {arm: work.predictions(arm, parts) for arm in ARMS}
    arms = tuple(arm_of(arm, predictions[arm], labels, work.training_rows(parts)) for arm in ARMS)
    num_folds = 1 + max(fold for _, _, fold in parts)
    together = pd.concat([each.assign(arm=arm) for arm, each in predictions.items()])
    corpus = combine.key([source.name for source in order_.sources])
    reading = Reading(recipe, corpus, arms, num_folds, order_.seeds, together, folder)
    write(reading, folder)
    return reading


class _Work:
    """Trains folds of arms and keeps what they say."""

    def __init__(
        self,
        recipe: Recipe,
        table: pd.DataFrame,
        labels: list[str],
        folder: Path,
        report: Callable[[str], None],
    ) -> None:
        self._recipe, self._table, self._labels = recipe, table, labels
        self._folder, self._report = folder, report
        self._targets = make_targets(table, labels, (), recipe.training.soft_labels)
        self._examples: tuple[Examples, Targets] | None = None
        speakers = people(table).to_numpy(str)
        self._pool = Pool(self._targets.emotions, speakers, 1 + recipe.augmentation.copies)

    def parts(self, folds: int, seeds: Sequence[int]) -> dict[tuple[str, int, int], Part]:
        """The parts of every arm, seed and fold, with as many training rows in each."""
        folds = self._possible(folds)
        whole = [
            part for seed in seeds for arm in ARMS for part in split(arm, self._pool, folds, seed)
        ]
        self._check_learned(whole)
        least = min(part.train.size for part in whole)
        return {
            (arm, seed, number): part
            for seed in seeds
            for arm in ARMS
            for number, part in enumerate(split(arm, self._pool, folds, seed, least))
        }

    def _possible(self, folds: int) -> int:
        speakers = np.unique(self._pool.speakers)
        if "" in speakers:
            raise CorpusError(
                "leak meter: it needs to know who speaks in every clip, to keep speakers apart"
            )
        if speakers.size < 2:
            raise CorpusError("leak meter: two speakers are needed to keep them apart, got one")
        rarest = int(np.bincount(self._pool.emotions).min())
        if rarest < 2:
            raise CorpusError("leak meter: each emotion needs two clips; leave out rarer ones")
        most = min(speakers.size, rarest)
        if folds > most:
            self._report(f"folds reduced from {folds} to {most}: no more can be made")
        return min(folds, most)

    def _check_learned(self, parts: Sequence[Part]) -> None:
        """What is tested must be learned, too; else speakers kept apart would score too low."""
        emotions = self._pool.emotions[self._pool.clip]
        unseen = {e for part in parts for e in {*emotions[part.test]} - {*emotions[part.train]}}
        if unseen:
            names = ", ".join(self._labels[emotion] for emotion in sorted(unseen))
            raise CorpusError(
                f"leak meter: where speakers are kept apart, some fold tests {names} and learns "
                "from no such clip; take more folds, or leave out or map these labels"
            )

    def training_rows(self, parts: Mapping[tuple[str, int, int], Part]) -> int:
        """How many rows each network learns from."""
        (number,) = {part.train.size for part in parts.values()}
        return number

    def predictions(self, arm: str, parts: Mapping[tuple[str, int, int], Part]) -> pd.DataFrame:
        """What the networks of an arm say of all rows."""
        found = []
        for (name, seed, number), part in parts.items():
            if name != arm:
                continue
            file = self._folder / f"{arm}-seed-{seed}-fold-{number + 1}.csv"
            if not file.is_file():
                self._report(f"{ARMS[arm]}, seed {seed}, fold {number + 1}")
                put(file, self._run(part, seed, number).to_csv(index=False))
            words = dict.fromkeys(("clip", "speaker", "emotion", "predicted"), str)
            found.append(pd.read_csv(file, dtype=words, keep_default_na=False))
        return pd.concat(found, ignore_index=True)

    def _run(self, part: Part, seed: int, number: int) -> pd.DataFrame:
        if self._examples is None:
            self._report(f"features of {len(self._table):,} clips and their copies")
            made = make_examples(self._table, self._recipe)
            self._examples = (
                examples_by_row(made),
                targets_by_row(self._targets, self._pool.versions),
            )
        examples, targets = self._examples
        training = self._recipe.training.model_copy(update={"seed": seed})
        recipe = self._recipe.model_copy(update={"training": training})
        nobody = np.empty(0, np.intp)
        fitted = fit(examples, targets, part.train, nobody, recipe, number + 1)
        said = predict(fitted, examples, part.test)
        return self._table_of(part, seed, number, said)

    def _table_of(
        self, part: Part, seed: int, number: int, said: NDArray[np.float32]
    ) -> pd.DataFrame:
        clip = self._pool.clip
        own = clip[part.test]
        rows = self._table.iloc[own]
        table = pd.DataFrame(
            {
                "seed": seed,
                "fold": number + 1,
                "clip": rows["clip"].to_numpy(),
                "copy": part.test % self._pool.versions,
                "speaker": self._pool.speakers[own],
                "emotion": rows["emotion"].to_numpy(),
                "predicted": [self._labels[column] for column in said.argmax(axis=1)],
                "relative_heard": np.isin(own, clip[part.train]),
                "speaker_heard": np.isin(
                    self._pool.speakers[own], self._pool.speakers[clip[part.train]]
                ),
            }
        )
        table[self._labels] = said
        return table


def _check(order_: LeakOrder) -> None:
    recipe = order_.recipe
    if not recipe.augmentation.waveform or not recipe.augmentation.copies:
        raise ParameterError(
            "augmentation.copies: the leak meter asks what copies give away, so waveform steps "
            f"must make 1 or more ahead; got {recipe.augmentation.copies} copies and "
            f"{len(recipe.augmentation.waveform)} waveform steps"
        )
    if set(recipe.faults.model_dump().values()) != {False}:
        raise ParameterError(
            "faults: the leak meter splits by itself; leave them off, and take no --faithful recipe"
        )
    for name, words in (
        ("heads", "what else is learned is not scored"),
        ("init_from", "what it starts from may have heard the tested speakers"),
        ("test_copies", "copies are tested by themselves"),
    ):
        if value := getattr(recipe.training, name):
            raise ParameterError(f"training.{name}: not in the leak meter, {words}; got {value}")
    if not 2 <= order_.folds <= 100:
        raise ParameterError(f"folds: 2 to 100 are allowed, got {order_.folds}")
    if not order_.seeds or len(set(order_.seeds)) < len(order_.seeds) or min(order_.seeds) < 0:
        raise ParameterError(f"seeds: one or more, each once and at least 0; got {order_.seeds}")


def _clips(order_: LeakOrder) -> pd.DataFrame:
    """Clips of the channels that the recipe is tested on: every arm trains and tests on these."""
    table = with_problems(order_.labels.apply(combine.read(order_.sources)))
    usable = table["problems"].eq("") & table["emotion"].ne("")
    channels = order_.recipe.data.test_channels
    found = table[usable & table["channel"].isin(channels)].reset_index(drop=True)
    if found.empty:
        raise CorpusError(f"no usable clip in the channels {', '.join(channels)}")
    return found


def _folder(order_: LeakOrder, table: pd.DataFrame) -> Path:
    asked = {
        "recipe": order_.recipe.fingerprint(),
        "examples": examples_key(table, order_.recipe),
        "clips": table["clip"].tolist(),
        "folds": order_.folds,
        "seeds": order_.seeds,
    }
    key = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
    return paths.folder("runs", "leak-meter", f"{order_.recipe.name}-{key}")
