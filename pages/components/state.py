"""Session keys, in one place, and the idiom that lets a widget's value outlive a page change."""

import time
from typing import TypeVar

import streamlit as st

ENTERED = "entered"  # the session has run before
MODEL = "model"  # name of the model that predictions use
LIVE_SOURCE = "live_source"  # where the Live page takes sound from
LIVE_CLIP = "live_clip"  # the clip heard last on the Live page, in memory only
LIVE_PREDICTION = "live_prediction"  # what was heard in it, and by which model
LIVE_VOICE = "live_voice"  # ordinary speech by which answers on the Live page go, in memory only
CORPUS = "corpus"  # id of the corpus that pages show
AUGMENT_DRAFT = "augment_draft"  # the chain that is edited on the Augmentation page
AUGMENT_SEED = "augment_seed"  # of its draws
AUGMENT_VIEW = "augment_view"  # what of them is shown
FEATURES_TASK = "features_task"  # the extraction of all clips that was started last

T = TypeVar("T")

_ARRIVED_S = 2.0  # after which what a run has drawn is in the browser, or was overtaken


def keep(key: str, default: T) -> T:
    """Remember the value of the widget `key` when another page is shown.

    Streamlit drops a widget's value as soon as a run does not draw it. Call this right before the
    widget, with the widget's key, and give the widget no default of its own:

        state.keep(state.CORPUS, first)
        st.selectbox("Corpus", options, key=state.CORPUS)

    Returns:
        The value the widget will show.
    """
    shadow = f"kept:{key}"
    if key in st.session_state:
        st.session_state[shadow] = st.session_state[key]
        _set_again(key)
    else:
        give(key, st.session_state.get(shadow, default))
    value: T = st.session_state[key]
    return value


def give(key: str, value: object) -> None:
    """Have a widget that `keep` looks after show a value, until another is chosen in it."""
    st.session_state[key] = st.session_state[f"kept:{key}"] = value
    st.session_state[f"set:{key}"] = (value, time.monotonic())


def _set_again(key: str) -> None:
    """Tell the browser again what a widget shows, until a run that told it was not overtaken.

    Streamlit tells it once. A run that is overtaken by the next one, as when work in the background
    ends, may never arrive. The widget would be drawn as if it held nothing, or its first option,
    and the browser would send that back as if it had been chosen.
    """
    value, when = st.session_state.pop(f"set:{key}", (None, 0.0))
    if when and value == st.session_state[key]:
        now = time.monotonic()
        if now - when < _ARRIVED_S:
            st.session_state[f"set:{key}"] = (value, now)
        st.session_state[key] = value
