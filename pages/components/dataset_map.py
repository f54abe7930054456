"""The Dataset page's map: every clip a point, those that sound alike near one another."""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages.components import (
    clip_compare,
    clip_view,
    config_form,
    dataset_address,
    dataset_clips,
    dataset_facts,
    dataset_filters,
    map_work,
    state,
    tasks,
    theme,
)
from pages.components.live_input import plain
from pages.components.map_work import ClipMap, Method, Wanted
from ser_core import audio, emotions
from ser_core.config import Config
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import AudioError, SerError
from ser_core.exploration import maps
from ser_core.features import EXTRACTORS
from ser_core.figures import scatter
from ser_core.jobs.tasks import Progress, runner

_FEATURES, _METHOD, _WITHIN = "map_features", "map_method", "map_within"
_COLOUR, _DRAG = "map_colour", "map_drag"
_FORM = "map_form"
_PLOT, _LIST = "map_plot", "map_list"
_CHOSEN = "map_chosen"  # clips within the last lasso or box, in table order
_NEAR = "map_near"  # the neighbour listened to
_CLIPS, _FOUND = "map:clips", "map:found"  # (what they were made of, what was made)
_USUAL = "vector181"
_OF_FRAMES = "functionals:"
_METHODS: tuple[Method, ...] = ("t-SNE", "PCA")
_QUICK_S = 20.0  # a map that takes no longer is made without being asked for
_COLOURS = {
    "emotion": "Emotion",
    "speaker": "Speaker",
    "gender": "Gender",
    "intensity": "Intensity",
    "statement": "Statement",
    "channel": "Channel",
    "corpus": "Corpus",
    "language": "Language",
    "style": "Style",
    "session": "Session",
    "duration_s": "Duration",
}
_DRAGS = {
    "zoom": ":material/ads_click: Click",
    "lasso": ":material/lasso_select: Lasso",
    "select": ":material/select: Box",
}
"""What the pointer does, by Plotly's name for what dragging does; only where it zooms, Streamlit
hears of clicks."""
_MOST_LISTED = 2000


@dataclass(frozen=True)
class _Drawn:
    """A map with what is needed to draw it: rows of `clips` are rows of `found`.

    Of `unusable` clips that were to be drawn there are no features, and so no points.
    """

    found: ClipMap
    clips: pd.DataFrame
    passed: NDArray[np.bool_]
    unusable: int = 0

    def row_of(self, name: object) -> int | None:
        rows = np.flatnonzero(self.clips["clip"].to_numpy() == name)
        return int(rows[0]) if rows.size else None


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
    clips: pd.DataFrame = _once(_CLIPS, table, "", lambda: map_work.clips_to_draw(table))
    if len(clips) < 2:
        st.info("A map needs at least two clips without a problem.", icon=":material/scatter_plot:")
        return
    found = _find(clips, wanted)
    if found is None:
        _not_yet(clips, wanted)
        return
    inside = clips.iloc[found.rows]
    passed = inside["clip"].isin(shown["clip"]).to_numpy()
    drawn = _Drawn(found, inside, passed, unusable=len(clips) - len(inside))
    _explore(drawn, wanted, table, shown, corpus.id)


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
        if filled.config is None:
            raise SerError(filled.problem)
        config = filled.config.model_dump(mode="json")
        base = name.removeprefix(_OF_FRAMES)
        extractor = (
            EXTRACTORS.create(base, **config)
            if base == name
            else EXTRACTORS.create("functionals", frames={"name": base, "settings": config})
        )
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/tune:")
        return None
    return Wanted(extractor, method, within)


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


# The map itself


@st.fragment
def _explore(
    drawn: _Drawn, wanted: Wanted, table: pd.DataFrame, shown: pd.DataFrame, corpus_id: str
) -> None:
    """The map, the clip in hand beside it, and what a lasso has caught below."""
    if drawn.row_of(dataset_clips.in_hand()) is None and drawn.passed.any():
        st.session_state["dataset_clip"] = drawn.clips["clip"].to_numpy()[drawn.passed][0]
    colour = _bar(drawn.clips)
    left, right = st.columns([13, 9], gap="medium")
    with left:
        in_hand = drawn.row_of(dataset_clips.in_hand())
        near = (
            [] if in_hand is None else maps.neighbours(drawn.found.near.astype(np.float64), in_hand)
        )
        _picture(drawn, wanted, colour, in_hand, [row for row, _ in near])
        st.caption(_facts(drawn, wanted, table))
        _caught(drawn, corpus_id)
    with right:
        chosen = table[table["clip"] == dataset_clips.in_hand()]
        if not chosen.empty:
            dataset_clips.clip(chosen.iloc[0], shown)
        _neighbours(drawn, in_hand, near)
    if not chosen.empty:
        clip_compare.compare(chosen.iloc[0], table)


