"""The Dataset page's averages: how each emotion sounds on the whole, and how its melody runs."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from plotly import graph_objects as go

from pages.components import (
    average_work,
    clip_view,
    dataset_facts,
    map_work,
    state,
    tasks,
    theme,
)
from pages.components.average_work import Averages
from pages.components.emotion import chip
from pages.components.live_input import plain
from ser_core import audio, emotions
from ser_core.corpora.library import CorpusEntry
from ser_core.errors import AudioError
from ser_core.exploration import averages
from ser_core.features import LogMel
from ser_core.figures import averages as drawing
from ser_core.figures import style
from ser_core.jobs.tasks import Progress, runner
from ser_core.words import minus

_SCALE = "averages_scale"
_CLIPS, _FOUND, _DRAWN = "averages:clips", "averages:found", "averages:drawn"
_HEARD = "averages_heard"  # (the clip listened to, whether it was asked for just now)
_LEVEL, _AGAINST = "Level", "Against all emotions"
_QUICK_S = 20.0  # what takes no longer is made without being asked for
_A_ROW = 4


def view(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> None:  # noqa: ARG001
    """Draw the averages of the clips shown, or how they come to be.

    Args:
        table: all clips of the corpus; they say what is usual for each speaker.
        shown: those that pass the filters, which are averaged.
        corpus: whose clips they are; averages are known by the clips themselves.
    """
    kept = st.session_state.get(_CLIPS)
    if kept is None or kept[0] is not table:
        kept = st.session_state[_CLIPS] = (table, map_work.clips_to_draw(table))
    clips: pd.DataFrame = kept[1]
    passed = clips["clip"].isin(shown["clip"]).to_numpy()
    if not passed.any():
        st.info("No clip without a problem passes the filters.", icon=":material/functions:")
        return
    found = _find(clips, passed)
    if found is None:
        _not_yet(clips, passed)
    else:
        mixed_channels(clips[passed])
        _draw(found, clips, int((table["problems"] == "").sum()))


def mixed_channels(clips: pd.DataFrame) -> None:
    """Say that an average is of speech and song, where it is."""
    channels = sorted(set(clips["channel"].astype(str)))
    if len(channels) > 1:
        words = " and ".join(sorted(channels, reverse=True))
        st.caption(
            f":orange[:material/info:] {words.capitalize()} together, though singers hold their "
            "notes: filter by one channel to compare emotions."
        )


def _find(clips: pd.DataFrame, passed: NDArray[np.bool_]) -> Averages | None:
    """The averages where there are any, looked for on disk once."""
    key = _task_key(clips, passed)
    kept = st.session_state.get(_FOUND)
    if kept is not None and kept[0] is clips and kept[1] == key:
        found: Averages = kept[2]
        return found
    task = runner().snapshot(key)
    if task is not None and task.running:
        return None
    done = task.result if task is not None and task.state == "done" else None
    looked: Averages | None = done or average_work.find(clips, passed)
    if looked is not None:
        st.session_state[_FOUND] = (clips, key, looked)
    return looked


def _task_key(clips: pd.DataFrame, passed: NDArray[np.bool_]) -> str:
    mark = hashlib.blake2b(passed.tobytes(), digest_size=8).hexdigest()
    return f"averages:{id(clips)}:{mark}"


def _not_yet(clips: pd.DataFrame, passed: NDArray[np.bool_]) -> None:
    """What there will be and how long it takes; its progress once it was asked for."""
    key = _task_key(clips, passed)
    if runner().snapshot(key) is None:
        missing = average_work.lacking(clips)
        seconds = average_work.seconds(clips, missing)
        if seconds > _QUICK_S:
            st.markdown(
                "**The average of each emotion**: its mean spectrogram, and how its melody runs "
                f"against the usual pitch of {_whose(clips)}, from the first to the last sound of "
                "the sentence."
            )
            st.button(
                "Average the clips", key="averages_make", icon=":material/functions:",
                type="primary", on_click=_start, args=(key, clips, passed),
            )  # fmt: skip
            st.caption(
                f"Takes about {tasks.duration(seconds)}: spectrogram and pitch of "
                f"{dataset_facts.count(missing, 'clip')} are computed, once."
            )
            return
        _start(key, clips, passed)
    task = tasks.task_panel(key)
    if task is None:
        return
    if task.running:
        st.caption("This goes on while you look at other pages. What is computed is kept on disk.")
        return
    st.button(
        "Average the clips", key="averages_again", icon=":material/functions:", type="primary",
        on_click=_start, args=(key, clips, passed),
    )  # fmt: skip


def _start(key: str, clips: pd.DataFrame, passed: NDArray[np.bool_]) -> None:
    def work(progress: Progress) -> Averages:
        return average_work.make(clips, passed, progress)

    title = f"Averages of {dataset_facts.count(int(passed.sum()), 'clip')}"
    runner().start(key, title, work)


@st.fragment
def _draw(found: Averages, clips: pd.DataFrame, usable: int) -> None:
    state.keep(_SCALE, _LEVEL)
    scale = st.segmented_control(
        "Scale", (_LEVEL, _AGAINST), key=_SCALE, required=True, label_visibility="collapsed"
    )
    against = scale == _AGAINST
    limits, figures = theme.kept(_DRAWN, found, against, lambda: _figures(found, against))
    st.html(_key(limits, against))
    for start in range(0, len(found.names), _A_ROW):
        for column, number in zip(
            st.columns(_A_ROW, gap="small"),
            range(start, min(start + _A_ROW, len(found.names))),
            strict=False,
        ):
            with column:
                _one(found, number, figures[number], clips)
    _player(clips)
    st.caption(_words(clips, usable, against))


def _values(found: Averages, against: bool) -> tuple[NDArray[np.float32], tuple[float, float]]:
    """Spectrograms to draw and the ends of their colour scale, in dB."""
    if not against:
        low, high = np.percentile(found.spectrograms, [1, 99.8])
        return found.spectrograms, (float(np.floor(low)), float(np.ceil(high)))
    differences = averages.against_all(found.spectrograms, list(found.names))
    reach = max(1.0, float(np.ceil(np.percentile(np.abs(differences), 99.5))))
    return differences, (-reach, reach)


def _semitones(found: Averages) -> tuple[float, float]:
    """Ends of the melodies' axis: all quartiles but the rarest outliers."""
    known = found.melodies[:, :3][np.isfinite(found.melodies[:, :3])]
    if not known.size:
        return -6.0, 6.0
    low, high = np.percentile(known, [0.5, 99.5])
    return float(min(-2.0, np.floor(low))), float(max(2.0, np.ceil(high)))


