"""The same learning rate throughout."""

from collections.abc import Sequence

from ser_core.config import Config
from ser_core.training.schedules.base import SCHEDULES, Schedule


class ConstantConfig(Config):
    """Nothing to set."""


@SCHEDULES.register("constant")
class Constant(Schedule):
    """The learning rate stays as it is."""

    config_type = ConstantConfig
    title = "Constant"

    def __init__(self, config: ConstantConfig | None = None) -> None:
        self.config: ConstantConfig = config or ConstantConfig()

    def factor(self, step: int, steps: int, epochs: int, scores: Sequence[float]) -> float:  # noqa: ARG002
        """One."""
        return 1.0
