"""What of a clip features are taken from: the whole of it, or what a training run makes of it."""

import hashlib
from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar

from ser_core import audio
from ser_core.errors import AudioError
from ser_core.features.signal import Signal

T = TypeVar("T")


class Clip:
    """One sound file during one pass: what several requests need of it is made once.

    Attributes:
        path: the file.
        key: digest of the file's bytes; random draws for this clip are seeded by it, so that they
            stay the same when the file is moved or renamed.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self.key = key
        self._made: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, made at the first request for `key` and kept."""
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made

    def recording(self) -> Signal:
        """The clip as it is, one channel at its own sampling rate.

        Raises:
            AudioError: see `audio.load`.
        """

        def load() -> Signal:
            waveform, sampling_rate = audio.load(self.path)
            return Signal(waveform, sampling_rate, self.path)

        return self.once("recording", load)


class Source(Protocol):
    """Makes signals of a clip. Equal fingerprints mean equal signals; instances can be pickled.

    Attributes:
        stacked: whether a clip has several signals, whose features are stacked, or just one.
    """

    stacked: bool

    def fingerprint(self) -> str:
        """Names all settings that the signals depend on."""

    def describe(self) -> str:
        """What the signals are, for people."""

    def signals(self, clip: Clip, sampling_rate: int | None) -> list[Signal]:
        """Signals of a clip at a sampling rate (Hz), or at the clip's own."""


class WholeClip:
    """The clip as it is: one channel, resampled to what the extractor wants."""

    stacked = False

    def fingerprint(self) -> str:
        """See `Source`."""
        return "whole clip"

    def describe(self) -> str:
        """See `Source`."""
        return "whole clips"

    def signals(self, clip: Clip, sampling_rate: int | None) -> list[Signal]:
        """See `Source`."""
        recording = clip.recording()
        return [recording.at(sampling_rate or recording.sampling_rate)]


def content_key(path: Path) -> bytes:
    """Digest of a file's bytes, 16 bytes long.

    Raises:
        AudioError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).digest()
    except OSError as error:
        raise AudioError(f"{path.name}: cannot be read ({error.strerror})") from None


@lru_cache(maxsize=8)
def code_fingerprint(*modules: ModuleType) -> str:
    """Digest of the source of modules and packages, so that what older code made is not read."""
    digest = hashlib.sha256()
    for module in modules:
        file = Path(module.__file__ or "")
        for source in sorted(file.parent.rglob("*.py")) if file.stem == "__init__" else [file]:
            digest.update(source.read_bytes())
    return digest.hexdigest()
