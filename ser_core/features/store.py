"""Features on disk: computed once for each clip and setting, in parallel, then only read.

They are kept under the digest of the file's bytes and the fingerprints of the extractor and of
what of the clip is taken, so that a moved corpus is still known, and a changed clip or setting is
computed anew. Standardisation is not part of it: it belongs to a training run and its speakers.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ser_core import audio, features, paths
from ser_core.errors import AudioError, ParameterError, StoreError
from ser_core.features.base import EXTRACTORS, Extractor
from ser_core.features.shelf import KEY_BYTES, Shelf, count_and_size
from ser_core.features.source import Clip, Source, WholeClip, code_fingerprint, content_key

Array = NDArray[Any]
Files = Sequence[Path | str]

_CHUNK = 8  # clips handed to a process at once: stopping waits for no more than these
_FLUSH_BYTES = 32 * 2**20
_FLUSH_S = 20.0  # a kill loses no more work than this
_ABOUT = "about.json"
_CONTENTS = "contents"


@dataclass(frozen=True)
class Request:
    """Features asked for.

    Attributes:
        extractor: what is computed.
        source: what of each clip it is computed from.
    """

    extractor: Extractor
    source: Source = field(default_factory=WholeClip)

    def fingerprint(self) -> str:
        """Names what is kept for this request."""
        code = code_fingerprint(features, audio)
        parts = self.extractor.fingerprint(), self.source.fingerprint(), code
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    def key(self, clip: Clip) -> bytes:
        """Names a clip's features among those of this request."""
        if not self.extractor.by_name:
            return clip.key
        named = clip.key + clip.path.name.encode("utf-8", "surrogateescape")
        return hashlib.blake2b(named, digest_size=KEY_BYTES).digest()

    def compute(self, clip: Clip) -> Array:
        """The clip's features: an array of the extractor's kind, or a stack of such arrays."""
        signals = self.source.signals(clip, self.extractor.sampling_rate)
        arrays = [self.extractor.of(signal) for signal in signals]
        return np.stack(arrays) if self.source.stacked else arrays[0]


class Progress(Protocol):
    """Told how far the work is; it may raise TaskCancelled to stop it."""

    def __call__(self, done: int, total: int, words: str = "", /) -> None:
        """`done` of `total` clips; `words` say what is done to them."""


class Features(Sequence[Array]):
    """Features of a list of clips, in its order: read-only views of the files that hold them."""

    def __init__(self, arrays: list[Array]) -> None:
        self._arrays = arrays

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, row: Any) -> Any:
        return self._arrays[row]


@dataclass(frozen=True)
class Kept:
    """What the store holds of one extractor with one choice of settings.

    Attributes:
        key: to clear it by.
        extractor: its name.
        settings: its settings.
        source: what of the clips it was computed from, in words.
        clips: how many clips.
        size_bytes: on disk.
    """

    key: str
    extractor: str
    settings: dict[str, Any]
    source: str
    clips: int
    size_bytes: int


