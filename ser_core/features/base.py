"""What an extractor is: a waveform in, an array of features out."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ser_core.config import Config
from ser_core.registry import Registry


class Extractor(ABC):
    """Turns a waveform into features, time first."""

    name: ClassVar[str]
    config_type: ClassVar[type[Config]]
    config: Config

    @abstractmethod
    def extract(self, waveform: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
        """Features of one waveform.

        Args:
            waveform: (num_samples,) float32.
            sampling_rate: Hz; must be the one in the extractor's config.

        Returns:
            Frame features (num_frames, num_features) float32.

        Raises:
            ParameterError: the sampling rate differs from the config's.
        """


EXTRACTORS: Registry[Extractor] = Registry("extractor")
