"""Log-mel spectrogram."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.config import Config
from ser_core.errors import ParameterError
from ser_core.features.base import EXTRACTORS, Extractor
from ser_core.features.mel import mel_edges_hz, mel_filterbank
from ser_core.features.stft import power_spectrogram


class LogMelConfig(Config):
    """Frames, bands and floor of a log-mel spectrogram."""

    sampling_rate: int = Field(16_000, ge=8_000, le=48_000, description="Hz")
    n_fft: int = Field(512, ge=64, le=8192, description="Window length (samples)")
    hop_length: int = Field(200, ge=16, le=4096, description="Step between frames (samples)")
    n_mels: int = Field(64, ge=8, le=256, description="Mel bands")
    fmin_hz: float = Field(40.0, ge=0, description="Lower edge of the first band (Hz)")
    fmax_hz: float = Field(8_000.0, gt=0, le=24_000, description="Upper edge of the last band (Hz)")
    floor_db: float = Field(-60.0, ge=-100, le=0, description="Quieter values are raised to this")


@EXTRACTORS.register("log_mel")
class LogMel(Extractor):
    """Log-mel spectrogram in dB re 1, on Slaney's mel scale.

    Equal to `10 * log10(librosa.feature.melspectrogram(...))`, floored, within 1e-3 dB.
    """

    config_type = LogMelConfig

    def __init__(self, config: LogMelConfig | None = None) -> None:
        self.config: LogMelConfig = config or LogMelConfig()

    def extract(self, waveform: NDArray[np.float32], sampling_rate: int) -> NDArray[np.float32]:
        """Log-mel of one waveform (num_samples,) or a stack (num_windows, num_samples).

        Returns:
            (num_frames, n_mels) float32 in dB, with the stack's axis first if there was one.

        Raises:
            ParameterError: the sampling rate differs from the config's.
        """
        c = self.config
        if sampling_rate != c.sampling_rate:
            raise ParameterError(
                f"sampling_rate: log_mel is set to {c.sampling_rate} Hz, got {sampling_rate} Hz"
            )
        power = power_spectrogram(waveform, c.n_fft, c.hop_length)
        filters = mel_filterbank(c.sampling_rate, c.n_fft, c.n_mels, c.fmin_hz, c.fmax_hz)
        floor = np.float32(10 ** (c.floor_db / 10))
        log_mel: NDArray[np.float32] = 10 * np.log10(np.maximum(power @ filters, floor))
        return log_mel

    def band_centres_hz(self) -> NDArray[np.float64]:
        """Centre frequency of each band, shape (n_mels,), in Hz."""
        c = self.config
        return mel_edges_hz(c.n_mels, c.fmin_hz, c.fmax_hz)[1:-1]
