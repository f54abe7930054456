"""Background noise from the user's own recordings."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile
from pydantic import Field

from ser_core import audio
from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, rms
from ser_core.augment.noise import LEADING, SnrConfig, at_snr
from ser_core.errors import AudioError, ParameterError

_CONTEXT = 2_000  # samples before and after, for the resampler's filter
_SUFFIXES = {f".{name}" for name in audio.FORMATS}


class BackgroundNoiseConfig(SnrConfig):
    """Where the recordings are, and the range of the signal-to-noise ratio."""

    folder: str = Field(
        "", description="Folder with recordings of noise (wav, flac, ogg, mp3), searched wholly"
    )


@AUGMENTERS.register("background_noise")
class BackgroundNoise(WaveformAugmenter):
    """Lay a recording of noise from your own folder under the voice, as if it was spoken there.

    A file and a place in it are drawn; the recording is resampled, repeated where it is too short,
    freed of its offset and added at the drawn ratio of mean powers over the whole clip. Files are
    taken in order of their names, so that the same folder gives the same draws; it is read once, at
    the first draw, and of a file only what is laid under the clip. A stretch of recording that is
    silent adds nothing.

    Source: as in Snyder, Chen & Povey (2015), "MUSAN: a music, speech, and noise corpus",
    arXiv:1510.08484.
    """

    config_type = BackgroundNoiseConfig
    title = "Background noise"
    strength = LEADING
    further_bounds: ClassVar[Mapping[str, tuple[float, float]]] = {"start": (0, 1)}

    def __init__(self, config: BackgroundNoiseConfig | None = None) -> None:
        self.config: BackgroundNoiseConfig = config or BackgroundNoiseConfig()
        self._files: list[str] = []

    def draw(self, rng: np.random.Generator) -> Draw:
        """A file in the folder, where to begin in it (share of its length), and a ratio.

        Raises:
            ParameterError: there is no folder, or no recording in it.
        """
        self._files = self._files or _recordings(self._root())
        return {
            "file": self._files[rng.integers(len(self._files))],
            "start": float(rng.uniform()),
            "snr_db": float(rng.uniform(self.config.min_snr_db, self.config.max_snr_db)),
        }

    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        path = self._root() / draw["file"]
        if not path.is_file():
            raise ParameterError(f"folder: {draw['file']} is not in {self._root()} any more")
        noise = _stretch(path, draw["start"], waveform.size, sampling_rate)
        noise = noise - noise.mean()
        level = rms(noise)
        if level < audio.SILENCE_PEAK:
            return waveform
        return at_snr(waveform, noise / np.float32(level), draw["snr_db"])

    def _root(self) -> Path:
        text = self.config.folder.strip()
        if not text:
            raise ParameterError("folder: a folder with recordings of noise is needed, got nothing")
        return Path(text).expanduser()


def _recordings(root: Path) -> list[str]:
    """Names of the sound files below a folder, sorted."""
    if not root.is_dir():
        raise ParameterError(f"folder: no such folder: {root}")
    files = [path for path in root.rglob("*") if path.suffix.lower() in _SUFFIXES]
    names = sorted(path.relative_to(root).as_posix() for path in files if path.is_file())
    if not names:
        allowed = ", ".join(audio.FORMATS)
        raise ParameterError(f"folder: no recordings ({allowed}) in {root}")
    return names


def _stretch(path: Path, start: float, num_samples: int, sampling_rate: int) -> Array:
    """A part of a recording at a sampling rate, from a share of its length on.

    At its end it goes on from its beginning, again and again. No more is read than that.

    Raises:
        AudioError: it cannot be read; the message says that it was to be noise.
    """
    try:
        with soundfile.SoundFile(path) as file:
            factor = Fraction(sampling_rate, file.samplerate)
            size = max(1, round(file.frames * factor))
            place, parts, missing = int(start * size) % size, [], num_samples
            while missing > 0:
                part = _part(file, place, min(missing, size - place), factor)
                parts.append(part)
                place, missing = 0, missing - part.size
                if part.size == size:  # it fits in whole: no need to read it again
                    parts += [part] * (missing // size)
                    missing %= size
    except (soundfile.LibsndfileError, RuntimeError, OSError, EOFError) as error:
        reason = getattr(error, "error_string", error)
        raise AudioError(
            f"background noise {path.name}: not readable as audio ({reason})"
        ) from None
    joined = np.concatenate(parts)
    audio.check_samples(joined, f"background noise {path.name}")
    return joined


def _part(file: soundfile.SoundFile, first: int, count: int, factor: Fraction) -> Array:
    """Samples [first, first + count) of a recording resampled by a factor.

    Read from where a sample of both rates lies, and with some context for the filter.
    """
    own, new = factor.denominator, factor.numerator
    context = -(-_CONTEXT // own)
    begin = max(0, first // new - context)
    end = -(-(first + count) // new) + context
    file.seek(min(begin * own, file.frames))
    block = file.read((end - begin) * own, dtype="float32", always_2d=True).mean(axis=1)
    part = block if own == new else audio.resample(block, own, new)
    part = part[first - begin * new :][:count]
    return np.pad(part, (0, count - part.size))  # rounding, at the end of the file
