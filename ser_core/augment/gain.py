"""Gain: louder or softer."""

import numpy as np
from pydantic import Field, model_validator

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, check_order
from ser_core.augment.strength import Leading
from ser_core.config import Config


class GainConfig(Config):
    """Range of the gain."""

    min_gain_db: float = Field(-12.0, ge=-60, le=60, description="Softest (dB)")
    max_gain_db: float = Field(6.0, ge=-60, le=60, description="Loudest (dB)")

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "GainConfig":
        check_order(self, "min_gain_db", "max_gain_db")
        return self


@AUGMENTERS.register("gain")
class Gain(WaveformAugmenter):
    """Make the whole clip louder or softer, as if the microphone stood elsewhere.

    All samples times 10^(gain / 20); the gain is drawn uniformly in dB. Nothing is limited: samples
    beyond full scale stay so until a file is written. Training applies it after preprocessing has
    set the level, so that a network is given louder and softer clips. A recording that is made
    louder or softer before preprocessing, as on its way to a trained model, is the same to it.

    Source: definition of the decibel.
    """

    config_type = GainConfig
    title = "Gain"
    strength = (
        Leading(
            name="gain_db", title="Gain", unit="dB", ladder=(0, 3, 6, 12, 18, 24), either_way="sign"
        ),
    )

    def __init__(self, config: GainConfig | None = None) -> None:
        self.config: GainConfig = config or GainConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A gain in dB."""
        return {"gain_db": float(rng.uniform(self.config.min_gain_db, self.config.max_gain_db))}

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:  # noqa: ARG002
        return waveform * np.float32(10 ** (draw["gain_db"] / 20))
