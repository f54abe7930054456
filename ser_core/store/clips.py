"""Sound files as the store knows them: by the digest of their bytes, wherever they lie."""

import hashlib
import os
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ser_core import paths
from ser_core.errors import AudioError
from ser_core.store.shelf import KEY_BYTES, Shelf

T = TypeVar("T")
_PORTION = 512
Files = Sequence[Path | str]


class Progress(Protocol):
    """Told how far the work is; it may raise TaskCancelled to stop it."""

    def __call__(self, done: int, total: int, words: str = "", /) -> None:
        """`done` of `total` clips; `words` say what is done to them."""


class Clip:
    """One sound file during one pass: what several products need of it is made once.

    Attributes:
        key: digest of the file's bytes; random draws for this clip are seeded by it, so that they
            stay the same when the file is moved or renamed.
    """

    __slots__ = ("_file", "_made", "key")  # small, for there are many

    def __init__(self, path: Path | str, key: bytes) -> None:
        self._file = path
        self.key = key
        self._made: dict[Hashable, Any] | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return Path(self._file)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` returns, made at the first request for `key` and kept."""
        if self._made is None:
            self._made = {}
        if key not in self._made:
            self._made[key] = make()
        made: T = self._made[key]
        return made


def identify(files: Files, progress: Progress | None = None) -> list[Clip]:
    """Every file with the digest of its content, in the order given.

    Digests are kept by path, size and date: files seen before are not opened.

    Args:
        files: sound files.
        progress: called with files read and files to read; it may stop the work.

    Raises:
        AudioError: a file is missing or may not be read.
        StoreError: the disk is full.
    """
    shelf = _digests()
    known = [_stat_key(file) for file in files]
    new = {
        key: file for key, file in zip(known, files, strict=True) if key is None or key not in shelf
    }
    if new:
        _digest(new, shelf, progress)
    return [
        Clip(file, shelf[key].tobytes())
        for key, file in zip(known, files, strict=True)
        if key is not None
    ]


def identified(files: Files) -> list[Clip]:
    """Those of the files whose content was seen before as they are now; none is opened."""
    shelf = _digests()
    pairs = ((file, _stat_key(file)) for file in files)
    return [
        Clip(file, shelf[key].tobytes()) for file, key in pairs if key is not None and key in shelf
    ]


def _digests() -> Shelf:
    return Shelf(paths.home() / "cache" / "contents")


def _stat_key(file: Path | str) -> bytes | None:
    """Names a file as it is now, without opening it; None where there is none."""
    try:
        stat = os.stat(file)
    except OSError:
        return None
    text = f"{Path(file).absolute()}\0{stat.st_size}\0{stat.st_mtime_ns}"
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=KEY_BYTES).digest()


def _digest(new: dict[bytes | None, Path | str], shelf: Shelf, progress: Progress | None) -> None:
    """Read files and keep their digests, under their names, sizes and dates."""
    digests: dict[bytes, NDArray[np.generic]] = {}
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        try:
            reading = zip(new, _content_keys(list(new.values()), pool), strict=True)
            for done, (key, digest) in enumerate(reading, start=1):
                if key is not None:
                    digests[key] = np.frombuffer(digest, np.uint8)
                if progress is not None:
                    progress(done, len(new), f"reading clip {done:,} of {len(new):,}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            shelf.write(digests)


def _content_keys(files: Files, pool: ThreadPoolExecutor) -> Iterator[bytes]:
    """Digests in order, asked for in portions: a file that waits takes 2 KB in the pool."""
    for start in range(0, len(files), _PORTION):
        yield from pool.map(content_key, map(Path, files[start : start + _PORTION]))


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
