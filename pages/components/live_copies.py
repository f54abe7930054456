"""The switch of the Live page that has a recording heard in changed versions too."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.components import state

if TYPE_CHECKING:
    from ser_core.inference import Prediction, Predictor

_ON, _NUMBER = "live:changed", "live:copies"
_USUAL, _MOST = 5, 20  # as many as a recording of a minute is heard in within seconds
_HELP = (
    "The recording is heard in changed versions too, made by the steps that the model was trained "
    "with, such as another speed or some noise, and what is said of them is averaged. The same "
    "recording always has the same versions."
)
_CANNOT = "The training of this model changed no voices, so there is nothing to make versions by."
_STREAMED = "What is streamed is heard as it comes, once."


def choose(predictor: "Predictor", streamed: bool) -> int:
    """In how many changed versions a recording is heard too, as set in the sidebar; 0: in none."""
    able = predictor.changes is not None and not streamed
    state.keep(_ON, False)
    with st.sidebar:
        on = st.toggle(
            "Hear changed versions too",
            key=_ON,
            disabled=not able,
            help=_HELP if able else _STREAMED if streamed else _CANNOT,
        )
        if not (on and able):
            return 0
        state.keep(_NUMBER, _USUAL)
        return int(st.number_input("Changed versions", 1, _MOST, key=_NUMBER))


def show(prediction: "Prediction") -> None:
    """How many versions were heard, and how far they differ; nothing where none were."""
    from ser_core.inference.words import versions_words

    words = versions_words(prediction)
    if words:
        st.caption(f":material/library_music: {words[0].upper()}{words[1:]}.")
