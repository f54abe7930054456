"""The Dataset page's table of clips, and the clip chosen in it: listen, look, facts."""

from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st

from pages.components import dataset_facts, state
from pages.components.clip_view import clip_view
from pages.components.emotion import chip
from pages.components.feature_view import Sound, feature_view
from pages.components.live_input import plain
from ser_core import audio, emotions
from ser_core.errors import AudioError

_CLIP = "dataset_clip"  # the clip listened to
_ASKED = "dataset_asked"  # the clip whose row was clicked for this very run
_AUTOPLAY = "dataset_autoplay"
_GRID = "dataset_grid"
_GRID_HEIGHT = 470
_ROW_PX = 35
_CHANGED = "The folder has changed since it was read: the menu above looks for changes."


@st.fragment
def table_and_clip(shown: pd.DataFrame, columns: list[str]) -> None:
    """The clips in a table beside the one chosen; a click runs this part of the page alone.

    Args:
        shown: the clips that pass the filters, at least one.
        columns: those to show, see `useful_columns`.
    """
    left, right = st.columns([11, 9], gap="medium")
    with left:
        # The table's own buttons float over the end of this line.
        autoplay_toggle("Click a row of the table, then walk on with ↑ and ↓")
        row = table(shown, columns)
    with right:
        clip(shown.iloc[row], shown)


def autoplay_toggle(how: str) -> None:
    """Whether a clip plays as soon as it is chosen.

    Args:
        how: what the reader does to choose one, for the tooltip.
    """
    state.keep(_AUTOPLAY, default=True)
    st.toggle("Play what I choose", key=_AUTOPLAY, help=how)


def in_hand() -> str | None:
    """The clip that is listened to and looked at, in every view."""
    name: str | None = st.session_state.get(_CLIP)
    return name


def take(name: str) -> None:
    """Choose a clip, in a callback: it is shown, and played where the reader wants that."""
    st.session_state[_CLIP] = st.session_state[_ASKED] = name


def useful_columns(table: pd.DataFrame, problems_first: bool = False) -> list[str]:
    """Columns to show of a corpus: those in which it says something."""
    silent = {column for column in ("gender", "intensity", "statement") if not any(table[column])}
    silent |= {column for column in ("repetition",) if not table[column].any()}
    if (table["problems"] == "").all():
        silent.add("problems")
    useful = [column for column in _CONFIG if column not in silent]
    if problems_first:
        useful.sort(key=lambda column: column not in {"emotion", "speaker", "problems"})
    return useful


def table(shown: pd.DataFrame, columns: list[str]) -> int:
    """Draw the clips: a click on a row chooses its clip, the arrow keys walk on.

    Returns:
        The row of the clip chosen; the first one until there is a choice.
    """
    row = _row_of_choice(shown)
    st.session_state[_CLIP] = shown["clip"].iloc[row]
    if _selected_row() != row:  # nothing chosen yet, or the rows changed under the choice
        cell = [row, "emotion"]
        st.session_state[_GRID] = {"selection": {"rows": [], "columns": [], "cells": [cell]}}
    st.dataframe(
        to_arrow(shown[columns]),
        key=_GRID,
        on_select=lambda: _choose(shown),
        selection_mode="single-cell",
        height=min(_GRID_HEIGHT, _ROW_PX * (len(shown) + 1) + 2),
        hide_index=True,
        column_config=column_config(shown),
        alt="Clips; choose one to listen to it",
    )
    return row


def to_arrow(shown: pd.DataFrame) -> pa.Table:
    """The rows as they travel to the browser: facets as dictionaries, emotions as labels.

    Streamlit draws coloured labels for lists only, so each emotion becomes a list of one.
    """
    rows = pa.Table.from_pandas(shown, preserve_index=False)
    names = pa.array(shown["emotion"].astype(str), pa.string())
    ends = pa.array(np.arange(len(shown) + 1, dtype=np.int32))
    place = rows.column_names.index("emotion")
    return rows.set_column(place, "emotion", pa.ListArray.from_arrays(ends, names))


