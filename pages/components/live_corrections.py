"""A label that is put right with one click: the clip is saved under it, in "My recordings"."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from pages.components import live_input, state
from pages.components.live_input import Clip, plain
from ser_core import emotions
from ser_core.errors import SerError

if TYPE_CHECKING:
    from ser_core.corpora.recordings import Kept

SPEAKER = "live:speaker"
"""Key of the widget that says who speaks in what is saved next."""

_SAVED = "live:saved"  # session key: what was saved of a clip, by its mark
_TROUBLE = "live:saving"  # session key: why something could not be saved or deleted


def view(clip: Clip, heard: str, labels: Sequence[str]) -> None:
    """Under an answer: what it was really, in one click; nothing under a clip of a corpus.

    Args:
        clip: what was heard.
        heard: the label that was given.
        labels: of the model.
    """
    if clip.acted:
        return
    key = _key(clip.mark)
    st.pills(
        "Put it right",
        emotions.order(set(labels)),
        format_func=emotions.title,
        key=key,
        on_change=_correct,
        args=(key, clip, heard),
        help="Saves the recording with the emotion that you choose, in My recordings; also where "
        "it was heard right, as a model that is trained further with them needs both.",
    )
    one = _saved().get(clip.mark)
    if one is not None and one.path.is_file():  # nobody else has deleted it
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = emotions.title(one.emotion)
            st.caption(f":material/check: Saved in My recordings as {name}. {who_sees()}")
            st.button("Undo", key=f"{key}:undo", on_click=delete, args=(one.name,))
    else:
        st.caption("Nothing is saved before you choose.")
    say_trouble()


def _key(mark: str) -> str:
    return f"live:correct:{mark}"


def _saved() -> "dict[str, Kept]":
    found: dict[str, Kept] = st.session_state.setdefault(_SAVED, {})
    return found


def _correct(key: str, clip: Clip, heard: str) -> None:
    """Callback: save under the chosen label; what was saved of the clip before goes."""
    from ser_core.corpora import recordings

    chosen = st.session_state.get(key)
    before = _saved().get(clip.mark)
    try:
        if chosen:
            sound = clip.waveform, clip.sampling_rate
            _saved()[clip.mark] = recordings.save(*sound, str(chosen), heard, speaker_name())
        if before is not None:
            recordings.delete(before.name)
            if not chosen:
                del _saved()[clip.mark]
    except SerError as error:
        st.session_state[_TROUBLE] = str(error)
        st.session_state[key] = before.emotion if before is not None else None


def delete(name: str) -> None:
    """Callback: delete a recording, and what the session knows of it."""
    from ser_core.corpora import recordings

    try:
        recordings.delete(name)
    except SerError as error:
        st.session_state[_TROUBLE] = str(error)
        return
    _forget({name})


def delete_all() -> None:
    """Callback: delete every recording."""
    from ser_core.corpora import recordings

    try:
        recordings.delete_all()
    except SerError as error:
        st.session_state[_TROUBLE] = str(error)
    left = {one.name for one in recordings.kept()}
    _forget({one.name for one in _saved().values()} - left)


def _forget(names: set[str]) -> None:
    for mark in [mark for mark, one in _saved().items() if one.name in names]:
        del _saved()[mark]
        if _key(mark) in st.session_state:
            st.session_state[_key(mark)] = None


def say_trouble() -> None:
    """Why the last saving or deleting did not work, once."""
    trouble = st.session_state.pop(_TROUBLE, "")
    if trouble:
        st.error(plain(f"{trouble[:1].upper()}{trouble[1:]}."), icon=":material/error:")


def speaker_name() -> str:
    """Who speaks, as files say it: small letters, digits and hyphens."""
    from ser_core.corpora.recordings import USUAL_SPEAKER

    return slug(str(st.session_state.get(f"kept:{SPEAKER}", ""))) or USUAL_SPEAKER


def keep_speaker() -> None:
    """Call right before the widget of `SPEAKER`."""
    from ser_core.corpora.recordings import USUAL_SPEAKER

    state.keep(SPEAKER, USUAL_SPEAKER)


def slug(typed: str) -> str:
    """A name as it stands in files.

    >>> slug("  Anna B. "), slug("__")
    ('anna-b', '')
    """
    kept = "".join(char if char.isascii() and char.isalnum() else " " for char in typed.lower())
    return "-".join(kept.split())[:40].strip("-")


def who_sees() -> str:
    """Who can hear what is saved, in a sentence."""
    host = urlsplit(st.context.url or "http://localhost").hostname or ""
    if live_input.is_local(host):
        return "It stays on this computer."
    return "Everybody who can open this app can hear and delete it."
