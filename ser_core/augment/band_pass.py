"""Band-pass: a voice through a telephone or a small loudspeaker."""

from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, check_order
from ser_core.augment.strength import Leading
from ser_core.config import Config
from ser_core.errors import ParameterError

_ORDER = 4  # of each edge: 24 dB an octave
_MU = 255

Kind = Literal["highpass", "lowpass"]


class BandPassConfig(Config):
    """Ranges of both edges."""

    min_low_hz: float = Field(100.0, ge=0, le=3_000, description="Lowest lower edge (Hz), 0: none")
    max_low_hz: float = Field(400.0, ge=0, le=3_000, description="Highest lower edge (Hz)")
    min_high_hz: float = Field(3_000.0, ge=500, le=24_000, description="Lowest upper edge (Hz)")
    max_high_hz: float = Field(
        6_000.0,
        ge=500,
        le=24_000,
        description="Highest upper edge (Hz); at half the sampling rate and above: none",
    )
    companding: bool = Field(
        False, description="Also quantise to 8 bits by the μ-law, as telephone lines do"
    )

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "BandPassConfig":
        check_order(self, "min_low_hz", "max_low_hz")
        check_order(self, "min_high_hz", "max_high_hz")
        check_order(self, "max_low_hz", "min_high_hz")
        return self


@AUGMENTERS.register("band_pass")
class BandPass(WaveformAugmenter):
    """Take away the lows and highs, as a telephone or a small loudspeaker does.

    Butterworth filters of order 4 (24 dB an octave), 3 dB down at edges that are drawn uniformly;
    300 and 3400 Hz are the classic telephone. They run forwards only (minimum phase): like a real
    line they ring after a sound and never before it, and delay it by a few milliseconds. The level
    falls by what is taken away. Companding is quantisation to 255 steps of a logarithmic scale.

    Source: Butterworth (1930), "On the theory of filter amplifiers", Wireless Engineer 7;
    companding of ITU-T G.711 (1988).
    """

    config_type = BandPassConfig
    title = "Band-pass"
    strength = (
        Leading(
            name="high_hz",
            title="Upper edge",
            unit="Hz",
            ladder=(24_000, 6_000, 4_000, 3_000, 2_000, 1_200),
        ),
        Leading(
            name="low_hz", title="Lower edge", unit="Hz", ladder=(0, 100, 300, 500, 700, 1_000)
        ),
    )

    def __init__(self, config: BandPassConfig | None = None) -> None:
        self.config: BandPassConfig = config or BandPassConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """Both edges."""
        c = self.config
        return {
            "low_hz": float(rng.uniform(c.min_low_hz, c.max_low_hz)),
            "high_hz": float(rng.uniform(c.min_high_hz, c.max_high_hz)),
        }

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        filtered = waveform
        if draw["low_hz"] > 0:
            filtered = _filtered(filtered, sampling_rate, draw["low_hz"], "highpass")
        if draw["high_hz"] < sampling_rate / 2:
            filtered = _filtered(filtered, sampling_rate, draw["high_hz"], "lowpass")
        return companded(filtered) if self.config.companding else filtered


def _filtered(waveform: Array, sampling_rate: int, edge_hz: float, kind: Kind) -> Array:
    from scipy.signal import butter, sosfilt  # late: 0.5 s that pages need not pay

    if edge_hz >= sampling_rate / 2:
        raise ParameterError(
            f"low_hz: must be below half the sampling rate ({sampling_rate / 2:g} Hz), "
            f"got {edge_hz:g} Hz"
        )
    sections = butter(_ORDER, edge_hz, kind, fs=sampling_rate, output="sos")
    return np.asarray(sosfilt(sections, waveform), np.float32)


def companded(waveform: Array) -> Array:
    """Samples on the 255 steps of the μ-law over [-1, 1]; what lies beyond is limited."""
    limited = np.clip(waveform, -1, 1)
    steps = np.round(np.sign(limited) * np.log1p(_MU * np.abs(limited)) / np.log1p(_MU) * 127)
    return np.asarray(np.sign(steps) * np.expm1(np.abs(steps) / 127 * np.log1p(_MU)) / _MU)
