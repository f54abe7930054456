"""Time shift: the same sound, earlier or later."""

from typing import Literal

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter
from ser_core.augment.strength import Leading
from ser_core.config import Config


class TimeShiftConfig(Config):
    """Range of the shift, and what comes where the sound has left."""

    max_shift_s: float = Field(
        0.2, ge=0, le=10, description="Largest shift either way, later or earlier (s)"
    )
    edge: Literal["zeros", "roll"] = Field(
        "zeros", description="zeros: silence comes in and the end is lost; roll: the end comes in"
    )


@AUGMENTERS.register("time_shift")
class TimeShift(WaveformAugmenter):
    """Move the sound in time, later or earlier; the length stays.

    The shift is drawn uniformly. With zeros, a shift beyond the clip's length leaves silence.

    Source: common practice, as in Salamon & Bello (2017), "Deep convolutional neural networks and
    data augmentation for environmental sound classification", IEEE Signal Processing Letters 24.
    """

    config_type = TimeShiftConfig
    title = "Time shift"
    strength = (
        Leading(
            name="shift_s",
            title="Shift",
            unit="s",
            ladder=(0, 0.05, 0.1, 0.2, 0.5, 1),
            either_way="sign",
        ),
    )

    def __init__(self, config: TimeShiftConfig | None = None) -> None:
        self.config: TimeShiftConfig = config or TimeShiftConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A shift, positive for later."""
        widest = self.config.max_shift_s
        return {"shift_s": float(rng.uniform(-widest, widest))}

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        shift = round(draw["shift_s"] * sampling_rate)
        if shift == 0:
            return waveform
        if self.config.edge == "roll":
            return np.roll(waveform, shift)
        shift = int(np.clip(shift, -waveform.size, waveform.size))
        shifted = np.zeros_like(waveform)
        if shift > 0:
            shifted[shift:] = waveform[: waveform.size - shift]
        else:
            shifted[:shift] = waveform[-shift:]
        return shifted
