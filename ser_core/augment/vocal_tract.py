"""Vocal-tract length: formants move, pitch and tempo stay."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, log_uniform, rms
from ser_core.augment.overlap import Spectrum, changed_by_blocks
from ser_core.augment.strength import Leading
from ser_core.config import Config
from ser_core.features.stft import centred_frames, hann

_WINDOW_S = 0.032
_LAG_WINDOW_HZ = 30.0
_WHITENING = 1e-5  # white noise at -50 dB, for a stable solution
_EDGE_HZ = 4800.0  # the warp bends here, so that half the sampling rate stays where it is
_MOST = np.log(10 ** (30 / 20))  # of a bin's gain


class VocalTractConfig(Config):
    """Range of the warp."""

    min_factor: float = Field(
        0.85, gt=0.5, le=1, description="Longest tract: lower formants (factor)"
    )
    max_factor: float = Field(
        1.18, ge=1, lt=2, description="Shortest tract: higher formants (factor)"
    )


@AUGMENTERS.register("vocal_tract")
class VocalTract(WaveformAugmenter):
    """Speak with a longer or shorter vocal tract: formants move, pitch and tempo stay.

    Frequencies of the spectral envelope below 4.8 kHz are multiplied by a factor that is drawn
    log-uniformly; above, the warp bends so that half the sampling rate stays in place. The envelope
    is that of linear prediction in frames of about 32 ms; harmonics keep their places and phases
    and get the height of the warped envelope, changed by 30 dB at most. The level stays as it was.

    Source: Jaitly & Hinton (2013), "Vocal tract length perturbation (VTLP) improves speech
    recognition", ICML workshop on deep learning for audio, whose warp of filter banks this makes
    audible.
    """

    config_type = VocalTractConfig
    title = "Vocal-tract length"
    strength = (
        Leading(
            name="factor",
            title="Formants",
            unit="",
            ladder=(1, 1.05, 1.1, 1.2, 1.3, 1.5),
            either_way="ratio",
        ),
    )

    def __init__(self, config: VocalTractConfig | None = None) -> None:
        self.config: VocalTractConfig = config or VocalTractConfig()

    def draw(self, rng: np.random.Generator) -> Draw:
        """The factor that formants are multiplied by, log-uniform between the bounds."""
        return {"factor": log_uniform(rng, self.config.min_factor, self.config.max_factor)}

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        level = rms(waveform)
        if draw["factor"] == 1 or level == 0:
            return waveform
        n_fft = 2 ** round(np.log2(_WINDOW_S * sampling_rate))
        loudest = _loudest(waveform, n_fft)

        def warp(spectrum: Spectrum) -> Spectrum:
            envelope = log_envelope(spectrum, sampling_rate, loudest)
            gain = _warped(envelope, sampling_rate, draw["factor"]) - envelope
            spectrum *= np.exp(np.clip(gain, -_MOST, _MOST)).astype(np.float32)
            return spectrum

        warped = changed_by_blocks(waveform, n_fft, warp)
        return warped * np.float32(level / max(rms(warped), 1e-9))


def _loudest(waveform: Array, n_fft: int) -> float:
    """Energy of the loudest windowed frame."""
    window = np.square(hann(n_fft))
    frames = centred_frames(np.square(waveform), n_fft, n_fft // 4)
    return float((frames @ window).max(initial=0))


def log_envelope(spectrum: Spectrum, sampling_rate: int, loudest: float) -> NDArray[np.float64]:
    """Envelope of spectra by linear prediction, in natural logarithms, without the gain.

    Markel & Gray (1976), "Linear prediction of speech": autocorrelation method, two poles and one
    more for each kilohertz. Lags are windowed, so that a pole cannot sit on a single harmonic.

    Args:
        spectrum: (num_frames, n_fft // 2 + 1).
        sampling_rate: Hz.
        loudest: energy of the loudest frame, which tells silence from sound.

    Returns:
        (num_frames, n_fft // 2 + 1).
    """
    from scipy.fft import irfft, rfft  # late: 0.4 s that pages need not pay

    power = np.square(spectrum.real, dtype=np.float64) + np.square(spectrum.imag)
    lags = np.arange(2 + round(sampling_rate / 1000) + 1)
    lagged = irfft(power, axis=-1)[:, : lags.size]
    lagged *= np.exp(-0.5 * (2 * np.pi * _LAG_WINDOW_HZ * lags / sampling_rate) ** 2)
    floor = max(1e-12 * loudest, 1e-30)  # frames of silence
    lagged[:, 0] = lagged[:, 0] * (1 + _WHITENING) + floor
    matrix = lagged[:, np.abs(lags[1:, None] - lags[None, 1:])]
    predictor = np.linalg.solve(matrix, lagged[:, 1:, None])[..., 0]
    whitening = np.pad(-predictor, ((0, 0), (1, 0)), constant_values=1)
    return -np.log(np.abs(rfft(whitening, 2 * (spectrum.shape[1] - 1), axis=-1)))


def _warped(
    envelope: NDArray[np.float64], sampling_rate: int, factor: float
) -> NDArray[np.float64]:
    """Envelopes read where each frequency came from: what was at f is now at f times factor."""
    bins = envelope.shape[1]
    nyquist = sampling_rate / 2
    edge = min(_EDGE_HZ, 0.6 * nyquist) * min(1, 1 / factor)
    hz = np.linspace(0, nyquist, bins)
    came_from = np.interp(hz, [0, edge * factor, nyquist], [0, edge, nyquist])
    place = came_from / nyquist * (bins - 1)
    below = np.minimum(place.astype(np.intp), bins - 2)
    part = place - below
    return envelope[:, below] * (1 - part) + envelope[:, below + 1] * part
