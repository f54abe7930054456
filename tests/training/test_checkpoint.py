"""Trainings that are stopped and taken up again, and what is kept of them on the way."""

import errno
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core.__main__ import main
from ser_core.corpora.splits import Fold
from ser_core.errors import TaskCancelled
from ser_core.training import checkpoint
from ser_core.training.checkpoint import Best, Checkpoint, CheckpointFile, write_whole
from ser_core.training.config import Recipe, override
from ser_core.training.cross_validation import Study
from ser_core.training.epoch import Epoch
from ser_core.training.fold_file import read_fold, save_fold
from ser_core.training.results import FoldResult
from ser_core.training.trainer import Fitted, Watch, fit

EPOCHS = 4
# Batch normalisation and dropout come with the architecture.
LIVE = {
    "copies": 0,
    "epochs": EPOCHS,
    "optimiser": "adam",
    "schedule": "plateau",
    "learning_rate": 0.01,
    "heads": ["gender", "intensity"],
    "batch_size": 8,
    "deterministic": True,
}


class Stopping:
    """Says stop before a batch of an epoch."""

    def __init__(self, epoch: int, batch: int = 2) -> None:
        self._left = batch
        self._after = epoch - 1
        self.epochs: list[int] = []

    def on_epoch(self, epoch: Epoch) -> None:
        self.epochs.append(epoch.number)

    def should_stop(self) -> bool:
        if len(self.epochs) < self._after:
            return False
        self._left -= 1
        return self._left == 0


def study_of(table: pd.DataFrame, recipe: Recipe, folder: Path) -> tuple[Any, ...]:
    study = Study(table, recipe, folder)
    rows = np.arange(len(table))
    return study.examples, study.targets, rows[: len(rows) * 2 // 3], rows[len(rows) * 2 // 3 :]


def facts(fitted: Fitted) -> list[dict[str, Any]]:
    """The history but for what the clock says."""
    return [asdict(replace(epoch, seconds=0.0)) for epoch in fitted.history]


def test_a_training_taken_up_ends_as_one_that_was_never_stopped(
    three_speakers: pd.DataFrame, tiny: Recipe, tmp_path: Path
) -> None:
    recipe = override(tiny, LIVE | {"wait_epochs": 1})
    parts = study_of(three_speakers.iloc[::2].reset_index(drop=True), recipe, tmp_path)
    whole = fit(*parts, recipe)

    file = CheckpointFile(tmp_path, "key", pytest.fail)
    stopping, kept = Stopping(epoch=3), []
    with pytest.raises(TaskCancelled):
        fit(
            *parts,
            recipe,
            watch=Watch(
                on_epoch=stopping.on_epoch,
                on_stop=kept.append,
                should_stop=stopping.should_stop,
                checkpoint=file,
            ),
        )
    assert stopping.epochs == [1, 2]
    assert kept[0].best_epoch in (1, 2)

    began: list[int] = []
    again = fit(
        *parts,
        recipe,
        watch=Watch(on_start=lambda epochs: began.append(len(epochs)), checkpoint=file),
    )
    assert began == [2]
    assert facts(again) == facts(whole)
    assert again.best_epoch == whole.best_epoch
    for ours, theirs in zip(again.network.get_weights(), whole.network.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    done = file.read()
    assert done is not None
    assert len(done.history) == EPOCHS


def some(number: int = 1) -> Checkpoint:
    rng = np.random.default_rng(number)
    arrays = [rng.normal(size=(2, 3)).astype(np.float32), np.array([7, 8], np.uint32)]
    history = [Epoch(each, 1.0, 0.1, 0.5, float("nan")) for each in range(1, number + 1)]
    return Checkpoint(history, Best(number, 1, 0.25, arrays[:1]), arrays)


def test_a_checkpoint_comes_back_as_it_was(tmp_path: Path) -> None:
    file = CheckpointFile(tmp_path / "deep", "key", pytest.fail)
    assert file.read() is None
    wanted = some(12)
    assert file.write(some())
    assert file.write(wanted)
    got = file.read()
    assert got is not None
    np.testing.assert_equal(
        [asdict(each) for each in got.history], [asdict(each) for each in wanted.history]
    )
    assert (got.best.number, got.best.improved, got.best.score) == (12, 1, 0.25)
    for ours, theirs in zip(got.variables, wanted.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
        assert ours.dtype == theirs.dtype
    assert CheckpointFile(file.path.parent, "another", pytest.fail).read() is None
    assert list(file.path.parent.iterdir()) == [file.path]


def test_a_full_disk_leaves_the_last_whole_checkpoint_and_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    file = CheckpointFile(tmp_path, "key", said.append)
    assert file.write(some(1))

    def full(path: Path, arrays: Any) -> None:
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "_write_arrays", full)
        assert not file.write(some(2))
        assert not file.write(some(3))
    assert len(said) == 1
    assert "cannot be written (No space left on device); training goes on" in said[0]
    kept = file.read()
    assert kept is not None
    assert len(kept.history) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.npz"]


def test_checkpoints_that_nobody_wants_can_be_cleared(
    ser_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--clear-checkpoints"]) == 0
    fold = ser_home / "runs" / "work" / "a" / "fold-1"
    CheckpointFile(fold, "key", pytest.fail).write(some())
    (fold / ".123-checkpoint.npz").write_bytes(b"half of it")  # of a process that was killed
    (fold / "fold.json").write_text("{}")
    assert main(["runs", "--clear-checkpoints"]) == 0
    assert [path.name for path in fold.iterdir()] == ["fold.json"]
    assert "0.0 MB of checkpoints removed" in capsys.readouterr().out


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_a_damaged_checkpoint_is_as_none(tmp_path: Path, keep: float) -> None:
    file = CheckpointFile(tmp_path, "key", pytest.fail)
    file.write(some())
    content = file.path.read_bytes()
    file.path.write_bytes(content[: int(len(content) * keep)])
    assert file.read() is None


@pytest.mark.parametrize("file", ["fold.json", "predictions.csv"])
def test_a_finished_fold_that_is_damaged_is_as_none(tmp_path: Path, file: str) -> None:
    fold = Fold(("a.wav",), ("b.wav",), ("c.wav",))
    said = pd.DataFrame({"clip": ["c.wav"], "speaker": [""], "emotion": ["sad"], "sad": [1.0]})
    save_fold(tmp_path, FoldResult(1, fold, 1, some().history, said), "key")
    assert {each.name for each in tmp_path.iterdir()} == {"fold.json", "predictions.csv"}
    kept = read_fold(tmp_path, 1, fold, "key")
    assert kept is not None
    pd.testing.assert_frame_equal(kept.predictions, said, check_dtype=False)
    (tmp_path / file).write_bytes(b"")
    assert read_fold(tmp_path, 1, fold, "key") is None


def test_a_checkpoint_that_holds_objects_is_never_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return pytest.fail, ("unpickled",)

    file = CheckpointFile(tmp_path, "key", pytest.fail)
    trap = np.array([Trap()], dtype=object)
    write_whole(file.path, lambda draft: draft.write_bytes(b""))
    np.savez(file.path, facts=np.array(json.dumps({"key": "key"})), **{"best/00000": trap})
    assert file.read() is None
