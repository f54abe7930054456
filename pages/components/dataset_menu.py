"""The menu of corpora on the Dataset page, its dialogs, and what stands there without a corpus."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages.components import dataset_download, dataset_opening, dataset_own
from pages.components.live_input import plain
from ser_core.corpora import CORPORA, library
from ser_core.corpora.library import CorpusEntry


def menu(entry: CorpusEntry) -> None:
    """The button that opens the choice of corpora: recent ones, a folder, the demo."""
    box = st.popover(
        plain(entry.title),
        icon=":material/library_music:",
        key=dataset_opening.MENU,
        on_change="rerun",
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
        _of_this(entry)


def _of_this(entry: CorpusEntry) -> None:
    """What can be done with the corpus in hand."""
    with st.container(horizontal=True):
        if entry.name == library.OWN:
            _dialog_button("How it is read", ":material/tune:", ("own", entry.root, entry.settings))
        st.button(
            "Look for changes",
            key="dataset_reload",
            icon=":material/refresh:",
            help="Reads the folder again: clips may have been added, changed or taken away",
            on_click=dataset_opening.reload,
        )
        forget_button(entry, "dataset_forget")


def welcome() -> None:
    """What to do when no corpus was opened yet: first, on a phone, too, what takes one click."""
    _dialogs()
    others, published = st.columns(2, gap="medium")
    with others.container(border=True):
        st.subheader("Demo corpus")
        st.markdown(
            "360 clips by six made-up voices in eight emotions. They are **synthetic**: a voice "
            "synthesiser follows rules from the prosody literature, nobody was recorded. Good for "
            "trying things out, not for results. Takes 40 MB; a bar shows how far it is."
        )
        _demo_button("primary")
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
    with published.container(border=True, height="stretch"):
        st.subheader("Download a corpus")
        dataset_download.panel(dataset_opening.start)


def _dialog_button(words: str, icon: str, which: object) -> None:
    st.button(
        words, key=f"dataset_to_{words}", icon=icon, on_click=dataset_opening.ask, args=(which,)
    )


def _dialogs() -> None:
    """The dialog that was asked for, until it is done or dismissed."""
    asked = st.session_state.get(dataset_opening.DIALOG)
    if asked == "download":
        _download_dialog()
    elif asked == "combine":
        _combine_dialog()
    elif asked is not None:
        _own_dialog(*asked[1:])


@st.dialog("Download a corpus", width="large", on_dismiss=dataset_opening.close)
def _download_dialog() -> None:
    dataset_download.panel(dataset_opening.start)


@st.dialog("A folder of your own", width="large", on_dismiss=dataset_opening.close)
def _own_dialog(root: Path, settings: dict[str, Any]) -> None:
    def done(wanted: dict[str, Any]) -> None:
        dataset_opening.start_folder(root, library.OWN, wanted)

    dataset_own.form(root, settings, done)


@st.dialog("Combine corpora", on_dismiss=dataset_opening.close)
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
    dataset_opening.turn_to(library.add_combined(parts))
    dataset_opening.close()


def _single() -> list[CorpusEntry]:
    """The corpora on the list that are not combined ones."""
    return [one for one in library.entries() if not one.parts]


def _choose() -> None:
    picked = st.session_state["dataset_recent"]
    dataset_opening.turn_to(next(entry for entry in library.entries() if entry.id == picked))


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
        kinds = [dataset_opening.DETECT, *CORPORA.names()]
        st.selectbox("Corpus", kinds, key="dataset_kind", format_func=_kind_title)
        st.form_submit_button(
            "Open folder", icon=":material/folder_open:", on_click=dataset_opening.open_typed
        )
    refused = st.session_state.get(dataset_opening.REFUSED)
    if refused:
        st.error(plain(refused), icon=":material/folder_off:")


def _kind_title(kind: str) -> str:
    found_out = kind == dataset_opening.DETECT
    return "Find out from the file names" if found_out else CORPORA.get(kind).title


def _demo_button(look: str) -> None:
    st.button(
        "Make the demo corpus",
        key="dataset_demo",
        type="primary" if look == "primary" else "secondary",
        icon=":material/graphic_eq:",
        help="360 clips by synthetic voices, 40 MB",
        on_click=dataset_opening.start_demo,
    )


def forget_button(entry: CorpusEntry, key: str) -> None:
    """Takes a corpus off the list."""
    st.button(
        "Take off the list",
        key=key,
        icon=":material/playlist_remove:",
        help="The clips stay where they are",
        on_click=dataset_opening.forget,
        args=(entry,),
    )


def remake_button() -> None:
    """Makes a demo corpus that lost clips again."""
    st.button(
        "Make it again",
        key="dataset_remake",
        type="primary",
        icon=":material/graphic_eq:",
        on_click=dataset_opening.start_demo,
        kwargs={"anew": True},
    )
