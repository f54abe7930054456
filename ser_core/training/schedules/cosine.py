"""A linear rise and a fall along a cosine."""

import math
from collections.abc import Sequence

from pydantic import Field

from ser_core.config import Config
from ser_core.training.schedules.base import SCHEDULES, Schedule

_START = 1 / 20


class CosineConfig(Config):
    """How long the rise takes, and where the fall ends."""

    warmup_epochs: float = Field(2.0, ge=0, le=100, description="Linear rise (epochs)")
    final: float = Field(0.01, ge=0, le=1, description="Share of the learning rate at the end")


@SCHEDULES.register("cosine")
class Cosine(Schedule):
    """The learning rate rises linearly from a twentieth, then falls along half a cosine.

    Source: Loshchilov & Hutter (2017), "SGDR: stochastic gradient descent with warm restarts",
    ICLR (one cycle); warm-up of Goyal et al. (2017), "Accurate, large minibatch SGD".
    """

    config_type = CosineConfig
    title = "Warm-up and cosine"

    def __init__(self, config: CosineConfig | None = None) -> None:
        self.config: CosineConfig = config or CosineConfig()

    def factor(self, step: int, steps: int, epochs: int, scores: Sequence[float]) -> float:  # noqa: ARG002
        """See `Schedule.factor`."""
        c = self.config
        warmup = min(round(c.warmup_epochs * steps), epochs * steps - 1)
        if step < warmup:
            return _START + (1 - _START) * step / warmup
        done = min(1.0, (step - warmup) / max(1, epochs * steps - warmup))
        return c.final + (1 - c.final) * (1 + math.cos(math.pi * done)) / 2
