"""Log-mel spectrogram."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.features.base import EXTRACTORS, Extractor, MelConfig
from ser_core.features.decibels import decibels
from ser_core.features.mel import mel_edges_hz
from ser_core.features.signal import Array, Signal


class LogMelConfig(MelConfig):
    """Frames, bands and floor of a log-mel spectrogram."""

    n_fft: int = Field(
        512, ge=64, le=8192, multiple_of=2, description="Window length (samples, even)"
    )
    hop_length: int = Field(200, ge=16, le=4096, description="Step between frames (samples)")
    n_mels: int = Field(64, ge=8, le=256, description="Mel bands")
    fmin_hz: float = Field(40.0, ge=0, description="Lower edge of the bands (Hz)")
    reference: Literal["full scale", "peak"] = Field(
        "full scale", description="What 0 dB is: a power of 1, or the clip's loudest cell"
    )
    floor_db: float = Field(-60.0, ge=-100, le=0, description="Quieter values are raised to this")


@EXTRACTORS.register("log_mel")
class LogMel(Extractor):
    """Energy over time in bands that are spaced as the ear hears them, in dB.

    Power spectrogram (Hann window, centred frames) in triangular bands of equal area on Slaney's
    mel scale, `10 * log10`, floored. Equal to `librosa.power_to_db(librosa.feature.melspectrogram(
    ...))` with `pad_mode="constant"` and the same floor, within 1e-3 dB.

    Shape (num_frames, n_mels), in dB.

    Source: Davis & Mermelstein (1980), "Comparison of parametric representations for monosyllabic
    word recognition", IEEE TASSP 28(4); mel scale of Slaney (1998), "Auditory Toolbox".
    """

    config_type = LogMelConfig
    title = "Log-mel spectrogram"
    unit = "dB"

    def __init__(self, config: LogMelConfig | None = None) -> None:
        self.config: LogMelConfig = config or LogMelConfig()

    def _compute(self, signal: Signal) -> Array:
        c = self.config
        power = signal.mel_power(c.n_fft, c.hop_length, c.n_mels, c.fmin_hz, c.fmax_hz)
        return decibels(power, c.floor_db, relative_to_peak=c.reference == "peak")

    def feature_names(self) -> tuple[str, ...]:
        """Each band by its centre frequency."""
        return tuple(f"{hz:.0f} Hz" for hz in self.band_centres_hz())

    def band_centres_hz(self) -> NDArray[np.float64]:
        """Centre frequency of each band, shape (n_mels,), in Hz."""
        c = self.config
        return mel_edges_hz(c.n_mels, c.fmin_hz, c.fmax_hz)[1:-1]
