"""Spectral roll-off."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.features.base import EXTRACTORS, Extractor, FrameConfig
from ser_core.features.bins import bins_hz
from ser_core.features.signal import Array, Signal

_BLOCK = 32  # bins


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
        magnitude = signal.magnitude(c.n_fft, c.hop_length)
        bins = _bin_of_share(magnitude, np.float32(c.share))
        return bins_hz(signal.sampling_rate, c.n_fft)[bins]

    def feature_names(self) -> tuple[str, ...]:
        """One."""
        return ("Spectral roll-off",)


def _bin_of_share(magnitude: Array, share: np.float32) -> NDArray[np.intp]:
    """First bin of each frame at which the running sum reaches a share of the sum, (num_frames, 1).

    Sums of blocks first, then bin by bin in the one block that matters: a running sum over all bins
    takes several times longer, since each of its additions waits for the last.
    """
    num_bins = magnitude.shape[-1]
    blocks = np.add.reduceat(magnitude, np.arange(0, num_bins, _BLOCK), axis=-1)
    until = np.cumsum(blocks, axis=-1)
    wanted = share * until[:, -1:]
    block = (until >= wanted).argmax(axis=-1)[:, None]
    before = np.take_along_axis(until - blocks, block, axis=-1)
    bins = np.minimum(_BLOCK * block + np.arange(_BLOCK), num_bins - 1)
    running = before + np.cumsum(np.take_along_axis(magnitude, bins, axis=-1), axis=-1)
    missing = (running < wanted).sum(axis=-1, keepdims=True)
    return np.minimum(_BLOCK * block + missing, num_bins - 1)