def _bar(clips: pd.DataFrame) -> str:
    """What colours the points, and what dragging does."""
    columns = [name for name in _COLOURS if name in clips and clips[name].nunique() > 1]
    with st.container(horizontal=True, vertical_alignment="center"):
        kept = state.keep(_COLOUR, "emotion")
        if kept not in columns:
            st.session_state[_COLOUR] = columns[0] if columns else None
        colour: str | None = st.selectbox(
            "Colour", columns, key=_COLOUR, width=200, label_visibility="collapsed",
            format_func=lambda name: f"Colour: {_COLOURS[name].lower()}",
        )  # fmt: skip
        state.keep(_DRAG, "zoom")
        st.segmented_control(
            "Pointer", list(_DRAGS), key=_DRAG, required=True, format_func=_DRAGS.__getitem__,
            label_visibility="collapsed",
        )  # fmt: skip
        dataset_clips.autoplay_toggle(
            "Click a point of the map; drag to look closer, a double click takes you back. A lasso "
            "or a box lists the clips in it."
        )
    return colour or "emotion"


def _picture(
    drawn: _Drawn, wanted: Wanted, colour: str, in_hand: int | None, near: list[int]
) -> None:
    values = drawn.clips[colour]
    is_number = colour == "duration_s"
    figure = scatter.clip_scatter(
        drawn.found.points,
        _texts(drawn.clips),
        values.to_numpy(np.float64) if is_number else list(values.astype(str)),
        "number" if is_number else "emotion" if colour == "emotion" else "category",
        drawn.passed,
        order=[] if is_number else dataset_facts.choices(drawn.clips, colour),
        unit="s" if is_number else "",
        titles=_titles(drawn.found),
        in_hand=in_hand,
        near=near,
        fade=st.session_state[_DRAG] != "zoom",
    )
    # The same as long as points lie where they are: zoom and lasso outlive a choice of colour.
    figure.update_layout(dragmode=st.session_state[_DRAG], uirevision=wanted.mark())
    theme.plot(
        figure,
        key=_PLOT,
        on_select=lambda: _select(drawn),
        selection_mode=("points", "box", "lasso"),
        alt=f"Map of {len(drawn.clips):,} clips, coloured by {_COLOURS[colour].lower()}",
    )


def _texts(clips: pd.DataFrame) -> list[str]:
    """What the hover says of each clip."""
    columns = ("emotion", "speaker", "gender", "intensity", "statement", "duration_s", "clip")
    parts = zip(*(clips[name].astype(object) for name in columns), strict=True)
    return [
        f"<b>{escape(emotions.title(emotion))}</b> · "
        + escape(
            " · ".join(part for part in (dataset_facts.speaker(speaker), gender, intensity) if part)
        )
        + (f"<br>{escape(statement)}" if statement else "")
        + f"<br>{duration_s:.2f} s · {escape(name)}"
        for emotion, speaker, gender, intensity, statement, duration_s, name in parts
    ]


def _titles(found: ClipMap) -> tuple[str, str]:
    if found.shares.size < 2:
        return "", ""
    first, second = (f"{100 * share:.0f} % of the differences" for share in found.shares)
    return f"component 1 ({first})", f"component 2 ({second})"


def _facts(drawn: _Drawn, wanted: Wanted, table: pd.DataFrame) -> str:
    """How many points there are, of how many clips, and what their places mean."""
    usable = int((table["problems"] == "").sum())
    points = f"{len(drawn.clips):,} points"
    if usable > len(drawn.clips) + drawn.unusable:
        points += f", drawn at random from {usable:,} clips"
    if drawn.unusable:
        points += f"; {dataset_facts.count(drawn.unusable, 'clip')} could not be used"
    if not drawn.passed.all():
        points += f"; the {int((~drawn.passed).sum()):,} that the filters leave out are faint"
    means = "points that are near sound alike; how far groups lie apart means little"
    if wanted.method == "PCA":
        means = "the two directions in which the clips differ most; distances keep their meaning"
    return f"{points}. {wanted.method}: {means}."


def _select(drawn: _Drawn) -> None:
    """A click takes the clip in hand and plays it; a lasso or box lists what it caught."""
    event: Any = st.session_state.get(_PLOT) or {}
    selection = event.get("selection", {})
    found = {_row(point) for point in selection.get("points", [])}
    rows = sorted(row for row in found if row is not None and row < len(drawn.clips))
    if selection.get("box") or selection.get("lasso"):
        st.session_state[_CHOSEN] = list(drawn.clips["clip"].iloc[rows])
    elif rows:
        dataset_clips.take(drawn.clips["clip"].iloc[rows[-1]])


def _row(point: dict[str, Any]) -> int | None:
    """The row of a point; rings have none."""
    data = point.get("customdata")
    if isinstance(data, dict):
        data = list(data.values())
    return int(data[0]) if data else None


