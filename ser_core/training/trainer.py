"""Fit one network, watch it on validation speakers, keep its best epoch."""

import contextlib
import itertools
import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ser_core.emotions import KNOWN
from ser_core.errors import SerError, UnknownNameError
from ser_core.evaluation.metrics import confusion, uar
from ser_core.features.statistics import Statistics
from ser_core.training.batches import Inputs, Standardiser, TrainingBatches, training_statistics
from ser_core.training.config import Recipe, TrainingConfig
from ser_core.training.examples import Examples
from ser_core.training.starting_point import start_from
from ser_core.training.targets import Targets

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]
_NAN = float("nan")
_TEST_BATCH = 256


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training clips came to.

    Attributes:
        loss: mean over the batches, of all that is learned.
        accuracy: of the emotions in the batches, as they were augmented and while it learned.
        learning_rate: in the last step.
        validation_loss: cross-entropy of the emotions of the validation clips, without smoothing.
        validation_recall: of each emotion that occurs in the validation clips.
        validation_confusion: of all emotions; rows are what was acted, columns what was said.
    """

    number: int
    seconds: float
    learning_rate: float
    loss: float
    accuracy: float
    validation_loss: float = _NAN
    validation_accuracy: float = _NAN
    validation_uar: float = _NAN
    validation_recall: dict[str, float] = field(default_factory=dict)
    validation_confusion: list[list[int]] = field(default_factory=list)

    def score(self, monitor: str) -> float:
        """What picks the best epoch; greater is better."""
        if monitor == "loss":
            return -self.validation_loss
        return self.validation_uar if monitor == "uar" else self.validation_accuracy


@dataclass
class Fitted:
    """A trained network with the statistics of the clips it learned from, by its inputs."""

    network: "keras.Model"
    statistics: dict[str, Statistics]
    targets: Targets
    standardisation: str = "corpus"
    history: list[Epoch] = field(default_factory=list)
    best_epoch: int = 0


def fit(
    examples: Examples,
    targets: Targets,
    train_rows: NDArray[np.intp],
    validation_rows: NDArray[np.intp],
    recipe: Recipe,
    fold: int = 0,
    on_epoch: Callable[[Epoch], None] | None = None,
    stop_after: int | None = None,
) -> Fitted:
    """Train a network on some clips of a table.

    Args:
        examples: features of the whole table.
        targets: what is to be learned of the whole table.
        train_rows: clips to learn from; statistics are taken from these alone.
        validation_rows: clips that pick the epoch; when empty, the last epoch is kept.
        fold: its number, which draws are named by.
        on_epoch: told of each finished epoch.
        stop_after: end after this many epochs of the same schedule.

    Raises:
        SerError: the loss is no longer a number.
        ParameterError: the architecture cannot take such inputs or heads.
    """
    import keras

    training = recipe.training
    _prepare_keras(training)
    statistics = training_statistics(examples, train_rows)
    standardiser = Standardiser(statistics, examples, train_rows, training.standardisation)
    batches = TrainingBatches(examples, targets, train_rows, standardiser, recipe, fold)
    network = recipe.network().build(examples.shapes, targets.sizes)
    if training.init_from:
        start_from(network, targets.heads, training.init_from, training.frozen)
    weights = class_weights(training, targets, train_rows)
    learning = Learning(network, targets, training, weights, batches)
    fitted = Fitted(network, statistics, targets, training.standardisation)
    best = _Best(training.monitor)
    for number in range(1, (stop_after or training.epochs) + 1):
        epoch = learning.epoch(number, fitted, examples, validation_rows)
        fitted.history.append(epoch)
        best.consider(epoch, network, always=validation_rows.size == 0)
        if on_epoch is not None:
            on_epoch(epoch)
        if validation_rows.size and 0 < training.patience <= number - best.improved:
            break
    if training.precision == "mixed":  # what is kept, tested and exported has single precision
        keras.config.set_dtype_policy("float32")
        fitted.network = recipe.network().build(examples.shapes, targets.sizes)
        fitted.network.compile(jit_compile=False)
    fitted.network.set_weights(best.weights)
    fitted.best_epoch = best.number
    return fitted


def _prepare_keras(training: TrainingConfig) -> None:
    import keras

    # Each fold is a new network, which TensorFlow takes for one that is traced over and over.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    keras.backend.clear_session()
    keras.utils.set_random_seed(training.seed)
    mixed = training.precision == "mixed" and _has_gpu()
    keras.config.set_dtype_policy("mixed_float16" if mixed else "float32")
    if training.deterministic and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()


def _has_gpu() -> bool:
    import keras

    return bool(keras.distribution.list_devices("gpu"))


def class_weights(
    training: TrainingConfig, targets: Targets, rows: NDArray[np.intp]
) -> list[float]:
    """Weight of each emotion in the loss; balanced, their mean over the training clips is 1.

    Raises:
        UnknownNameError: a weight is given for what is no emotion.
    """
    given = training.class_weights
    if isinstance(given, dict):
        unknown = sorted({*given} - {*targets.labels, *KNOWN})
        if unknown:
            raise UnknownNameError(
                f"training.class_weights: {', '.join(unknown)} not known; known: "
                f"{', '.join(targets.labels)}"
            )
        return [given.get(label, 1.0) for label in targets.labels]
    counts = np.bincount(targets.emotions[rows], minlength=len(targets.labels))
    if given == "none":
        return [1.0] * len(counts)
    present = np.count_nonzero(counts)
    return [float(len(rows) / (present * count)) if count else 0.0 for count in counts]


class _Best:
    """The epoch whose weights stay."""

    def __init__(self, monitor: str) -> None:
        self._monitor = monitor
        self._score = -math.inf
        self.number = 0
        self.improved = 0
        self.weights: list[Any] = []

    def consider(self, epoch: Epoch, network: "keras.Model", always: bool) -> None:
        """Keep the epoch if it is the best so far, or always.

        A tie goes to the later epoch, which the falling learning rate has settled further; it does
        not put off the end.
        """
        score = epoch.score(self._monitor)
        if score > self._score:
            self.improved = epoch.number
        if always or score >= self._score:
            self._score = score
            self.number, self.weights = epoch.number, network.get_weights()


class Learning:
    """A network on its way through the epochs."""

    def __init__(
        self,
        network: "keras.Model",
        targets: Targets,
        training: TrainingConfig,
        weights: Sequence[float],
        batches: TrainingBatches,
    ) -> None:
        from ser_core.training.objective import Learner

        learned = training.task_weights == "learned"
        self._learner = Learner(network, targets.heads, training.label_smoothing, weights, learned)
        self._optimiser = training.make_optimiser().build()
        # On CPUs XLA's convolutions were slower: 62 against 110 clips/s.
        self._learner.compile(self._optimiser, jit_compile=False)
        network.compile(jit_compile=False)
        self._peak = float(training.make_optimiser().config.learning_rate)
        self._schedule = training.make_schedule()
        self._training = training
        self._batches = batches
        self._scores: list[float] = []

    def epoch(
        self, number: int, fitted: Fitted, examples: Examples, validation: NDArray[np.intp]
    ) -> Epoch:
        """Train for an epoch and look at the validation clips."""
        began = time.monotonic()
        logs, rate = self.train(number)
        seen = _validate(fitted, examples, validation)
        epoch = Epoch(number, time.monotonic() - began, rate, *logs, **seen)
        self._scores.append(epoch.score(self._training.monitor))
        return epoch

    def train(self, number: int) -> tuple[tuple[float, float], float]:
        """One pass over the training clips: mean loss and accuracy, and the last learning rate.

        Raises:
            SerError: the loss is no longer a number.
        """
        steps, rate = self._batches.steps, self._peak
        from threadpoolctl import threadpool_limits

        logs = {"loss": _NAN, "accuracy": _NAN}
        self._learner.reset_metrics()
        # Idle threads of NumPy's linear algebra spin, on cores that the network could use.
        with (
            threadpool_limits(1, user_api="blas"),
            contextlib.closing(self._batches.epoch(number)) as batches,
        ):
            for step, batch in enumerate(batches, start=(number - 1) * steps):
                factor = self._schedule.factor(step, steps, self._training.epochs, self._scores)
                rate = self._peak * factor
                self._optimiser.learning_rate = rate
                logs = self._learner.train_on_batch(batch.inputs, batch.targets, return_dict=True)
        loss, accuracy = (float(logs[name]) for name in ("loss", "accuracy"))  # of the whole epoch
        if not np.isfinite(loss):
            raise SerError(
                f"epoch {number}: the loss is no longer a number; try a smaller "
                "training.optimiser.settings.learning_rate"
            )
        return (loss, accuracy), rate


def _validate(fitted: Fitted, examples: Examples, rows: NDArray[np.intp]) -> dict[str, Any]:
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
