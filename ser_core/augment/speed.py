"""Speed: tempo, pitch and formants together."""

import numpy as np
import soxr
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, log_uniform
from ser_core.augment.strength import of_tempo
from ser_core.config import Config

_STEPS = 1024  # of 1: rates that soxr has few filters for, in a third of the time


class SpeedConfig(Config):
    """Range of the speed factor."""

    min_rate: float = Field(0.84, gt=0.25, le=1, description="Slowest: longer and lower (factor)")
    max_rate: float = Field(1.19, ge=1, lt=4, description="Fastest: shorter and higher (factor)")


@AUGMENTERS.register("speed")
class Speed(WaveformAugmenter):
    """Play faster or slower, as a tape would: tempo, pitch and formants move together.

    Resampling by a factor that is drawn log-uniformly, in steps of 1/1024; the duration is divided
    by it. To a model that is another speaker with another vocal tract.

    Source: Ko, Peddinti, Povey & Khudanpur (2015), "Audio augmentation for speech recognition",
    Interspeech.
    """

    config_type = SpeedConfig
    title = "Speed"
    strength = (of_tempo("Speed"),)

    def __init__(self, config: SpeedConfig | None = None) -> None:
        self.config: SpeedConfig = config or SpeedConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A rate, log-uniform between the bounds, in whole steps where one lies between them."""
        low, high = self.config.min_rate, self.config.max_rate
        rate = log_uniform(rng, low, high)
        stepped = round(rate * _STEPS) / _STEPS
        return {"rate": stepped if low <= stepped <= high else rate}

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:  # noqa: ARG002
        """Resample so that `draw["rate"]` times as much is heard in a second."""
        return played_at(waveform, draw["rate"])


def played_at(waveform: Array, rate: float) -> Array:
    """A waveform played `rate` times as fast, with at least one sample left."""
    if rate == 1:
        return waveform
    played = soxr.resample(waveform, rate, 1.0, quality="HQ")
    return np.asarray(played if played.size else waveform[:1], np.float32)
