"""What the clips of an emotion have in common: mean spectrogram and mean melody."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import ParameterError

Array = NDArray[np.float32]

STEPS = 100  # places along the voice, from its first to its last frame
_LOUD_DB = 40.0  # frames within this of the loudest are voice


def stretched(frames: Array, steps: int = STEPS) -> Array:
    """Frames (num_frames, num_features) at `steps` equal places between the first and the last.

    >>> stretched(np.array([[0.0], [2.0]]), 3).ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    places = np.linspace(0, len(frames) - 1, steps)
    below = np.floor(places).astype(int)
    above = np.minimum(below + 1, len(frames) - 1)
    share = (places - below)[:, None]
    mixed: Array = frames[below] * (1 - share) + frames[above] * share
    return mixed


def voiced_part(level_db: Array) -> slice:
    """From the first to the last frame within 40 dB of the loudest, of levels (num_frames,)."""
    loud = np.flatnonzero(level_db >= level_db.max() - _LOUD_DB)
    return slice(int(loud[0]), int(loud[-1]) + 1)


def mean_spectrogram(clips: Sequence[Array], steps: int = STEPS) -> Array:
    """Mean of log-mel spectrograms, each stretched from its first to its last loud frame.

    Every clip is set to its own mean level first, so that loud speakers do not outweigh others.

    Args:
        clips: (num_frames, n_mels) each, in dB.
        steps: places along the voice.

    Returns:
        (steps, n_mels), in dB relative to the mean level of each clip.

    Raises:
        ParameterError: no clip.
    """
    if not len(clips):
        raise ParameterError("clips: at least one is needed, got none")
    total = np.zeros((steps, clips[0].shape[1]))
    for clip in clips:
        voice = clip[voiced_part(clip.max(axis=1))]
        total += stretched(voice - voice.mean(), steps)
    return (total / len(clips)).astype(np.float32)


def against_all(spectrograms: Array, emotions: Sequence[str]) -> Array:
    """How each mean spectrogram differs from the mean over all emotions.

    Args:
        spectrograms: (num_emotions, steps, n_mels), in dB.
        emotions: of each; "" for clips whose label is mapped to none, which are compared but do not
            count in the mean.

    Returns:
        The same shape, in dB.

    >>> against_all(np.array([[[1.0]], [[3.0]], [[9.0]]]), ["calm", "sad", ""]).ravel().tolist()
    [-1.0, 1.0, 7.0]
    """
    mapped = np.array([name != "" for name in emotions])
    differences: Array = spectrograms - spectrograms[mapped if mapped.any() else ...].mean(axis=0)
    return differences


@dataclass(frozen=True)
class Melody:
    """Pitch along the voice, in semitones from each speaker's usual pitch; all (steps,).

    Attributes:
        median: over clips; NaN where hardly any clip is voiced.
        low, high: quartiles.
        voiced: share of the clips that are voiced there.
    """

    median: Array
    low: Array
    high: Array
    voiced: Array


_LEAST_VOICED = 0.1  # of the clips, for a median to mean something


def mean_melody(clips: Sequence[Array], usual_hz: Sequence[float], steps: int = STEPS) -> Melody:
    """Pitch contours of clips, each stretched from its first to its last voiced frame.

    Args:
        clips: F0 (num_frames,) each, in Hz, 0 where unvoiced.
        usual_hz: each clip's speaker's usual pitch, see `usual_pitch`.
        steps: places along the voice.

    Raises:
        ParameterError: no clip is voiced.
    """
    contours = [
        _contour(clip, usual, steps)
        for clip, usual in zip(clips, usual_hz, strict=True)
        if (clip > 0).any() and usual > 0
    ]
    if not contours:
        raise ParameterError("clips: at least one with a voiced frame is needed, got none")
    stack = np.stack(contours)
    voiced = np.isfinite(stack).mean(axis=0)
    enough = voiced >= max(_LEAST_VOICED, 1 / len(stack))
    quartiles = np.full((3, steps), np.nan)
    quartiles[:, enough] = np.nanpercentile(stack[:, enough], [25, 50, 75], axis=0)
    low, median, high = quartiles.astype(np.float32)
    return Melody(median, low, high, voiced.astype(np.float32))


def _contour(f0_hz: Array, usual_hz: float, steps: int) -> Array:
    """Semitones at each step, from the nearest frame: between voiced and not, nothing is mixed."""
    voiced = np.flatnonzero(f0_hz > 0)
    part = f0_hz[voiced[0] : voiced[-1] + 1]
    nearest = part[np.round(np.linspace(0, len(part) - 1, steps)).astype(int)]
    semitones = np.full(steps, np.nan)
    sounding = nearest > 0
    semitones[sounding] = 12 * np.log2(nearest[sounding] / usual_hz)
    return semitones


def usual_pitch(clips: Sequence[Array], speakers: Sequence[str]) -> dict[str, float]:
    """Median F0 (Hz) over all voiced frames of each speaker; 0 where there is none.

    Args:
        clips: F0 (num_frames,) each, in Hz, 0 where unvoiced.
        speakers: who speaks in each.
    """
    gathered: dict[str, list[Array]] = {}
    for clip, speaker in zip(clips, speakers, strict=True):
        gathered.setdefault(speaker, []).append(clip[clip > 0])
    medians = {}
    for speaker, parts in gathered.items():
        frames = np.concatenate(parts)
        medians[speaker] = float(np.median(frames)) if frames.size else 0.0
    return medians
