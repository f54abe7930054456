"""Features of all clips: extracted in the background, kept on disk, then only read."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from pages.components import dataset_facts, feature_storage, feature_words, state, tasks
from pages.components.live_input import plain
from ser_core.errors import AudioError
from ser_core.features import Extractor
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner


@dataclass(frozen=True)
class Extracted:
    """What came of an extraction.

    Attributes:
        clips: how many have features on disk now.
        new: how many of them had none before.
        left_out: how many could not be used.
        why: the first reason, empty if none.
        size_bytes: on disk, of this extractor and settings.
    """

    clips: int
    new: int
    left_out: int
    why: str
    size_bytes: int


def button(extractor: Extractor, shown: pd.DataFrame) -> None:
    """Offer to extract the features of all clips shown; those with a problem are left out."""
    usable = shown[shown["problems"] == ""]
    task = _task()
    st.button(
        f"Extract for {dataset_facts.count(len(usable), 'clip')}",
        key="features_extract",
        icon=":material/database_upload:",
        help="The clips in the table, in the background. Features are kept on disk: whatever asks "
        "for them again, a training too, only reads them",
        disabled=usable.empty or (task is not None and task.running),
        on_click=_start,
        args=(extractor, usable, len(shown) - len(usable)),
    )


def panel(always: bool) -> None:
    """How far the extraction is, with Stop, or what came of it.

    Args:
        always: also when it has ended.
    """
    task = _task()
    if task is None or not (always or task.running):
        return
    tasks.task_panel(task.key)
    if task.running:
        return
    if task.state == "done":
        st.caption(plain(result_words(task.result)))
    elif task.state == "stopped":
        st.caption("What was finished is kept; another start goes on from there.")
    st.button("Dismiss", key="features_dismiss", type="tertiary", on_click=_forget)


def result_words(result: Extracted) -> str:
    """What came of an extraction, in a sentence or two.

    >>> result_words(Extracted(clips=1440, new=1440, left_out=0, why="", size_bytes=25_000_000))
    'Features of 1,440 clips on disk, 25 MB. From now on they are only read.'
    """
    have = dataset_facts.count(result.clips, "clip")
    words = f"Features of {have} on disk, {feature_words.size_words(result.size_bytes)}. "
    words += "From now on they are only read." if result.new else "All were there, and only read."
    if result.left_out:
        words += f" Left out: {dataset_facts.count(result.left_out, 'clip')} with a problem"
        words += f" ({result.why})." if result.why else "."
    return words


def _task() -> TaskSnapshot | None:
    return runner().snapshot(st.session_state.get(state.FEATURES_TASK, ""))


def _forget() -> None:
    st.session_state.pop(state.FEATURES_TASK, None)


def _start(extractor: Extractor, usable: pd.DataFrame, left_out: int) -> None:
    paths = [str(path) for path in usable["path"]]
    title = f"{extractor.title} of {dataset_facts.count(len(paths), 'clip')}"
    key = f"features:{extractor.fingerprint()}:{hash(tuple(paths))}"

    def work(progress: Progress) -> Extracted:
        return _extract(extractor, paths, left_out, progress)

    runner().start(key, title, work)
    st.session_state[state.FEATURES_TASK] = key


def _extract(
    extractor: Extractor, paths: list[str], left_out: int, progress: Progress
) -> Extracted:
    from ser_core.features.store import FeatureStore, Request

    store, request = FeatureStore(), Request(extractor)
    here = [path for path in paths if Path(path).is_file()]
    before = store.count(here, request)
    why = "" if len(here) == len(paths) else "their files are gone"
    try:
        store.fetch(here, [request], progress)
    except AudioError as error:  # of some clips: the others are kept
        why = str(error)
    finally:
        feature_storage.look_again()
    kept = store.count(here, request)
    if why and not kept:
        raise AudioError(why)
    size = sum(part.size_bytes for part in store.kept() if part.key == request.fingerprint())
    return Extracted(kept, kept - before, left_out + len(paths) - kept, why, size)
