"""Batches of a training run: standardised, augmented, seeded."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser_core.augment import BatchChain, generator
from ser_core.features.statistics import Statistics
from ser_core.store.shelf import Arrays
from ser_core.training.config import Recipe
from ser_core.training.examples import Examples
from ser_core.training.faults import FaultsConfig
from ser_core.training.prefetch import prefetched
from ser_core.training.targets import Targets

Array = NDArray[np.float32]
Inputs = dict[str, Array]
ByInput = Mapping[str, Statistics]
"""Statistics of each of a network's inputs."""


class Standardiser:
    """Standardises the clips of one part of a fold.

    With `standardisation = "corpus"` by the statistics of the training clips; with "speaker" by
    those of each speaker's own clips in this part, which uses no label, so that it may be done
    for test speakers as well.

    Args:
        everybody: statistics of the training clips.
        examples: features of the whole table.
        rows: the clips of this part.
        standardisation: as in the recipe.
    """

    def __init__(
        self,
        everybody: ByInput,
        examples: Examples,
        rows: NDArray[np.intp],
        standardisation: str,
    ) -> None:
        self._everybody = everybody
        self._by_row: dict[int, ByInput] = {}
        if standardisation == "speaker":
            for speaker in np.unique(examples.speakers[rows]):
                own = rows[examples.speakers[rows] == speaker]
                found = {
                    name: Statistics.fit(clips[row] for row in own)
                    for name, clips in examples.windows.items()
                }
                self._by_row |= dict.fromkeys(own.tolist(), found)

    def of(self, row: int) -> ByInput:
        """What the clip in this row of the table is standardised by."""
        return self._by_row.get(int(row), self._everybody)

    def standardise(self, inputs: Mapping[str, Array], rows: NDArray[np.intp]) -> Inputs:
        """Arrays (len(rows), ...) by input, each row of the clip in that row of the table."""
        if not self._by_row:
            return {
                name: self._everybody[name].standardise(array) for name, array in inputs.items()
            }
        return {
            name: np.stack(
                [self.of(row)[name].standardise(one) for one, row in zip(array, rows, strict=True)]
            )
            for name, array in inputs.items()
        }


def training_statistics(examples: Examples, rows: NDArray[np.intp]) -> dict[str, Statistics]:
    """Statistics of the training clips and of the copies of them that were made ahead.

    Versions made on the fly have no part in it: they are others in every epoch, and the statistics
    are to be known before the first.
    """
    return {
        name: Statistics.fit(clips[row] for row in rows)
        for name, clips in examples.versions.items()
    }


def scaler_statistics(
    examples: Examples, rows: NDArray[np.intp], faults: FaultsConfig
) -> dict[str, Statistics]:
    """Statistics that a training standardises by: of its clips, or of all with that fault."""
    everybody = np.arange(len(examples.speakers))
    return training_statistics(examples, everybody if faults.scaler_before_split else rows)


@dataclass(frozen=True)
class Batch:
    """What a network is given in a step.

    Attributes:
        inputs: (batch, *shape) by input.
        targets: (batch, outputs) by head.
    """

    inputs: Inputs
    targets: dict[str, Array]


class TrainingBatches:
    """Endless supply of epochs over the training clips; see `versions` of the recipe's training.

    Pictures are augmented as they are, with shades in [0, 1], and standardised afterwards; all else
    is standardised first.

    All that is drawn is named by seed, fold, epoch and batch (or clip), so that an epoch is the
    same whatever was drawn before. With `faults.frozen_mixes` every epoch is the first one.

    Args:
        examples: features of the whole table.
        targets: of the whole table.
        rows: the training clips.
        fold: number of the fold.
    """

    def __init__(
        self,
        examples: Examples,
        targets: Targets,
        rows: NDArray[np.intp],
        standardiser: Standardiser,
        recipe: Recipe,
        fold: int = 0,
    ) -> None:
        self._examples = examples
        self._targets = targets
        self._learned = targets.learned
        self._rows = rows
        self._standardiser = standardiser
        self._versions = len(next(iter(examples.versions.values()))[0])
        self._seen = len(rows) * (self._versions if recipe.training.versions == "all" else 1)
        self._batch_size = min(recipe.training.batch_size, self._seen)
        self._key = recipe.training.seed, fold
        self._augmented, extractor = next(iter(recipe.extractors().items()))
        self._chain = BatchChain(recipe.augmentation.batch, targets.labels, extractor.kind)
        self._shades = extractor.kind == "image"
        self._frozen = recipe.faults.frozen_mixes

    @property
    def steps(self) -> int:
        """Batches in an epoch; the few clips left over take their turn in another epoch."""
        return self._seen // self._batch_size

    def epoch(self, number: int) -> Generator[Batch]:
        """The batches of an epoch, made ahead in a thread; close it to stop before the end."""
        with closing(prefetched(self._batches(number))) as batches:
            yield from batches

    def _batches(self, number: int) -> Iterator[Batch]:
        number = 1 if self._frozen else number
        rng = generator(*self._key, number, "order")
        for step, (rows, chosen) in enumerate(self._order(rng)):
            inputs, targets = self._made(rows, chosen, number), self._learned[rows]
            if not self._shades:
                inputs = self._standardiser.standardise(inputs, rows)
            draw = self._chain.draw(
                inputs[self._augmented].shape, generator(*self._key, number, step)
            )
            inputs, targets = self._chain.apply_to(inputs, self._augmented, targets, draw)
            if self._shades:
                inputs = self._standardiser.standardise(inputs, rows)
            yield Batch(inputs, self._targets.by_head(targets))

    def _order(
        self, rng: np.random.Generator
    ) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int64]]]:
        """Rows and which version of each, (batch,), in the order of an epoch."""
        shape = self.steps, self._batch_size
        order = rng.permutation(self._seen)[: self.steps * self._batch_size].reshape(shape)
        every = self._seen // len(self._rows)
        for places in order:
            if every == 1:
                yield self._rows[places], rng.integers(0, self._versions, size=places.size)
            else:
                yield self._rows[places // every], places % every

    def _made(
        self, rows: NDArray[np.intp], chosen: NDArray[np.int64], epoch: int
    ) -> Mapping[str, Array]:
        if self._examples.on_the_fly is not None:
            _, fold = self._key
            return self._examples.on_the_fly.batch(rows, fold, epoch)
        kept = self._examples.versions
        return {name: _picked(clips, rows, chosen) for name, clips in kept.items()}


def _picked(clips: Sequence[Array], rows: NDArray[np.intp], chosen: NDArray[np.int64]) -> Array:
    if isinstance(clips, Arrays):
        return clips.pick(rows, chosen)
    return np.stack([clips[row][version] for row, version in zip(rows, chosen, strict=True)])
