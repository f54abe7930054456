"""Which corpus the Dataset page shows: choosing one, reading it, and what to do without one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import (
    dataset_download,
    dataset_facts,
    dataset_labels,
    dataset_own,
    state,
    tasks,
)
from pages.components.live_input import plain
from ser_core.corpora import CORPORA, library
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner

_TASK = "dataset_task"  # the task this reader started, until its end was seen
_TABLE = "dataset_table"  # (mark of the corpus, its table), so that a rerun reads nothing
_MENU = "dataset_menu"  # whether the menu of corpora is open
_REFUSED = "dataset_refused"  # why what was typed cannot be opened
_DIALOG = "dataset_dialog"  # which dialog the next run opens, and what it is about
_DETECT = "detect"
_DEMO_TASK = "demo corpus"

_POLL_S = 0.5
_PATIENCE_S = 0.5  # a folder that takes longer to list is listed in the background

_NAMED: dict[str, pd.DataFrame] = {}
"""Corpora whose clips are being opened, by id: what file names tell of them, compact.

The task that reads a corpus puts it here, for all sessions, and takes it away when it ends.
"""

Opened = tuple[CorpusEntry, pd.DataFrame | None]
"""What the work in the background ends with: the corpus, and its table where that was read."""

Work = Callable[[Progress], Opened]


def current() -> CorpusEntry | None:
    """The corpus to show: the one chosen, else the one opened last; None when there is none."""
    known = library.entries()
    chosen = st.session_state.get(state.CORPUS)
    return next((entry for entry in known if entry.id == chosen), known[0] if known else None)


def follow_task() -> TaskSnapshot | None:
    """The work this reader started; once it is done, its corpus is the one shown."""
    key = st.session_state.get(_TASK)
    task = runner().snapshot(key) if key else None
    if task is None or task.state != "done":
        return task
    del st.session_state[_TASK]
    opened, table = task.result
    _turn_to(opened)
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
            dataset_download.resume(task, _start)
            st.button("Dismiss", key="dataset_dismiss", type="tertiary", on_click=_forget_task)


def read(entry: CorpusEntry, task: TaskSnapshot | None) -> pd.DataFrame | None:
    """The corpus's table, compact; None while it is read, or where it cannot be, having said why.

    Clips are there as soon as their names are known; while the task opens them, durations are NaN.

    Args:
        entry: the corpus to show.
        task: the work this reader started.
    """
    kept = st.session_state.get(_TABLE)
    try:
        library.folder(entry.root)
        if kept is not None and kept[0] == _mark(entry):
            table: pd.DataFrame = kept[1]
            return table
        if task is not None and task.running and entry.id in _NAMED:
            return _NAMED[entry.id]
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
    st.session_state[_TABLE] = (_mark(entry), table)
    return table


def _mark(entry: CorpusEntry) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The corpus and what its labels count as."""
    return entry.id, entry.label_choice, tuple(entry.label_pairs.items())


def menu(entry: CorpusEntry) -> None:
    """The button that opens the choice of corpora: recent ones, a folder, the demo."""
    box = st.popover(
        plain(entry.title), icon=":material/library_music:", key=_MENU, on_change="rerun"
    )
    _dialogs()
    if not box.open:
        return
    with box:
        _recent(entry)
        _open_form()
        with st.container(horizontal=True):
            _dialog_button("Download a corpus", ":material/download:", "download")
            if len(_single()) > 1:
                _dialog_button("Combine corpora", ":material/join:", "combine")
            if not any(known.synthetic for known in library.entries()):
                _demo_button("secondary")
        with st.container(horizontal=True):
            if entry.name == library.OWN:
                _dialog_button(
                    "How it is read", ":material/tune:", ("own", entry.root, entry.settings)
                )
            st.button(
                "Look for changes",
                key="dataset_reload",
                icon=":material/refresh:",
                help="Reads the folder again: clips may have been added, changed or taken away",
                on_click=_reload,
            )
            _forget_button(entry, "dataset_forget")


