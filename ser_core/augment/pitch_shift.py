"""Pitch shift: pitch and formants, the tempo stays."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, check_order
from ser_core.augment.strength import of_pitch
from ser_core.augment.stretching import EngineConfig, restretched


class PitchRangeConfig(EngineConfig):
    """Range of the shift."""

    min_semitones: float = Field(-2.0, ge=-24, le=24, description="Lowest shift (semitones)")
    max_semitones: float = Field(2.0, ge=-24, le=24, description="Highest shift (semitones)")

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "PitchRangeConfig":
        check_order(self, "min_semitones", "max_semitones")
        return self


class PitchShiftConfig(PitchRangeConfig):
    """Range of the shift, and which values in it are drawn."""

    values: Literal["between", "whole", "ends"] = Field(
        "between",
        description="between: anything in the range; whole: whole semitones; ends: one of the two",
    )

    @model_validator(mode="after")
    def _a_whole_semitone_is_within(self) -> "PitchShiftConfig":
        if self.values == "whole" and np.ceil(self.min_semitones) > np.floor(self.max_semitones):
            raise ValueError(
                "values: whole needs a whole number between min_semitones and max_semitones, "
                f"got {self.min_semitones:g} and {self.max_semitones:g}"
            )
        return self


@AUGMENTERS.register("pitch_shift")
class PitchShift(WaveformAugmenter):
    """Speak higher or lower: pitch moves, and the formants with it; the tempo stays.

    All frequencies are multiplied by 2^(semitones / 12), so large shifts also sound like a smaller
    or larger speaker. The shift is drawn uniformly.

    Source: stretched by a phase vocoder, then resampled, Laroche & Dolson (1999), "New
    phase-vocoder techniques for pitch-shifting, harmonizing and other exotic effects", WASPAA; the
    clean engine is Signalsmith Stretch, https://signalsmith-audio.co.uk/code/stretch/.
    """

    config_type = PitchShiftConfig
    title = "Pitch shift"
    strength = (of_pitch(),)

    def __init__(self, config: PitchShiftConfig | None = None) -> None:
        self.config: PitchShiftConfig = config or PitchShiftConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A shift in semitones."""
        c = self.config
        if c.values == "ends":
            return {"semitones": (c.min_semitones, c.max_semitones)[rng.integers(2)]}
        if c.values == "whole":
            low, high = np.ceil(c.min_semitones), np.floor(c.max_semitones)
            return {"semitones": float(rng.integers(int(low), int(high), endpoint=True))}
        return {"semitones": float(rng.uniform(c.min_semitones, c.max_semitones))}

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        engine = self.config.engine
        return restretched(waveform, sampling_rate, engine, semitones=draw["semitones"])
