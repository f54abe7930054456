"""Log-mel spectrogram and MFCC as two channels of one picture."""

from typing import Literal

import numpy as np
from pydantic import Field

from ser_core.features.base import EXTRACTORS, Extractor, MelConfig
from ser_core.features.log_mel import LogMel, LogMelConfig
from ser_core.features.mfcc import Mfcc, MfccConfig
from ser_core.features.signal import Array, Signal

_TOP_DB = 80.0


class MelMfccConfig(MelConfig):
    """Frames and bands of a two-channel log-mel and MFCC; there are as many MFCC as bands."""

    n_fft: int = Field(
        1024, ge=64, le=8192, multiple_of=2, description="Window length (samples, even)"
    )
    channels: Literal["both", "log_mel", "mfcc"] = Field(
        "both", description="Which channels there are; one alone shows what the other is worth"
    )
    normalise: bool = Field(
        True, description="Bring each channel to mean 0 and standard deviation 1 over the clip"
    )


@EXTRACTORS.register("mel_mfcc")
class MelMfcc(Extractor):
    """Energy in bands as the ear hears them, and the shape of the spectrum, one behind the other.

    Channel 1 is the log-mel spectrogram (dB re the clip's loudest cell, limited to 80 dB below
    it), channel 2 the MFCC of the same frames and bands, all coefficients of them. Each channel is
    normalised over the whole clip unless told otherwise; one that does not vary becomes 0.

    Shape (num_frames, n_mels, 2), time first, channels last; (num_frames, n_mels, 1) of one alone.

    Source: the two-channel input of the DeepAudioEmotionCNN (recipe c); for the channels see
    log_mel and mfcc.
    """

    config_type = MelMfccConfig
    title = "Log-mel and MFCC, two channels"

    def __init__(self, config: MelMfccConfig | None = None) -> None:
        self.config: MelMfccConfig = config or MelMfccConfig()
        bands = self.config.model_dump(exclude={"normalise", "channels"})
        both: dict[str, Extractor] = {
            "log_mel": LogMel(LogMelConfig(**bands, reference="peak", floor_db=-_TOP_DB)),
            "mfcc": Mfcc(MfccConfig(**bands, n_mfcc=self.config.n_mels, top_db=_TOP_DB)),
        }
        one = both.get(self.config.channels)
        self._channels = (one,) if one else tuple(both.values())

    def _compute(self, signal: Signal) -> Array:
        channels = np.stack([each.of(signal) for each in self._channels], axis=-1)
        return _normalised(channels) if self.config.normalise else channels

    def feature_names(self) -> tuple[str, ...]:
        """The channels."""
        return tuple(each.title for each in self._channels)


def _normalised(channels: Array) -> Array:
    """Mean 0 and standard deviation 1 of each channel (num_frames, n_mels, num_channels)."""
    centred = channels - channels.mean(axis=(0, 1), dtype=np.float64)
    spread = centred.std(axis=(0, 1))
    return (centred / np.where(spread > 0, spread, 1)).astype(np.float32)