def welcome() -> None:
    """What to do when no corpus was opened yet."""
    _dialogs()
    st.markdown(
        "Nothing to explore yet. Download a corpus, open a folder of your own, or make the demo "
        "corpus."
    )
    published, others = st.columns(2, gap="medium")
    with published.container(border=True, height="stretch"):
        st.subheader("Download a corpus")
        dataset_download.panel(_start)
    with others.container(border=True):
        st.subheader("A folder of clips")
        known = [name for name in CORPORA.names() if name not in (library.DEMO, library.OWN)]
        titles = [CORPORA.get(name).title for name in known]
        st.markdown(
            f"{', '.join(titles)} in their published layout, WAV or FLAC, in any nesting of "
            "folders. Or clips of your own: a folder for each emotion, or a table (CSV) of files "
            "and labels. The clips stay where they are; nothing is written into the folder."
        )
        _open_form()
    with others.container(border=True):
        st.subheader("Demo corpus")
        st.markdown(
            "360 clips by six made-up voices in eight emotions. They are **synthetic**: a voice "
            "synthesiser follows rules from the prosody literature, nobody was recorded. Good for "
            "trying things out, not for results. Takes 40 MB; a bar shows how far it is."
        )
        _demo_button("primary")


# Dialogs


def _dialog_button(words: str, icon: str, which: object) -> None:
    st.button(words, key=f"dataset_to_{words}", icon=icon, on_click=_ask, args=(which,))


def _ask(which: object) -> None:
    st.session_state[_DIALOG] = which
    st.session_state[_MENU] = False


def _dialogs() -> None:
    """The dialog that was asked for, until it is done or dismissed."""
    asked = st.session_state.get(_DIALOG)
    if asked == "download":
        _download_dialog()
    elif asked == "combine":
        _combine_dialog()
    elif asked is not None:
        _own_dialog(*asked[1:])


def _close() -> None:
    st.session_state.pop(_DIALOG, None)
    dataset_own.forget()


@st.dialog("Download a corpus", width="large", on_dismiss=_close)
def _download_dialog() -> None:
    dataset_download.panel(_start)


@st.dialog("A folder of your own", width="large", on_dismiss=_close)
def _own_dialog(root: Path, settings: dict[str, Any]) -> None:
    def done(wanted: dict[str, Any]) -> None:
        _start_folder(root, library.OWN, wanted)

    dataset_own.form(root, settings, done)


@st.dialog("Combine corpora", on_dismiss=_close)
def _combine_dialog() -> None:
    """Several corpora as one: chosen here, in the list beside its parts afterwards."""
    known = {one.id: one for one in _single()}
    chosen = st.multiselect(
        "Corpora",
        list(known),
        key="dataset_parts",
        format_func=lambda i: f"{known[i].title} · {known[i].root}",
    )
    st.caption(
        "Clips and speakers get their corpus in front: ravdess/01 and cafe/01 are two people. "
        "What the labels of all of them count as can be chosen in the table of labels."
    )
    clicked = st.button(
        "Combine",
        key="dataset_combine",
        type="primary",
        disabled=len(chosen) < 2,
        on_click=_combine,
        args=([known[i] for i in chosen],),
    )
    if clicked:
        st.rerun()


def _combine(parts: list[CorpusEntry]) -> None:
    _turn_to(library.add_combined(parts))
    _close()


def _single() -> list[CorpusEntry]:
    """The corpora on the list that are not combined ones."""
    return [one for one in library.entries() if not one.parts]


def labels_panel(entry: CorpusEntry) -> None:
    """The table of what the labels of the corpus in hand count as."""
    dataset_labels.panel(entry, _reload)


# Actions


def _start(key: str, title: str, work: Work) -> None:
    runner().start(key, title, work)
    st.session_state[_TASK] = key
    st.session_state.pop(_REFUSED, None)
    _close()


def _start_demo(anew: bool = False) -> None:
    def work(progress: Progress) -> Opened:
        return library.demo(progress, anew=anew), None

    _start(_DEMO_TASK, "Making the demo corpus", work)
    st.session_state[_MENU] = False


def _start_index(entry: CorpusEntry) -> None:
    def keep(found: pd.DataFrame) -> None:
        _NAMED[entry.id] = dataset_facts.compact(dataset_labels.mapped(entry, found))

    def work(progress: Progress) -> Opened:
        report = _in_words(progress)
        try:
            keep(library.names(entry, report))
            return entry, library.table(entry, report, keep)
        finally:
            _NAMED.pop(entry.id, None)

    _start(f"index {entry.id}", f"Reading {entry.title}", work)


def _in_words(progress: Progress) -> Callable[[int, int], None]:
    """How far the reading is; while the folder is walked nobody knows how much is to come."""

    def report(done: int, total: int) -> None:
        words = f"{done:,} of {total:,} clips" if total else f"{done:,} files looked at"
        progress(done, total, words)

    return report


