"""Arrays computed of clips once, in parallel, and then only read."""

import contextlib
import json
import shutil
import time
import warnings
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray

from ser_core.errors import AudioError, ParameterError, StoreError
from ser_core.store.clips import Clip, Files, Progress, identified, identify
from ser_core.store.shelf import Arrays, Shelf, count_and_size

Array = NDArray[Any]

_CHUNK = 8  # clips handed to a process at once: stopping waits for no more than these
_FLUSH_BYTES = 32 * 2**20
_FLUSH_S = 20.0  # a kill loses no more work than this
_ABOUT = "about.json"


class Product(Protocol):
    """What is computed of clips. Instances are sent to other processes."""

    def fingerprint(self) -> str:
        """Names all that the arrays depend on but the clip; fit for a file name."""

    def key(self, clip: Clip) -> bytes:
        """Names a clip's array among those of this product."""

    def compute(self, clip: Clip) -> Array:
        """The clip's array; those of all clips are alike but for the length of the first axis.

        Raises:
            AudioError: the clip cannot be used.
        """

    def about(self) -> dict[str, Any]:
        """What is kept, for those who look at the store; plain values."""


@dataclass(frozen=True)
class Kept:
    """What a store holds of one product.

    Attributes:
        key: to clear it by.
        about: what it is.
        clips: how many clips.
        size_bytes: on disk.
    """

    key: str
    about: dict[str, Any]
    clips: int
    size_bytes: int


class ClipStore:
    """Arrays kept under one folder; safe to use from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fetch(
        self,
        files: Files,
        products: Sequence[Product],
        progress: Progress | None = None,
        jobs: int | None = None,
    ) -> list[Arrays]:
        """Arrays of every clip for every product: what is missing is computed and kept.

        Args:
            files: sound files.
            products: several cost one pass over the clips.
            progress: called with clips done and clips to do; first for those whose content is not
                known yet, then for those to compute. It may stop the work: what is finished by
                then is kept.
            jobs: processes that compute; as many as there are cores when not given.

        Raises:
            AudioError: a file is missing; or clips cannot be used: the message names the first and
                counts the others, and all other clips are kept.
            ParameterError: a product cannot be computed as it is set.
            StoreError: the disk is full, or the store was cleared meanwhile.
        """
        clips = identify(files, progress)
        shelves = [Shelf(self._shelf_folder(product)) for product in products]
        for shelf in shelves:
            shelf.open_all()
        missing = _missing(clips, products, shelves)
        if missing:
            _fill(missing, products, shelves, progress, jobs)
        return [
            shelf.arrays([product.key(clip) for clip in clips])
            for product, shelf in zip(products, shelves, strict=True)
        ]

    def count(self, files: Files, product: Product) -> int:
        """How many of the clips are kept; files never seen before are not opened for it."""
        shelf = Shelf(self._shelf_folder(product))
        return sum(product.key(clip) in shelf for clip in identified(files))

    def kept(self) -> list[Kept]:
        """All that is kept, largest first."""
        found = []
        for about in self.folder.glob(f"*/{_ABOUT}"):
            clips, size = count_and_size(about.parent)
            if not clips:
                continue
            with contextlib.suppress(OSError, ValueError, TypeError):
                words = dict(json.loads(about.read_text(encoding="utf-8")))
                found.append(Kept(about.parent.name, words, clips, size))
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
            raise ParameterError(f"key: nothing is kept under {key!r}")
        folder = self.folder if key is None else self.folder / key
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except FileNotFoundError:
            return  # somebody else was faster
        except OSError as error:
            raise StoreError(f"{folder}: cannot be removed ({error.strerror})") from None

    def _shelf_folder(self, product: Product) -> Path:
        return self.folder / product.fingerprint()


class _Task(NamedTuple):
    """A clip with the products (by number) whose arrays it lacks."""

    clip: Clip
    lacking: tuple[int, ...]


def _missing(clips: list[Clip], products: Sequence[Product], shelves: list[Shelf]) -> list[_Task]:
    tasks: dict[str, _Task] = {}
    pairs = list(enumerate(zip(products, shelves, strict=True)))
    for clip in clips:
        lacking = tuple(
            number for number, (product, shelf) in pairs if product.key(clip) not in shelf
        )
        if lacking:
            tasks[str(clip.path)] = _Task(clip, lacking)
    return list(tasks.values())


def _fill(
    tasks: list[_Task],
    products: Sequence[Product],
    shelves: list[Shelf],
    progress: Progress | None,
    jobs: int | None,
) -> None:
    """Compute what tasks lack and keep it, piece by piece."""
    problems: list[str] = []
    done = 0
    with (
        _Keeper(shelves, products) as keeper,
        contextlib.closing(_computed(tasks, products, jobs)) as answers,
    ):
        for results in answers:
            for task, answer in results:
                if isinstance(answer, str):
                    problems.append(answer)
                else:
                    keeper.take(task, answer)
            done += len(results)
            if progress is not None:
                progress(done, len(tasks), f"computing clip {done:,} of {len(tasks):,}")
    if problems:
        more = len(problems) - 1
        others = f"; and {more} more clip{'s' * (more > 1)}" if more else ""
        raise AudioError(f"{problems[0]}{others}")


class _Keeper:
    """Gathers arrays until a batch is worth a file; whatever stops the work, they are written."""

    def __init__(self, shelves: list[Shelf], products: Sequence[Product]) -> None:
        self._shelves = shelves
        self._products = products
        self._empty()

    def _empty(self) -> None:
        self._waiting: list[dict[bytes, Array]] = [{} for _ in self._shelves]
        self._bytes = 0
        self._begun = time.monotonic()

    def __enter__(self) -> "_Keeper":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def take(self, task: _Task, arrays: Sequence[Array]) -> None:
        """Accept a clip's arrays, one for each product that it lacked."""
        for number, array in zip(task.lacking, arrays, strict=True):
            self._waiting[number][self._products[number].key(task.clip)] = array
            self._bytes += array.nbytes
        if self._bytes > _FLUSH_BYTES or time.monotonic() - self._begun > _FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        waiting = self._waiting
        self._empty()
        for shelf, product, arrays in zip(self._shelves, self._products, waiting, strict=True):
            shelf.refresh()  # another process may have been faster with some
            new = {key: array for key, array in arrays.items() if key not in shelf}
            if new:
                shelf.write(new)
                _describe(product, shelf.folder)


