"""What the feature store takes on disk, by extractor and settings, and clearing it."""

import time
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import dataset_facts, feature_words, state
from pages.components.live_input import plain
from ser_core import paths
from ser_core.errors import SerError
from ser_core.jobs.tasks import TaskSnapshot, runner

if TYPE_CHECKING:
    from ser_core.store import Kept

_COUNT = "page:features on disk"  # key of the task that looks through the store
_OPEN = "features_on_disk"
_LABEL = "features_on_disk_label"
_REFUSED = "features_refused"  # why something could not be cleared
_FRESH_S = 10.0  # for so long the store is not looked through again
_PATIENCE_S = 0.1
_POLL_S = 0.5
_MOST = 30  # rows


def panel() -> None:
    """An expander with what is kept; nothing where nothing is."""
    task = _counted()
    slow = task is not None and task.running
    st.fragment(_panel, run_every=_POLL_S if slow else None)(slow)


def look_again() -> None:
    """The store has changed: what is known of it is out of date."""
    _stale.add(_key())


_stale: set[str] = set()


def _key() -> str:
    return f"{_COUNT} {paths.home()}"


def _counted() -> TaskSnapshot | None:
    """The task that looks through the store, usually done at once; None where there is no store."""
    from ser_core.features.store import FeatureStore

    store, key = FeatureStore(), _key()
    if not store.folder.is_dir():
        return None
    task = runner().snapshot(key)
    if task is None or (
        not task.running and (key in _stale or time.time() - task.started > _FRESH_S)
    ):
        _stale.discard(key)
        task = runner().start(key, "Look through the features", lambda _: store.kept())
        task = runner().wait(key, _PATIENCE_S) or task
    return task


def _panel(polled: bool) -> None:
    task = _counted()
    if task is None:
        return
    if task.running:
        st.caption("Features on disk: counting")
        return
    if polled:
        st.rerun()  # the whole page, so that nothing is polled any more
    if task.state == "failed":
        st.caption(plain(f"Features on disk: {task.error}"))
        return
    kept: list[Kept] = task.result or []
    refused = st.session_state.pop(_REFUSED, "")
    if refused:
        st.error(plain(refused), icon=":material/error:")
    if kept:
        _expander(kept)


def _expander(kept: "list[Kept]") -> None:
    whole = feature_words.size_words(sum(part.size_bytes for part in kept))
    label = f"Features on disk · {whole}"
    if st.session_state.get(_LABEL) != label:
        # Another label makes it another expander, which would be closed.
        st.session_state[_LABEL] = label
        st.session_state[_OPEN] = st.session_state.get(_OPEN, False)
    box = st.expander(label, key=_OPEN, icon=":material/database:", on_change="rerun")
    if box.open:
        with box:
            _rows(kept, whole)


def _rows(kept: "list[Kept]", whole: str) -> None:
    """One line for each extractor and settings, largest first, and the way to clear them."""
    busy = any(task.running and task.key.startswith("features:") for task in runner().all())
    st.caption(
        "Computed once, then only read. Clearing frees the disk; what is needed again is computed "
        "again."
    )
    for part in kept[:_MOST]:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(words(part), width="stretch")
            st.button(
                "Clear",
                key=f"features_clear:{part.key}",
                type="tertiary",
                icon=":material/delete:",
                disabled=busy,
                on_click=_clear,
                args=(part.key,),
            )
    if len(kept) > _MOST:
        st.caption(f"And {len(kept) - _MOST} smaller ones.")
    with st.popover("Clear all", icon=":material/delete_sweep:", disabled=busy):
        st.markdown(f"Clear all features on disk, {whole}?")
        st.button("Clear them", key="features_clear_all", type="primary", on_click=_clear)


def words(part: "Kept") -> str:
    """What is kept, of how many clips, how large: one line of Markdown."""
    extractor, source = part.about["extractor"], part.about["source"]
    facts = [
        feature_words.settings_words(extractor, part.about["settings"]),
        "" if source == "whole clips" else source,
        dataset_facts.count(part.clips, "clip"),
        feature_words.size_words(part.size_bytes),
    ]
    title = plain(feature_words.title(extractor))
    return " · ".join([f"**{title}**", *(plain(fact) for fact in facts if fact)])


def _clear(key: str | None = None) -> None:
    from ser_core.features.store import FeatureStore

    try:
        FeatureStore().clear(key)
        st.session_state.pop(state.FEATURES_TASK, None)  # it says what is on disk
    except SerError as error:
        st.session_state[_REFUSED] = str(error)
    look_again()
