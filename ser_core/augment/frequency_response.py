"""Another microphone or room, by a gain over frequency."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, LayoutConfig, along
from ser_core.augment.strength import Leading


class FrequencyResponseConfig(LayoutConfig):
    """Range and smoothness of the drawn response."""

    max_gain: float = Field(
        0.5, ge=0, le=5, description="Largest gain of a node (standard deviations of the feature)"
    )
    nodes: int = Field(5, ge=2, le=16, description="Points between which the gain is interpolated")


@AUGMENTERS.register("frequency_response")
class FrequencyResponse(BatchAugmenter):
    """Tilt and colour the spectrum, as another microphone or room would.

    A gain is drawn uniformly at evenly spaced points over frequency, for each example, interpolated
    between them and added to all frames: of log spectrograms, where adding is amplifying.

    Source: Nam, Kim & Park (2022), "FilterAugment: an acoustic environmental data augmentation
    method", ICASSP (linear type).
    """

    config_type = FrequencyResponseConfig
    title = "Frequency response"
    strength = (
        Leading(
            name="gain",
            title="Gain at each point",
            unit="standard deviations",
            ladder=(0, 0.2, 0.5, 1, 1.5, 2),
            either_way="sign",
        ),
    )

    def __init__(self, config: FrequencyResponseConfig | None = None) -> None:
        self.config: FrequencyResponseConfig = config or FrequencyResponseConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """The gain at each node, (batch, nodes)."""
        c = self.config
        return {"gain": rng.uniform(-c.max_gain, c.max_gain, size=(shape[0], c.nodes))}

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Add the interpolated gain to all frames."""
        axis = self.config.frequency_axis
        nodes = draw["gain"].shape[1]
        place = np.linspace(0, nodes - 1, batch.shape[axis])
        before = np.minimum(place.astype(np.intp), nodes - 2)
        weight = place - before
        gain = draw["gain"][:, before] * (1 - weight) + draw["gain"][:, before + 1] * weight
        return batch + along(gain.astype(np.float32), (0, axis), batch.ndim), targets
