"""What a trained network says of clips, and how well that is."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core.evaluation.metrics import confusion, uar
from ser_core.features.statistics import Statistics
from ser_core.training.batches import Inputs, Standardiser
from ser_core.training.epoch import Epoch
from ser_core.training.examples import Examples
from ser_core.training.targets import Targets

Array = NDArray[np.float32]
_TEST_BATCH = 256


@dataclass
class Fitted:
    """A trained network with the statistics of the clips it learned from, by its inputs."""

    network: Any  # keras.Model, or FittedBaseline, which answers as one does
    statistics: dict[str, Statistics]
    targets: Targets
    standardisation: str = "corpus"
    history: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0


def validate(fitted: Fitted, examples: Examples, rows: NDArray[np.intp]) -> dict[str, Any]:
    """The scores of an `Epoch` on the validation clips."""
    if rows.size == 0:
        return {}
    probabilities = predict(fitted, examples, rows)
    labels, true = fitted.targets.labels, fitted.targets.emotions[rows]
    matrix = confusion(
        [labels[index] for index in true],
        [labels[index] for index in probabilities.argmax(axis=1)],
        labels,
    )
    said = np.maximum(probabilities[np.arange(rows.size), true], np.finfo(np.float32).tiny)
    counts = matrix.sum(axis=1)
    return {
        "validation_loss": float(-np.log(said).mean()),
        "validation_accuracy": float(np.trace(matrix) / rows.size),
        "validation_uar": float(uar(matrix)),
        "validation_recall": {
            label: float(matrix[place, place] / counts[place])
            for place, label in enumerate(labels)
            if counts[place]
        },
        "validation_confusion": matrix.tolist(),
    }


def predict(fitted: Fitted, examples: Examples, rows: NDArray[np.intp]) -> Array:
    """Probabilities of the emotions (len(rows), num_classes); see `predict_heads`."""
    return predict_heads(fitted, examples, rows)[fitted.targets.heads[0].name]


def predict_heads(fitted: Fitted, examples: Examples, rows: NDArray[np.intp]) -> dict[str, Array]:
    """Probabilities of classes and values of dimensions, (len(rows), outputs) by head.

    Each is the mean over the windows of a clip.
    """
    standardiser = Standardiser(fitted.statistics, examples, rows, fitted.standardisation)
    answers = [
        fitted.network.predict_on_batch(standardiser.standardise(windows, owners))
        for windows, owners in _window_batches(examples, rows)
    ]
    counts = np.array([examples.num_windows(row) for row in rows])
    starts = np.cumsum([0, *counts[:-1]])
    found = {}
    for head in fitted.targets.heads:
        said = np.concatenate([np.asarray(answer[head.name], np.float32) for answer in answers])
        each = _softmax(said) if head.classes else said
        found[head.name] = (np.add.reduceat(each, starts) / counts[:, None]).astype(np.float32)
    return found


def predict_averaged(
    fitted: Fitted, examples: Examples, rows: NDArray[np.intp], copies: int
) -> dict[str, Array]:
    """The mean of what is said of clips and of augmented versions of them; see `predict_heads`.

    Each version weighs as much as the clip itself.
    """
    total = predict_heads(fitted, examples, rows)
    if examples.in_tests is None:
        return total
    standardiser = Standardiser(fitted.statistics, examples, rows, fitted.standardisation)
    for copy in range(copies):
        for start in range(0, rows.size, _TEST_BATCH):
            some = rows[start : start + _TEST_BATCH]
            inputs = standardiser.standardise(examples.in_tests.test_batch(some, copy), some)
            answer = fitted.network.predict_on_batch(inputs)
            for head in fitted.targets.heads:
                said = np.asarray(answer[head.name], np.float32)
                total[head.name][start : start + _TEST_BATCH] += (
                    _softmax(said) if head.classes else said
                )
    return {name: (array / (copies + 1)).astype(np.float32) for name, array in total.items()}


def _softmax(logits: Array) -> Array:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Array = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities


def _window_batches(
    examples: Examples, rows: NDArray[np.intp], size: int = _TEST_BATCH
) -> Iterator[tuple[Inputs, NDArray[np.intp]]]:
    """All windows of the clips, some at a time, each with the row of its clip."""
    pairs = ((row, window) for row in rows for window in range(examples.num_windows(row)))
    while batch := list(itertools.islice(pairs, size)):
        inputs = {
            name: np.stack([clips[row][window] for row, window in batch])
            for name, clips in examples.windows.items()
        }
        yield inputs, np.array([row for row, _ in batch])
