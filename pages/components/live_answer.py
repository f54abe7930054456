"""The answer of the Live page: label, how sure, all classes, and what may be wrong."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import live_besides
from pages.components.emotion import chip, show_bars
from ser_core import emotions

if TYPE_CHECKING:
    from ser_core.inference.prediction import Further

NOT_SURE = "Not sure"
_LABEL = "font-size:2rem;font-weight:650;line-height:1.2"
_SURE = (
    "From how often the fold models were right at such a probability, on clips they never heard "
    "(of whom, the line at the top says): sure is at least 85 % of the time, not sure less than "
    "half of it. After few clips it says fairly sure at most."
)


def show(
    probabilities: Mapping[str, float],
    sure: str,
    notes: Sequence[str] = (),
    least: float = 0.0,
    further: "Mapping[str, Further] | None" = None,
) -> None:
    """Label, how sure, all classes, and what may be wrong with the recording.

    Args:
        probabilities: of every label.
        sure: "sure", "fairly sure" or "not sure".
        notes: plain sentences.
        least: a label less probable than this is not given.
        further: what else the model says, by head.
    """
    best = max(probabilities, key=lambda label: probabilities[label])
    share = probabilities[best]
    said = chip(best) if share >= least else NOT_SURE
    facts = f"probability **{share:.2f}** · **{sure}**"
    if share < least:
        name = emotions.title(best)
        facts = f"closest to {name}, probability **{share:.2f}**, below your {least:.2f}"
    with st.container(key="live_emotion", gap=None):
        st.html(f'<div role="status" style="{_LABEL}">{said}</div>')
        st.markdown(facts, help=_SURE)
    show_bars(probabilities)
    live_besides.show(further or {})
    for note in notes:
        st.caption(f":material/info: {note}")
