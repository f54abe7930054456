"""Corpora to fetch: what is shown before the click, the transfer, and where to ask for the others.

Needs no page of its own: `panel` stands in the welcome of the Dataset page and in a dialog.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.components.live_input import plain
from ser_core.corpora import CORPORA, download, library
from ser_core.corpora.download import Download, megabytes
from ser_core.jobs.tasks import Progress, TaskSnapshot

Start = Callable[[str, str, Callable[[Progress], Any]], None]
"""Runs work that ends with a corpus and its table: key, title, work."""

_TASK = "download "  # what keys of downloads begin with
_CHOSEN = "download_chosen"


def panel(start: Start) -> None:
    """Choose a corpus, read its terms, fetch it with one click."""
    names = list(download.DOWNLOADS)
    chosen = st.radio(
        "Corpus",
        names,
        key=_CHOSEN,
        format_func=lambda name: download.DOWNLOADS[name].title,
        horizontal=True,
        label_visibility="collapsed",
    )
    entry = download.DOWNLOADS[chosen]
    here = installed(entry)
    st.markdown(facts(entry, here))
    words = "Open it" if here else f"Download {megabytes(entry.bytes - entry.arrived_bytes)}"
    if entry.arrived_bytes and not here:
        words = f"Resume: {megabytes(entry.bytes - entry.arrived_bytes)} to go"
    clicked = st.button(
        words,
        key="download_start",
        icon=":material/folder_open:" if here else ":material/download:",
        help=None if here else "With this click you agree to the licence above",
    )
    if clicked:
        fetch(entry, start)
        st.rerun()
    with st.expander("Other corpora, and where to get them", icon=":material/mail:"):
        st.markdown(elsewhere())


def facts(entry: Download, here: bool) -> str:
    """All that is to be known before a download, in Markdown."""
    size = f"{megabytes(entry.bytes)}, about {megabytes(entry.unpacked_bytes)} unpacked"
    if here:
        size = f"all {entry.clips:,} clips are in {entry.folder}"
    elif entry.arrived_bytes:
        size += f"; {arrived(entry)} are here"
    lines = {
        "Contains": entry.contains,
        "Size": size,
        "Licence": entry.licence,
        "To cite": entry.citation,
        "Checks": entry.checked,
    }
    said = "\n".join(f"- {name}: {plain(text)}" for name, text in lines.items())
    return f"{said}\n- Published at {entry.page}"


def elsewhere() -> str:
    """Corpora that cannot be fetched here, and where to ask for them, in Markdown."""
    here = {entry.corpus for entry in download.DOWNLOADS.values()}
    kinds = [CORPORA.get(name) for name in CORPORA.names() if name not in here]
    return "\n".join(
        f"- **{kind.title}**: {plain(kind.content)} Licence: {plain(kind.licence)}. {kind.obtain}"
        for kind in kinds
        if kind.published and "://" in kind.obtain
    )


def arrived(entry: Download) -> str:
    """How much of an archive has arrived.

    >>> arrived(download.DOWNLOADS["ravdess-speech"])
    '0 of 208 MB'
    """
    return f"{entry.arrived_bytes / 1e6:,.0f} of {megabytes(entry.bytes)}"


def installed(entry: Download) -> bool:
    """Whether all clips are there; their folder is walked only when it has changed."""
    mark = (str(entry.folder), _changed(entry.folder))
    kept = st.session_state.get(f"installed:{entry.name}")
    if kept is None or kept[0] != mark:
        kept = (mark, entry.installed)
        st.session_state[f"installed:{entry.name}"] = kept
    found: bool = kept[1]
    return found


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def fetch(entry: Download, start: Start) -> None:
    """Download in the background, then open the corpus."""

    def work(progress: Progress) -> library.CorpusEntry | tuple[library.CorpusEntry, Any]:
        def bytes_done(done: int, total: int) -> None:
            if not total:
                progress(0, 0, "waiting for another download of the same")
                return
            what = "downloaded" if total == entry.bytes else "unpacked"
            progress(done, total, f"{done / 1e6:,.0f} of {megabytes(total)} {what}")

        def clips_done(done: int, total: int) -> None:
            progress(done, total, f"{done:,} of {total:,} clips read" if total else "looking")

        root = download.download(entry, bytes_done)
        return library.read_folder(root, entry.corpus, clips_done)

    st.session_state.pop(f"installed:{entry.name}", None)
    start(f"{_TASK}{entry.name}", f"Downloading {entry.title}", work)


def resume(task: TaskSnapshot, start: Start) -> None:
    """A button that takes an interrupted download up again; nothing for other work."""
    entry = download.DOWNLOADS.get(task.key.removeprefix(_TASK))
    if entry is None or not task.key.startswith(_TASK):
        return
    words = f"Resume: {arrived(entry)} are here" if entry.arrived_bytes else "Download again"
    if st.button(words, key="download_resume", icon=":material/download:", type="primary"):
        fetch(entry, start)
        st.rerun()