class FeatureStore:
    """The features kept under one folder; safe to use from many threads and processes.

    Args:
        folder: where; `SER_HOME/cache/features` when not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or paths.home() / "cache" / "features"

    def fetch(
        self,
        files: Files,
        requests: Sequence[Request],
        progress: Progress | None = None,
        jobs: int | None = None,
    ) -> list[Features]:
        """Features of every clip for every request: what is missing is computed and kept.

        Args:
            files: sound files.
            requests: several cost one pass over the clips.
            progress: called with clips done and clips to do; first for those whose content is not
                known yet, then for those to compute. It may stop the work: what is finished by
                then is kept.
            jobs: processes that compute; as many as there are cores when not given.

        Raises:
            AudioError: a file is missing; or clips cannot be used: the message names the first and
                counts the others, and all other clips are kept.
            ParameterError: an extractor cannot be used as it is set.
            StoreError: the disk is full, or the store was cleared meanwhile.
        """
        clips = self._clips(files, progress)
        shelves = [Shelf(self._shelf_folder(request)) for request in requests]
        missing = _missing(clips, requests, shelves)
        if missing:
            for request in requests:
                self._describe(request)
            _fill(missing, requests, shelves, progress, jobs)
        return [
            Features([shelf[request.key(clip)] for clip in clips])
            for request, shelf in zip(requests, shelves, strict=True)
        ]

    def count(self, files: Files, request: Request) -> int:
        """How many of the clips are kept; files never seen before are not opened for it."""
        digests = Shelf(self.folder / _CONTENTS)
        shelf = Shelf(self._shelf_folder(request))
        found = 0
        for file in files:
            known = _stat_key(file)
            if known is not None and known in digests:
                found += request.key(Clip(Path(file), digests[known].tobytes())) in shelf
        return found

    def kept(self) -> list[Kept]:
        """All that is kept, largest first."""
        found = []
        for about in self.folder.glob(f"*/{_ABOUT}"):
            clips, size = count_and_size(about.parent)
            with contextlib.suppress(OSError, ValueError, KeyError):
                words = json.loads(about.read_text(encoding="utf-8"))
                key, name = about.parent.name, words["extractor"]
                found.append(Kept(key, name, words["settings"], words["source"], clips, size))
        return sorted(found, key=lambda each: (-each.size_bytes, each.key))

    def size_bytes(self) -> int:
        """Bytes on disk of all that is kept."""
        return sum(each.size_bytes for each in self.kept())

    def clear(self, key: str | None = None) -> None:
        """Remove what is kept under `Kept.key`, or everything. Arrays in use stay readable.

        Raises:
            ParameterError: nothing is kept under the key.
            StoreError: it may not be removed.
        """
        known = {each.key for each in self.kept()}
        if key is not None and key not in known:
            raise ParameterError(f"key: no features are kept under {key!r}")
        folder = self.folder if key is None else self.folder / key
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except FileNotFoundError:
            return  # somebody else was faster
        except OSError as error:
            raise StoreError(f"{folder}: cannot be removed ({error.strerror})") from None

    def _shelf_folder(self, request: Request) -> Path:
        return self.folder / request.fingerprint()

    def _describe(self, request: Request) -> None:
        """Say beside the arrays what they are, for `kept`."""
        about = self._shelf_folder(request) / _ABOUT
        words = {
            "extractor": request.extractor.name,
            "settings": request.extractor.config.model_dump(mode="json"),
            "source": request.source.describe(),
        }
        try:
            about.parent.mkdir(parents=True, exist_ok=True)
            about.write_text(json.dumps(words, indent=1), encoding="utf-8")
        except OSError as error:
            raise StoreError(f"{about}: cannot be written ({error.strerror})") from None

    def _clips(self, files: Files, progress: Progress | None) -> list[Clip]:
        """Every file with the digest of its content; files seen before are only looked at."""
        shelf = Shelf(self.folder / _CONTENTS)
        known = [_stat_key(file) for file in files]
        new = {
            key: Path(file)
            for key, file in zip(known, files, strict=True)
            if key is None or key not in shelf
        }
        if new:
            _digest(new, shelf, progress)
        return [
            Clip(Path(file), shelf[key].tobytes())
            for key, file in zip(known, files, strict=True)
            if key is not None
        ]


def _stat_key(file: Path | str) -> bytes | None:
    """Names a file as it is now, without opening it; None where there is none."""
    try:
        stat = os.stat(file)
    except OSError:
        return None
    text = f"{Path(file).absolute()}\0{stat.st_size}\0{stat.st_mtime_ns}"
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=KEY_BYTES).digest()


def _digest(new: dict[bytes | None, Path], shelf: Shelf, progress: Progress | None) -> None:
    """Read files and keep their digests, under their names, sizes and dates."""
    digests: dict[bytes, Array] = {}
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        try:
            reading = zip(new, pool.map(content_key, new.values()), strict=True)
            for done, (key, digest) in enumerate(reading, start=1):
                if key is not None:
                    digests[key] = np.frombuffer(digest, np.uint8)
                if progress is not None:
                    progress(done, len(new), f"reading clip {done:,} of {len(new):,}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            shelf.write(digests)


class _Task(NamedTuple):
    """A clip with the requests (by number) whose features it lacks."""

    clip: Clip
    lacking: tuple[int, ...]


def _missing(clips: list[Clip], requests: Sequence[Request], shelves: list[Shelf]) -> list[_Task]:
    tasks: dict[Path, _Task] = {}
    pairs = list(enumerate(zip(requests, shelves, strict=True)))
    for clip in clips:
        lacking = tuple(
            number for number, (request, shelf) in pairs if request.key(clip) not in shelf
        )
        if lacking:
            tasks[clip.path] = _Task(clip, lacking)
    return list(tasks.values())


def _fill(
    tasks: list[_Task],
    requests: Sequence[Request],
    shelves: list[Shelf],
    progress: Progress | None,
    jobs: int | None,
) -> None:
    """Compute what tasks lack and keep it, piece by piece."""
    problems: list[str] = []
    done = 0
    with _Keeper(shelves) as keeper:
        for results in _computed(tasks, requests, jobs):
            for task, answer in results:
                if isinstance(answer, str):
                    problems.append(answer)
                else:
                    keeper.take(task, answer, requests)
            done += len(results)
            if progress is not None:
                progress(done, len(tasks), f"computing clip {done:,} of {len(tasks):,}")
    if problems:
        more = len(problems) - 1
        others = f"; and {more} more clip{'s' * (more > 1)}" if more else ""
        raise AudioError(f"{problems[0]}{others}")


class _Keeper:
    """Gathers arrays until a batch is worth a file; whatever stops the work, they are written."""

    def __init__(self, shelves: list[Shelf]) -> None:
        self._shelves = shelves
        self._empty()

    def _empty(self) -> None:
        self._waiting: list[dict[bytes, Array]] = [{} for _ in self._shelves]
        self._bytes = 0
        self._begun = time.monotonic()

    def __enter__(self) -> "_Keeper":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def take(self, task: _Task, arrays: Sequence[Array], requests: Sequence[Request]) -> None:
        """Accept a clip's arrays, one for each request that it lacked."""
        for number, array in zip(task.lacking, arrays, strict=True):
            self._waiting[number][requests[number].key(task.clip)] = array
            self._bytes += array.nbytes
        if self._bytes > _FLUSH_BYTES or time.monotonic() - self._begun > _FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        waiting = self._waiting
        self._empty()
        for shelf, arrays in zip(self._shelves, waiting, strict=True):
            shelf.write(arrays)


