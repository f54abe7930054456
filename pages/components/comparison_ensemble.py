"""The chosen runs as one run more: their probabilities averaged, or weighed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from pages.components import comparison_choice
from pages.components.comparison_choice import ENSEMBLES, KINDS
from pages.components.live_input import plain
from ser_core.comparison.ensembles import Ensemble
from ser_core.comparison.pairs import against
from ser_core.comparison.results import Results
from ser_core.errors import SerError
from ser_core.reports.tables import percent

_PILLS = "comparison_ensembles_shown"
_WORDS = {"average": "Average", "stack": "Stack"}
_MEANING = (
    "**Average** takes the mean of the runs' probabilities. **Stack** weighs them: the weights for "
    "a speaker's clips are learned from all other speakers only. Either stands as one run more in "
    "every view. No ensemble is trained or saved here; all answers are those that the runs gave to "
    "clips they had not learned from."
)


def ensemble_view(chosen: Sequence[Results]) -> None:
    """Which ensembles stand beside the runs, what they weigh, and whether they are better."""
    # The switch is in one view, the ensembles stand in all: they outlive the switch.
    st.session_state[_PILLS] = list(st.session_state.get(ENSEMBLES, []))
    st.pills(
        "Stand beside the chosen runs", KINDS, key=_PILLS, selection_mode="multi",
        format_func=_WORDS.__getitem__, on_change=_take,
    )  # fmt: skip
    st.caption(_MEANING)
    parts = comparison_choice.parts_of(chosen)
    if len(parts) < 2:
        st.info(
            "An ensemble takes two runs that were tested on the same clips under one protocol, "
            "with the same labels.",
            icon=":material/stacks:",
        )
        return
    if len(parts) < len(chosen):
        lost = ", ".join(one.run.title for one in chosen if one not in parts)
        st.caption(plain(f"Left out, as they cannot be compared with the first: {lost}."))
    for kind in KINDS:
        if kind in st.session_state[_PILLS]:
            try:
                made, results = comparison_choice.made(parts, kind)
            except SerError as error:
                st.warning(plain(str(error)), icon=":material/stacks:")
            else:
                _told(made, results, parts)


def _take() -> None:
    """Callback: other ensembles are wanted."""
    st.session_state[ENSEMBLES] = list(st.session_state[_PILLS])


def _told(made: Ensemble, results: Results, parts: Sequence[Results]) -> None:
    """Its score, whether it beats its best member, and the weights."""
    best = comparison_choice.ranked(parts)[0]
    st.markdown(f"**{plain(results.run.title)}**: UAR {plain(percent(results.scores.uar))}")
    for pair in against(best, [results]):
        st.markdown(plain(pair.sentence))
    if len(made.weights) > 1:
        rows = pd.DataFrame(
            {
                "run": [one.run.title for one in parts],
                "mean": made.weights.mean(0),
                "lowest": made.weights.min(0),
                "highest": made.weights.max(0),
            }
        )
        numbers = {
            name: st.column_config.NumberColumn(name, format="%.2f")
            for name in ("mean", "lowest", "highest")
        }
        st.dataframe(
            rows, hide_index=True, column_config=numbers, alt="Weights of the runs in the stack"
        )
        spread = float(np.ptp(made.weights, axis=0).max())
        whose = "speaker" if len(made.weights) == results.scores.speakers else "few speakers"
        st.caption(
            f"Weights found anew for each {whose}, from all others; they differ by {spread:.2f} "
            "at most. Weights that differ much mean little."
        )
