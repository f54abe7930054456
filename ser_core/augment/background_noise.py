"""Background noise from the user's own recordings."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import Field

from ser_core import audio
from ser_core.augment.base import AUGMENTERS, Array, Draw, WaveformAugmenter, rms
from ser_core.augment.noise import LEADING, SnrConfig, at_snr
from ser_core.errors import AudioError, ParameterError

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
    the first draw. A stretch of recording that is silent adds nothing.

    Source: as in Snyder, Chen & Povey (2015), "MUSAN: a music, speech, and noise corpus",
    arXiv:1510.08484.
    """

    config_type = BackgroundNoiseConfig
    title = "Background noise"
    strength = LEADING

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
        recording = _recording(path, path.stat().st_mtime_ns, sampling_rate)
        first = int(draw["start"] * recording.size)
        places = np.arange(first, first + waveform.size)
        noise = np.take(recording, places, mode="wrap")
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


@lru_cache(maxsize=16)
def _recording(path: Path, changed_ns: int, sampling_rate: int) -> Array:  # noqa: ARG001 (names the state)
    """A recording at a sampling rate, read-only.

    Raises:
        AudioError: it cannot be read; the message says that it was to be noise.
    """
    try:
        waveform, own_rate = audio.load(path)
    except AudioError as error:
        raise AudioError(f"background noise {error}") from None
    samples = audio.resample(waveform, own_rate, sampling_rate)
    samples.setflags(write=False)
    return samples
