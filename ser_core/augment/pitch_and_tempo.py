"""Pitch and tempo, apart from each other, in one pass."""

import numpy as np

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, log_uniform
from ser_core.augment.pitch_shift import PitchRangeConfig
from ser_core.augment.strength import of_pitch, of_tempo
from ser_core.augment.stretching import restretched
from ser_core.augment.time_stretch import TempoRangeConfig


class PitchAndTempoConfig(TempoRangeConfig, PitchRangeConfig):
    """Ranges of tempo and shift."""


@AUGMENTERS.register("pitch_and_tempo")
class PitchAndTempo(WaveformAugmenter):
    """Speak higher or lower and faster or slower at once, each drawn by itself.

    What `time_stretch` and `pitch_shift` do one after the other, done in one pass: half the work,
    and the sound is taken apart and put together only once.

    Source: as `time_stretch` and `pitch_shift`.
    """

    config_type = PitchAndTempoConfig
    title = "Pitch and tempo"
    strength = (of_pitch(), of_tempo("Tempo"))

    def __init__(self, config: PitchAndTempoConfig | None = None) -> None:
        self.config: PitchAndTempoConfig = config or PitchAndTempoConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A rate, log-uniform, and a shift in semitones, uniform."""
        c = self.config
        return {
            "rate": log_uniform(rng, c.min_rate, c.max_rate),
            "semitones": float(rng.uniform(c.min_semitones, c.max_semitones)),
        }

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        engine = self.config.engine
        return restretched(waveform, sampling_rate, engine, draw["rate"], draw["semitones"])
