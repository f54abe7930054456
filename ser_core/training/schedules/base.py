"""What a schedule is: how the learning rate moves through a training run."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from ser_core.config import Config
from ser_core.registry import Registry


class Schedule(ABC):
    """A factor of the optimiser's learning rate; it keeps nothing between calls.

    Attributes:
        title: what people call it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    config_type: ClassVar[type[Config]]
    config: Any

    @abstractmethod
    def factor(self, step: int, steps: int, epochs: int, scores: Sequence[float]) -> float:
        """What the learning rate is multiplied by in a step.

        Args:
            step: counted from 0 through all epochs.
            steps: in an epoch.
            epochs: that the run is planned for.
            scores: what it watches after each finished epoch, greater is better; NaN where nothing
                is validated.
        """

    def watches(self, monitor: str) -> str:
        """The validation metric whose scores it is given: the one that picks the epoch.

        Args:
            monitor: the training's.
        """
        return monitor


SCHEDULES: Registry[Schedule] = Registry("schedule")
