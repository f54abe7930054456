"""Folders of jobs as workers and managers leave them, without anything having been trained."""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ser_core.jobs import folder as folders
from ser_core.jobs.folder import JobFolder, State
from ser_core.jobs.progress import Progress
from ser_core.training import events, worker

LABELS = ("neutral", "happy", "sad", "angry")


def order(recipe: str = "studio", protocol: str = "speaker-independent", **more: Any) -> Any:
    """An order as `order.json` has it; the recipe says no more than pages look at."""
    return {
        "recipe": {
            "name": recipe,
            "architecture": {"name": "studio_crnn"},
            "training": {"epochs": more.pop("epochs", 4), "seed": 0},
        },
        "sources": [{"name": "synthetic", "root": "/corpora/synthetic", "settings": {}}],
        "protocol": protocol,
        "model_name": None,
        "device": "auto",
        **more,
    }


def training(
    folds: int = 2, epochs: int = 4, seed: int = 0, labels: tuple[str, ...] = LABELS
) -> Iterator[events.Event]:
    """All that is told of a training that goes well."""
    draw = random.Random(seed)
    yield events.Message(words="looking at the clips")
    yield events.Message(words="no leak: no speaker stands on both sides of a fold")
    yield events.RunStarted(run_id=f"run{seed}")
    yield events.FeaturesMade(done=160, total=160)
    for fold in range(1, folds + 1):
        yield events.FoldStarted(fold=fold, folds=folds)
        for epoch in range(1, epochs + 1):
            yield events.BatchDone(fold=fold, epoch=epoch, batch=5, batches=10)
            yield _epoch(fold, folds, epoch, epochs, draw, labels)
        uar = draw.uniform(0.4, 0.7)
        yield events.FoldFinished(
            fold=fold, folds=folds, uar=uar, war=uar + 0.02, best_epoch=max(1, epochs - 1)
        )
    yield events.Finished(run_id=f"run{seed}")


def _epoch(
    fold: int, folds: int, epoch: int, epochs: int, draw: random.Random, labels: tuple[str, ...]
) -> events.EpochDone:
    learned = 1 - 0.8 * 0.9 ** (20 * epoch / epochs)
    recall = {one: min(max(learned + draw.uniform(-0.25, 0.05), 0.0), 1.0) for one in labels}
    uar = sum(recall.values()) / len(recall)
    right = {one: round(20 * recall[one]) for one in labels}
    confusion = [
        [right[row] if row == column else _missed(20 - right[row], place, len(labels))
         for place, column in enumerate(labels)]
        for row in labels
    ]  # fmt: skip
    return events.EpochDone(
        fold=fold, folds=folds, epoch=epoch, epochs=epochs,
        loss=2.0 * (1 - learned) + draw.uniform(0, 0.05),
        scores={
            "accuracy": min(learned + 0.1, 1.0),
            "validation_loss": 2.0 * (1 - 0.7 * learned) + draw.uniform(0, 0.1),
            "validation_accuracy": uar,
            "validation_uar": uar,
        },
        recall=recall, confusion=confusion, labels=list(labels), seconds=12.0,
        eta_s=12.0 * ((folds - fold) * epochs + epochs - epoch), learning_rate=1e-3,
    )  # fmt: skip


def _missed(count: int, place: int, labels: int) -> int:
    return count // (labels - 1) + (place < count % (labels - 1))


def make_job(
    root: Path,
    status: folders.Status = "FINISHED",
    told: int | None = None,
    events_of: Iterator[events.Event] | None = None,
    asked: dict[str, Any] | None = None,
    ago_s: float = 600.0,
    **state: Any,
) -> JobFolder:
    """A job's folder.

    Args:
        root: where all jobs are.
        status: how it stands.
        told: how many events there are; None for all.
        events_of: what a worker would tell; a short training if left out.
        asked: its `order.json`.
        ago_s: when it was asked for, in seconds before now.
        state: further fields of its state.
    """
    job = folders.new_job(asked or order(), root)
    progress, run_id, now = Progress(), "", time.time()
    began = now - ago_s
    lines = []
    waits = status == "SCHEDULED" and not state.get("attempt")
    for number, event in enumerate([] if waits else list(events_of or training())[:told]):
        at = began + number
        lines.append(f'{{"time":{at:.3f},{events.write(event)[1:]}\n')
        progress = progress.after(event, at)
        run_id = run_id or getattr(event, "run_id", "")
    if status in ("FINISHED", "FAILED", "KILLED") and lines:
        said = {"kind": "ended", "state": status, "reason": "", "can_resume": True}
        lines.append(f'{{"time":{began + len(lines):.3f},{json.dumps(said)[1:]}\n')
    text = "".join(lines)
    if lines:
        (job.path / worker.EVENTS).write_text(text)
        (job.path / worker.LOG).write_text("20:00:00 looking at the clips\n20:00:01 fold 1/2\n")
    usual: dict[str, Any] = {"queued": began}
    if not waits and status != "SCHEDULED":
        usual |= {"attempt": 1, "device": "cpu", "host": "here", "started": began}
        usual |= {"run_id": run_id, "mirrored": status}
        usual["ended"] = None if status == "RUNNING" else began + len(lines)
    job.write_state(
        State(status=status, progress=progress, offset=len(text.encode()), **{**usual, **state})
    )
    if status == "FINISHED":
        (job.path / worker.ARTIFACTS / "scores.json").write_text(json.dumps(scores()))
    return job


def scores(uar: float = 0.61, labels: tuple[str, ...] = LABELS) -> dict[str, Any]:
    """`scores.json` of a finished run."""
    around = {"value": uar, "low": uar - 0.05, "high": uar + 0.05}
    counts = [[12 if row == column else 3 for column in labels] for row in labels]
    return {
        "clips": 84,
        "speakers": 6,
        "war": around,
        "uar": around,
        "macro_f1": around,
        "weighted_f1": around,
        "recall": dict.fromkeys(labels, uar),
        "confusion": {"labels": list(labels), "counts": counts},
        "left_out": {},
        "label_map": {"name": "", "map": {}, "only_these": False},
    }
