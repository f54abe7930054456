"""How the training of a run went, epoch by epoch, read back from what it kept."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ser_core.tracking import Run, RunStore

HISTORY = "history.json"

Epochs = list[dict[str, Any]]
"""One fold's epochs, each with its number and what was measured."""


def read_history(folder: Path, run: Run | None, store: RunStore) -> list[Epochs]:
    """From the run's own file, else from what the store was told after each epoch."""
    try:
        document = json.loads((folder / HISTORY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return _logged(run, store) if run else []
    folds: Any = document.get("folds", document) if isinstance(document, dict) else document
    folds = list(folds.values()) if isinstance(folds, dict) else folds
    return [_epochs(fold) for fold in folds]


def _epochs(fold: Any) -> Epochs:
    """Epochs of a fold, whether they stand alone or beside facts of the fold."""
    listed: Any = fold.get("epochs", fold.get("history", [])) if isinstance(fold, dict) else fold
    return [dict(epoch) for epoch in listed]


def _logged(run: Run, store: RunStore) -> list[Epochs]:
    names: dict[str, list[str]] = {}
    for metric in run.metrics:
        fold, dot, name = metric.partition(".")
        if dot and fold.startswith("fold") and fold[4:].isdigit():
            names.setdefault(fold, []).append(name)
    found = []
    for fold in sorted(names, key=lambda name: int(name[4:])):
        epochs: dict[int, dict[str, Any]] = {}
        for name in names[fold]:
            for step, value in store.history(run.run_id, f"{fold}.{name}"):
                epochs.setdefault(step, {"number": step})[name] = value
        found.append([epochs[step] for step in sorted(epochs)])
    return found


def measures(history: Sequence[Epochs]) -> dict[str, list[list[float]]]:
    """Every number that was measured after each epoch, as one list a fold.

    Scores of single classes are called "measure/class": `validation_recall/angry`. What was never
    a number is left out.
    """
    found: dict[str, list[list[float]]] = {}
    for place, epochs in enumerate(history):
        for epoch in epochs:
            for name, value in _numbers(epoch):
                folds = found.setdefault(name, [[] for _ in history])
                folds[place].append(value)
    known = {name: [fold for fold in folds if fold] for name, folds in found.items()}
    return {
        name: folds
        for name, folds in known.items()
        if any(math.isfinite(value) for fold in folds for value in fold)
    }


def _numbers(epoch: Mapping[str, Any]) -> list[tuple[str, float]]:
    found = []
    for name, value in epoch.items():
        if isinstance(value, Mapping):
            found += [(f"{name}/{label}", _float(each)) for label, each in value.items()]
        elif name not in ("number", "epoch") and not isinstance(value, str | list | bool):
            found.append((name, _float(value)))
    return found


def _float(value: Any) -> float:
    return math.nan if value is None else float(value)
