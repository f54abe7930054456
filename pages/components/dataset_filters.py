"""The Dataset page's filters: in the sidebar, as chips above what is shown, kept for each corpus.

They outlive a page change, and stand in the address (see `dataset_address`). What they are is in
the session under the keys of their widgets, so that whoever sets those before they are drawn sets
the filters: a chip that is taken off, a click in a chart, an address that was opened.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import dataset_facts, state
from pages.components.dataset_facts import FACETS, Filters
from pages.components.dataset_part import SplitPart
from pages.components.live_input import plain
from ser_core.corpora.folds import PARTS
from ser_core.errors import SerError

MOST_VALUES = 500
"""A facet with more values cannot be picked from a list; statements can be searched."""

_MOST_PILLS = 10  # a facet with more values is picked from a list
_MOST_CHIPS = 4  # values of one filter that have a chip each
_MOST_STEPS = 20  # filters before that the reader can go back to
_WANTED = "dataset_wanted"  # (corpus id, its filters in this run)
_REFUSED = "dataset_part_refused"  # why a split cannot be a filter
_LABELS = {
    "corpus": "Corpus",
    "language": "Language",
    "emotion": "Emotion",
    "speaker": "Speaker",
    "gender": "Gender",
    "intensity": "Intensity",
    "statement": "Statement",
    "channel": "Channel",
    "style": "Style",
    "session": "Session",
}
_HELP = {
    "intensity": "How strongly the emotion was acted",
    "statement": "What is said in the clip",
    "channel": "Spoken or sung",
    "style": "Read from a script, or improvised",
    "session": "Recording session",
}

_opener = st.components.v2.component(
    "sidebar_opener",
    css=Path(__file__).with_name("sidebar_opener.css").read_text(encoding="utf-8"),
    js=Path(__file__).with_name("sidebar_opener.js").read_text(encoding="utf-8"),
)


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
        part = _part(table, corpus_id)
        values = {column: _facet(table, column, corpus_id) for column in FACETS}
        says = _says(table, corpus_id)
        span = _duration(table, corpus_id)
        problems = _problems(table, corpus_id)
        some = {name: chosen for name, chosen in values.items() if chosen}
        picked = st.session_state.get(_key(corpus_id, "picked"), ())
        asked = Filters(some, span, problems, says, part, picked)
        st.button(
            "Clear filters",
            key="dataset_clear",
            icon=":material/filter_alt_off:",
            disabled=not asked.are_on,
            on_click=clear,
            args=(corpus_id,),
        )
    st.session_state[_WANTED] = (corpus_id, asked)
    return asked


def wanted(corpus_id: str) -> Filters:
    """What the reader asked for in this run."""
    of, filters = st.session_state.get(_WANTED, ("", Filters()))
    return filters if of == corpus_id else Filters()


def chips(asked: Filters, corpus_id: str) -> None:
    """The filters that are on, each to be taken off; on a phone, the way to all of them."""
    went = st.session_state.get(_key(corpus_id, "before"), [])
    each = _chips(asked)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        _opener(data={"count": len(each)}, key="dataset_filters_opener", width="content")
        for number, (words, without) in enumerate(each):
            st.button(
                words,
                key=f"dataset_chip_{number}",
                icon=":material/close:",
                icon_position="right",
                help="Take this filter off",
                on_click=change,
                args=(corpus_id, without),
            )
        if went:
            st.button(
                "Back",
                key="dataset_back",
                type="tertiary",
                icon=":material/undo:",
                help="The filters as they were before",
                on_click=_go_back,
                args=(corpus_id,),
            )
    refused = st.session_state.pop(_REFUSED, "")
    if refused:
        st.warning(plain(refused), icon=":material/call_split:")


def _chips(asked: Filters) -> list[tuple[str, Filters]]:
    """For each chip its words, and the filters without it."""
    found: list[tuple[str, Filters]] = []
    if asked.part is not None:
        found.append((plain(asked.part.words()), replace(asked, part=None)))
    for column, chosen in asked.values.items():
        if len(chosen) > _MOST_CHIPS:
            words = f"{_LABELS[column]}: {len(chosen)} chosen"
            found.append((words, asked.without(column)))
            continue
        for value in chosen:
            left = tuple(other for other in chosen if other != value)
            words = plain(_chip_words(column, value))
            found.append((words, replace(asked, values={**asked.values, column: left})))
    if asked.says:
        found.append((f"“{plain(asked.says)}”", replace(asked, says="")))
    if asked.duration_s is not None:
        low, high = asked.duration_s
        found.append((f"{low:.1f}–{high:.1f} s", replace(asked, duration_s=None)))
    if asked.picked:
        words = f"{dataset_facts.count(len(asked.picked), 'clip')} caught on the map"
        found.append((words, replace(asked, picked=())))
    if asked.problems_only:
        found.append(("Only clips with problems", replace(asked, problems_only=False)))
    return found


def _chip_words(column: str, value: str) -> str:
    """A value that says what it is: speaker 01, but Angry."""
    word = dataset_facts.word(column, value)
    alone = value and column in {"corpus", "emotion", "gender", "channel", "style", "statement"}
    return word if alone else f"{_LABELS[column].lower()} {word}"


# Setting filters, from callbacks or before they are drawn


def change(corpus_id: str, to: Filters) -> None:
    """Set the filters, as a click in a chart does; "Back" leads to what they were."""
    before = [*st.session_state.get(_key(corpus_id, "before"), []), wanted(corpus_id)]
    st.session_state[_key(corpus_id, "before")] = before[-_MOST_STEPS:]
    put(corpus_id, to)


def _go_back(corpus_id: str) -> None:
    before = st.session_state.get(_key(corpus_id, "before"), [])
    if before:
        put(corpus_id, before.pop())


def put(corpus_id: str, to: Filters) -> None:
    """Set all filters to these."""
    for column in FACETS:
        st.session_state[_key(corpus_id, column)] = list(to.values.get(column, ()))
    st.session_state[_key(corpus_id, "says")] = to.says
    st.session_state[_key(corpus_id, "problems")] = to.problems_only
    st.session_state[_key(corpus_id, "picked")] = to.picked
    st.session_state[_key(corpus_id, "split")] = to.part
    st.session_state[_key(corpus_id, "part")] = to.part.part if to.part else None
    span = _key(corpus_id, "duration_s")
    if to.duration_s is None:
        st.session_state.pop(span, None)
        st.session_state.pop(f"kept:{span}", None)
    else:
        st.session_state[span] = to.duration_s


def clear(corpus_id: str) -> None:
    """Show everything again."""
    change(corpus_id, Filters())


def show_problems(corpus_id: str) -> None:
    """Show all clips with a problem and nothing else."""
    change(corpus_id, Filters(problems_only=True))


def show_picked(corpus_id: str, clips: Sequence[str]) -> None:
    """Show these clips and no others."""
    change(corpus_id, Filters(picked=tuple(clips)))


def choose_part(corpus_id: str, part: SplitPart) -> None:
    """Show the clips of a part of a split, of those that pass the other filters."""
    change(corpus_id, replace(wanted(corpus_id), part=part))


def fingerprint(corpus_id: str) -> tuple[Any, ...]:
    """What the widgets hold now, to tell whether the reader changed something."""
    names = (*FACETS, "says", "problems", "split", "part", "picked", "duration_s")
    return tuple(str(st.session_state.get(_key(corpus_id, name))) for name in names)


def _key(corpus_id: str, column: str) -> str:
    return f"dataset:{corpus_id}:{column}"


# The widgets


def _facet(table: pd.DataFrame, column: str, corpus_id: str) -> tuple[str, ...]:
    """Wanted values of one column; nothing is drawn where there is no choice."""
    options = dataset_facts.choices(table, column)
    if len(options) < 2 or (len(options) > MOST_VALUES and column == "statement"):
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
    chosen: Sequence[str]
    if len(options) <= _MOST_PILLS:
        chosen = st.pills(
            label,
            options,
            selection_mode="multi",
            format_func=lambda value: plain(words(value)),
            key=key,
            help=tip,
        )
    else:
        chosen = st.multiselect(
            label,
            options,
            format_func=words,  # a list shows no Markdown
            key=key,
            help=tip,
            placeholder="All",
        )
    return tuple(chosen)


def statements_are_searched(table: pd.DataFrame) -> bool:
    """Whether statements are too many to pick from."""
    return len(table["statement"].cat.categories) > _MOST_PILLS


def _says(table: pd.DataFrame, corpus_id: str) -> str:
    """Words to look for in the statements, where these are too many to pick from."""
    key = _key(corpus_id, "says")
    if not statements_are_searched(table):
        return ""
    state.keep(key, "")
    return st.text_input("Statement contains", key=key, placeholder="Words").strip()


def duration_span(table: pd.DataFrame) -> tuple[float, float] | None:
    """Shortest and longest clip, to a tenth of a second outwards; None where there is no choice."""
    known = table["duration_s"].dropna()
    if known.empty:
        return None
    shortest = math.floor(10 * float(known.min())) / 10
    longest = math.ceil(10 * float(known.max())) / 10
    return None if longest - shortest < 0.2 else (shortest, longest)


def _duration(table: pd.DataFrame, corpus_id: str) -> tuple[float, float] | None:
    """Wanted range of lengths, or None for all."""
    span = duration_span(table)
    if span is None:
        return None
    shortest, longest = span
    key = _key(corpus_id, "duration_s")
    low, high = state.keep(key, span)
    if low < shortest or high > longest:  # clips came or went since
        st.session_state[key] = span
    # The pair kept under the key makes it a range; the type checker sees only the bounds.
    chosen: Any = st.slider("Duration", shortest, longest, step=0.1, format="%.1f s", key=key)
    asked = (round(chosen[0], 1), round(chosen[1], 1))
    return None if asked == span else asked


def _problems(table: pd.DataFrame, corpus_id: str) -> bool:
    """Whether only clips with a problem are wanted."""
    if not (table["problems"] != "").any():
        return False
    key = _key(corpus_id, "problems")
    state.keep(key, default=False)
    return st.toggle("Only clips with problems", key=key)


def _part(table: pd.DataFrame, corpus_id: str) -> SplitPart | None:
    """The part of a split to show; the split itself is chosen in the view of splits."""
    of = st.session_state.get(_key(corpus_id, "split"))
    if of is None:
        return None
    try:
        of.passing(table)
    except SerError as error:
        st.session_state[_REFUSED] = f"This is no filter here: {error}"
        st.session_state[_key(corpus_id, "split")] = None
        return None
    key = _key(corpus_id, "part")
    state.keep(key, of.part)
    part = st.segmented_control("Part of the split", PARTS, key=key, help=plain(of.words()))
    return replace(of, part=part) if part else None
