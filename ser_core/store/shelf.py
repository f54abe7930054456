"""Arrays on disk under keys: written in batches by any number of processes, read by memory map.

A batch is a folder of two files, the arrays' rows end to end and an index of who has which rows.
It is written under another name and moved into place whole, so that a process that is killed in
mid-write leaves nothing that could be read, and writers need no lock: at worst two of them keep
the same array twice.
"""

import shutil
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import StoreError

KEY_BYTES = 16
_INDEX = np.dtype([("key", f"V{KEY_BYTES}"), ("start", "<i8"), ("stop", "<i8")])
_ROWS, _INDEX_FILE, _DRAFT = "rows.npy", "index.npy", ".draft-"
_ABANDONED_S = 3600.0  # no batch takes that long to write


class Arrays(Sequence[NDArray[Any]]):
    """Arrays of a list of clips, in its order: read-only views of the files that hold them.

    A view is made when it is asked for: a hundred thousand of them would take more memory than
    all else that is known of as many clips.
    """

    def __init__(self, batches: list[NDArray[Any]], places: NDArray[np.int64]) -> None:
        self._batches = batches
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, row: Any) -> Any:
        if isinstance(row, slice):
            return [self._view(*place) for place in self._places[row].tolist()]
        return self._view(*self._places[row].tolist())

    def pick(self, rows: NDArray[np.intp], nth: NDArray[np.integer]) -> NDArray[Any]:
        """A copy of the `nth` row of each of some clips' arrays: (len(rows), ...).

        Takes one indexing for each file that they lie in, however many clips there are.

        Raises:
            IndexError: an array has fewer rows.
        """
        batch, start, stop = self._places[rows].T
        wanted = start + nth
        if (wanted >= stop).any():
            raise IndexError("an array has fewer rows than are asked for")
        first = self._batches[batch[0]]
        found = np.empty((len(rows), *first.shape[1:]), first.dtype)
        for number in np.unique(batch):
            here = batch == number
            found[here] = self._batches[number][wanted[here]]
        return found

    @classmethod
    def together(cls, parts: Sequence[tuple[NDArray[np.intp], "Arrays"]]) -> "Arrays":
        """Arrays of all clips of a list, from those of parts of it and where these stand in it."""
        batches: list[NDArray[Any]] = []
        places = np.empty((sum(len(rows) for rows, _ in parts), 3), np.int64)
        for rows, arrays in parts:
            places[rows] = arrays._places + np.array([len(batches), 0, 0])
            batches += arrays._batches
        return cls(batches, places)

    def _view(self, batch: int, start: int, stop: int) -> NDArray[Any]:
        return self._batches[batch][start:stop]


