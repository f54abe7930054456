"""My recordings on the Live page: what was saved there, to hear, to use and to delete."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import layout, live_corrections
from pages.components.emotion import chip
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.errors import SerError
from ser_core.words import count

if TYPE_CHECKING:
    from ser_core.corpora.recordings import Kept
    from ser_core.inference import Predictor

_SHOWN = 6  # at once
_LEAST_CLIPS, _LEAST_SPEAKERS = 4, 3  # for folds of clips, and for folds of speakers
_HEARD = (
    "Not from this model: it has learned from this voice already, so nothing could be measured. "
    "Choose another in the sidebar, such as the one that it went on from."
)
_MIXED, _APART = "stratified-kfold", "speaker-independent"


def view(predictor: "Predictor") -> None:
    """One line that opens; nothing where nothing is saved.

    Args:
        predictor: the model that was chosen.
    """
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
        _further(kept, predictor.name)
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


def _further(kept: "Sequence[Kept]", name: str) -> None:
    """The way to train the chosen model further with them, and what can then be measured."""
    from ser_core.corpora import combine, recordings
    from ser_core.training.starting_point import further, heard_by

    st.markdown("**Train further with them**")
    if said := too_few(kept):
        st.caption(said)
        return
    entry = recordings.entry()
    try:
        further(name)
        if heard_by(name) & {combine.person(entry.name, one.speaker) for one in kept}:
            st.caption(_HEARD)
            return
    except SerError as error:
        st.caption(f"Not from this model. {plain(str(error))}. Choose another in the sidebar.")
        return
    apart = can_keep_apart(kept)
    st.caption(measured(len({one.speaker for one in kept}), apart))
    protocol = _APART if apart else _MIXED
    query = {"further": name, "data": entry.id, "protocol": protocol}
    st.page_link(
        "pages/training.py",
        label=f"Train {plain(name)} further",
        icon=":material/model_training:",
        query_params=query,
        width="content",
        help="Opens the form, filled in; nothing is started yet. What comes of it is a model for "
        "these voices: it hears others worse, so keep the first one for them",
    )


def too_few(kept: "Sequence[Kept]") -> str:
    """Why nothing can be learned from these clips, in a sentence; "" where something can."""
    clips = Counter(one.emotion for one in kept)
    if len(clips) > 1 and sum(number for number in clips.values() if number > 1) >= _LEAST_CLIPS:
        return ""
    return (
        f"Once there are {_LEAST_CLIPS} clips or more, of two emotions or more and two clips of "
        "each, a model can be trained further with them. Some thirty, of every emotion that it is "
        "to hear better, are a good start."
    )


def can_keep_apart(kept: "Sequence[Kept]") -> bool:
    """Whether every emotion is left to learn from where one speaker is tested and one validates."""
    who: dict[str, set[str]] = {}
    for one in kept:
        who.setdefault(one.emotion, set()).add(one.speaker)
    return all(len(speakers) >= _LEAST_SPEAKERS for speakers in who.values())


def measured(speakers: int, apart: bool) -> str:
    """What a training with recordings of so many people can tell of itself.

    >>> measured(3, True)
    'Its score will be of speakers whom each fold has not heard.'
    """
    if apart:
        return "Its score will be of speakers whom each fold has not heard."
    whom = "one speaker" if speakers == 1 else f"{speakers} speakers"
    why = "too few to keep some apart to test on"
    voice = "voice" if speakers == 1 else "voices"
    if speakers >= _LEAST_SPEAKERS:
        why = "but not every emotion is of three of them, so nobody can be kept apart to test on"
    alone = " It will have no interval, which takes two speakers." if speakers == 1 else ""
    return (
        f"These are of {whom}, {why}. The score will say how well the model hears the same {voice} "
        f"in recordings that it was not trained on, and nothing of other voices.{alone}"
    )
