"""My recordings on the Live page: what was saved there, to hear, to use and to delete."""

import shlex
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import layout, live_corrections
from pages.components.emotion import chip
from ser_core import emotions
from ser_core.words import count

if TYPE_CHECKING:
    from ser_core.corpora.recordings import Kept

_SHOWN = 10  # at once


def view() -> None:
    """One line that opens; nothing where nothing is saved."""
    from ser_core.corpora import recordings

    kept = recordings.kept()
    if not kept:
        return
    expander = st.expander(
        "My recordings",
        key="my_recordings",
        on_change="rerun",
        icon=":material/folder_special:",
    )
    if not expander.open:
        return
    with expander:
        live_corrections.say_trouble()
        st.caption(
            f"{count(len(kept), 'clip')} in `{recordings.folder()}`, a folder an emotion. "
            f"{live_corrections.who_sees()}"
        )
        live_corrections.keep_speaker()
        st.text_input(
            "Who speaks in what is saved next",
            key=live_corrections.SPEAKER,
            max_chars=40,
            width=320,
            help="Speakers are kept apart where a model is trained and scored.",
        )
        for one in kept[:_SHOWN]:
            _row(one)
        if len(kept) > _SHOWN:
            st.caption(f"The newest {_SHOWN} of {len(kept)}; the Dataset page has them all.")
        _buttons(len(kept))
        st.caption("To train a model of yours further, with these clips along with a corpus:")
        st.code(_command(), language="bash", wrap_lines=True)


def _row(one: "Kept") -> None:
    left, middle, right = st.columns([3, 4, 2], vertical_alignment="center", gap="small")
    with left:
        heard = f" · heard as {emotions.title(one.heard).lower()}" if one.heard else ""
        about = escape(f"{one.speaker} · {one.when} UTC")
        st.html(f"{chip(one.emotion)}{escape(heard)}<br><small>{about}</small>")
    with middle:
        if one.path.is_file():
            st.audio(one.path, alt=f"Play the clip of {one.when}")
    with right:
        st.button(
            "Delete",
            key=f"recordings:delete:{one.name}",
            icon=":material/delete:",
            on_click=live_corrections.delete,
            args=(one.name,),
        )


def _buttons(number: int) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        layout.go("pages/dataset.py", "Explore on Dataset")
        with st.popover("Delete all", icon=":material/delete_sweep:"):
            st.markdown(f"{count(number, 'clip')} will be gone for good.")
            st.button(
                "Delete for good", key="recordings:clear", on_click=live_corrections.delete_all
            )


def _command() -> str:
    from ser_core.corpora import recordings

    own = shlex.join(recordings.entry().arguments())
    return (
        f"python -m ser_core train studio --corpus ravdess=FOLDER {own} --init-from MODEL "
        "--model NAME"
    )
