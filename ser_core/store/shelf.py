"""Arrays on disk under keys: written in batches by any number of processes, read by memory map.

A batch is a folder of two files, the arrays' rows end to end and an index of who has which rows.
It is written under another name and moved into place whole, so that a process that is killed in
mid-write leaves nothing that could be read, and writers need no lock: at worst two of them keep
the same array twice.
"""

import shutil
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import StoreError

KEY_BYTES = 16
_INDEX = np.dtype([("key", f"V{KEY_BYTES}"), ("start", "<i8"), ("stop", "<i8")])
_ROWS, _INDEX_FILE, _DRAFT = "rows.npy", "index.npy", ".draft-"
_ABANDONED_S = 3600.0  # no batch takes that long to write


class Shelf:
    """The arrays kept in one folder, as they were at the last `refresh`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._batches: dict[Path, NDArray[np.generic] | None] = {}
        self._places: dict[bytes, tuple[Path, int, int]] = {}
        self.refresh()

    def __contains__(self, key: bytes) -> bool:
        return key in self._places

    def __getitem__(self, key: bytes) -> NDArray[np.generic]:
        """The array under `key`, a read-only view of the file.

        Raises:
            KeyError: it is not there.
            StoreError: it was removed since the last `refresh`.
        """
        batch, start, stop = self._places[key]
        rows = self._batches[batch]
        if rows is None:
            rows = self._batches[batch] = _mapped(batch / _ROWS)
        return rows[start:stop]

    def open_all(self) -> None:
        """Map every batch, so that what is there stays readable even if it is removed."""
        for batch, rows in self._batches.items():
            if rows is None:
                self._batches[batch] = _mapped(batch / _ROWS)

    def refresh(self) -> None:
        """Take in what other processes have written since."""
        for batch in _batches(self.folder):
            if batch not in self._batches:
                try:
                    index = np.load(batch / _INDEX_FILE)
                except (OSError, ValueError, EOFError):  # removed just now, or cut off by a crash
                    continue
                self._batches[batch] = None
                for key, start, stop in index:
                    self._places[bytes(key)] = batch, int(start), int(stop)

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
        mapped: NDArray[np.generic] = np.load(rows, mmap_mode="r")
    except (OSError, ValueError) as error:
        raise StoreError(f"{rows.parent}: kept features are gone; try again ({error})") from None
    return mapped


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