Answer = list[Array] | str
"""A clip's arrays, or why there are none."""


class _Order(NamedTuple):
    """A request as it travels to another process, where extractors are built once."""

    extractor: str
    settings: str
    fingerprint: str  # of the extractor: files that it reads may have changed
    source: Source


def _computed(
    tasks: list[_Task], requests: Sequence[Request], jobs: int | None
) -> Iterator[list[tuple[_Task, Answer]]]:
    """Answers as they are ready, a few clips at a time, from as many processes as are worth it."""
    from joblib import Parallel, cpu_count, delayed

    orders = [
        _Order(
            request.extractor.name,
            json.dumps(request.extractor.config.model_dump(mode="json")),
            request.extractor.fingerprint(),
            request.source,
        )
        for request in requests
    ]
    chunks = [tasks[start : start + _CHUNK] for start in range(0, len(tasks), _CHUNK)]
    answers = Parallel(
        n_jobs=min(jobs or cpu_count(), len(chunks)), return_as="generator_unordered"
    )(delayed(_compute_chunk)(chunk, orders) for chunk in chunks)
    try:
        yield from answers
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib says that tasks were cancelled: they were
            answers.close()


def _compute_chunk(tasks: list[_Task], orders: list[_Order]) -> list[tuple[_Task, Answer]]:
    requests = [Request(_extractor(*order[:3]), order.source) for order in orders]
    # Clips are read anew: what is computed of one must not travel back.
    return [(task, _answer(task, requests)) for task in tasks]


def _answer(task: _Task, requests: list[Request]) -> Answer:
    clip = Clip(task.clip.path, task.clip.key)
    try:
        return [requests[number].compute(clip) for number in task.lacking]
    except AudioError as error:
        name = clip.path.name
        return str(error) if name in str(error) else f"{name}: {error}"


@lru_cache(maxsize=16)
def _extractor(name: str, settings: str, fingerprint: str) -> Extractor:  # noqa: ARG001
    return EXTRACTORS.create(name, **json.loads(settings))
