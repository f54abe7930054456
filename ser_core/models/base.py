"""What an architecture is: a config that knows how to build a Keras network."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from ser_core.config import Config
from ser_core.registry import Registry

if TYPE_CHECKING:
    import keras


class Architecture(ABC):
    """Builds a network from shapes; importing it imports no Keras."""

    name: ClassVar[str]
    config_type: ClassVar[type[Config]]
    config: Config

    @abstractmethod
    def build(self, input_shape: tuple[int, ...], num_classes: int) -> "keras.Model":
        """A new, unfitted network.

        Args:
            input_shape: of one standardised input, such as (num_frames, num_features).
            num_classes: length of the output.

        Returns:
            Model from (batch, *input_shape) to logits (batch, num_classes).

        Raises:
            ParameterError: the network cannot take inputs of that shape.
        """


ARCHITECTURES: Registry[Architecture] = Registry("architecture")
