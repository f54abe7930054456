"""The clips that sound most like the one in hand, each to be heard."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import streamlit as st

from pages.components import clip_view, dataset_clips, dataset_facts
from pages.components.live_input import plain
from ser_core import audio, emotions
from ser_core.errors import AudioError

_NEAR = "map_near"  # the neighbour listened to


def draw(clips: pd.DataFrame, in_hand: int | None, near: Sequence[tuple[int, float]]) -> None:
    """The clips that sound most like the one in hand, each to be heard.

    Args:
        clips: those on the map.
        in_hand: the row of the clip in hand; None where it is not on the map.
        near: row and distance of its neighbours, nearest first.
    """
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
            _neighbour(clips.iloc[row], distance)
    _play_neighbour(clips, [row for row, _ in near])


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


def _play_neighbour(clips: pd.DataFrame, rows: list[int]) -> None:
    """The player of the neighbour that was asked for."""
    name, fresh = st.session_state.get(_NEAR, ("", False))
    row = next((row for row in rows if clips["clip"].iloc[row] == name), None)
    if row is None:
        return
    st.session_state[_NEAR] = (name, False)
    try:
        waveform, sampling_rate = audio.load(Path(clips["path"].iloc[row]))
    except (AudioError, OSError) as error:
        st.error(plain(str(error)), icon=":material/hearing_disabled:")
        return
    clip_view.play(waveform, sampling_rate, "map-near", name, autoplay=fresh)
