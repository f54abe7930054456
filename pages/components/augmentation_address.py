"""What the Augmentation page shows, in its address, so that a copied one shows the same to others.

    ?data=ravdess-1a2b3c4d5e6f&clip=Actor_12/03-01-05-02-01-01-12.wav&chain=d&seed=3

`chain` is a preset; a chain that was changed stands whole in `steps`. A recording or a file of the
reader's own is not part of an address, nor are draws that are held.
"""

import time

import streamlit as st

from pages.components import (
    augmentation_chain,
    augmentation_clip,
    augmentation_presets,
    augmentation_voice,
    state,
)
from pages.components.augmentation_chain import Edited
from pages.components.augmentation_draft import from_text, to_text
from pages.components.live_input import Clip
from ser_core.corpora import library
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError

_WRITTEN = "augment_address"  # the query written last
_REPLACED = "augment_replaced"  # the query written before that, and when it was replaced
_ARRIVED_S = 2.0  # after which a browser has the new address
_REMARKS = "augment_remarks"  # what of a query could not be followed
_RECORDED = "recorded"
VIEWS = {
    "hear": "Hear and see",
    "draws": "Eight draws",
    "mix": "Mix two",
    "label": "Label check",
}
_MOST_SEED = 2**31 - 1


def read() -> None:
    """Follow a newly opened address; call before anything is drawn."""
    query = dict(st.query_params)
    if not query or query == st.session_state.get(_WRITTEN) or _echo(query):
        return
    remarks: list[str] = []
    _read_clip(query, remarks)
    _read_chain(query, remarks)
    for name, key, least in (
        ("seed", state.AUGMENT_SEED, 0),
        ("copy", augmentation_chain.COPY, 1),
    ):
        text = query.get(name, "")
        if text.isdecimal() and least <= int(text) <= _MOST_SEED:
            st.session_state[key] = int(text)
        elif text:
            remarks.append(f"“{text}” is no {name}")
    if query.get("view") in VIEWS:
        st.session_state[state.AUGMENT_VIEW] = query["view"]
    elif query.get("view"):
        remarks.append(f"“{query['view']}” is no view; there are {', '.join(VIEWS)}")
    if "sound" in query:
        as_recorded = query["sound"] == _RECORDED
        st.session_state[augmentation_voice.AS_RECORDED] = as_recorded
        if not as_recorded:
            remarks.append(f"“{query['sound']}” is no sound; there is {_RECORDED}")
    _check_copy(query, remarks)
    st.session_state[_WRITTEN] = query
    st.session_state[_REMARKS] = remarks


def _echo(query: dict[str, str]) -> bool:
    """Whether a query is one that this session replaced a moment ago.

    What is clicked before the new address has arrived in the browser comes with the one before: to
    follow that would take back what was done.
    """
    replaced, when = st.session_state.get(_REPLACED, (None, 0.0))
    return query == replaced and time.monotonic() - when < _ARRIVED_S


def _check_copy(query: dict[str, str], remarks: list[str]) -> None:
    """Say that there is no such copy of a clip, where steps take turns."""
    text, draft = query.get("copy", ""), augmentation_chain.draft()
    if not text.isdecimal() or int(text) <= 1:
        return
    most = augmentation_chain.turns(draft) if draft.use == "turns" else 1
    if int(text) > most:
        remarks.append(f"there is no copy {text} of a clip in this chain, only {most}")


def _read_clip(query: dict[str, str], remarks: list[str]) -> None:
    wanted = query.get("data", "")
    if not wanted:
        return
    known = library.entries()
    same = [entry for entry in known if entry.id == wanted]
    name = wanted.rpartition("-")[0]
    entry = next((e for e in same or known if same or e.name == name), None)
    if entry is None:
        remarks.append(f"the corpus “{wanted}” is not on your list")
        return
    st.session_state[state.CORPUS] = entry.id
    st.session_state[augmentation_clip.SOURCE] = "corpus"
    if "clip" in query:
        st.session_state[augmentation_clip.CLIP] = query["clip"]
        st.session_state[augmentation_clip.WANTED] = query["clip"]
        for key in (augmentation_clip.EMOTION, augmentation_clip.SPEAKER):
            st.session_state[key] = augmentation_clip.ANY


def _read_chain(query: dict[str, str], remarks: list[str]) -> None:
    try:
        if "steps" in query:
            base = query.get("chain", "")
            known = base if base in augmentation_presets.names() else ""
            augmentation_presets.put(from_text(query["steps"]), known)
        elif "chain" in query:
            augmentation_presets.take(query["chain"])
    except SerError as error:
        remarks.append(str(error))


def write(clip: Clip | None, entry: CorpusEntry | None, edited: Edited, view: str) -> None:
    """Write what is shown into the address."""
    query = {"seed": str(edited.seed)}
    if clip is not None and clip.source == "corpus" and entry is not None:
        query |= {"data": entry.id, "clip": clip.name}
    draft = edited.draft
    if draft.base:
        query["chain"] = draft.base
    if augmentation_presets.edited(draft):
        query["steps"] = to_text(draft.config())
    if edited.copy:
        query["copy"] = str(edited.copy + 1)
    if view:
        query["view"] = view
    if st.session_state.get(augmentation_voice.AS_RECORDED):
        query["sound"] = _RECORDED
    written = st.session_state.get(_WRITTEN)
    if written not in (None, query):
        st.session_state[_REPLACED] = (written, time.monotonic())
    if query != dict(st.query_params):
        st.query_params.from_dict(query)
    st.session_state[_WRITTEN] = query


def remarks() -> list[str]:
    """What of the address that led here could not be followed; said once."""
    found: list[str] = st.session_state.pop(_REMARKS, [])
    return found
