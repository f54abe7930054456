"""What the Dataset page shows, in its address, so that a copied one shows the same to others.

    ?data=ravdess-1a2b3c4d5e6f&view=clips&emotion=angry&emotion=sad&speaker=01&duration=2.0-3.5

`data` is the corpus. On another machine, where its folder is another one, the corpus of the same
name is meant. Whatever the address asks for that is not there is left out, and said so; so are
clips caught on the map where they are too many to be named in an address (`caught=250`).

Labels that were made to count as something else stand in it too (`labels=iemocap-4`,
`map=excited=happy`). They are the reader's own, and training goes by them, so an address with other
ones changes nothing by itself: the page says so, and offers to take them over.
"""

import json
import re
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import dataset_facts, dataset_filters, state
from pages.components.dataset_facts import FACETS, Filters
from pages.components.dataset_part import SplitPart
from ser_core.corpora import labels, library
from ser_core.corpora.folds import PARTS
from ser_core.corpora.library import CorpusEntry
from ser_core.emotions import KNOWN
from ser_core.errors import SerError

VIEW = "dataset_view"
"""Key of the switch between views."""

Query = dict[str, list[str]]
LabelChoice = tuple[str, dict[str, str]]
"""A named choice of labels, and pairs on top of it; see `CorpusEntry`."""

_SPLIT = ("protocol", "settings", "fold", "part")
_LABELS = ("labels", "map")
_CAUGHT = ("clip", "caught")
_FILTERS = {"data", "view", *_LABELS, *FACETS, "duration", "says", "problems", *_CAUGHT, *_SPLIT}
_MOST_NAMED = 1_000  # letters of clips' names that an address has room for
_WRITTEN = "dataset_address"  # the query written last, and what the reader's widgets held then
_ASKED = "dataset_address_asked"  # a query that waits for the corpus' table
_SHOWN = "dataset_address_corpus"  # id of the corpus shown last
_REMARKS = "dataset_address_remarks"  # what of a query could not be followed, and that query
_OTHER = "dataset_address_labels"  # labels that a query has and its corpus has not, that query


def read() -> None:
    """Note what a newly opened address asks for; call before the corpus is chosen.

    An address counts as new when the page was come to by it, and when it changed though the reader
    touched nothing: the browser's Back. A reader who clicks twice, quickly, sends the second click
    with the address from before the first one; that is not new.
    """
    query = _current()
    written, held = st.session_state.get(_WRITTEN, ({}, None))
    if not query or query == written:
        return
    if VIEW in st.session_state and held != _held():
        return
    st.session_state[_ASKED] = query
    entry = _entry(query.get("data", [""])[0])
    if entry is not None:
        st.session_state[state.CORPUS] = entry.id


def follow(table: pd.DataFrame, corpus: CorpusEntry, views: list[str]) -> None:
    """Set view and filters to what a new address asks for; call before they are drawn."""
    query: Query | None = st.session_state.pop(_ASKED, None)
    if query is None:
        return
    remarks = [f"“{name}” is no filter" for name in query if name not in _FILTERS]
    wanted = query.get("data", [""])[0]
    if wanted and _entry(wanted) is None:
        remarks.append(f"the corpus “{wanted}” is not on your list")
    view = query.get("view", [""])[0]
    if view in views:
        st.session_state[VIEW] = view
    elif view:
        remarks.append(f"there is no view “{view}”")
    dataset_filters.put(corpus.id, _filters(query, table, remarks))
    st.session_state.pop(_OTHER, None)
    asked = _labels(query, table, remarks)
    same = _entry(wanted) is not None or not wanted
    if same and asked not in (None, (corpus.label_choice, corpus.label_pairs)):
        st.session_state[_OTHER] = (asked, query)
    st.session_state[_REMARKS] = (None, remarks)


def write(corpus: CorpusEntry, view: str, filters: Filters) -> list[str]:
    """Write what is shown into the address; call once all is drawn that sets it.

    Returns:
        What of the address that led here could not be followed, as long as nothing was changed.
    """
    query = _query(corpus, view, filters)
    st.session_state[_SHOWN] = corpus.id
    if query != _current():
        st.query_params.from_dict(query)
    st.session_state[_WRITTEN] = (query, _held())
    shown, remarks = st.session_state.get(_REMARKS, (None, []))
    if shown is None:
        st.session_state[_REMARKS] = (query, remarks)
    elif shown != query:
        st.session_state[_REMARKS] = (query, [])
        st.session_state.pop(_OTHER, None)
        return []
    return list(remarks)


def other_labels() -> LabelChoice | None:
    """Labels that the address has and the corpus has not, as long as nothing was changed."""
    asked: LabelChoice | None = st.session_state.get(_OTHER, (None, None))[0]
    return asked


def follow_again() -> None:
    """Show what the address asked for once the corpus has its labels; call from a callback."""
    st.session_state[_ASKED] = st.session_state.pop(_OTHER)[1]


def _current() -> Query:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _held() -> tuple[Any, ...]:
    """What the reader's widgets hold that stands in the address."""
    corpus = st.session_state.get(_SHOWN, "")
    chosen = st.session_state.get(state.CORPUS, corpus), st.session_state.get(VIEW)
    return (*chosen, *dataset_filters.fingerprint(corpus))


def _entry(wanted: str) -> CorpusEntry | None:
    """The corpus meant: this very one, or the one opened last of the same name."""
    known = library.entries()
    same = [entry for entry in known if entry.id == wanted]
    name = wanted.rpartition("-")[0]
    return next((entry for entry in same or known if same or entry.name == name), None)


