"""Batches of a training run: standardised, augmented, seeded, without a loop over the batch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser_core.augment import BatchAugmenter
from ser_core.training.config import Recipe, augmenters

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Standardiser:
    """Mean and standard deviation of each feature, from training clips only."""

    mean: Array
    std: Array

    @classmethod
    def fit(cls, versions: NDArray[np.float16], rows: NDArray[np.intp]) -> "Standardiser":
        """Statistics (num_features,) over all versions and frames of the given clips."""
        count, total, squares = 0, 0.0, 0.0
        for row in rows:  # one clip at a time: the array may be larger than memory
            clip = versions[row].reshape(-1, versions.shape[-1]).astype(np.float64)
            count += len(clip)
            total = total + clip.sum(axis=0)
            squares = squares + (clip**2).sum(axis=0)
        mean = np.asarray(total / count)
        std = np.sqrt(np.maximum(np.asarray(squares / count) - mean**2, 1e-6))
        return cls(mean.astype(np.float32), std.astype(np.float32))

    def apply(self, features: NDArray[np.float16] | Array) -> Array:
        """Features (..., num_features) with mean 0 and deviation 1."""
        return (features.astype(np.float32) - self.mean) / self.std


class TrainingBatches:
    """Endless supply of epochs over the training clips; each epoch sees one version of a clip.

    Args:
        versions: (num_clips, num_versions, num_frames, num_features) of the whole table.
        targets: (num_clips, num_classes) one-hot.
        rows: the training clips.
    """

    def __init__(
        self,
        versions: NDArray[np.float16],
        targets: Array,
        rows: NDArray[np.intp],
        standardiser: Standardiser,
        recipe: Recipe,
    ) -> None:
        self._versions = versions
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
        """Features (batch, num_frames, num_features) and soft targets (batch, num_classes).

        The same number gives the same batches, whatever was drawn before.
        """
        rng = np.random.default_rng([self._seed, number])
        order = rng.permutation(self._rows)[: self.steps * self._batch_size]
        for rows in order.reshape(self.steps, self._batch_size):
            version = rng.integers(0, self._versions.shape[1], size=len(rows))
            features = self._standardiser.apply(self._versions[rows, version])
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
