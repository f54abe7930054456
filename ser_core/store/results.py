"""Results about many clips together, kept on disk by the clips' content and how they were made."""

import contextlib
import hashlib
import os
import uuid
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import StoreError
from ser_core.store.clips import Clip

Arrays = dict[str, NDArray[Any]]

_MOST = 100  # results kept in one folder; the oldest go first


def result_key(clips: Sequence[Clip], made: Sequence[str]) -> str:
    """Names a result.

    Args:
        clips: in their order.
        made: all else that it depends on: settings, labels, the fingerprint of the code.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in [*(clip.key for clip in clips), *(text.encode() for text in made)]:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


class ResultStore:
    """Named arrays under keys, each result one file; safe to use from many threads and processes.

    Args:
        folder: where; made when first written to.
        most: results kept; beyond, the ones used longest ago are removed.
    """

    def __init__(self, folder: Path, most: int = _MOST) -> None:
        self.folder = folder
        self._most = most

    def get(self, key: str) -> Arrays | None:
        """What is kept under the key; None where nothing is, or where it cannot be read."""
        path = self.folder / f"{key}.npz"
        try:
            # NumPy leaves a file that it opens itself open where it is cut off.
            with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
            os.utime(path)
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
            return None
        return arrays

    def put(self, key: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep arrays under the key.

        Raises:
            StoreError: the disk is full, or the folder may not be written to.
        """
        draft = self.folder / f".draft-{uuid.uuid4().hex}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                np.savez(file, allow_pickle=False, **dict(arrays))
            draft.replace(self.folder / f"{key}.npz")
            self._forget_oldest()
        except OSError as error:
            raise StoreError(
                f"{self.folder}: cannot be written ({error.strerror or error}); free some space"
            ) from None
        finally:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)

    def _forget_oldest(self) -> None:
        kept = sorted(self.folder.glob("*.npz"), key=lambda path: path.stat().st_mtime)
        for path in kept[: -self._most]:
            path.unlink(missing_ok=True)
