"""A fall whenever validation has stopped to get better."""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ser_core.config import Config
from ser_core.training.schedules.base import SCHEDULES, Schedule


class PlateauConfig(Config):
    """When the learning rate falls, and how far."""

    reduction: float = Field(0.5, gt=0, lt=1, description="Factor of each fall")
    wait_epochs: int = Field(5, ge=1, le=200, description="Epochs without a better score")
    watch: Literal["monitor", "loss", "accuracy", "uar"] = Field(
        "monitor",
        description="What has to get better; monitor: what picks the epoch, the loss where nothing "
        "does",
    )
    lowest: float = Field(1e-3, ge=0, le=1, description="Smallest share of the learning rate")


@SCHEDULES.register("plateau")
class Plateau(Schedule):
    """The learning rate falls when a validation metric has not got better for some epochs.

    What Keras calls ReduceLROnPlateau. Where nothing is validated, as when the final model is
    trained on everybody, it stays as it is.
    """

    config_type = PlateauConfig
    title = "Reduce on plateau"

    def __init__(self, config: PlateauConfig | None = None) -> None:
        self.config: PlateauConfig = config or PlateauConfig()

    def factor(self, step: int, steps: int, epochs: int, scores: Sequence[float]) -> float:  # noqa: ARG002
        """See `Schedule.factor`."""
        c = self.config
        best, waited, falls = -math.inf, 0, 0
        for score in scores:
            waited = 0 if score > best or math.isnan(score) else waited + 1
            best = max(best, score)
            if waited == c.wait_epochs:
                falls, waited = falls + 1, 0
        return max(c.lowest, c.reduction**falls)

    def watches(self, monitor: str) -> str:
        """See `Schedule.watches`."""
        if self.config.watch != "monitor":
            return self.config.watch
        return "loss" if monitor == "last" else monitor  # that one is later in every epoch
