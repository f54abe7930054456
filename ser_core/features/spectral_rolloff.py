"""Spectral roll-off."""

import numpy as np
from pydantic import Field

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.bins import bins_hz
from ser_core.features.signal import Array, Signal


class SpectralRolloffConfig(FrameConfig):
    """Frames and share of a spectral roll-off."""

    share: float = Field(
        0.85, gt=0, lt=1, description="Part of the spectrum that lies at or below the roll-off"
    )


@EXTRACTORS.register("spectral_rolloff")
class SpectralRolloff(Extractor):
    """The frequency that most of a sound lies below: low for vowels, high for hisses.

    Lowest frequency bin at which the sum of magnitudes from 0 Hz reaches `share` of the frame's
    sum; 0 Hz where there is no sound. Equal to `librosa.feature.spectral_rolloff`, save for the
    rare frame whose sum meets the share within rounding: there it may be the next bin.

    Shape (num_frames, 1), in Hz.

    Source: Scheirer & Slaney (1997), "Construction and evaluation of a robust multifeature
    speech/music discriminator", ICASSP.
    """

    config_type = SpectralRolloffConfig
    title = "Spectral roll-off"
    unit = "Hz"

    def __init__(self, config: SpectralRolloffConfig | None = None) -> None:
        self.config: SpectralRolloffConfig = config or SpectralRolloffConfig()

    def _compute(self, signal: Signal) -> Array:
        c = self.config
        below = np.cumsum(signal.magnitude(c.n_fft, c.hop_length), axis=-1)
        reached = below >= np.float32(c.share) * below[:, -1:]
        rolloff_hz: Array = bins_hz(signal.sampling_rate, c.n_fft)[reached.argmax(axis=-1)]
        return rolloff_hz[:, None]

    def feature_names(self) -> tuple[str, ...]:
        """One."""
        return ("Spectral roll-off",)
