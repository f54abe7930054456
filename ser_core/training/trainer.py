"""Fit one network, watch it on validation speakers, keep its best epoch."""

import itertools
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import SerError
from ser_core.evaluation.metrics import confusion, uar
from ser_core.features.statistics import Statistics
from ser_core.models.base import EMOTION
from ser_core.training.batches import Standardiser, TrainingBatches, training_statistics
from ser_core.training.config import Recipe, TrainingConfig
from ser_core.training.examples import Examples

if TYPE_CHECKING:
    import keras


_INPUT = "features"


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training clips came to. Scores are those of validation speakers."""

    number: int
    loss: float
    validation_uar: float
    seconds: float


@dataclass
class Fitted:
    """A trained network with the statistics of the clips it learned from."""

    network: "keras.Model"
    statistics: Statistics
    standardisation: str = "corpus"
    history: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0


def fit(
    examples: Examples,
    classes: NDArray[np.intp],
    num_classes: int,
    train_rows: NDArray[np.intp],
    validation_rows: NDArray[np.intp],
    recipe: Recipe,
    on_epoch: Callable[[Epoch], None] | None = None,
    stop_after: int | None = None,
) -> Fitted:
    """Train a network on some clips of a table.

    Args:
        examples: features of the whole table.
        classes: (num_clips,) index of each clip's label.
        num_classes: how many labels there are.
        train_rows: clips to learn from; statistics are taken from these alone.
        validation_rows: clips whose UAR picks the epoch; when empty, the last epoch is kept.
        on_epoch: told of each finished epoch.
        stop_after: end after this many epochs of the same schedule.

    Raises:
        SerError: the loss is no longer a number.
    """
    import keras

    # Each fold is a new network, which TensorFlow takes for one that is traced over and over.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    keras.backend.clear_session()
    keras.utils.set_random_seed(recipe.training.seed)
    statistics = training_statistics(examples, train_rows)
    manner = recipe.training.standardisation
    standardiser = Standardiser(statistics, examples, train_rows, manner)
    targets = np.eye(num_classes, dtype=np.float32)[classes]
    batches = TrainingBatches(examples, targets, train_rows, standardiser, recipe)
    network = recipe.network().build({_INPUT: examples.input_shape}, {EMOTION: num_classes})
    _compile(network, recipe.training, batches.steps)
    fitted = Fitted(network, statistics, manner)
    best: tuple[float, list[Any]] = (-1.0, [])
    for number in range(1, (stop_after or recipe.training.epochs) + 1):
        began = time.monotonic()
        loss = _train_epoch(network, batches, number)
        score = _score(fitted, examples, classes, validation_rows)
        fitted.history.append(Epoch(number, loss, score, time.monotonic() - began))
        # A tie goes to the later epoch, which the falling learning rate has settled further.
        if score >= best[0] or validation_rows.size == 0:
            best = (score, network.get_weights())
            fitted.best_epoch = number
        if on_epoch is not None:
            on_epoch(fitted.history[-1])
    network.set_weights(best[1])
    return fitted


def _compile(network: "keras.Model", config: TrainingConfig, steps: int) -> None:
    """AdamW under a linear rise and a cosine fall of the learning rate."""
    import keras

    warmup = min(round(config.warmup_epochs * steps), config.epochs * steps - 1)
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 20,
        decay_steps=max(1, config.epochs * steps - warmup),
        alpha=0.01,
        warmup_target=config.learning_rate,
        warmup_steps=warmup,
    )
    network.compile(
        keras.optimizers.AdamW(schedule, weight_decay=config.weight_decay),
        {
            EMOTION: keras.losses.CategoricalCrossentropy(
                from_logits=True, label_smoothing=config.label_smoothing
            )
        },
        jit_compile=False,  # on CPUs XLA's convolutions were slower: 62 against 110 clips/s
    )


def _train_epoch(network: "keras.Model", batches: TrainingBatches, number: int) -> float:
    losses = [
        float(network.train_on_batch({_INPUT: features}, {EMOTION: targets}))
        for features, targets in batches.epoch(number)
    ]
    loss = float(np.mean(losses))
    if not np.isfinite(loss):
        raise SerError(
            f"epoch {number}: the loss is no longer a number; try a smaller training.learning_rate"
        )
    return loss


def _score(
    fitted: Fitted, examples: Examples, classes: NDArray[np.intp], rows: NDArray[np.intp]
) -> float:
    if rows.size == 0:
        return float("nan")
    probabilities = predict(fitted, examples, rows)
    names = [str(index) for index in range(probabilities.shape[1])]
    true = [names[index] for index in classes[rows]]
    predicted = [names[index] for index in probabilities.argmax(axis=1)]
    return float(uar(confusion(true, predicted, names)))


def predict(fitted: Fitted, examples: Examples, rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Class probabilities (len(rows), num_classes): the mean over the windows of each clip."""
    from keras import ops

    standardiser = Standardiser(fitted.statistics, examples, rows, fitted.standardisation)
    counts = [len(examples.windows[row]) for row in rows]
    logits = [
        fitted.network.predict_on_batch({_INPUT: standardiser.stack(windows, owners)})[EMOTION]
        for windows, owners in _window_batches(examples, rows)
    ]
    probabilities = ops.convert_to_numpy(ops.softmax(np.concatenate(logits)))
    starts = np.cumsum([0, *counts[:-1]])
    means: NDArray[np.float32] = np.add.reduceat(probabilities, starts) / np.array(counts)[:, None]
    return means.astype(np.float32)


def _window_batches(
    examples: Examples, rows: NDArray[np.intp], size: int = 256
) -> Iterator[tuple[list[NDArray[np.float32]], NDArray[np.intp]]]:
    """All windows of the clips, some at a time, each with the row of its clip."""
    pairs = ((window, row) for row in rows for window in examples.windows[row])
    while batch := list(itertools.islice(pairs, size)):
        yield [window for window, _ in batch], np.array([row for _, row in batch])