def _caught(drawn: _Drawn, corpus_id: str) -> None:
    """The clips within the last lasso or box; a click on one plays it."""
    names = set(st.session_state.get(_CHOSEN, ()))
    caught = drawn.clips[drawn.clips["clip"].isin(names) & drawn.passed]
    if caught.empty:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{dataset_facts.count(len(caught), 'clip')} caught** · {_mix(caught)}")
        if st.button(
            "Show only these in the table", key="map_only", icon=":material/filter_alt:",
            on_click=_show_only, args=(corpus_id, list(caught["clip"])),
        ):  # fmt: skip
            st.rerun()  # all of the page: filters and view have changed
        st.button("Let go", key="map_let_go", type="tertiary", on_click=_let_go)
    listed = caught.head(_MOST_LISTED)
    st.dataframe(
        dataset_clips.to_arrow(listed[["emotion", "speaker", "duration_s", "statement", "clip"]]),
        key=_LIST,
        on_select=lambda: _take_listed(listed),
        selection_mode="single-cell",
        hide_index=True,
        height=min(300, 35 * (len(listed) + 1) + 2),
        column_config=dataset_clips.column_config(listed),
        alt="Clips caught on the map; choose one to listen to it",
    )
    if len(caught) > len(listed):
        st.caption(f"The first {len(listed):,} of them.")


def _mix(caught: pd.DataFrame) -> str:
    """The commonest emotions among some clips, in words."""
    counts = caught["emotion"].astype(str).value_counts()
    words = [f"{count:,} {emotions.title(str(name)).lower()}" for name, count in counts.items()]
    more = f" and {len(words) - 4} more emotions" if len(words) > 4 else ""
    return plain(", ".join(words[:4]) + more)


def _take_listed(listed: pd.DataFrame) -> None:
    cells = st.session_state.get(_LIST, {}).get("selection", {}).get("cells", [])
    if cells and int(cells[0][0]) < len(listed):
        dataset_clips.take(listed["clip"].iloc[int(cells[0][0])])


def _show_only(corpus_id: str, names: list[str]) -> None:
    dataset_filters.show_picked(corpus_id, names)
    st.session_state[dataset_address.VIEW] = "clips"


def _let_go() -> None:
    st.session_state.pop(_CHOSEN, None)


# Neighbours


def _neighbours(drawn: _Drawn, in_hand: int | None, near: list[tuple[int, float]]) -> None:
    """The clips that sound most like the one in hand, each to be heard."""
    if in_hand is None:
        st.caption("The clip in hand is not on the map, so it has no neighbours here.")
        return
    st.markdown(
        "**Nearest neighbours**",
        help="By the features of the map, all of their main components and not only the two that "
        "are drawn. 1.00 is the usual distance of this clip to the others, 0 the same sound.",
    )
    with st.container(gap=None):
        for row, distance in near:
            _neighbour(drawn.clips.iloc[row], distance)
    _play_neighbour(drawn, [row for row, _ in near])


def _neighbour(clip: pd.Series, distance: float) -> None:
    parts = emotions.title(clip["emotion"]), dataset_facts.speaker(clip["speaker"])
    words = " · ".join(part for part in parts if part)
    name = clip["clip"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button(
            ":material/my_location:", key=f"map_take:{name}", type="tertiary",
            help="Take this clip in hand", on_click=dataset_clips.take, args=(name,),
        )  # fmt: skip
        st.button(
            f"{plain(words)} :gray[· {distance_words(distance)} ({distance:.2f})]",
            key=f"map_hear:{name}",
            icon=":material/play_arrow:",
            type="tertiary",
            help=f"Play {plain(name)}",
            on_click=_hear,
            args=(name,),
        )


def distance_words(distance: float) -> str:
    """A distance, as a share of the usual one, in words.

    >>> distance_words(0.1), distance_words(0.5), distance_words(0.95)
    ('almost the same', 'near', 'far')
    """
    limits = (
        (0.2, "almost the same"),
        (0.45, "very near"),
        (0.65, "near"),
        (0.85, "not far"),
    )
    return next((words for limit, words in limits if distance < limit), "far")


def _hear(name: str) -> None:
    st.session_state[_NEAR] = (name, True)


def _play_neighbour(drawn: _Drawn, rows: list[int]) -> None:
    """The player of the neighbour that was asked for."""
    name, fresh = st.session_state.get(_NEAR, ("", False))
    row = drawn.row_of(name)
    if row is None or row not in rows:
        return
    st.session_state[_NEAR] = (name, False)
    try:
        waveform, sampling_rate = audio.load(Path(drawn.clips["path"].iloc[row]))
    except (AudioError, OSError) as error:
        st.error(plain(str(error)), icon=":material/hearing_disabled:")
        return
    clip_view.play(waveform, sampling_rate, "map-near", name, autoplay=fresh)


def _once(slot: str, made_of: Any, mark: str, make: Any) -> Any:
    """What `make` returns, kept in the session for as long as it is made of the same object."""
    kept = st.session_state.get(slot)
    if kept is None or kept[0] is not made_of or kept[1] != mark:
        kept = (made_of, mark, make())
        st.session_state[slot] = kept
    return kept[2]
