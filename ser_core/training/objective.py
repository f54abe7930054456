"""What training makes small: the loss of every head, and how they are weighed.

Importing this imports Keras.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ser_core.training.recipe import TaskWeights
from ser_core.training.targets import Head


class Learner(keras.Model):
    """A network with its objective; training this trains the network.

    Emotion is learned by cross-entropy. Further classes are too, and dimensions by squared error;
    clips of which a target is not known (NaN) count for nothing in that head. Their losses L are
    added as they are, or as exp(-s) L + s with a weight s that is learned for each (Kendall, Gal &
    Cipolla 2018, "Multi-task learning using uncertainty to weigh losses", CVPR, simplified). There,
    an easy task weighs the more the less it is wrong, without bound; recipe e takes the softmax of
    all s for s, so that none weighs more than emotion does.

    Args:
        network: from a dict of inputs to a dict of outputs by head.
        heads: of the network, `emotion` first.
        label_smoothing: share of an emotion's target that is spread over all.
        class_weights: (num_emotions,) weight of each in the loss.
        task_weights: how further heads are weighed, see `TrainingConfig`.
    """

    def __init__(
        self,
        network: keras.Model,
        heads: Sequence[Head],
        label_smoothing: float,
        class_weights: Sequence[float],
        task_weights: TaskWeights,
    ) -> None:
        super().__init__()
        self.network = network
        self._emotion, *self._further = heads
        self._smoothing = label_smoothing
        self._class_weights = np.asarray(class_weights, np.float32)
        self._bounded = task_weights == "softmax"
        self._shares = None
        if task_weights != "equal" and self._further:
            self._shares = self.add_weight(
                shape=(len(self._further),), initializer="zeros", name="task_weights"
            )
        self.accuracy = keras.metrics.Mean(name="accuracy")

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """What the network says."""
        return self.network(inputs, training=training)

    def compute_loss(
        self,
        x: Any = None,  # noqa: ARG002
        y: Mapping[str, Any] | None = None,
        y_pred: Mapping[str, Any] | None = None,
        sample_weight: Any = None,  # noqa: ARG002
        training: bool = True,  # noqa: ARG002
    ) -> Any:
        """The sum over heads, and what layers add to it."""
        assert y is not None
        assert y_pred is not None
        logits = ops.cast(y_pred[self._emotion.name], "float32")
        true = ops.convert_to_tensor(y[self._emotion.name])
        right = ops.equal(ops.argmax(true, axis=-1), ops.argmax(logits, axis=-1))
        self.accuracy.update_state(ops.cast(right, "float32"))
        total = self._emotion_loss(true, logits)
        shares = self._shares
        if shares is not None and self._bounded:
            shares = ops.softmax(shares)
        for place, head in enumerate(self._further):
            loss = _known_loss(head, y[head.name], ops.cast(y_pred[head.name], "float32"))
            if shares is not None:
                loss = ops.exp(-shares[place]) * loss + shares[place]
            total = total + loss
        return total + sum(self.losses)

    def _emotion_loss(self, true: Any, logits: Any) -> Any:
        smooth = true * (1 - self._smoothing) + self._smoothing / self._emotion.size
        weight = ops.sum(true * self._class_weights, axis=-1)
        return ops.mean(weight * _cross_entropy(smooth, logits))


def _cross_entropy(true: Any, logits: Any) -> Any:
    return -ops.sum(true * ops.log_softmax(logits, axis=-1), axis=-1)


def _known_loss(head: Head, true: Any, said: Any) -> Any:
    """Mean loss (a scalar) over the examples whose target is known; 0 where none is."""
    true = ops.convert_to_tensor(true)
    known = ops.logical_not(ops.any(ops.isnan(true), axis=-1))
    filled = ops.where(ops.expand_dims(known, -1), true, ops.zeros_like(true))
    loss = _cross_entropy(filled, said) if head.classes else ops.square(filled - said)[:, 0]
    count = ops.cast(known, "float32")
    return ops.sum(loss * count) / ops.maximum(ops.sum(count), 1.0)
