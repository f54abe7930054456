"""Which corpus the Dataset page shows: the one chosen, its table, and why there is none."""

import pandas as pd
import streamlit as st

from pages.components import (
    dataset_download,
    dataset_facts,
    dataset_labels,
    dataset_menu,
    dataset_opening,
    state,
    tasks,
)
from pages.components.live_input import plain
from ser_core.corpora import library
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError
from ser_core.jobs.tasks import TaskSnapshot, runner

_POLL_S = 0.5
_PATIENCE_S = 0.5  # a folder that takes longer to list is listed in the background


def current() -> CorpusEntry | None:
    """The corpus to show: the one chosen, else the one opened last; None when there is none."""
    known = library.entries()
    chosen = st.session_state.get(state.CORPUS)
    return next((entry for entry in known if entry.id == chosen), known[0] if known else None)


def follow_task() -> TaskSnapshot | None:
    """The work this reader started; once it is done, its corpus is the one shown."""
    key = st.session_state.get(dataset_opening.TASK)
    task = runner().snapshot(key) if key else None
    if task is None or task.state != "done":
        return task
    del st.session_state[dataset_opening.TASK]
    opened, table = task.result
    dataset_opening.turn_to(opened)
    if table is not None:
        _keep(opened, table)
    return None


def show_task(task: TaskSnapshot | None) -> None:
    """Progress of the work this reader started, or how it ended."""
    if task is None:
        return
    tasks.task_panel(task.key)
    if task.running:
        st.caption("This goes on while you look at other pages.")
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            dataset_download.resume(task, dataset_opening.start)
            st.button(
                "Dismiss",
                key="dataset_dismiss",
                type="tertiary",
                on_click=dataset_opening.forget_task,
            )


def read(entry: CorpusEntry, task: TaskSnapshot | None) -> pd.DataFrame | None:
    """The corpus's table, compact; None while it is read, or where it cannot be, having said why.

    Clips are there as soon as their names are known; while the task opens them, durations are NaN.

    Args:
        entry: the corpus to show.
        task: the work this reader started.
    """
    kept = st.session_state.get(dataset_opening.TABLE)
    try:
        library.folder(entry.root)
        if kept is not None and kept[0] == _mark(entry):
            table: pd.DataFrame = kept[1]
            return table
        if task is not None and task.running and entry.id in dataset_opening.NAMED:
            return dataset_opening.NAMED[entry.id]
        found = library.cached_table(entry, _PATIENCE_S)
    except SerError as error:
        _lost(entry, str(error))
        return None
    if found is None:
        _index(entry, task)
        return None
    return _keep(entry, found)


def _keep(entry: CorpusEntry, found: pd.DataFrame) -> pd.DataFrame:
    """The table, compact, and kept for the runs to come."""
    # `apply` remembers the labels as published, for the panel below the views.
    table = dataset_facts.compact(dataset_labels.apply(entry, found))
    st.session_state[dataset_opening.TABLE] = (_mark(entry), table)
    return table


def _mark(entry: CorpusEntry) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The corpus and what its labels count as."""
    return entry.id, entry.label_choice, tuple(entry.label_pairs.items())


def labels_panel(entry: CorpusEntry) -> None:
    """The table of what the labels of the corpus in hand count as."""
    dataset_labels.panel(entry, dataset_opening.reload)


def _index(entry: CorpusEntry, task: TaskSnapshot | None) -> None:
    """Read a corpus whose clips are new or changed."""
    if task is not None and task.key == f"index {entry.id}" and not task.running:
        with st.container(horizontal=True):
            if entry.synthetic:
                dataset_menu.remake_button()
            st.button(
                "Read again",
                key="dataset_again",
                on_click=dataset_opening.start_index,
                args=(entry,),
            )
            dataset_menu.forget_button(entry, "dataset_forget_lost")
    elif task is None or not task.running:
        dataset_opening.start_index(entry)
        st.rerun()
    else:
        st.fragment(_await_names, run_every=_POLL_S)(entry)


def _await_names(entry: CorpusEntry) -> None:
    """Run the page as soon as there are clips to show."""
    if entry.id in dataset_opening.NAMED:
        st.rerun()


def _lost(entry: CorpusEntry, why: str) -> None:
    """The folder cannot be used any more: say so, and what to try."""
    st.session_state.pop(dataset_opening.TABLE, None)
    st.error(plain(why), icon=":material/folder_off:")
    st.markdown("It may have been moved or renamed, or be on a drive that is not connected.")
    with st.container(horizontal=True):
        if entry.synthetic:
            dataset_menu.remake_button()
        else:
            st.button(
                "Look again", type="primary", key="dataset_look", on_click=dataset_opening.reload
            )
        dataset_menu.forget_button(entry, "dataset_forget_lost")
