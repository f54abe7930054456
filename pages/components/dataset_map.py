"""The Dataset page's map: every clip a point, those that sound alike near one another."""

from typing import Any

import pandas as pd
import streamlit as st

from pages.components import (
    config_form,
    dataset_facts,
    dataset_map_points,
    map_work,
    state,
    tasks,
    theme,
)
from pages.components.dataset_map_points import Drawn
from pages.components.live_input import plain
from pages.components.map_work import ClipMap, Method, Wanted
from ser_core.config import Config
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import SerError
from ser_core.features import EXTRACTORS, Extractor
from ser_core.jobs.tasks import Progress, runner

_FEATURES, _METHOD, _WITHIN = "map_features", "map_method", "map_within"
_FORM = "map_form"
_CLIPS, _INSIDE, _FOUND = (
    "map:clips",
    "map:inside",
    "map:found",
)  # (what they were made of, what was made)
_USUAL = "vector181"
_OF_FRAMES = "functionals:"
_METHODS: tuple[Method, ...] = ("t-SNE", "PCA")
_QUICK_S = 20.0  # a map that takes no longer is made without being asked for


def view(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> None:
    """Draw the map of a corpus, or how it comes to be.

    Args:
        table: all clips of the corpus.
        shown: those that pass the filters; the others are faint.
        corpus: whose clips they are.
    """
    wanted = _controls()
    if wanted is None:
        return
    clips = theme.kept(_CLIPS, table, None, lambda: map_work.clips_to_draw(table))
    if len(clips) < 2:
        st.info("A map needs at least two clips without a problem.", icon=":material/scatter_plot:")
        return
    found = _find(clips, wanted)
    if found is None:
        _not_yet(clips, wanted)
        return
    inside = theme.kept(_INSIDE, found, None, lambda: clips.iloc[found.rows])
    passed = inside["clip"].isin(shown["clip"]).to_numpy()
    drawn = Drawn(found, inside, passed, unusable=len(clips) - len(inside))
    dataset_map_points.explore(drawn, wanted, table, shown, corpus.id)


# What is asked for


def _controls() -> Wanted | None:
    """One bar: features and their settings, how points are found, speakers' differences."""
    choices = _extractors()
    with st.container(horizontal=True, vertical_alignment="center"):
        state.keep(_FEATURES, _USUAL if _USUAL in choices else choices[0])
        name: str = st.selectbox(
            "Features", choices, key=_FEATURES, format_func=_title, width=280,
            label_visibility="collapsed",
        )  # fmt: skip
        with st.popover("Settings", icon=":material/tune:"):
            filled = _settings(name)
        state.keep(_METHOD, _METHODS[0])
        method: Any = st.segmented_control(
            "Method", _METHODS, key=_METHOD, required=True, label_visibility="collapsed"
        )  # fmt: skip
        state.keep(_WITHIN, default=False)
        within = st.toggle(
            "Take speakers' differences away",
            key=_WITHIN,
            help="Features are standardised within each speaker: what is left is how each clip "
            "differs from the usual way of its speaker",
        )
    try:
        return Wanted(_extractor(name, filled), method, within)
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/tune:")
        return None


def _extractor(name: str, filled: config_form.Filled) -> Extractor:
    """What was chosen, as it was set; of frames, their statistics.

    Raises:
        SerError: the settings are refused.
    """
    if filled.config is None:
        raise SerError(filled.problem)
    config = filled.config.model_dump(mode="json")
    base = name.removeprefix(_OF_FRAMES)
    if base == name:
        return EXTRACTORS.create(base, **config)
    return EXTRACTORS.create("functionals", frames={"name": base, "settings": config})


@st.cache_resource(show_spinner=False)
def _extractors() -> list[str]:
    """Extractors of one vector a clip, and those of frames, whose statistics are one."""
    classes = {name: EXTRACTORS.get(name) for name in EXTRACTORS.names()}
    vectors = [name for name, each in classes.items() if each.kind == "vector"]
    frames = [
        f"{_OF_FRAMES}{n}" for n, c in classes.items() if c.kind == "frames" and not c.by_name
    ]
    own = [name for name in vectors if name != "functionals"]
    return sorted(own, key=lambda name: (name != _USUAL, _title(name))) + sorted(frames, key=_title)


def _title(name: str) -> str:
    base = name.removeprefix(_OF_FRAMES)
    title = EXTRACTORS.get(base).title
    return title if base == name else f"Functionals: {title}"


def _settings(name: str) -> config_form.Filled:
    config_type: type[Config] = EXTRACTORS.get(name.removeprefix(_OF_FRAMES)).config_type
    return config_form.config_form(config_type, f"{_FORM}:{name}")


# How it comes to be


def _find(clips: pd.DataFrame, wanted: Wanted) -> ClipMap | None:
    """The map where there is one, looked for on disk once."""
    kept = st.session_state.get(_FOUND)
    if kept is not None and kept[0] is clips and kept[1] == wanted.mark():
        found: ClipMap = kept[2]
        return found
    task = runner().snapshot(_task_key(clips, wanted))
    if task is not None and task.running:
        return None
    done = task.result if task is not None and task.state == "done" else None
    looked: ClipMap | None = done or map_work.find(clips, wanted)
    if looked is not None:
        st.session_state[_FOUND] = (clips, wanted.mark(), looked)
    return looked


def _not_yet(clips: pd.DataFrame, wanted: Wanted) -> None:
    """What the map will show and how long it takes; its progress once it was asked for."""
    key = _task_key(clips, wanted)
    task = runner().snapshot(key)
    if task is None:
        missing = map_work.lacking(clips, wanted)
        seconds = map_work.seconds(clips, wanted, missing)
        if seconds <= _QUICK_S:
            _start(key, clips, wanted)
        else:
            _offer(key, clips, wanted, missing, seconds)
            return
    task = tasks.task_panel(key)
    if task is None:
        return
    if task.running:
        st.caption("This goes on while you look at other pages. The map is kept on disk.")
    else:
        words = "Try again" if task.state == "failed" else "Make the map"
        if task.state == "stopped":
            st.caption("Features that were finished are kept; another start goes on from there.")
        st.button(words, key="map_again", icon=":material/scatter_plot:", type="primary",
                  on_click=_start, args=(key, clips, wanted))  # fmt: skip


def _offer(key: str, clips: pd.DataFrame, wanted: Wanted, missing: int, seconds: float) -> None:
    st.markdown(
        f"**A map of {dataset_facts.count(len(clips), 'clip')}**: every clip is a point, and clips "
        "that sound alike lie near one another. It shows whether the emotions come apart, which "
        "clips stand alone, and which sit among those of another emotion; every point can be heard."
    )
    st.button(
        "Make the map", key="map_make", icon=":material/scatter_plot:", type="primary",
        on_click=_start, args=(key, clips, wanted),
    )  # fmt: skip
    new = f"features of {dataset_facts.count(missing, 'clip')} are computed; " if missing else ""
    st.caption(f"Takes about {tasks.duration(seconds)}: {new}the map is then kept on disk.")


def _start(key: str, clips: pd.DataFrame, wanted: Wanted) -> None:
    def work(progress: Progress) -> ClipMap:
        return map_work.make(clips, wanted, progress)

    runner().start(key, f"Map of {dataset_facts.count(len(clips), 'clip')}", work)


def _task_key(clips: pd.DataFrame, wanted: Wanted) -> str:
    ends = len(clips), clips["path"].iloc[0], clips["path"].iloc[-1]
    return f"map:{hash((ends, id(clips), wanted.mark()))}"
