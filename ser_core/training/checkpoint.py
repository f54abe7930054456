"""A training on disk, as it was after its last finished epoch, to be taken up from there.

Keras' own files come back with the generators of dropout reset and, of weights alone, without the
optimiser's moments; nor do they know of the best epoch so far. So all of it is kept here, as plain
arrays and JSON in one `.npz` file. All other draws are named by seed, fold, epoch and clip
(`ser_core.augment.generator`), and schedules know nothing but the step and the scores so far: they
need not be kept.

Importing this imports no Keras.
"""

import contextlib
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ser_core.training.epoch import Epoch

FILE = "checkpoint.npz"
_FACTS = "facts"


class _Variable(Protocol):
    """One of Keras'."""

    shape: Any

    def assign(self, value: Any) -> Any: ...
    def numpy(self) -> Any: ...


@dataclass
class Best:
    """The epoch whose weights stay.

    Attributes:
        number: of the epoch; 0 before the first.
        improved: the last epoch that was better than all before it.
        score: of the epoch; greater is better.
        weights: the network's after it.
    """

    number: int = 0
    improved: int = 0
    score: float = -np.inf
    weights: list[NDArray[Any]] = field(default_factory=list)

    def consider(
        self, number: int, score: float, weights: Callable[[], list[NDArray[Any]]], always: bool
    ) -> None:
        """Keep an epoch if it is the best so far, or always.

        A tie goes to the later epoch, which the falling learning rate has settled further; it does
        not put off the end.
        """
        if score > self.score:
            self.improved = number
        if always or score >= self.score:
            self.number, self.score, self.weights = number, score, weights()


@dataclass(frozen=True)
class Checkpoint:
    """Where a training stands.

    Attributes:
        variables: of network, objective, generators and optimiser, in their order.
    """

    history: list[Epoch]
    best: Best
    variables: list[NDArray[Any]]

    def restore(self, variables: list[_Variable]) -> bool:
        """Give variables these values; nothing is done, and False returned, if they do not fit."""
        shapes = [tuple(variable.shape) for variable in variables]
        if shapes != [array.shape for array in self.variables]:
            return False
        for variable, array in zip(variables, self.variables, strict=True):
            variable.assign(array)
        return True


class CheckpointFile:
    """The checkpoint of one training, replaced as a whole after each epoch.

    Args:
        folder: made if it is missing.
        key: names everything that decides how the training goes; a file of another key is as none.
        trouble: told in words when nothing can be written. The training goes on, for it needs no
            disk; the last whole checkpoint stays, and an interrupted run goes on from there.
    """

    def __init__(self, folder: Path, key: str, trouble: Callable[[str], None]) -> None:
        self.path = folder / FILE
        self._key = key
        self._trouble = trouble
        self._failed = False

    def write(self, checkpoint: Checkpoint) -> bool:
        """Replace the file; False, and it stays as it was, when that is not possible."""
        best = asdict(checkpoint.best)
        weights = best.pop("weights")
        facts = {
            "key": self._key,
            "history": [asdict(epoch) for epoch in checkpoint.history],
            "best": best,
        }
        arrays = _numbered("variables", checkpoint.variables) | _numbered("best", weights)
        arrays[_FACTS] = np.array(json.dumps(facts))
        try:
            write_whole(self.path, lambda draft: _write_arrays(draft, arrays))
        except OSError as error:
            if not self._failed:
                self._trouble(_not_kept(self.path, error))
            self._failed = True
            return False
        self._failed = False
        return True

    def read(self) -> Checkpoint | None:
        """What was written last, or None: there is none, it is of another key, or it is damaged."""
        try:
            # Opened here: of a damaged file, NumPy leaves it to chance when it is closed.
            with self.path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
            facts = json.loads(str(arrays.pop(_FACTS)))
            if facts["key"] != self._key:
                return None
            history = [Epoch(**epoch) for epoch in facts["history"]]
            best = Best(**facts["best"], weights=_in_order("best", arrays))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None
        return Checkpoint(history, best, _in_order("variables", arrays))


def clear(folder: Path) -> int:
    """Remove every checkpoint below a folder, of runs that will not be taken up again.

    Returns:
        Bytes that are free now.
    """
    freed = 0
    for file in [*folder.rglob(FILE), *folder.rglob(f".*-{FILE}")]:
        with contextlib.suppress(OSError):
            size = file.stat().st_size
            file.unlink()
            freed += size
    return freed


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Have a file written beside its place, and move it there once it is safe on the disk.

    Args:
        write: writes the file that it is given.

    Raises:
        OSError: that is not possible; what was there before still is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        write(draft)
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _not_kept(path: Path, error: OSError) -> str:
    return (
        f"the checkpoint {path} cannot be written ({error.strerror or error}); training goes on, "
        "and an interrupted run would be taken up from the last epoch that could be kept"
    )


def _numbered(name: str, arrays: list[NDArray[Any]]) -> dict[str, Any]:
    return {f"{name}/{place:05}": array for place, array in enumerate(arrays)}


def _in_order(name: str, arrays: Mapping[str, Any]) -> list[NDArray[Any]]:
    return [arrays[key] for key in sorted(arrays) if key.startswith(f"{name}/")]