class Shelf:
    """The arrays kept in one folder, as they were at the last `refresh`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._batches: list[Path] = []
        self._mapped: dict[int, NDArray[Any]] = {}
        # What is known of an array must be small: there are many. So a key leads to a row of the
        # batches' indices, end to end: number of the batch, first row in it, row after the last.
        self._rows: dict[bytes, int] = {}
        self._places = np.empty((0, 3), np.int64)
        self.refresh()

    def __contains__(self, key: bytes) -> bool:
        return key in self._rows

    def __getitem__(self, key: bytes) -> NDArray[Any]:
        """The array under `key`, a read-only view of the file.

        Raises:
            KeyError: it is not there.
            StoreError: it was removed since the last `refresh`.
        """
        number, start, stop = self._places[self._rows[key]].tolist()
        return self._opened(number)[start:stop]

    def arrays(self, keys: Sequence[bytes]) -> Arrays:
        """The arrays under several keys.

        Raises:
            KeyError: one is not there.
            StoreError: one was removed since the last `refresh`.
        """
        places = self._places[[self._rows[key] for key in keys]]
        self.open_all()
        return Arrays([self._mapped[number] for number in range(len(self._batches))], places)

    def open_all(self) -> None:
        """Map every batch, so that what is there stays readable even if it is removed."""
        for number in range(len(self._batches)):
            self._opened(number)

    def _opened(self, number: int) -> NDArray[Any]:
        if number not in self._mapped:
            self._mapped[number] = _mapped(self._batches[number] / _ROWS)
        return self._mapped[number]

    def refresh(self) -> None:
        """Take in what other processes have written since."""
        places = [self._places]
        known_batches = set(self._batches)
        for batch in _batches(self.folder):
            if batch in known_batches:
                continue
            try:
                index = np.load(batch / _INDEX_FILE)
            except (OSError, ValueError, EOFError):  # removed just now, or cut off by a crash
                continue
            first = sum(map(len, places))
            rows = range(first, first + len(index))
            self._rows.update(zip(map(bytes, index["key"]), rows, strict=True))
            number = np.full(len(index), len(self._batches))
            places.append(np.stack([number, index["start"], index["stop"]], axis=1))
            self._batches.append(batch)
        self._places = np.concatenate(places)

    def write(self, arrays: Mapping[bytes, NDArray[np.generic]]) -> None:
        """Keep arrays, all of one type and equal in shape but for their first axis.

        Raises:
            StoreError: the disk is full, or the folder may not be written to.
        """
        if not arrays:
            return
        draft = self.folder / f"{_DRAFT}{uuid.uuid4().hex}"
        try:
            draft.mkdir(parents=True)
            _save_end_to_end(draft / _ROWS, list(arrays.values()))
            np.save(draft / _INDEX_FILE, _index(arrays))
            draft.rename(self.folder / _batch_name(draft / _ROWS))
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(
                f"{self.folder}: features cannot be written ({reason}); free some space, or clear "
                "features that are no longer needed"
            ) from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            _sweep(self.folder)
        self.refresh()


def _save_end_to_end(path: Path, arrays: list[NDArray[np.generic]]) -> None:
    """One .npy file of arrays along their first axis, without a copy of them all in memory."""
    first = arrays[0]
    header = {
        "descr": np.lib.format.dtype_to_descr(first.dtype),
        "fortran_order": False,
        "shape": (sum(map(len, arrays)), *first.shape[1:]),
    }
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(file, header)
        for array in arrays:
            file.write(np.ascontiguousarray(array).data)


def _index(arrays: Mapping[bytes, NDArray[np.generic]]) -> NDArray[np.void]:
    stops = np.cumsum([len(array) for array in arrays.values()])
    index = np.zeros(len(arrays), _INDEX)
    index["key"] = np.frombuffer(b"".join(arrays), f"V{KEY_BYTES}")
    index["stop"] = stops
    index["start"][1:] = stops[:-1]
    return index


def _batch_name(rows: Path) -> str:
    """Says how many bytes its rows have: after a power cut they may not all have arrived."""
    return f"{uuid.uuid4().hex}.{rows.stat().st_size}"


def _batches(folder: Path) -> Iterator[Path]:
    """Finished batches, leaving out those whose rows are not all there."""
    if not folder.is_dir():
        return
    for batch in sorted(folder.iterdir()):
        size = batch.suffix[1:]
        if batch.name.startswith(_DRAFT) or not size.isdigit():
            continue
        try:
            whole = (batch / _ROWS).stat().st_size == int(size)
        except OSError:
            continue
        if whole:
            yield batch


def _mapped(rows: Path) -> NDArray[np.generic]:
    try:
        mapped: NDArray[Any] = np.load(rows, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise StoreError(f"{rows.parent}: kept features are gone; try again ({error})") from None
    return mapped.view(np.ndarray)  # whose slices are many times cheaper than a memmap's


def _sweep(folder: Path) -> None:
    """Remove what killed writers have left."""
    for draft in folder.glob(f"{_DRAFT}*"):
        try:
            abandoned = time.time() - draft.stat().st_mtime > _ABANDONED_S
        except OSError:
            continue
        if abandoned:
            shutil.rmtree(draft, ignore_errors=True)


def count_and_size(folder: Path) -> tuple[int, int]:
    """Different keys kept in a folder, and bytes on disk, without reading the arrays."""
    keys: set[bytes] = set()
    size = 0
    for batch in _batches(folder):
        try:
            keys.update(np.load(batch / _INDEX_FILE)["key"].tolist())
            size += (batch / _INDEX_FILE).stat().st_size + int(batch.suffix[1:])
        except (OSError, ValueError):
            continue
    return len(keys), size
