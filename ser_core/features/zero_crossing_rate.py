"""Zero-crossing rate."""

import numpy as np

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.signal import Array, Signal
from ser_core.features.stft import num_frames

_ZERO = 1e-10  # as librosa: what lies nearer to 0 counts as 0, and 0 as positive


class ZeroCrossingRateConfig(FrameConfig):
    """Frames of a zero-crossing rate; nothing is transformed, `n_fft` is only their length."""


@EXTRACTORS.register("zero_crossing_rate")
class ZeroCrossingRate(Extractor):
    """How often the waveform changes its sign: low in vowels, high in hisses such as "s".

    Sign changes between neighbouring samples of a frame, divided by its length; frames are centred
    and the waveform's first and last sample repeated beyond its ends. Equal to
    `librosa.feature.zero_crossing_rate`.

    Shape (num_frames, 1), crossings per sample, 0 to 1.

    Source: Gouyon, Pachet & Delerue (2000), "On the use of zero-crossing rate for an application
    of classification of percussive sounds", DAFx-00.
    """

    config_type = ZeroCrossingRateConfig
    title = "Zero-crossing rate"
    unit = "crossings per sample"

    def __init__(self, config: ZeroCrossingRateConfig | None = None) -> None:
        self.config: ZeroCrossingRateConfig = config or ZeroCrossingRateConfig()

    def _compute(self, signal: Signal) -> Array:
        length, hop = self.config.n_fft, self.config.hop_length
        negative = signal.waveform < -_ZERO
        crossings = np.flatnonzero(negative[1:] != negative[:-1])  # between n and n + 1
        # Repeated edges have no crossings, so that frames need not be cut out: it is enough to
        # count those between the first and the last sample of each.
        first = hop * np.arange(num_frames(signal.waveform.size, hop)) - length // 2
        bounds = np.searchsorted(crossings, [first, first + length - 1])
        return (np.diff(bounds, axis=0).T / length).astype(np.float32)

    def feature_names(self) -> tuple[str, ...]:
        """One."""
        return ("Zero-crossing rate",)
