"""Batches of a training run: standardised, augmented, seeded."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ser_core.augment import BatchAugmenter
from ser_core.features.statistics import Statistics
from ser_core.training.config import Recipe, augmenters
from ser_core.training.examples import Examples

Array = NDArray[np.float32]


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
        everybody: Statistics,
        examples: Examples,
        rows: NDArray[np.intp],
        standardisation: str,
    ) -> None:
        self._everybody = everybody
        self._by_row: dict[int, Statistics] = {}
        if standardisation == "speaker":
            for speaker in np.unique(examples.speakers[rows]):
                own = rows[examples.speakers[rows] == speaker]
                found = Statistics.fit(examples.windows[row] for row in own)
                self._by_row |= dict.fromkeys(own.tolist(), found)

    def of(self, row: int) -> Statistics:
        """What the clip in this row of the table is standardised by."""
        return self._by_row.get(int(row), self._everybody)

    def stack(self, features: Sequence[Array], rows: NDArray[np.intp]) -> Array:
        """One array (len(rows), ...) of standardised features, each of the clip in its row."""
        if not self._by_row:
            return self._everybody.standardise(np.stack(features))
        return np.stack(
            [self.of(row).standardise(each) for each, row in zip(features, rows, strict=True)]
        )


def training_statistics(examples: Examples, rows: NDArray[np.intp]) -> Statistics:
    """Statistics of the training clips and their augmented copies."""
    return Statistics.fit(examples.versions[row] for row in rows)


class TrainingBatches:
    """Endless supply of epochs over the training clips; each epoch sees one version of a clip.

    Args:
        examples: features of the whole table.
        targets: (num_clips, num_classes) one-hot.
        rows: the training clips.
    """

    def __init__(
        self,
        examples: Examples,
        targets: Array,
        rows: NDArray[np.intp],
        standardiser: Standardiser,
        recipe: Recipe,
    ) -> None:
        self._versions = examples.versions
        self._num_versions = len(examples.versions[0])
        self._targets = targets
        self._rows = rows
        self._standardiser = standardiser
        self._batch_size = min(recipe.training.batch_size, len(rows))
        self._seed = recipe.training.seed
        self._chain = augmenters(recipe.augmentation.batch)

    @property
    def steps(self) -> int:
        """Batches in an epoch; the few clips left over take their turn in another epoch."""
        return len(self._rows) // self._batch_size

    def epoch(self, number: int) -> Iterator[tuple[Array, Array]]:
        """Features (batch, *input_shape) and soft targets (batch, num_classes).

        The same number gives the same batches, whatever was drawn before.
        """
        rng = np.random.default_rng([self._seed, number])
        order = rng.permutation(self._rows)[: self.steps * self._batch_size]
        for rows in order.reshape(self.steps, self._batch_size):
            chosen = rng.integers(0, self._num_versions, size=len(rows))
            versions = [
                self._versions[row][version] for row, version in zip(rows, chosen, strict=True)
            ]
            features = self._standardiser.stack(versions, rows)
            yield self._augment(features, self._targets[rows], rng)

    def _augment(
        self, features: Array, targets: Array, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        for augmenter, probability in self._chain:
            assert isinstance(augmenter, BatchAugmenter)
            if rng.random() < probability:
                draw = augmenter.draw(features.shape, rng)
                features, targets = augmenter.apply(features, targets, draw)
        return features, targets