def _open() -> None:
    """Open what was typed: a mistake is named at once, reading happens in the background."""
    kind = st.session_state.get("dataset_kind", _DETECT)
    name = None if kind == _DETECT else kind
    try:
        root = library.folder(st.session_state["dataset_path"])
    except SerError as error:
        st.session_state[_REFUSED] = str(error)
        task = runner().snapshot(st.session_state.get(_TASK, ""))
        if task is None or not task.running:  # how an older folder fared matters no more
            _forget_task()
        return
    if name == library.OWN:
        st.session_state.pop(_REFUSED, None)
        _ask(("own", root, {}))
        return
    _start_folder(root, name)
    st.session_state[_MENU] = False


def _start_folder(root: Path, name: str | None, settings: dict[str, Any] | None = None) -> None:
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

    _start(f"open {name or _DETECT} {root}", f"Reading {root.name or root}", work)


def _choose() -> None:
    picked = st.session_state["dataset_recent"]
    _turn_to(next(entry for entry in library.entries() if entry.id == picked))


def _turn_to(entry: CorpusEntry) -> None:
    st.session_state[state.CORPUS] = entry.id
    st.session_state[_MENU] = False
    _reload()


def _reload() -> None:
    st.session_state.pop(_TABLE, None)
    st.session_state[_MENU] = False


def _forget(entry: CorpusEntry) -> None:
    library.remove(entry.id)
    st.session_state.pop(state.CORPUS, None)
    _reload()


def _forget_task() -> None:
    st.session_state.pop(_TASK, None)


# Pieces


def _recent(entry: CorpusEntry) -> None:
    """Choice among the corpora that were opened before."""
    known = library.entries()
    if len(known) < 2:
        st.caption(plain(str(entry.root)))
        return
    labels = {one.id: f"{one.title} · {one.root}" for one in known}
    ids = list(labels)
    st.session_state["dataset_recent"] = entry.id
    st.radio(
        "Opened before", ids, key="dataset_recent", format_func=lambda i: plain(labels[i]),
        on_change=_choose,
    )  # fmt: skip


def _open_form() -> None:
    with st.form("dataset_open", border=False):
        st.text_input("Folder", key="dataset_path", placeholder="~/corpora/ravdess")
        kinds = [_DETECT, *CORPORA.names()]
        st.selectbox("Corpus", kinds, key="dataset_kind", format_func=_kind_title)
        st.form_submit_button("Open folder", icon=":material/folder_open:", on_click=_open)
    refused = st.session_state.get(_REFUSED)
    if refused:
        st.error(plain(refused), icon=":material/folder_off:")


def _kind_title(kind: str) -> str:
    return "Find out from the file names" if kind == _DETECT else CORPORA.get(kind).title


def _demo_button(look: str) -> None:
    st.button(
        "Make the demo corpus",
        key="dataset_demo",
        type="primary" if look == "primary" else "secondary",
        icon=":material/graphic_eq:",
        help="360 clips by synthetic voices, 40 MB",
        on_click=_start_demo,
    )


def _forget_button(entry: CorpusEntry, key: str) -> None:
    st.button(
        "Take off the list",
        key=key,
        icon=":material/playlist_remove:",
        help="The clips stay where they are",
        on_click=_forget,
        args=(entry,),
    )


def _remake_button() -> None:
    st.button(
        "Make it again",
        key="dataset_remake",
        type="primary",
        icon=":material/graphic_eq:",
        on_click=_start_demo,
        kwargs={"anew": True},
    )


# States without a table


def _index(entry: CorpusEntry, task: TaskSnapshot | None) -> None:
    """Read a corpus whose clips are new or changed."""
    if task is not None and task.key == f"index {entry.id}" and not task.running:
        with st.container(horizontal=True):
            if entry.synthetic:
                _remake_button()
            st.button("Read again", key="dataset_again", on_click=_start_index, args=(entry,))
            _forget_button(entry, "dataset_forget_lost")
    elif task is None or not task.running:
        _start_index(entry)
        st.rerun()
    else:
        st.fragment(_await_names, run_every=_POLL_S)(entry)


def _await_names(entry: CorpusEntry) -> None:
    """Run the page as soon as there are clips to show."""
    if entry.id in _NAMED:
        st.rerun()


def _lost(entry: CorpusEntry, why: str) -> None:
    """The folder cannot be used any more: say so, and what to try."""
    st.session_state.pop(_TABLE, None)
    st.error(plain(why), icon=":material/folder_off:")
    st.markdown("It may have been moved or renamed, or be on a drive that is not connected.")
    with st.container(horizontal=True):
        if entry.synthetic:
            _remake_button()
        else:
            st.button("Look again", type="primary", key="dataset_look", on_click=_reload)
        _forget_button(entry, "dataset_forget_lost")
