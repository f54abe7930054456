"""Root mean square: loudness over time."""

import numpy as np

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.signal import Array, Signal
from ser_core.features.stft import centred_frames


class RmsConfig(FrameConfig):
    """Frames of an RMS; nothing is transformed, `n_fft` is only their length."""


@EXTRACTORS.register("rms")
class Rms(Extractor):
    """How loud the voice is over time.

    Root of the mean squared sample of each frame, without a window; frames are centred, with zeros
    beyond the waveform's ends. Equal to `librosa.feature.rms(y=...)`.

    Shape (num_frames, 1), where 1 is full scale.

    Source: Lerch (2012), "An Introduction to Audio Content Analysis", Wiley, section 4.3.
    """

    config_type = RmsConfig
    title = "RMS energy"
    unit = "full scale"

    def __init__(self, config: RmsConfig | None = None) -> None:
        self.config: RmsConfig = config or RmsConfig()

    def _compute(self, signal: Signal) -> Array:
        frames = centred_frames(signal.waveform, self.config.n_fft, self.config.hop_length)
        energy = np.vecdot(frames, frames)  # frames overlap: no copy is made of them
        return np.sqrt(energy / np.float32(self.config.n_fft))[:, None]

    def feature_names(self) -> tuple[str, ...]:
        """One."""
        return ("RMS",)
