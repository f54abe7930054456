"""Recipe c's stretch, resampled back to the clip's own length."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, log_uniform
from ser_core.augment.overlap import fitted
from ser_core.augment.speed import played_at
from ser_core.augment.strength import of_tempo
from ser_core.augment.stretching import EngineConfig, restretched


class StretchAndResampleConfig(EngineConfig):
    """Range of the stretch."""

    min_rate: float = Field(0.9, gt=0.25, le=1, description="Slowest: ends up higher (factor)")
    max_rate: float = Field(1.1, ge=1, lt=4, description="Fastest: ends up lower (factor)")


@AUGMENTERS.register("stretch_and_resample")
class StretchAndResample(WaveformAugmenter):
    """Stretch in time, then resample to the old length: what is left is another pitch.

    The stretch by a drawn rate keeps the pitch; playing the result at 1/rate of its speed brings
    the length back and moves pitch and formants by 1/rate: 0.9 to 1.1 is +1.8 to -1.7 semitones.
    Tempo and duration end up as they were. Recipe c describes its stretch so; `time_stretch` is
    what that is usually meant to be.

    Source: the description of recipe c.
    """

    config_type = StretchAndResampleConfig
    title = "Stretch and resample"
    strength = (of_tempo("Stretch"),)

    def __init__(self, config: StretchAndResampleConfig | None = None) -> None:
        self.config: StretchAndResampleConfig = config or StretchAndResampleConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A rate, log-uniform between the bounds."""
        return {"rate": log_uniform(rng, self.config.min_rate, self.config.max_rate)}

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        stretched = restretched(waveform, sampling_rate, self.config.engine, rate=draw["rate"])
        return fitted(played_at(stretched, 1 / draw["rate"]), waveform.size)
