"""Clipping: a recording that was too loud for its microphone."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter
from ser_core.augment.strength import Leading
from ser_core.config import Config


class ClippingConfig(Config):
    """How much is cut off."""

    max_share: float = Field(
        0.1, ge=0, le=0.5, description="Largest share of the samples that is cut off"
    )


@AUGMENTERS.register("clipping")
class Clipping(WaveformAugmenter):
    """Cut off the peaks, as an overdriven microphone does: a harsh, distorted sound.

    A share of the samples is drawn uniformly; the threshold is the quantile of magnitudes that so
    many samples lie above, and these are set to it. The level is not made up for.

    Source: hard clipping by quantile, as in Eaton & Naylor (2013), "Detection of clipping in coded
    speech signals", EUSIPCO.
    """

    config_type = ClippingConfig
    title = "Clipping"
    strength = (
        Leading(
            name="share",
            title="Cut off",
            unit="of the samples",
            ladder=(0, 0.02, 0.05, 0.1, 0.2, 0.4),
        ),
    )

    def __init__(self, config: ClippingConfig | None = None) -> None:
        self.config: ClippingConfig = config or ClippingConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """The share of the samples to be cut off."""
        return {"share": float(rng.uniform(0, self.config.max_share))}

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:  # noqa: ARG002
        if draw["share"] == 0:
            return waveform
        threshold = np.quantile(np.abs(waveform), 1 - draw["share"])
        return np.clip(waveform, -threshold, threshold)