def _query(corpus: CorpusEntry, view: str, filters: Filters) -> Query:
    query = {"data": [corpus.id], "view": [view]}
    query |= {"labels": [corpus.label_choice]} if corpus.label_choice else {}
    pairs = [f"{label}={emotion}" for label, emotion in corpus.label_pairs.items()]
    query |= {"map": pairs} if pairs else {}
    query |= {column: list(some) for column, some in filters.values.items() if some}
    if filters.duration_s is not None:
        query["duration"] = ["{:.1f}-{:.1f}".format(*filters.duration_s)]
    if filters.says:
        query["says"] = [filters.says]
    if filters.problems_only:
        query["problems"] = ["only"]
    if filters.picked:
        few = sum(map(len, filters.picked)) <= _MOST_NAMED
        query |= {"clip": list(filters.picked)} if few else {"caught": [str(len(filters.picked))]}
    if filters.part is not None:
        part = filters.part
        query |= {"protocol": [part.protocol], "fold": [str(part.fold)], "part": [part.part]}
        if part.settings:
            query["settings"] = [part.settings]
    return query


def _filters(query: Query, table: pd.DataFrame, remarks: list[str]) -> Filters:
    """The filters a query asks for; what cannot be followed is added to the remarks."""
    values = {}
    for column in FACETS:
        known = set(dataset_facts.choices(table, column))
        asked = list(dict.fromkeys(query.get(column, ())))
        lost = [value for value in asked if value not in known]
        remarks += [f"no clip has the {column} “{value}”" for value in lost]
        values[column] = tuple(value for value in asked if value in known)
    problems = query.get("problems", [""])[0]
    if problems not in ("", "only"):
        remarks.append(f"problems can be “only”, not “{problems}”")
    if problems == "only" and not (table["problems"] != "").any():
        remarks.append("no clip has a problem")
        problems = ""
    return Filters(
        {column: some for column, some in values.items() if some},
        _duration(query, table, remarks),
        problems == "only",
        _says(query, table, remarks),
        _part(query, table, remarks),
        _picked(query, table, remarks),
    )


def _says(query: Query, table: pd.DataFrame, remarks: list[str]) -> str:
    words = query.get("says", [""])[0].strip()
    if words and not dataset_filters.statements_are_searched(table):
        remarks.append(f"“{words}” is not searched for: here statements are chosen from a list")
        return ""
    return words


def _picked(query: Query, table: pd.DataFrame, remarks: list[str]) -> tuple[str, ...]:
    """Clips that were caught on the map, where the address has their names."""
    names = tuple(dict.fromkeys(query.get("clip", ())))
    known = table["clip"].isin(names)
    lost = len(names) - int(known.sum())
    if lost:
        remarks.append(f"{dataset_facts.count(lost, 'clip')} that the corpus does not have")
    caught = query.get("caught", [""])[0]
    if caught:
        remarks.append(
            f"the choice of {caught} clips on the map, too many to stand in an address; catch "
            "them again"
        )
    return tuple(table.loc[known, "clip"])


def _labels(query: Query, table: pd.DataFrame, remarks: list[str]) -> LabelChoice | None:
    """The labels that an address was made with; None where it does not tell."""
    if not query.keys() >= {"data", "view"} and not query.keys() & set(_LABELS):
        return None  # typed by hand; the page's own would say where labels are not as published
    choice = query.get("labels", [""])[0]
    known = choice in {"", *labels.names()}
    if not known:
        remarks.append(f"the labels “{choice}” are not known")
    published = {*table["label"].astype(str), *table["emotion"].astype(str)} - {""}
    pairs = {}
    for text in query.get("map", ()):
        label, equals, emotion = text.partition("=")
        if equals and label in published and emotion in {"", *KNOWN, *published}:
            pairs[label] = emotion
        else:
            remarks.append(f"“{text}” maps no label of this corpus to an emotion")
    return (choice, pairs) if known else None


def _duration(query: Query, table: pd.DataFrame, remarks: list[str]) -> tuple[float, float] | None:
    text = query.get("duration", [""])[0]
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,6}(?:\.\d{1,6})?)-(\d{1,6}(?:\.\d{1,6})?)", text)
    span = dataset_filters.duration_span(table)
    if found is None or float(found[1]) > float(found[2]):
        remarks.append(f"“{text}” is no range of durations, such as 2.0-3.5")
        return None
    if span is None or float(found[1]) > span[1] or float(found[2]) < span[0]:
        remarks.append(f"no clip lasts {text} s")
        return None
    low, high = max(float(found[1]), span[0]), min(float(found[2]), span[1])
    return None if (low, high) == span else (round(low, 1), round(high, 1))


def _part(query: Query, table: pd.DataFrame, remarks: list[str]) -> SplitPart | None:
    protocol, settings, fold, part = (query.get(name, [""])[0] for name in _SPLIT)
    if not protocol:
        return None
    number = int(fold) if re.fullmatch(r"\d{1,6}", fold) else 1
    try:
        filled = json.loads(settings or "{}")
        if not isinstance(filled, dict):
            raise ValueError
        wanted = SplitPart(
            protocol,
            number,
            part if part in PARTS else "test",
            json.dumps(filled, sort_keys=True) if filled else "",
        )
        wanted.passing(table)
    except SerError as error:
        remarks.append(f"the split cannot be made here: {error}")
        return None
    except (ValueError, TypeError):
        remarks.append(f'“{settings}” are no settings of a split, such as {{"folds": 5}}')
        return None
    return wanted
