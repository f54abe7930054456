"""Tempo and pitch apart from each other: the two engines that stretch and shift share.

`signalsmith` is Signalsmith Stretch (MIT), clean on speech; `vocoder` is the plain phase vocoder of
librosa.effects, which the reference recipes were made with: what it gives equals librosa 0.11's.
"""

from typing import Literal

import numpy as np
import soxr
from pydantic import Field

from ser_core.augment.base import Array
from ser_core.augment.overlap import Spectrum, analysed, fitted, synthesised
from ser_core.config import Config
from ser_core.errors import ParameterError

Engine = Literal["signalsmith", "vocoder"]

_N_FFT = 2048  # as librosa.effects has it, in samples at any rate
_BLOCK = 16  # frames
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
    strength, direction = _polar(analysed(waveform, _N_FFT))
    read = np.arange(0, len(strength) - 2, rate)
    changed = np.empty((len(read), strength.shape[1]), np.complex64)
    phasor = direction[0].copy()
    # Frame by frame: all at once would leave the processor's cache with every operation.
    for frame, place in enumerate(read):
        at, part = int(place), np.float32(place % 1)
        between = strength[at] * (1 - part) + strength[at + 1] * part
        np.multiply(phasor, between, out=changed[frame])
        phasor *= direction[at + 1]
        phasor *= direction[at].conj()
    return synthesised(changed, _N_FFT, round(waveform.size / rate))


def _polar(spectrum: Spectrum) -> tuple[Array, Spectrum]:
    """Magnitudes, and factors of magnitude 1 for the angles, with two frames of nothing behind."""
    size = len(spectrum)
    strength = np.zeros((size + 2, spectrum.shape[1]), np.float32)
    direction = np.ones(strength.shape, np.complex64)  # the angle of nothing is 0
    for start in range(0, size, _BLOCK):
        block = spectrum[start : start + _BLOCK]
        sounding = strength[start : start + len(block)]
        np.sqrt(np.square(block.real) + np.square(block.imag), out=sounding)
        turned = direction[start : start + len(block)]
        np.multiply(block, 1 / np.maximum(sounding, _TINY), out=turned)
        turned[sounding < _TINY] = 1
    return strength, direction
