"""Augmenters of waveforms."""

from typing import ClassVar

import numpy as np
import soxr
from numpy.typing import NDArray
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Draw, WaveformAugmenter
from ser_core.config import Config


class SpeedConfig(Config):
    """Range of the speed factor."""

    min_rate: float = Field(0.84, gt=0.25, le=1, description="Slowest: longer and lower")
    max_rate: float = Field(1.19, ge=1, lt=4, description="Fastest: shorter and higher")


@AUGMENTERS.register("speed")
class Speed(WaveformAugmenter):
    """Play faster or slower by resampling: tempo, pitch and formants move together.

    To a model that is another speaker with another vocal tract. Ko et al. (2015), "Audio
    augmentation for speech recognition", Interspeech.
    """

    config_type: ClassVar[type[Config]] = SpeedConfig

    def __init__(self, config: SpeedConfig | None = None) -> None:
        self.config: SpeedConfig = config or SpeedConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A rate, log-uniform between the bounds."""
        low, high = np.log([self.config.min_rate, self.config.max_rate])
        return {"rate": float(np.exp(rng.uniform(low, high)))}

    def apply(
        self,
        waveform: NDArray[np.float32],
        sampling_rate: int,  # noqa: ARG002  (a factor needs no rate)
        draw: Draw,
    ) -> NDArray[np.float32]:
        """Resample so that `draw["rate"]` times as much is heard in a second."""
        if draw["rate"] == 1:
            return waveform
        return np.asarray(soxr.resample(waveform, draw["rate"], 1.0, quality="HQ"), np.float32)


class NoiseConfig(Config):
    """Range of the signal-to-noise ratio, and of the noise's colour."""

    min_snr_db: float = Field(10.0, ge=-20, le=100, description="Loudest noise (dB)")
    max_snr_db: float = Field(45.0, ge=-20, le=100, description="Softest noise (dB)")
    max_slope: float = Field(
        2.0, ge=0, le=3, description="Steepest fall of power with frequency: 0 white, 1 pink, 2 red"
    )


@AUGMENTERS.register("noise")
class Noise(WaveformAugmenter):
    """Add steady Gaussian noise, from white to red, at a drawn signal-to-noise ratio."""

    config_type: ClassVar[type[Config]] = NoiseConfig

    def __init__(self, config: NoiseConfig | None = None) -> None:
        self.config: NoiseConfig = config or NoiseConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """A signal-to-noise ratio, a spectral slope and the seed of the noise itself."""
        return {
            "snr_db": float(rng.uniform(self.config.min_snr_db, self.config.max_snr_db)),
            "slope": float(rng.uniform(0, self.config.max_slope)),
            "seed": int(rng.integers(2**32)),
        }

    def apply(
        self, waveform: NDArray[np.float32], sampling_rate: int, draw: Draw
    ) -> NDArray[np.float32]:
        """Add the noise, scaled against the RMS of the whole waveform."""
        noise = coloured_noise(waveform.size, sampling_rate, draw["slope"], draw["seed"])
        rms = float(np.sqrt(np.mean(waveform.astype(np.float64) ** 2)))
        return waveform + noise * np.float32(rms * 10 ** (-draw["snr_db"] / 20))


def coloured_noise(
    num_samples: int, sampling_rate: int, slope: float, seed: int
) -> NDArray[np.float32]:
    """Gaussian noise of RMS 1 whose power falls as frequency to the `slope`, flat below 50 Hz."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(num_samples))
    hz = np.maximum(np.fft.rfftfreq(num_samples, 1 / sampling_rate), 50.0)
    noise = np.fft.irfft(spectrum * hz ** (-slope / 2), num_samples)
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)