def _figures(found: Averages, against: bool) -> tuple[tuple[float, float], list[go.Figure]]:
    """The ends of the colours in dB, and a figure for each emotion, all on the same scales."""
    values, limits = _values(found, against)
    semitones, medians = _semitones(found), found.melodies[:, 1]
    drawn = [
        drawing.average_figure(
            str(name),
            values[number],
            LogMel().band_centres_hz(),
            found.melodies[number, :3],
            list(np.delete(medians, number, axis=0)),
            limits,
            semitones,
        )
        for number, name in enumerate(found.names)
    ]
    return limits, drawn


def _one(found: Averages, number: int, figure: go.Figure, clips: pd.DataFrame) -> None:
    """One emotion: its name and size, a typical clip to hear, the figure."""
    name = str(found.names[number])
    title = emotions.title(name)
    typical = str(clips["clip"].iloc[int(found.typical[number])])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f"<b>{chip(name)}</b>", width="content")
        st.button(
            ":material/play_arrow:", key=f"averages_hear:{name}", type="tertiary",
            help=f"Hear the clip nearest to the average of {title.lower()}: {plain(typical)}",
            on_click=_hear, args=(typical,),
        )  # fmt: skip
    theme.plot(
        figure,
        key=f"averages:{name}",
        finished=True,
        alt=f"Average spectrogram and melody of {title}",
    )
    st.caption(_size(int(found.clips[number]), int(found.speakers[number])))


def _size(clips: int, speakers: int) -> str:
    """How much was averaged; speakers only where somebody says who speaks.

    >>> _size(4, 2), _size(4, 0)
    ('4 clips · 2 speakers', '4 clips')
    """
    words = dataset_facts.count(clips, "clip")
    return f"{words} · {dataset_facts.count(speakers, 'speaker')}" if speakers else words


def _key(limits: tuple[float, float], against: bool) -> str:
    """HTML: the one colour scale of all spectrograms."""
    colours = [str(pair[1]) for pair in style.BOTH_SIDES] if against else style.MAGMA
    bar = f"height:.6em;border-radius:3px;background:linear-gradient(90deg,{','.join(colours)})"
    words = "dB against the mean of all emotions" if against else "dB around each clip's mean level"
    low, high = (minus(f"{limit:+.0f}") for limit in limits)
    return (
        '<div style="display:grid;grid-template-columns:auto minmax(4em,12em) auto 1fr;gap:.5em;'
        f'align-items:center;font-size:.85rem;opacity:.8"><span>{low}</span>'
        f'<span style="{bar}"></span><span>{high}</span><span>{words}</span></div>'
    )


def _words(clips: pd.DataFrame, usable: int, against: bool) -> str:
    sampled = (
        f"Drawn from {len(clips):,} of {usable:,} clips, taken at random. "
        if usable > len(clips)
        else ""
    )
    shade = "Red is louder, blue is softer than the average emotion. " if against else ""
    return (
        f"{sampled}{shade}Each clip is stretched from its first to its last sound. Melody: median "
        "and the middle half of the clips, in semitones from the usual pitch of "
        f"{_whose(clips)}; the thin lines are the other emotions."
    )


def _whose(clips: pd.DataFrame) -> str:
    """Whose pitch melodies are measured from: clips by nobody known count as one speaker's."""
    several = " in each channel" if clips["channel"].nunique() > 1 else ""
    if (clips["speaker"] != "").any():
        return f"each speaker{several}"
    return "all clips, as nobody says who speaks"


def _hear(name: str) -> None:
    st.session_state[_HEARD] = (name, True)


def _player(clips: pd.DataFrame) -> None:
    """The player of the typical clip that was asked for."""
    name, fresh = st.session_state.get(_HEARD, ("", False))
    rows = np.flatnonzero(clips["clip"].to_numpy() == name)
    if not rows.size:
        return
    st.session_state[_HEARD] = (name, False)
    clip = clips.iloc[int(rows[0])]
    try:
        waveform, sampling_rate = audio.load(Path(clip["path"]))
    except (AudioError, OSError) as error:
        st.error(plain(str(error)), icon=":material/hearing_disabled:")
        return
    said = f"“{clip['statement']}”" if clip["statement"] else ""
    parts = emotions.title(clip["emotion"]), dataset_facts.speaker(clip["speaker"]), said, name
    st.caption(plain(" · ".join(part for part in parts if part)))
    clip_view.play(waveform, sampling_rate, "averages", name, autoplay=fresh)
