"""Noise at a signal-to-noise ratio: steady and of any slope, or of a named colour."""

from collections.abc import Mapping
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, check_order, rms
from ser_core.augment.strength import Leading
from ser_core.config import Config

LEADING = (
    Leading(
        name="snr_db", title="Signal-to-noise ratio", unit="dB", ladder=(100, 40, 30, 20, 10, 0)
    ),
)

SLOPES = {"white": 0.0, "pink": 1.0, "brown": 2.0, "blue": -1.0}
"""Fall of power with frequency to the power of …: brown noise loses 6 dB an octave."""


class SnrConfig(Config):
    """Range of the signal-to-noise ratio."""

    min_snr_db: float = Field(10.0, ge=-20, le=100, description="Loudest noise (dB)")
    max_snr_db: float = Field(45.0, ge=-20, le=100, description="Softest noise (dB)")

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "SnrConfig":
        check_order(self, "min_snr_db", "max_snr_db")
        return self


class NoiseConfig(SnrConfig):
    """Range of the signal-to-noise ratio, and of the noise's colour."""

    max_slope: float = Field(
        2.0, ge=0, le=3, description="Steepest fall of power with frequency: 0 white, 1 pink, 2 red"
    )


@AUGMENTERS.register("noise")
class Noise(WaveformAugmenter):
    """Add steady noise, anywhere between a hiss and a rumble, at a drawn signal-to-noise ratio.

    Gaussian noise whose power falls as frequency to a drawn slope, flat below 50 Hz. The ratio is
    that of mean powers over the whole clip, pauses included. At 100 dB nothing is heard of it; a
    silent clip stays silent.

    Source: power-law noise by shaping a spectrum, Timmer & König (1995), "On generating power law
    noise", Astronomy and Astrophysics 300.
    """

    config_type = NoiseConfig
    title = "Noise"
    strength = LEADING

    def __init__(self, config: NoiseConfig | None = None) -> None:
        self.config: NoiseConfig = config or NoiseConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A signal-to-noise ratio, a spectral slope and the seed of the noise itself."""
        return {
            "snr_db": float(rng.uniform(self.config.min_snr_db, self.config.max_snr_db)),
            "slope": float(rng.uniform(0, self.config.max_slope)),
            "seed": int(rng.integers(2**32)),
        }

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        noise = coloured_noise(waveform.size, sampling_rate, draw["slope"], draw["seed"])
        return at_snr(waveform, noise, draw["snr_db"])


class ColouredNoiseConfig(SnrConfig):
    """Range of the signal-to-noise ratio, and a colour."""

    colour: Literal["any", "white", "pink", "brown", "blue"] = Field(
        "any", description="any draws one of the four: 0, -3, -6 and +3 dB an octave"
    )


@AUGMENTERS.register("coloured_noise")
class ColouredNoise(WaveformAugmenter):
    """Add white, pink, brown or blue noise at a drawn signal-to-noise ratio.

    White noise has the same power in every hertz; pink loses 3 dB an octave, as many natural sounds
    do, brown 6 dB, and blue gains 3 dB. Gaussian, level below 50 Hz, else as `noise`.

    Source: power-law noise by shaping a spectrum, Timmer & König (1995), "On generating power law
    noise", Astronomy and Astrophysics 300.
    """

    config_type = ColouredNoiseConfig
    title = "Coloured noise"
    strength = LEADING
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {"colour": tuple(SLOPES)}

    def __init__(self, config: ColouredNoiseConfig | None = None) -> None:
        self.config: ColouredNoiseConfig = config or ColouredNoiseConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A signal-to-noise ratio, a colour and the seed of the noise itself."""
        c = self.config
        colour = list(SLOPES)[rng.integers(len(SLOPES))] if c.colour == "any" else c.colour
        return {
            "snr_db": float(rng.uniform(c.min_snr_db, c.max_snr_db)),
            "colour": colour,
            "seed": int(rng.integers(2**32)),
        }

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        slope = SLOPES[draw["colour"]]
        noise = coloured_noise(waveform.size, sampling_rate, slope, draw["seed"])
        return at_snr(waveform, noise, draw["snr_db"])


def at_snr(waveform: Array, noise: Array, snr_db: float) -> Array:
    """A waveform with noise of RMS 1 and its own length added `snr_db` below its RMS level."""
    return waveform + noise * np.float32(rms(waveform) * 10 ** (-snr_db / 20))


def coloured_noise(
    num_samples: int, sampling_rate: int, slope: float, seed: int
) -> NDArray[np.float32]:
    """Gaussian noise of RMS 1 whose power falls as frequency to the `slope`, flat below 50 Hz.

    Coloured noise is drawn as a spectrum, of a length that transforms fast, and cut to what is
    asked for. Its bins are drawn uniformly, in a quarter of the time that normal ones take: each
    sample is a sum over all of them, and so Gaussian.
    """
    from scipy.fft import irfft, next_fast_len  # late: pages need not pay for it

    rng = np.random.default_rng(seed)
    if not slope:
        samples = rng.standard_normal(num_samples, np.float32)
    else:
        length = next_fast_len(num_samples, real=True)
        log_hz = _log_frequencies(length, sampling_rate)
        bins = rng.random((log_hz.size, 2), np.float32)
        bins -= np.float32(0.5)
        spectrum = bins.view(np.complex64)[:, 0]
        samples = irfft(spectrum * np.exp(log_hz * np.float32(-slope / 2)), length)[:num_samples]
    return np.asarray(samples / np.float32(rms(samples)), np.float32)


@lru_cache(maxsize=64)
def _log_frequencies(length: int, sampling_rate: int) -> NDArray[np.float32]:
    """Natural logarithm of each bin's frequency (Hz), that of 50 Hz below; read-only."""
    hz = np.maximum(np.fft.rfftfreq(length, 1 / sampling_rate), 50.0)
    logarithm = np.log(hz).astype(np.float32)
    logarithm.setflags(write=False)
    return logarithm
