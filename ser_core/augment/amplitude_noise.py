"""Gaussian noise as a factor of the clip's amplitude, as the reference recipes add it."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, check_order, rms
from ser_core.augment.strength import Leading
from ser_core.config import Config


class AmplitudeNoiseConfig(Config):
    """Range of the noise's amplitude, and what it is measured by."""

    min_factor: float = Field(0.0, ge=0, le=1, description="Softest noise (share of the reference)")
    max_factor: float = Field(
        0.035, ge=0, le=1, description="Loudest noise (share of the reference)"
    )
    reference: Literal["peak", "rms"] = Field(
        "peak", description="The clip's largest sample, or its RMS"
    )

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "AmplitudeNoiseConfig":
        check_order(self, "min_factor", "max_factor")
        return self


@AUGMENTERS.register("amplitude_noise")
class AmplitudeNoise(WaveformAugmenter):
    """Add white Gaussian noise whose strength is a share of the clip's peak or RMS.

    The noise's standard deviation is the drawn factor times the reference. With the peak, the
    signal-to-noise ratio depends on how peaky the clip is; `noise` sets the ratio itself. A factor
    of the RMS is a ratio of -20 log10(factor) dB: 0.075 is 22.5 dB.

    Source: as recipes b (up to 0.035 of the peak), c (0.005 of the peak) and e (0.075 of the RMS)
    do.
    """

    config_type = AmplitudeNoiseConfig
    title = "Noise by amplitude"
    strength = (
        Leading(
            name="factor",
            title="Noise",
            unit="of the reference",
            ladder=(0, 0.01, 0.02, 0.05, 0.1, 0.2),
        ),
    )

    def __init__(self, config: AmplitudeNoiseConfig | None = None) -> None:
        self.config: AmplitudeNoiseConfig = config or AmplitudeNoiseConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A factor, uniform between the bounds, and the seed of the noise itself."""
        return {
            "factor": float(rng.uniform(self.config.min_factor, self.config.max_factor)),
            "seed": int(rng.integers(2**32)),
        }

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:  # noqa: ARG002
        peak = float(np.abs(waveform).max())
        reference = peak if self.config.reference == "peak" else rms(waveform)
        noise = np.random.default_rng(draw["seed"]).standard_normal(waveform.size, np.float32)
        return waveform + noise * np.float32(draw["factor"] * reference)
