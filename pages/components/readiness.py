"""What is ready to be used: corpora, models, runs and the machine. The data behind Home."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from ser_core import paths
from ser_core.errors import CorpusError, SerError
from ser_core.jobs.tasks import TaskSnapshot, runner

_FRESH_S = 10.0  # for so long an answer is not asked for again
RUNS = "page:runs"  # key of the task that reads the run store


@dataclass(frozen=True)
class CorpusFacts:
    """A corpus in the user's list."""

    title: str
    root: str
    clips: int | None = None  # None: not read yet
    speakers: int | None = None
    problem: str = ""
    synthetic: bool = False  # nobody was recorded


@dataclass(frozen=True)
class ModelFacts:
    """A model that can be used, and its card ({} where it has none)."""

    name: str
    card: Mapping[str, Any]


@dataclass(frozen=True)
class Machine:
    """What there is to compute with."""

    cores: int
    memory_gb: float
    gpus: tuple[str, ...]
    free_gb: float


@dataclass(frozen=True)
class Step:
    """The next thing to do: why, what the button says, and where it leads."""

    why: str
    button: str
    page: str


def next_step(corpora: list[CorpusFacts], models: list[ModelFacts]) -> Step:
    """The one thing worth doing now."""
    if models:
        return Step(
            "A model is ready. Record a sentence and see which emotion it hears.",
            "Record a sentence",
            "pages/live.py",
        )
    if any(corpus.clips for corpus in corpora):
        return Step(
            "There is no model yet. Train one on your corpus.",
            "Train a model",
            "pages/training.py",
        )
    return Step(
        "There is no model and no corpus yet. Download RAVDESS or EMO-DB, open a folder of your "
        "own, or make the synthetic demo corpus.",
        "Add a corpus",
        "pages/dataset.py",
    )


@st.cache_data(ttl=_FRESH_S, show_spinner=False)
def corpora(home: str) -> list[CorpusFacts]:
    """The user's corpora with the size of those that have been read.

    Args:
        home: `SER_HOME`; another one is not answered from the cache.
    """
    if not (Path(home) / "corpora.json").exists():
        return []  # nothing was ever added: no need to import pandas for that
    from ser_core.corpora import library

    found = []
    for entry in library.entries():
        facts = CorpusFacts(entry.title, str(entry.root), synthetic=entry.synthetic)
        try:
            table = library.cached_table(entry)
        except CorpusError as error:
            found.append(replace(facts, problem=str(error)))
            continue
        if table is not None:
            people = table.loc[table["speaker"] != "", "speaker"].nunique()
            facts = replace(facts, clips=len(table), speakers=people)
        found.append(facts)
    return found


def models() -> list[ModelFacts]:
    """Every model with its card, the shipped one first; an unreadable card counts as none."""
    from ser_core.inference.model_file import list_models, model_folders

    folders = model_folders()
    return [ModelFacts(name, _card(folders[name])) for name in list_models()]


def _card(folder: Any) -> Mapping[str, Any]:
    try:
        card: Mapping[str, Any] = folder.card()
    except SerError:
        return {}
    return card


def runs() -> TaskSnapshot:
    """The task that reads the run store; its result is the list of runs.

    MLflow takes seconds to import, so that is left to a thread; a store that is open already
    answers within the short wait.
    """
    from ser_core.tracking import open_store

    snapshot = runner().snapshot(RUNS)
    if snapshot is None or time.time() - snapshot.started > _FRESH_S:
        snapshot = runner().start(RUNS, "Read the runs", lambda _: open_store().runs())
        snapshot = runner().wait(RUNS, timeout_s=0.1) or snapshot
    return snapshot


@st.cache_data(ttl=60, show_spinner=False)
def machine() -> Machine:
    """Cores, memory, NVIDIA GPUs and free disk, without asking TensorFlow."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    import psutil

    return Machine(
        cores=cores,
        memory_gb=psutil.virtual_memory().total / 2**30,
        gpus=_gpus(),
        free_gb=shutil.disk_usage(_existing(paths.home())).free / 2**30,
    )


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


def _gpus() -> tuple[str, ...]:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    command = [tool, "--query-gpu=name", "--format=csv,noheader"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=3, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(done.stdout.split("\n")[:-1]) if done.returncode == 0 else ()
