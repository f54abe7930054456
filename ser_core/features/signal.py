"""A waveform with what extractors have computed of it: each intermediate once, whoever asks."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import AudioError, ParameterError
from ser_core.features.mel import mel_power
from ser_core.features.stft import power_spectrogram

Array = NDArray[np.float32]
T = TypeVar("T")


class Signal:
    """One waveform, shared by all extractors of one request.

    Spectra and filterbank products are kept under their settings, so that extractors of the same
    frame settings share them. What is returned is shared too, and read-only.

    Args:
        waveform: (num_samples,) floating point in [-1, 1]; kept as float32.
        sampling_rate: Hz.
        path: the clip's file, where there is one; precomputed features are found by it.

    Raises:
        AudioError: no sample, more than one channel, integers, samples that are not numbers or far
            beyond full scale.
        ParameterError: the sampling rate is none.
    """

    def __init__(self, waveform: Waveform, sampling_rate: int, path: Path | None = None) -> None:
        self.waveform = _checked(waveform)
        if sampling_rate <= 0:
            raise ParameterError(f"sampling_rate: more than 0 Hz, got {sampling_rate}")
        self.sampling_rate = sampling_rate
        self.path = path
        self._made: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, made at the first request for `key`, kept, and read-only."""
        if key not in self._made:
            made = make()
            for array in made if isinstance(made, tuple) else (made,):
                if isinstance(array, np.ndarray):
                    array.setflags(write=False)
            self._made[key] = made
        kept: T = self._made[key]
        return kept

    def at(self, sampling_rate: int) -> "Signal":
        """The same sound at another sampling rate (Hz)."""
        if sampling_rate == self.sampling_rate:
            return self
        return self.once(("at", sampling_rate), lambda: self._resampled(sampling_rate))

    def _resampled(self, sampling_rate: int) -> "Signal":
        waveform = audio.resample(self.waveform, self.sampling_rate, sampling_rate)
        return Signal(waveform, sampling_rate, self.path)

    def power(self, n_fft: int, hop_length: int) -> Array:
        """Power spectrogram (num_frames, n_fft // 2 + 1)."""
        return self.once(
            ("power", n_fft, hop_length),
            lambda: power_spectrogram(self.waveform, n_fft, hop_length),
        )

    def magnitude(self, n_fft: int, hop_length: int) -> Array:
        """Magnitude spectrogram (num_frames, n_fft // 2 + 1)."""
        return self.once(
            ("magnitude", n_fft, hop_length), lambda: np.sqrt(self.power(n_fft, hop_length))
        )

    def precise_magnitude(self, n_fft: int, hop_length: int) -> Array:
        """The same, transformed in double precision; see `power_spectrogram`."""

        def transform() -> Array:
            return np.sqrt(power_spectrogram(self.waveform, n_fft, hop_length, precise=True))

        return self.once(("precise magnitude", n_fft, hop_length), transform)

    def mel_power(
        self, n_fft: int, hop_length: int, n_mels: int, fmin_hz: float, fmax_hz: float
    ) -> Array:
        """Power in mel bands (num_frames, n_mels)."""

        def product() -> Array:
            power = self.power(n_fft, hop_length)
            return mel_power(power, self.sampling_rate, n_fft, n_mels, fmin_hz, fmax_hz)

        return self.once(("mel", n_fft, hop_length, n_mels, fmin_hz, fmax_hz), product)


def _checked(waveform: Waveform) -> Waveform:
    samples = np.asarray(waveform)
    if samples.ndim != 1 or samples.size == 0:
        raise AudioError(f"waveform: shape (num_samples,) is needed, got {samples.shape}")
    if not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(
            f"waveform: floating-point samples in [-1, 1] are needed, got {samples.dtype}"
        )
    audio.check_samples(samples, "waveform")
    return samples.astype(np.float32, copy=False)
