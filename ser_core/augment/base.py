"""What an augmenter is: parameters are drawn first and applied after, so a draw can be replayed."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ser_core.config import Config
from ser_core.registry import Registry

Draw = dict[str, Any]
"""The parameters of one application, by name with their units."""


class Augmenter(ABC):
    """Common face of all augmenters."""

    name: ClassVar[str]
    config_type: ClassVar[type[Config]]
    config: Config


class WaveformAugmenter(Augmenter):
    """Changes a waveform (num_samples,) before features are taken."""

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Draw:
        """Draw the parameters of one application."""

    @abstractmethod
    def apply(
        self, waveform: NDArray[np.float32], sampling_rate: int, draw: Draw
    ) -> NDArray[np.float32]:
        """Apply drawn parameters; the length may change, the sampling rate (Hz) stays."""


class BatchAugmenter(Augmenter):
    """Changes a batch of standardised spectrograms (batch, num_frames, num_features)."""

    @abstractmethod
    def draw(self, shape: tuple[int, int, int], rng: np.random.Generator) -> Draw:
        """Draw the parameters for every spectrogram of a batch of the given shape."""

    @abstractmethod
    def apply(
        self, batch: NDArray[np.float32], targets: NDArray[np.float32], draw: Draw
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Apply drawn parameters to spectrograms and their targets (batch, num_classes)."""


AUGMENTERS: Registry[Augmenter] = Registry("augmenter")
