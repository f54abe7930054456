"""Fit one network, watch it on validation speakers, keep its best epoch."""

import contextlib
import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import SerError, TaskCancelled
from ser_core.models import Baseline
from ser_core.training.answers import Fitted, predict, predict_averaged, predict_heads, validate
from ser_core.training.batches import Standardiser, TrainingBatches, scaler_statistics
from ser_core.training.checkpoint import Best, Checkpoint, CheckpointFile
from ser_core.training.class_weights import class_weights
from ser_core.training.config import Recipe, TrainingConfig
from ser_core.training.epoch import Epoch
from ser_core.training.examples import Examples
from ser_core.training.starting_point import start_from, statistics_from
from ser_core.training.targets import Targets

if TYPE_CHECKING:
    import keras

Array = NDArray[np.float32]
__all__ = [
    "Fitted",
    "Learning",
    "Watch",
    "fit",
    "predict",
    "predict_averaged",
    "predict_heads",
    "prepare_keras",
    "validate",
]

_TELL_S = 0.5


@dataclass(frozen=True)
class Watch:
    """Who follows a training, who may stop it, and where it is kept.

    Attributes:
        on_start: told of the epochs that a training taken up again had finished, else of none.
        on_batch: told of epoch, batch (from 1) and batches, at most twice a second.
        on_epoch: told of each finished epoch, once it can be taken up from.
        on_stop: given the network with its best weights so far, if there are any, when the
            training is stopped.
        should_stop: asked before every batch.
        checkpoint: where it stands after each epoch.
    """

    on_start: Callable[[Sequence[Epoch]], None] = lambda _: None
    on_batch: Callable[[int, int, int], None] = lambda *_: None
    on_epoch: Callable[[Epoch], None] = lambda _: None
    on_stop: "Callable[[Fitted], None]" = lambda _: None
    should_stop: Callable[[], bool] = lambda: False
    checkpoint: CheckpointFile | None = None


def fit(
    examples: Examples,
    targets: Targets,
    train_rows: NDArray[np.intp],
    validation_rows: NDArray[np.intp],
    recipe: Recipe,
    fold: int = 0,
    watch: Watch | None = None,
    stop_after: int | None = None,
) -> Fitted:
    """Train a network on some clips of a table.

    Args:
        examples: features of the whole table.
        targets: what is to be learned of the whole table.
        train_rows: clips to learn from; statistics are taken from these alone.
        validation_rows: clips that pick the epoch; when empty, the last epoch is kept.
        fold: its number, which draws are named by.
        watch: who follows it; where it keeps a checkpoint of the same training, that is taken up.
        stop_after: end after this many epochs of the same schedule.

    Raises:
        SerError: the loss is no longer a number.
        TaskCancelled: `watch` stopped it.
        ParameterError: the architecture cannot take such inputs or heads.
    """
    if isinstance(baseline := recipe.network(), Baseline):
        from ser_core.training.baselines import fit_baseline

        seen = watch or Watch()
        return fit_baseline(baseline, examples, targets, train_rows, validation_rows, recipe, seen)
    fitted, learning = _beginning(examples, targets, train_rows, recipe, fold)
    way = _Way(learning, fitted, recipe.training, watch or Watch())
    try:
        way.go(examples, validation_rows, stop_after or recipe.training.epochs)
    except (TaskCancelled, KeyboardInterrupt):
        if way.best.number:
            _keep_best(fitted, way.best, recipe, examples)
            way.watch.on_stop(fitted)
        raise
    _keep_best(fitted, way.best, recipe, examples)
    return fitted


def _beginning(
    examples: Examples, targets: Targets, rows: NDArray[np.intp], recipe: Recipe, fold: int
) -> tuple[Fitted, "Learning"]:
    """A network that has learned nothing yet, and what it will learn from."""
    training = recipe.training
    prepare_keras(training)
    statistics = scaler_statistics(examples, rows, recipe.faults)
    if training.frozen and training.standardisation == "corpus":
        statistics = statistics_from(training.init_from, statistics)
    standardiser = Standardiser(statistics, examples, rows, training.standardisation)
    batches = TrainingBatches(examples, targets, rows, standardiser, recipe, fold)
    network = recipe.network().build(examples.shapes, targets.sizes)
    if training.init_from:
        start_from(network, targets.heads, training.init_from, training.frozen)
    weights = class_weights(training, targets, rows)
    learning = Learning(network, targets, training, weights, batches)
    return Fitted(network, statistics, targets, training.standardisation), learning


def _keep_best(fitted: Fitted, best: Best, recipe: Recipe, examples: Examples) -> None:
    """Leave the network with the weights of its best epoch."""
    import keras

    if recipe.training.precision == "mixed":  # what is kept, tested and exported is in single
        keras.config.set_dtype_policy("float32")
        fitted.network = recipe.network().build(examples.shapes, fitted.targets.sizes)
        fitted.network.compile(jit_compile=whole_steps())
    fitted.network.set_weights(best.weights)
    fitted.best_epoch = best.number


def prepare_keras(training: TrainingConfig) -> None:
    """Start from nothing, with the seed, precision and determinism that a training asks for."""
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


def whole_steps() -> bool:
    """Whether XLA compiles a step as a whole, what Keras calls `jit_compile`.

    On JAX nothing else does: without it, every operation of a step would be compiled and run by
    itself. TensorFlow has graphs of its own, and on CPUs XLA's convolutions were slower: 62 against
    110 clips/s.
    """
    import keras

    return bool(keras.backend.backend() == "jax")


