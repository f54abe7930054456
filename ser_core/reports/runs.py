"""Finished runs, read back from what they keep: predictions, scores and the course of training."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from ser_core.errors import TrackingError
from ser_core.tracking import Run, RunStore

PREDICTIONS, SCORES, HISTORY = "predictions.csv", "scores.json", "history.json"
FACTS = ("gender", "intensity", "statement", "duration_s")
"""Columns of a corpus that clips are grouped by."""

_WORDS = ("clip", "speaker", "emotion", "predicted", *FACTS[:3])

Epochs = list[dict[str, Any]]
"""One fold's epochs, each with its number and what was measured."""


@dataclass(frozen=True)
class FinishedRun:
    """One run and what it predicted.

    Attributes:
        run_id: "" for a folder that no store knows.
        seeds: of the training.
        labels: in house order.
        predictions: clip, speaker, fold, emotion, predicted, and one column a label; a row for each
            test clip. `with_facts` adds what the corpus knows of the clips.
        left_out: clips that took no part, by reason.
        history: of each fold; empty where nothing was kept.
    """

    run_id: str
    name: str
    recipe: str
    protocol: str
    corpus: str
    seeds: tuple[str, ...]
    labels: list[str]
    predictions: pd.DataFrame
    left_out: dict[str, int]
    history: list[Epochs] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What it is called, told apart from others of its name."""
        return f"{self.name} · {self.run_id[:8]}" if self.run_id else self.name

    @property
    def slug(self) -> str:
        """The title as part of a file's name."""
        kept = "".join(char if char.isalnum() or char in "-_" else "-" for char in self.name)
        return f"{kept}-{self.run_id[:8]}" if self.run_id else kept

    @property
    def folds(self) -> int:
        """In how many folds its clips were tested."""
        return int(self.predictions["fold"].nunique())

    @property
    def times_tested(self) -> int:
        """How often a clip was tested at most; more than once where several seeds were trained."""
        return int(self.predictions["clip"].value_counts().max())

    def test(self) -> tuple[str, frozenset[tuple[str, str]]]:
        """What it was tested on; runs are comparable where this is the same."""
        pairs = zip(self.predictions["clip"], self.predictions["emotion"], strict=True)
        return self.protocol, frozenset(pairs)

    def with_facts(self, table: pd.DataFrame) -> "FinishedRun":
        """The run with what a corpus' table knows of its clips: `FACTS`."""
        known = table.set_index("clip")[list(FACTS)]
        known = known[~known.index.duplicated()]
        new = [name for name in FACTS if name not in self.predictions]
        return replace(self, predictions=self.predictions.join(known[new], on="clip"))


def load(reference: str, store: RunStore) -> FinishedRun:
    """A run by its id or the beginning of it, or by a folder that holds its files.

    Raises:
        UnknownNameError: no such run.
        TrackingError: it kept no predictions, or its files cannot be read.
    """
    folder = Path(reference)
    if (folder / PREDICTIONS).is_file():
        return _read(folder, None, store)
    run = store.find(reference)
    kept = store.files(run.run_id)
    if kept is None or not (kept / PREDICTIONS).is_file():
        raise TrackingError(
            f"run {run.run_id} ({run.name}, {run.status}) kept no {PREDICTIONS}; only a run that "
            "finished its folds has one"
        )
    return _read(kept, run, store)


def _read(folder: Path, run: Run | None, store: RunStore) -> FinishedRun:
    try:
        document = json.loads((folder / SCORES).read_text(encoding="utf-8"))
        labels = list(document["confusion"]["labels"])
        # A speaker who is not known is "", which is not a missing number.
        words = dict.fromkeys(_WORDS, str)
        predictions = pd.read_csv(folder / PREDICTIONS, dtype=words, keep_default_na=False)
        missing = {"clip", "speaker", "fold", "emotion", "predicted", *labels} - {*predictions}
        if missing or predictions.empty:
            said = f"no column {', '.join(sorted(missing))}" if missing else "no clip"
            raise TrackingError(f"{folder / PREDICTIONS} is no table of predictions: {said}")
        predictions[labels] = predictions[labels].astype(float)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrackingError(f"{folder}: the run's files cannot be read ({error})") from None
    parameters = run.parameters if run else {}
    return FinishedRun(
        run_id=run.run_id if run else "",
        name=run.name if run else folder.resolve().name,
        recipe=run.recipe if run else "",
        protocol=run.protocol if run else "",
        corpus=run.tags.get("corpus", "") if run else "",
        seeds=_seeds(parameters, predictions),
        labels=labels,
        predictions=predictions,
        left_out={str(reason): int(count) for reason, count in document["left_out"].items()}
        if "left_out" in document
        else {},
        history=_history(folder, run, store),
        parameters=dict(parameters),
    )


def _seeds(parameters: Mapping[str, str], predictions: pd.DataFrame) -> tuple[str, ...]:
    if "seed" in predictions:
        return tuple(sorted(set(predictions["seed"].astype(str))))
    known = parameters.get("training.seed")
    return (known,) if known is not None else ()


def _history(folder: Path, run: Run | None, store: RunStore) -> list[Epochs]:
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