def _describe(product: Product, folder: Path) -> None:
    """Say beside the arrays what they are, for `kept`; anew, for it may have been cleared."""
    try:
        (folder / _ABOUT).write_text(json.dumps(product.about(), indent=1), encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{folder / _ABOUT}: cannot be written ({error.strerror})") from None


Answer = list[Array] | str
"""A clip's arrays, or why there are none."""


def _computed(
    tasks: list[_Task], products: Sequence[Product], jobs: int | None
) -> Generator[list[tuple[_Task, Answer]]]:
    """Answers as they are ready, a few clips at a time, from as many processes as are worth it."""
    from joblib import Parallel, cpu_count, delayed

    chunks = [tasks[start : start + _CHUNK] for start in range(0, len(tasks), _CHUNK)]
    answers = Parallel(
        n_jobs=min(jobs or cpu_count(), len(chunks)), return_as="generator_unordered"
    )(delayed(_compute_chunk)(chunk, products) for chunk in chunks)
    try:
        # "yield from" would close `answers` before warnings are filtered.
        for answer in answers:  # noqa: UP028
            yield answer
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib says that tasks were cancelled: they were
            answers.close()


def _compute_chunk(tasks: list[_Task], products: Sequence[Product]) -> list[tuple[_Task, Answer]]:
    # Clips are read anew: what is computed of one must not travel back.
    return [(task, _answer(task, products)) for task in tasks]


def _answer(task: _Task, products: Sequence[Product]) -> Answer:
    clip = Clip(task.clip.path, task.clip.key)
    try:
        return [products[number].compute(clip) for number in task.lacking]
    except AudioError as error:
        name = clip.path.name
        return str(error) if name in str(error) else f"{name}: {error}"
