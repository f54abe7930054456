"""Clips of a table, by name, to listen to beside each other."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import pandas as pd
import streamlit as st

from pages.components import dataset_facts
from pages.components.clip_view import clip_view
from pages.components.emotion import chip
from pages.components.live_input import plain
from ser_core import audio
from ser_core.errors import AudioError


def listen(
    table: pd.DataFrame,
    clips: Sequence[str],
    key: str,
    heads: Sequence[str] = (),
    autoplay: bool = False,
    beside: bool = True,
) -> None:
    """Player, picture and facts of one clip, or of several.

    Args:
        table: utterances.
        clips: names of clips; those that are not in the table any more are said to be gone.
        key: unique on the page; letters, digits, "_" and "-".
        heads: a few words above each clip, such as "test".
        autoplay: play the first one at once, for a reader who has just asked for it.
        beside: several stand beside each other, otherwise one below the other.
    """
    places = st.columns(len(clips), gap="medium") if beside else [st.container() for _ in clips]
    for number, (place, clip) in enumerate(zip(places, clips, strict=True)):
        with place:
            if heads:
                st.caption(heads[number])
            _clip(table, clip, f"{key}-{number}", autoplay and number == 0)


def headline(clip: pd.Series, full: bool = False) -> str:
    """HTML: emotion, voice and words of a clip.

    Args:
        clip: a row of utterances.
        full: with channel and take, the words on a line of their own.
    """
    voice = [dataset_facts.speaker(clip["speaker"]), clip["gender"], clip["intensity"]]
    said = [f"“{clip['statement']}”" if clip["statement"] else ""]
    if full:
        take = f"take {clip['repetition']}" if clip["repetition"] else ""
        words = f"{_join([*voice, clip['channel']])}<br>{_join([*said, take])}"
    else:
        words = _join([*voice, *said])
    return f"<b>{chip(clip['emotion'])}</b> · {words}"


def _join(parts: list[str]) -> str:
    return escape(" · ".join(part for part in parts if part))


def _clip(table: pd.DataFrame, clip: str, key: str, autoplay: bool) -> None:
    found = table[table["clip"] == clip]
    if found.empty:
        st.info(f"{plain(clip)} is not in the corpus any more.", icon=":material/folder_off:")
        return
    row = found.iloc[0]
    st.html(headline(row))
    try:
        waveform, sampling_rate = audio.load(Path(row["path"]))
    except (AudioError, OSError) as error:
        st.error(plain(str(error)), icon=":material/hearing_disabled:")
    else:
        clip_view(waveform, sampling_rate, key, clip, autoplay=autoplay)
    st.caption(plain(f"{clip} · {row['duration_s']:.2f} s · {row['sampling_rate'] / 1000:g} kHz"))
