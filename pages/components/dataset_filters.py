"""The Dataset page's filters, in the sidebar; they outlive a page change."""

import math
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import dataset_facts, state
from pages.components.dataset_facts import FACETS, Filters

_MOST_PILLS = 10  # a facet with more values is picked from a list
_WANTED = "dataset_wanted"  # (corpus id, its filters in this run)
_LABELS = {
    "emotion": "Emotion",
    "speaker": "Speaker",
    "gender": "Gender",
    "intensity": "Intensity",
    "statement": "Statement",
    "channel": "Channel",
}
_HELP = {
    "intensity": "How strongly the emotion was acted",
    "statement": "What is said in the clip",
    "channel": "Spoken or sung",
}


def draw(table: pd.DataFrame, corpus_id: str) -> Filters:
    """Draw a filter for all that differs between the clips.

    Args:
        table: all clips of the corpus, see `dataset_facts.compact`.
        corpus_id: every corpus has filters of its own.

    Returns:
        What the reader asks for.
    """
    with st.sidebar:
        st.subheader("Filters")
        values = {column: _facet(table, column, corpus_id) for column in FACETS}
        span = _duration(table, corpus_id)
        problems = _problems(table, corpus_id)
        wanted = Filters({name: some for name, some in values.items() if some}, span, problems)
        st.button(
            "Clear filters",
            key="dataset_clear",
            icon=":material/filter_alt_off:",
            disabled=wanted == Filters(),
            on_click=clear,
            args=(corpus_id,),
        )
        st.session_state[_WANTED] = (corpus_id, wanted)
    return wanted


def wanted(corpus_id: str) -> Filters:
    """What the reader asked for in this run."""
    of, filters = st.session_state.get(_WANTED, ("", Filters()))
    return filters if of == corpus_id else Filters()


def clear(corpus_id: str) -> None:
    """Show everything again."""
    for column in FACETS:
        st.session_state[_key(corpus_id, column)] = []
    st.session_state.pop(_key(corpus_id, "duration_s"), None)
    st.session_state.pop(f"kept:{_key(corpus_id, 'duration_s')}", None)
    st.session_state[_key(corpus_id, "problems")] = False


def show_problems(corpus_id: str) -> None:
    """Show all clips with a problem and nothing else."""
    clear(corpus_id)
    st.session_state[_key(corpus_id, "problems")] = True


def _key(corpus_id: str, column: str) -> str:
    return f"dataset:{corpus_id}:{column}"


def _facet(table: pd.DataFrame, column: str, corpus_id: str) -> tuple[str, ...]:
    """Wanted values of one column; nothing is drawn where there is no choice."""
    options = dataset_facts.choices(table, column)
    if len(options) < 2:
        return ()
    key = _key(corpus_id, column)
    kept = state.keep(key, list[str]())
    still_there = [value for value in kept if value in options]
    # Clips may be gone since the filter was set; a value nobody has cannot be drawn. Only then:
    # setting a widget's value in every run would undo a click made while the run was on.
    if still_there != kept:
        st.session_state[key] = still_there

    def words(value: str) -> str:
        return dataset_facts.word(column, value)

    label, tip = _LABELS[column], _HELP.get(column)
    if len(options) <= _MOST_PILLS:
        chosen = st.pills(
            label, options, selection_mode="multi", format_func=words, key=key, help=tip
        )
    else:
        chosen = st.multiselect(
            label, options, format_func=words, key=key, help=tip, placeholder="All"
        )
    return tuple(chosen)


def _duration(table: pd.DataFrame, corpus_id: str) -> tuple[float, float] | None:
    """Wanted range of lengths, or None for all."""
    shortest = math.floor(10 * float(table["duration_s"].min())) / 10
    longest = math.ceil(10 * float(table["duration_s"].max())) / 10
    if longest - shortest < 0.2:
        return None
    key = _key(corpus_id, "duration_s")
    low, high = state.keep(key, (shortest, longest))
    if low < shortest or high > longest:  # clips came or went since
        st.session_state[key] = (shortest, longest)
    # The pair kept under the key makes it a range; the type checker sees only the bounds.
    chosen: Any = st.slider("Duration", shortest, longest, step=0.1, format="%.1f s", key=key)
    wanted = (round(chosen[0], 1), round(chosen[1], 1))
    return None if wanted == (shortest, longest) else wanted


def _problems(table: pd.DataFrame, corpus_id: str) -> bool:
    """Whether only clips with a problem are wanted."""
    if not (table["problems"] != "").any():
        return False
    key = _key(corpus_id, "problems")
    state.keep(key, default=False)
    return st.toggle("Only clips with problems", key=key)
