"""Time stretch: tempo alone."""

from typing import Literal

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, log_uniform
from ser_core.augment.strength import of_tempo
from ser_core.augment.stretching import EngineConfig, restretched


class TempoRangeConfig(EngineConfig):
    """Range of the tempo."""

    min_rate: float = Field(0.8, gt=0.25, le=1, description="Slowest: longer (factor)")
    max_rate: float = Field(1.25, ge=1, lt=4, description="Fastest: shorter (factor)")


class TimeStretchConfig(TempoRangeConfig):
    """Range of the tempo, and which values in it are drawn."""

    values: Literal["between", "ends"] = Field(
        "between", description="between: anything from slowest to fastest; ends: one of the two"
    )


@AUGMENTERS.register("time_stretch")
class TimeStretch(WaveformAugmenter):
    """Speak faster or slower: tempo changes, pitch and formants stay.

    The duration is divided by a rate that is drawn log-uniformly, or is one of the two bounds.

    Source: phase vocoder, Flanagan & Golden (1966), "Phase vocoder", Bell System Technical Journal
    45; the clean engine is Signalsmith Stretch, https://signalsmith-audio.co.uk/code/stretch/.
    """

    config_type = TimeStretchConfig
    title = "Time stretch"
    strength = (of_tempo("Tempo"),)

    def __init__(self, config: TimeStretchConfig | None = None) -> None:
        self.config: TimeStretchConfig = config or TimeStretchConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A rate."""
        c = self.config
        if c.values == "ends":
            return {"rate": (c.min_rate, c.max_rate)[rng.integers(2)]}
        return {"rate": log_uniform(rng, c.min_rate, c.max_rate)}

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        return restretched(waveform, sampling_rate, self.config.engine, rate=draw["rate"])
