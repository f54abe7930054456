"""Mirrored pictures."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, LayoutConfig, along
from ser_core.augment.strength import Leading


class FlipConfig(LayoutConfig):
    """How often each axis is mirrored."""

    time: float = Field(0.5, ge=0, le=1, description="Chance that time runs backwards")
    frequency: float = Field(0.0, ge=0, le=1, description="Chance that low and high change places")


@AUGMENTERS.register("flip")
class Flip(BatchAugmenter):
    """Mirror pictures: time backwards, or high and low exchanged.

    Each example is mirrored or not by itself. Photographs may be mirrored; no voice sounds like
    this, so it is here for recipes that do it.

    Source: as in TensorFlow's `random_flip_left_right` and `random_flip_up_down`, which recipe a
    describes for its minority classes.
    """

    config_type = FlipConfig
    title = "Flip"
    strength = (
        Leading(
            name="time",
            title="Chance of being mirrored",
            unit="",
            ladder=(0, 0.2, 0.4, 0.6, 0.8, 1),
            bounds=("time", "frequency"),
        ),
    )

    def __init__(self, config: FlipConfig | None = None) -> None:
        self.config: FlipConfig = config or FlipConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """Whether each axis of every example is mirrored, each (batch,)."""
        c = self.config
        return {
            "time": rng.random(shape[0]) < c.time,
            "frequency": rng.random(shape[0]) < c.frequency,
        }

    def draw_at(self, strength: float, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """Each axis that is mirrored at all, by a chance of this strength."""
        draw = self._led(self.draw(shape, rng), strength, rng)
        chance = draw["time"]
        return {
            axis: (rng.random(shape[0]) < chance) & (getattr(self.config, axis) > 0)
            for axis in ("time", "frequency")
        }

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Mirror the drawn examples."""
        c = self.config
        for axis, mirrored in ((c.time_axis, draw["time"]), (c.frequency_axis, draw["frequency"])):
            batch = np.where(along(mirrored, (0,), batch.ndim), np.flip(batch, axis), batch)
        return batch, targets