def clip(chosen: pd.Series, shown: pd.DataFrame) -> None:
    """Listen to one clip of those shown, look at it, its facts and its features."""
    st.html(_headline(chosen))
    sound = None
    try:
        waveform, sampling_rate = audio.load(Path(chosen["path"]))
    except (AudioError, OSError) as error:
        known = "Training leaves this clip out." if chosen["problems"] else _CHANGED
        st.error(f"{plain(str(error))}\n\n{known}", icon=":material/hearing_disabled:")
    else:
        if chosen["problems"]:
            words = f"Training leaves this clip out: {chosen['problems']}."
            st.warning(plain(words), icon=":material/warning:")
        asked = st.session_state.pop(_ASKED, None) == chosen["clip"]
        autoplay = asked and st.session_state[_AUTOPLAY]
        clip_view(waveform, sampling_rate, "dataset", chosen["clip"], autoplay=autoplay)
        sound = Sound(waveform, sampling_rate, Path(chosen["path"]))
    st.caption(plain(_file_facts(chosen)))
    if sound is not None:
        feature_view(sound, "dataset", shown)


def _headline(chosen: pd.Series) -> str:
    """HTML: emotion and voice of a clip, and below them its words."""
    voice = [f"speaker {chosen['speaker']}", *chosen[["gender", "intensity", "channel"]]]
    take = f"take {chosen['repetition']}" if chosen["repetition"] else ""
    said = f"“{chosen['statement']}”" if chosen["statement"] else ""
    return f"<b>{chip(chosen['emotion'])}</b> · {_join(voice)}<br>{_join([said, take])}"


def _file_facts(chosen: pd.Series) -> str:
    """File, length and sampling rate of a clip."""
    parts = [chosen["clip"]]
    if chosen["sampling_rate"]:
        parts += [f"{chosen['duration_s']:.2f} s", f"{chosen['sampling_rate'] / 1000:g} kHz"]
    return " · ".join(parts)


def _join(parts: list[str]) -> str:
    return escape(" · ".join(part for part in parts if part))


def _row_of_choice(shown: pd.DataFrame) -> int:
    """Where the clip chosen stands now; the first row when it is not shown."""
    found = np.flatnonzero(shown["clip"].to_numpy() == st.session_state.get(_CLIP))
    return int(found[0]) if found.size else 0


def _selected_row() -> int | None:
    """The row of the cell that is selected in the browser."""
    cells = st.session_state.get(_GRID, {}).get("selection", {}).get("cells", [])
    return int(cells[0][0]) if cells else None


def _choose(shown: pd.DataFrame) -> None:
    """Take the row that was clicked; the browser also reports the one it was given."""
    row = _selected_row()
    if row is None or row >= len(shown):
        return
    chosen = shown["clip"].iloc[row]
    if chosen != st.session_state.get(_CLIP):
        st.session_state[_CLIP] = st.session_state[_ASKED] = chosen


def column_config(shown: pd.DataFrame) -> dict[str, Any]:
    """How the columns of clips look in a table that `to_arrow` made."""
    return {**_CONFIG, "emotion": _emotion_column(shown)}


def _emotion_column(shown: pd.DataFrame) -> Any:
    names = dataset_facts.choices(shown, "emotion")
    # See-through colours keep the word readable in both themes.
    return st.column_config.MultiselectColumn(
        "Emotion",
        options=names,
        color=[f"{emotions.colour(name)}59" for name in names],
        format_func=emotions.title,
    )


_CONFIG: dict[str, Any] = {
    "emotion": None,
    "speaker": st.column_config.TextColumn("Speaker"),
    "gender": st.column_config.TextColumn("Gender"),
    "intensity": st.column_config.TextColumn("Intensity"),
    "channel": st.column_config.TextColumn("Channel"),
    "duration_s": st.column_config.NumberColumn("Duration", format="%.2f s"),
    "statement": st.column_config.TextColumn("Statement", width="medium"),
    "repetition": st.column_config.NumberColumn("Take", help="Which repetition of the same"),
    "clip": st.column_config.TextColumn("File", width="large"),
    "problems": st.column_config.TextColumn("Problem", width="large"),
}
"""Columns of the table, in order. The emotion's depends on the labels in the corpus."""
