"""Batches of a training run: standardised, augmented, seeded."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser_core.augment import BatchChain, generator
from ser_core.features.statistics import Statistics
from ser_core.training.config import Recipe
from ser_core.training.examples import Examples
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
    """Endless supply of epochs over the training clips; each epoch sees one version of a clip.

    All that is drawn is named by seed, fold, epoch and batch (or clip), so that an epoch is the
    same whatever was drawn before.

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
        self._batch_size = min(recipe.training.batch_size, len(rows))
        self._key = recipe.training.seed, fold
        self._chain = BatchChain(recipe.augmentation.batch, targets.labels)
        self._augmented = recipe.network().inputs[0]

    @property
    def steps(self) -> int:
        """Batches in an epoch; the few clips left over take their turn in another epoch."""
        return len(self._rows) // self._batch_size

    def epoch(self, number: int) -> Generator[Batch]:
        """The batches of an epoch, made ahead in a thread; close it to stop before the end."""
        with closing(prefetched(self._batches(number))) as batches:
            yield from batches

    def _batches(self, number: int) -> Iterator[Batch]:
        rng = generator(*self._key, number, "order")
        order = rng.permutation(self._rows)[: self.steps * self._batch_size]
        for step, rows in enumerate(order.reshape(self.steps, self._batch_size)):
            inputs = self._standardiser.standardise(self._versions(rows, number, rng), rows)
            drawn_from = generator(*self._key, number, step)
            name, targets = self._augmented, self._learned[rows]
            draw = self._chain.draw(inputs[name].shape, drawn_from)
            inputs, targets = self._chain.apply_to(inputs, name, targets, draw)
            yield Batch(inputs, self._targets.by_head(targets))

    def _versions(
        self, rows: NDArray[np.intp], epoch: int, rng: np.random.Generator
    ) -> Mapping[str, Array]:
        if self._examples.on_the_fly is not None:
            _, fold = self._key
            return self._examples.on_the_fly.batch(rows, fold, epoch)
        kept = self._examples.versions
        chosen = rng.integers(0, len(next(iter(kept.values()))[0]), size=len(rows))
        return {name: _picked(clips, rows, chosen) for name, clips in kept.items()}


def _picked(clips: Sequence[Array], rows: NDArray[np.intp], chosen: NDArray[np.int64]) -> Array:
    return np.stack([clips[row][version] for row, version in zip(rows, chosen, strict=True)])
