"""Brightness of pictures, and level of log spectrograms."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, along
from ser_core.augment.strength import Leading
from ser_core.config import Config


class ShadeConfig(Config):
    """Whether values stay those of a picture."""

    limit: bool = Field(
        False, description="Keep values within [0, 1], for pictures that are not standardised"
    )


class BrightnessConfig(ShadeConfig):
    """Range of the change."""

    max_change: float = Field(
        0.2, ge=0, le=5, description="Largest change either way (in the features' own unit)"
    )


@AUGMENTERS.register("brightness")
class Brightness(BatchAugmenter):
    """Make whole pictures brighter or darker.

    A constant is drawn uniformly for each example and added to all its cells. To a log spectrogram
    that is a change of level.

    Source: as in TensorFlow's `random_brightness`, which recipe a describes.
    """

    config_type = BrightnessConfig
    title = "Brightness"
    strength = (
        Leading(
            name="change",
            title="Change",
            unit="standard deviations",
            ladder=(0, 0.2, 0.5, 1, 1.5, 2),
            either_way="sign",
        ),
    )

    def __init__(self, config: BrightnessConfig | None = None) -> None:
        self.config: BrightnessConfig = config or BrightnessConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """A change of every example, (batch,)."""
        widest = self.config.max_change
        return {"change": rng.uniform(-widest, widest, size=shape[0])}

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Add the changes."""
        changed = batch + along(draw["change"].astype(np.float32), (0,), batch.ndim)
        return (np.clip(changed, 0, 1) if self.config.limit else changed), targets
