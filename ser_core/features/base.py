"""What an extractor is: a waveform in, an array of features out."""

import hashlib
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ser_core.config import Config
from ser_core.errors import AudioError, ParameterError
from ser_core.features.signal import Array, Signal
from ser_core.registry import Registry

Kind = Literal["frames", "vector", "image"]
"""Shape of features: (num_frames, …) with time first, (num_features,), (height, width, channels).
"""


class RateConfig(Config):
    """The sampling rate that features are taken at."""

    sampling_rate: int = Field(16_000, ge=8_000, le=48_000, description="Hz")


class FrameConfig(RateConfig):
    """Frames of a short-time Fourier transform."""

    n_fft: int = Field(
        2048, ge=64, le=8192, multiple_of=2, description="Window length (samples, even)"
    )
    hop_length: int = Field(512, ge=16, le=4096, description="Step between frames (samples)")


class BandConfig(FrameConfig):
    """Frames, and the range of frequency that is divided into bands."""

    fmin_hz: float = Field(0.0, ge=0, description="Lower edge of the bands (Hz)")
    fmax_hz: float = Field(8_000.0, gt=0, le=24_000, description="Upper edge of the bands (Hz)")

    @model_validator(mode="after")
    def _bands_lie_below_nyquist(self) -> "BandConfig":
        if not self.fmin_hz < self.fmax_hz <= self.sampling_rate / 2:
            raise ValueError(
                "fmin_hz, fmax_hz: fmin_hz < fmax_hz <= half the sampling rate "
                f"({self.sampling_rate / 2:g} Hz), got {self.fmin_hz:g} and {self.fmax_hz:g} Hz"
            )
        return self


class MelConfig(BandConfig):
    """Frames and mel bands."""

    n_mels: int = Field(128, ge=8, le=256, description="Mel bands")


class Extractor(ABC):
    """Turns a waveform into features.

    A subclass says what it is in these attributes, sets `config`, and computes. Its docstring is
    its entry in the reference (`docs/features.md`): what it is, then definition and source.

    Attributes:
        title: what people call it.
        kind: shape of what comes out.
        unit: of the values; empty for pure numbers and mixed units.
        by_name: features are looked up by the clip's file name, not computed from its sound.
    """

    name: ClassVar[str]
    config_type: ClassVar[type[Config]]
    title: ClassVar[str]
    kind: Kind = "frames"
    unit: ClassVar[str] = ""
    by_name: ClassVar[bool] = False
    config: Any

    def extract(self, waveform: NDArray[np.float32], sampling_rate: int) -> Array:
        """Features of one waveform.

        Args:
            waveform: (num_samples,) float32.
            sampling_rate: Hz; must be the one in the extractor's config.

        Returns:
            float32 array of the extractor's `kind`; frame i is centred on i hops.

        Raises:
            ParameterError: the sampling rate differs from the config's.
            AudioError: nothing can be computed from the waveform.
        """
        return self.of(Signal(waveform, sampling_rate))

    def of(self, signal: Signal) -> Array:
        """Features of a signal that other extractors may share; see `extract`."""
        wanted = self.sampling_rate
        if wanted is not None and signal.sampling_rate != wanted:
            raise ParameterError(
                f"sampling_rate: {self.name} is set to {wanted} Hz, got {signal.sampling_rate} Hz"
            )
        features = self._compute(signal)
        if not np.isfinite(features).all():
            raise AudioError(f"{self.name}: some values of this clip are not numbers")
        return features

    @abstractmethod
    def _compute(self, signal: Signal) -> Array:
        """Features of a signal at the right sampling rate."""

    @abstractmethod
    def feature_names(self) -> tuple[str, ...]:
        """What each column is: a name for each index of the last axis.

        Empty where names say nothing, as for the pixels' channel of a grey image.
        """

    def notes(self) -> list[str]:
        """What the user should know of how it understood its settings, in sentences."""
        return []

    @property
    def sampling_rate(self) -> int | None:
        """Hz that a waveform must have; None where any will do."""
        return getattr(self.config, "sampling_rate", None)

    @property
    def hop_s(self) -> float | None:
        """Seconds between frames; None where there are no frames."""
        if self.kind != "frames" or not hasattr(self.config, "hop_length"):
            return None
        return float(self.config.hop_length / self.config.sampling_rate)

    def fingerprint(self) -> str:
        """Names what comes out: the extractor and all its settings."""
        text = f"{self.name} {self.config.fingerprint()}"
        return hashlib.sha256(text.encode()).hexdigest()


EXTRACTORS: Registry[Extractor] = Registry("extractor")


def extract_all(
    extractors: list[Extractor], waveform: NDArray[np.float32], sampling_rate: int
) -> list[Array]:
    """Features of several extractors in one pass: each shared intermediate is computed once.

    Args:
        extractors: any, also of different sampling rates: the waveform is resampled where needed.
        waveform: (num_samples,) float32.
        sampling_rate: Hz.

    Returns:
        One float32 array for each extractor, in their order; arrays may share memory, and those
        that do are read-only.

    Raises:
        AudioError: nothing can be computed from the waveform.
    """
    signal = Signal(waveform, sampling_rate)
    return [each.of(signal.at(each.sampling_rate or sampling_rate)) for each in extractors]
