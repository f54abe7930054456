"""Opening corpora on the Dataset page: the work in the background and what it leads to.

Nothing here draws; whoever does calls these from callbacks.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import dataset_facts, dataset_labels, dataset_own, state
from ser_core.corpora import library
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError
from ser_core.jobs.tasks import Progress, runner

TASK = "dataset_task"  # the task this reader started, until its end was seen
TABLE = "dataset_table"  # (mark of the corpus, its table), so that a rerun reads nothing
MENU = "dataset_menu"  # whether the menu of corpora is open
REFUSED = "dataset_refused"  # why what was typed cannot be opened
DIALOG = "dataset_dialog"  # which dialog the next run opens, and what it is about
DETECT = "detect"
_DEMO_TASK = "demo corpus"

NAMED: dict[str, pd.DataFrame] = {}
"""Corpora whose clips are being opened, by id: what file names tell of them, compact.

The task that reads a corpus puts it here, for all sessions, and takes it away when it ends.
"""

Opened = tuple[CorpusEntry, pd.DataFrame | None]
"""What the work in the background ends with: the corpus, and its table where that was read."""

Work = Callable[[Progress], Opened]


def start(key: str, title: str, work: Work) -> None:
    """Begin work in the background, which the page then follows."""
    runner().start(key, title, work)
    st.session_state[TASK] = key
    st.session_state.pop(REFUSED, None)
    close()


def start_demo(anew: bool = False) -> None:
    """Make the demo corpus; `anew` also where it is there."""

    def work(progress: Progress) -> Opened:
        return library.demo(progress, anew=anew), None

    start(_DEMO_TASK, "Making the demo corpus", work)
    st.session_state[MENU] = False


def start_index(entry: CorpusEntry) -> None:
    """Read a corpus: its names at once, its headers as they are opened."""

    def keep(found: pd.DataFrame) -> None:
        NAMED[entry.id] = dataset_facts.compact(dataset_labels.mapped(entry, found))

    def work(progress: Progress) -> Opened:
        report = _in_words(progress)
        try:
            keep(library.names(entry, report))
            return entry, library.table(entry, report, keep)
        finally:
            NAMED.pop(entry.id, None)

    start(f"index {entry.id}", f"Reading {entry.title}", work)


def _in_words(progress: Progress) -> Callable[[int, int], None]:
    """How far the reading is; while the folder is walked nobody knows how much is to come."""

    def report(done: int, total: int) -> None:
        words = f"{done:,} of {total:,} clips" if total else f"{done:,} files looked at"
        progress(done, total, words)

    return report


def open_typed() -> None:
    """Open what was typed: a mistake is named at once, reading happens in the background."""
    kind = st.session_state.get("dataset_kind", DETECT)
    name = None if kind == DETECT else kind
    try:
        root = library.folder(st.session_state["dataset_path"])
    except SerError as error:
        st.session_state[REFUSED] = str(error)
        task = runner().snapshot(st.session_state.get(TASK, ""))
        if task is None or not task.running:  # how an older folder fared matters no more
            forget_task()
        return
    if name == library.OWN:
        st.session_state.pop(REFUSED, None)
        ask(("own", root, {}))
        return
    start_folder(root, name)
    st.session_state[MENU] = False


def start_folder(root: Path, name: str | None, settings: dict[str, Any] | None = None) -> None:
    """Find out what is in a folder, which the page then reads.

    One of the user's own that was read otherwise before is read so from now.
    """

    def work(progress: Progress) -> Opened:
        opened = library.find_folder(root, name, _in_words(progress), settings)
        if opened.name == library.OWN:
            for other in library.entries():
                same = (other.name, other.root) == (opened.name, opened.root)
                if same and other.id != opened.id:
                    library.remove(other.id)
        return opened, None

    start(f"open {name or DETECT} {root}", f"Reading {root.name or root}", work)


def turn_to(entry: CorpusEntry) -> None:
    """Show this corpus from the next run on."""
    st.session_state[state.CORPUS] = entry.id
    st.session_state[MENU] = False
    reload()


def reload() -> None:
    """Look at the folder again."""
    st.session_state.pop(TABLE, None)
    st.session_state[MENU] = False


def forget(entry: CorpusEntry) -> None:
    """Take a corpus off the list; its clips stay where they are."""
    library.remove(entry.id)
    st.session_state.pop(state.CORPUS, None)
    reload()


def forget_task() -> None:
    """How the work ended was seen."""
    st.session_state.pop(TASK, None)


def ask(which: object) -> None:
    """Open a dialog in the next run: "download", "combine", or ("own", folder, settings)."""
    st.session_state[DIALOG] = which
    st.session_state[MENU] = False


def close() -> None:
    """The dialog is done or dismissed."""
    st.session_state.pop(DIALOG, None)
    dataset_own.forget()
