"""What an optimiser is here: a config that knows how to make Keras' optimiser."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.registry import Registry

if TYPE_CHECKING:
    import keras


class OptimiserConfig(Config):
    """What every optimiser has."""

    learning_rate: float = Field(1e-3, gt=0, le=1, description="Peak of the schedule")


class Optimiser(ABC):
    """Makes an optimiser of Keras; importing it imports no Keras.

    Attributes:
        title: what people call it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    config_type: ClassVar[type[Config]]
    config: Any

    @abstractmethod
    def build(self) -> "keras.optimizers.Optimizer":
        """A new optimiser whose learning rate is the config's, for the schedule to change."""


OPTIMISERS: Registry[Optimiser] = Registry("optimiser")
