"""Finished runs, read back from the files that they keep.

What was read once stays in memory, by the files' content: asking again costs no more than looking
whether they have changed.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from ser_core.comparison.history import HISTORY, read_history
from ser_core.comparison.noise import NOISE, read_noise
from ser_core.comparison.runs import FACTS, FinishedRun
from ser_core.errors import SerError, TrackingError
from ser_core.store import Recent
from ser_core.tracking import Run, RunStore
from ser_core.tracking.run import folder_of

PREDICTIONS, SCORES = "predictions.csv", "scores.json"

_WORDS = ("clip", "speaker", "emotion", "predicted", *FACTS[:3])
_MOST_IN_MEMORY = 200  # runs; one of 1 440 clips takes about half a megabyte
_AT_ONCE = 8  # where a server keeps the files
_memory: Recent[Any, FinishedRun] = Recent(_MOST_IN_MEMORY)


def load(reference: str, store: RunStore) -> FinishedRun:
    """A run by its id or the beginning of it, or by a folder that holds its files.

    Raises:
        UnknownNameError: no such run.
        TrackingError: it kept no predictions, or its files cannot be read.
    """
    folder = Path(reference)
    if (folder / PREDICTIONS).is_file():
        return _read(folder, None, store)
    return of_store(store.find(reference), store)


def of_store(run: Run, store: RunStore) -> FinishedRun:
    """A run of the store with its predictions.

    Raises:
        TrackingError: it kept no predictions, or its files cannot be read.
    """
    kept = folder_of(run.artifacts) or store.files(run.run_id)
    if kept is None or not (kept / PREDICTIONS).is_file():
        raise TrackingError(
            f"run {run.run_id} ({run.name}, {run.status}) kept no {PREDICTIONS}; only a run that "
            "finished its folds has one"
        )
    return _read(kept, run, store)


def of_store_all(runs: Sequence[Run], store: RunStore) -> tuple[list[FinishedRun], dict[str, str]]:
    """Runs with their predictions, in their order, and why others have none, by their ids."""
    if all(folder_of(run.artifacts) is not None for run in runs):
        found = [_tried(run, store) for run in runs]
    else:
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            found = list(threads.map(lambda run: _tried(run, store), runs))
    good = [one for one in found if isinstance(one, FinishedRun)]
    pairs = zip(runs, found, strict=True)
    return good, {run.run_id: one for run, one in pairs if isinstance(one, str)}


def scored_runs(store: RunStore) -> list[Run]:
    """The store's runs that came to a score, newest first: those that can be compared.

    Raises:
        TrackingError: the store cannot be read.
    """
    return [run for run in store.runs() if "uar" in run.metrics and run.status == "FINISHED"]


def _tried(run: Run, store: RunStore) -> FinishedRun | str:
    try:
        return of_store(run, store)
    except SerError as error:
        return str(error)


def _read(folder: Path, run: Run | None, store: RunStore) -> FinishedRun:
    """The run from memory where its files are as they were."""
    key = (str(folder), run and (run.run_id, run.name, run.ended), *map(_stamp, _files(folder)))
    return _memory.get(key, lambda: _opened(folder, run, store))


def _files(folder: Path) -> list[Path]:
    return [folder / name for name in (PREDICTIONS, SCORES, HISTORY, NOISE)]


def _stamp(file: Path) -> tuple[int, int] | None:
    """Changes when a file does; None where there is none."""
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns


def _opened(folder: Path, run: Run | None, store: RunStore) -> FinishedRun:
    try:
        document = json.loads((folder / SCORES).read_text(encoding="utf-8"))
        labels = list(document["confusion"]["labels"])
        predictions = _predictions(folder / PREDICTIONS, labels)
        left_out = {str(why): int(number) for why, number in document.get("left_out", {}).items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrackingError(f"{folder}: the run's files cannot be read ({error})") from None
    parameters = run.parameters if run else {}
    found = FinishedRun(
        run_id="",
        name=folder.resolve().name,
        recipe="",
        protocol="",
        corpus="",
        seeds=_seeds(parameters, predictions),
        labels=labels,
        predictions=predictions,
        left_out=left_out,
        history=read_history(folder, run, store),
        parameters=dict(parameters),
        leaks=tuple(map(str, document.get("leaks", []))),
        noise=read_noise(folder),
    )
    return found if run is None else _known_by(found, run)


def _known_by(found: FinishedRun, run: Run) -> FinishedRun:
    """What the store knows of the run."""
    return replace(
        found,
        run_id=run.run_id,
        name=run.name,
        recipe=run.recipe,
        protocol=run.protocol,
        corpus=run.tags.get("corpus", ""),
        metrics=dict(run.metrics),
        started=run.started,
        ended=run.ended,
        root=run.parameters.get("root", ""),
    )


def _predictions(file: Path, labels: list[str]) -> pd.DataFrame:
    # A speaker who is not known is "", which is not a missing number.
    kinds: dict[str, type] = dict.fromkeys(_WORDS, str) | dict.fromkeys(labels, float)
    table = pd.read_csv(file, dtype=kinds, keep_default_na=False)
    missing = {"clip", "speaker", "fold", "emotion", "predicted", *labels} - {*table}
    if missing or table.empty:
        said = f"no column {', '.join(sorted(missing))}" if missing else "no clip"
        raise TrackingError(f"{file} is no table of predictions: {said}")
    return table


def _seeds(parameters: Mapping[str, str], predictions: pd.DataFrame) -> tuple[str, ...]:
    if "seed" in predictions:
        return tuple(sorted(set(predictions["seed"].astype(str))))
    known = parameters.get("training.seed")
    return (known,) if known is not None else ()