def _has_gpu() -> bool:
    import keras

    # Asked for GPUs that are not there, JAX raises; asked for no kind, it names the best it has.
    found = keras.distribution.list_devices()
    return any(str(device).startswith("gpu") for device in found)


class _Way:
    """From the first epoch, or from the last that an interrupted training had finished, on."""

    def __init__(
        self, learning: "Learning", fitted: Fitted, training: TrainingConfig, watch: Watch
    ) -> None:
        self.best = Best()
        self.watch = watch
        self._learning = learning
        self._fitted = fitted
        self._training = training

    def go(self, examples: Examples, validation: NDArray[np.intp], epochs: int) -> None:
        """Train up to a number of epochs, or until it gets no better."""
        history = self._fitted.history
        self._take_up()
        self.watch.on_start(history)
        while len(history) < epochs and not (validation.size and self._settled(len(history))):
            number = len(history) + 1
            epoch = self._learning.epoch(number, self._fitted, examples, validation, self.watch)
            history.append(epoch)
            self.best.consider(
                number,
                epoch.score(self._training.monitor),
                self._fitted.network.get_weights,
                always=validation.size == 0,
            )
            if self.watch.checkpoint is not None:
                state = Checkpoint(history, self.best, self._learning.state())
                self.watch.checkpoint.write(state)
            self.watch.on_epoch(epoch)

    def _settled(self, number: int) -> bool:
        return 0 < self._training.patience <= number - self.best.improved

    def _take_up(self) -> None:
        kept = self.watch.checkpoint.read() if self.watch.checkpoint is not None else None
        if kept is not None and self._learning.restore(kept):
            self._fitted.history.extend(kept.history)
            self.best = kept.best


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

        smoothing, shares = training.label_smoothing, training.task_weights
        self._learner = Learner(network, targets.heads, smoothing, weights, shares)
        self._optimiser = training.make_optimiser().build()
        self._learner.compile(self._optimiser, jit_compile=whole_steps())
        self._learner.optimizer.build(self._learner.trainable_variables)
        network.compile(jit_compile=whole_steps())
        self._peak = float(training.make_optimiser().config.learning_rate)
        self._schedule = training.make_schedule()
        self._watched = self._schedule.watches(training.monitor)
        self._training = training
        self._batches = batches
        self._scores: list[float] = []

    def _variables(self) -> list[Any]:
        """All that learning changes: weights, statistics, generators' states and moments."""
        return [*self._learner.variables, *self._learner.optimizer.variables]

    def state(self) -> list[Any]:
        """The values of all that learning changes, for a checkpoint."""
        return [variable.numpy() for variable in self._variables()]

    def restore(self, kept: Checkpoint) -> bool:
        """Go on from a checkpoint; False, and nothing is done, where it does not fit."""
        if not kept.restore(self._variables()):
            return False
        self._scores = [epoch.score(self._watched) for epoch in kept.history]
        return True

    def epoch(
        self,
        number: int,
        fitted: Fitted,
        examples: Examples,
        validation: NDArray[np.intp],
        watch: Watch,
    ) -> Epoch:
        """Train for an epoch and look at the validation clips."""
        began = time.monotonic()
        logs, rate = self.train(number, watch)
        seen = validate(fitted, examples, validation)
        epoch = Epoch(number, time.monotonic() - began, rate, *logs, **seen)
        self._scores.append(epoch.score(self._watched))
        return epoch

    def train(self, number: int, watch: Watch | None = None) -> tuple[tuple[float, float], float]:
        """One pass over the training clips: mean loss and accuracy, and the last learning rate.

        Raises:
            SerError: the loss is no longer a number.
            TaskCancelled: `watch` stopped it.
        """
        from threadpoolctl import threadpool_limits

        watch = watch or Watch()
        steps, rate = self._batches.steps, self._peak
        told = time.monotonic()
        sums = {"loss": 0.0, "accuracy": 0.0}
        # Idle threads of NumPy's linear algebra spin, on cores that the network could use.
        with (
            threadpool_limits(1, user_api="blas"),
            contextlib.closing(self._batches.epoch(number)) as batches,
        ):
            for place, batch in enumerate(batches):
                if watch.should_stop():
                    raise TaskCancelled(f"stopped in epoch {number}")
                step = (number - 1) * steps + place
                factor = self._schedule.factor(step, steps, self._training.epochs, self._scores)
                rate = self._peak * factor
                self._optimiser.learning_rate = rate
                logs = self._learner.train_on_batch(batch.inputs, batch.targets, return_dict=True)
                if not math.isfinite(logs["loss"]):
                    raise _diverged(number, place + 1, rate)
                # Keras forgets its own means at every call.
                sums = {name: total + float(logs[name]) for name, total in sums.items()}
                if time.monotonic() - told >= _TELL_S:
                    told = time.monotonic()
                    watch.on_batch(number, place + 1, steps)
        return (sums["loss"] / steps, sums["accuracy"] / steps), rate


def _diverged(epoch: int, batch: int, rate: float) -> SerError:
    return SerError(
        f"epoch {epoch}: the loss is no longer a number (batch {batch}, learning rate {rate:.2g}); "
        "try a smaller training.optimiser.settings.learning_rate"
    )
