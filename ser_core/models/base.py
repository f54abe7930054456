"""What an architecture is: a config that knows how to build a Keras network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from ser_core.config import Config
from ser_core.errors import ParameterError
from ser_core.registry import Registry

if TYPE_CHECKING:
    import keras

EMOTION = "emotion"
"""The head that every network has."""


class Architecture(ABC):
    """Builds a network from shapes; importing it imports no Keras.

    Attributes:
        title: what people call it.
        inputs: names of its inputs, which a recipe's features are given by.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]] = ("features",)
    config_type: ClassVar[type[Config]]
    config: Config

    @abstractmethod
    def build(
        self, shapes: Mapping[str, tuple[int, ...]], heads: Mapping[str, int]
    ) -> "keras.Model":
        """A new, unfitted network.

        Args:
            shapes: of one standardised example of each of `inputs`, by its name: (num_frames,
                num_features), (num_features,) or (height, width, channels).
            heads: how many outputs each head has, by its name: a number for each class, or one for
                a dimension such as valence. `emotion` is always there.

        Returns:
            A functional model from a dict of inputs (batch, *shape) to a dict of outputs (batch,
            heads[name]): logits of classes, plain values of dimensions.

        Raises:
            ParameterError: the network cannot take inputs of these shapes, or has no such heads.
        """


def only_emotion(architecture: Architecture, heads: Mapping[str, int]) -> int:
    """Outputs of the one head of an architecture that has no other.

    Raises:
        ParameterError: more heads are asked for.
    """
    others = sorted(set(heads) - {EMOTION})
    if others:
        raise ParameterError(
            f"heads: {architecture.name} has the head {EMOTION} only, got {', '.join(others)} too"
        )
    return heads[EMOTION]


ARCHITECTURES: Registry[Architecture] = Registry("architecture")
