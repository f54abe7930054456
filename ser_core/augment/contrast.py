"""Contrast of pictures, and dynamics of log spectrograms."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, along
from ser_core.augment.brightness import ShadeConfig
from ser_core.augment.strength import Leading


class ContrastConfig(ShadeConfig):
    """Range of the contrast."""

    min_factor: float = Field(0.8, ge=0, le=1, description="Flattest (factor)")
    max_factor: float = Field(1.2, ge=1, le=5, description="Strongest (factor)")


@AUGMENTERS.register("contrast")
class Contrast(BatchAugmenter):
    """Make pictures flatter or stronger.

    The distance of every cell from the picture's mean (of each channel by itself) is multiplied by
    a factor that is drawn uniformly for each example. To a log spectrogram that is a change of
    dynamics.

    Source: as in TensorFlow's `random_contrast`, which recipe a describes.
    """

    config_type = ContrastConfig
    title = "Contrast"
    strength = (
        Leading(
            name="factor",
            title="Contrast",
            unit="",
            ladder=(1, 1.2, 1.5, 2, 2.5, 3),
            either_way="ratio",
        ),
    )

    def __init__(self, config: ContrastConfig | None = None) -> None:
        self.config: ContrastConfig = config or ContrastConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """A factor for every example, (batch,)."""
        c = self.config
        return {"factor": rng.uniform(c.min_factor, c.max_factor, size=shape[0])}

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Scale about the mean."""
        if batch.size == 0:
            return batch, targets
        mean = batch.mean(axis=(1, 2), keepdims=True)
        changed = mean + (batch - mean) * along(draw["factor"].astype(np.float32), (0,), batch.ndim)
        return (np.clip(changed, 0, 1) if self.config.limit else changed), targets
