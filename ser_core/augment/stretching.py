"""Tempo and pitch apart from each other: the two engines that stretch and shift share.

`signalsmith` is Signalsmith Stretch (MIT), clean on speech; `vocoder` is the plain phase vocoder of
librosa.effects, which the reference recipes were made with: what it gives equals librosa 0.11's.
"""

from typing import Literal

import numpy as np
import soxr
from pydantic import Field

from ser_core.augment.base import Array
from ser_core.augment.overlap import analysed, fitted, synthesised
from ser_core.config import Config
from ser_core.errors import ParameterError

Engine = Literal["signalsmith", "vocoder"]

_N_FFT = 2048  # as librosa.effects has it, in samples at any rate
_TINY = np.float32(1e-30)


class EngineConfig(Config):
    """What stretches and shifts."""

    engine: Engine = Field(
        "signalsmith",
        description="signalsmith: clean; vocoder: what librosa.effects does, faster, with its blur",
    )


def restretched(
    waveform: Array, sampling_rate: int, engine: Engine, rate: float = 1.0, semitones: float = 0.0
) -> Array:
    """A waveform at another tempo and another pitch, in one pass.

    Args:
        waveform: (num_samples,) of at least one sample.
        sampling_rate: Hz.
        engine: what to use.
        rate: tempo, a factor; pitch stays.
        semitones: shift of pitch and formants; tempo stays.

    Returns:
        (round(num_samples / rate),) float32, at least one sample.
    """
    if rate == 1 and semitones == 0:
        return waveform
    length = max(1, round(waveform.size / rate))
    work = _signalsmith if engine == "signalsmith" else _by_vocoder
    return fitted(work(waveform, sampling_rate, rate, semitones), length)


def _signalsmith(waveform: Array, sampling_rate: int, rate: float, semitones: float) -> Array:
    try:
        from python_stretch.Signalsmith import Stretch
    except ImportError:
        raise ParameterError(
            "engine: signalsmith needs the package python-stretch, which is not installed here; "
            "install it or choose vocoder"
        ) from None
    stretch = Stretch()
    stretch.preset(1, sampling_rate)
    stretch.setTimeFactor(rate)
    if semitones:
        stretch.setTransposeSemitones(semitones)
    # It wants some blocks to fill its overlap: a shorter clip is followed by silence.
    least = 2 * stretch.blockSamples()
    padded = np.pad(waveform, (0, max(0, least - waveform.size)))
    return np.asarray(stretch.process(np.ascontiguousarray(padded)[None]), np.float32)[0]


def _by_vocoder(waveform: Array, sampling_rate: int, rate: float, semitones: float) -> Array:  # noqa: ARG001
    """Stretch by the tempo and the shift together, then resample the shift away again."""
    factor = 2 ** (semitones / 12)
    stretched = vocoder(waveform, rate / factor)
    if semitones == 0:
        return stretched
    return np.asarray(soxr.resample(stretched, factor, 1.0, quality="HQ"), np.float32)


def vocoder(waveform: Array, rate: float) -> Array:
    """The phase vocoder: frames are read at another pace, each bin's phase advancing as it did.

    Dolson (1986), "The phase vocoder: a tutorial", Computer Music Journal 10(4). Equal to
    `librosa.effects.time_stretch` but for rounding; a phase's advance is kept as a complex factor
    of magnitude 1, so no angle is ever taken or unwrapped.

    Args:
        waveform: (num_samples,).
        rate: how many times as fast.

    Returns:
        (round(num_samples / rate),) float32.
    """
    spectrum = np.pad(analysed(waveform, _N_FFT), ((0, 2), (0, 0)))
    read = np.arange(0, len(spectrum) - 2, rate)
    whole = read.astype(np.intp)
    part = (read - whole).astype(np.float32)[:, None]
    magnitude = np.sqrt(np.square(spectrum.real) + np.square(spectrum.imag))
    direction = spectrum * (1 / np.maximum(magnitude, _TINY))
    direction[magnitude < _TINY] = 1  # the angle of nothing is 0
    phasor = np.empty((len(whole), spectrum.shape[1]), np.complex64)
    phasor[0] = direction[0]
    before = whole[:-1]
    np.multiply(direction[before + 1], direction[before].conj(), out=phasor[1:])
    np.cumprod(phasor, axis=0, out=phasor)
    phasor *= magnitude[whole] * (1 - part) + magnitude[whole + 1] * part
    return synthesised(phasor, _N_FFT, round(waveform.size / rate))
