"""Saturation of colour pictures."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, along
from ser_core.augment.strength import Leading
from ser_core.config import Config
from ser_core.errors import ParameterError


class SaturationConfig(Config):
    """Range of the saturation."""

    min_factor: float = Field(0.8, ge=0, le=1, description="Palest (factor), 0: grey")
    max_factor: float = Field(1.2, ge=1, le=5, description="Most colourful (factor)")


@AUGMENTERS.register("saturation")
class Saturation(BatchAugmenter):
    """Make the colours of pictures paler or stronger; needs red, green and blue in [0, 1].

    HSV saturation, the distance of the lesser channels from the greatest as a share of it, is
    multiplied by a factor that is drawn uniformly for each example, and limited to 1; hue and value
    stay. In a spectrogram drawn with a colour map it moves shades off the map.

    Source: HSV by Smith (1978), "Color gamut transform pairs", SIGGRAPH; as in TensorFlow's
    `random_saturation`, which recipe a describes for its minority classes.
    """

    config_type = SaturationConfig
    title = "Saturation"
    inputs = ("image",)
    needs_colour = True
    strength = (
        Leading(
            name="factor",
            title="Saturation",
            unit="",
            ladder=(1, 1.2, 1.5, 2, 2.5, 3),
            either_way="ratio",
        ),
    )

    def __init__(self, config: SaturationConfig | None = None) -> None:
        self.config: SaturationConfig = config or SaturationConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """A factor for every example, (batch,)."""
        c = self.config
        return {"factor": rng.uniform(c.min_factor, c.max_factor, size=shape[0])}

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Move all channels towards the greatest or away from it.

        Raises:
            ParameterError: the batch is not one of colour pictures.
        """
        if batch.ndim != 4 or batch.shape[-1] != 3:
            raise ParameterError(
                "saturation needs pictures in colour (batch, height, width, 3), "
                f"got shape {batch.shape}"
            )
        red, green, blue = np.split(batch, 3, axis=-1)  # many times faster than max over an axis
        value = np.maximum(np.maximum(red, green), blue)
        least = np.minimum(np.minimum(red, green), blue)
        spread = value - batch
        # Saturation is spread / value: a factor that would make it more than 1 is held back.
        widest = value / np.maximum(value - least, np.float32(1e-12))
        factor = along(draw["factor"].astype(np.float32), (0,), batch.ndim)
        changed = value - spread * np.minimum(factor, np.maximum(widest, 1))
        return np.maximum(changed, 0), targets  # rounding may end below
