"""The Dataset page's table of clips, and the clip chosen in it: listen, look, facts."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st
from numpy.typing import NDArray

from pages.components import clip_compare, dataset_facts, dataset_listen, state
from pages.components.clip_view import clip_view
from pages.components.feature_view import Sound, feature_view
from pages.components.live_input import plain
from ser_core import audio, emotions
from ser_core.errors import AudioError

_CLIP = "dataset_clip"  # the clip listened to
_ASKED = "dataset_asked"  # (the clip that was clicked last, when)
_AUTOPLAY = "dataset_autoplay"
_JUST_NOW_S = 3.0
_GRID = "dataset_grid"
_SORT = "dataset_sort"  # (column, whether downwards) by which all clips are sorted, or None
_ORDER = "dataset_order"  # (the clips, how they are sorted, their rows in that order)
_TOLD = "dataset_told"  # the cell the browser was told to select last
PAGE_ROWS = 2_500
"""Rows the browser is given at a time; a table of 100 000 rows would keep it busy for seconds."""

_GRID_HEIGHT = 470
_ROW_PX = 35
_CHANGED = "The folder has changed since it was read: the menu above looks for changes."


@st.fragment
def table_and_clip(shown: pd.DataFrame, columns: list[str], table_of_all: pd.DataFrame) -> None:
    """The clips in a table beside the one chosen; a click runs this part of the page alone.

    Args:
        shown: the clips that pass the filters, at least one.
        columns: those to show, see `useful_columns`.
        table_of_all: all clips of the corpus, among which one to compare with is looked for.
    """
    left, right = st.columns([11, 9], gap="medium")
    with left:
        # The table's own buttons float over the end of this line.
        autoplay_toggle("Click a row of the table, then walk on with ↑ and ↓")
        row = table(shown, columns)
    with right:
        clip(shown.iloc[row], shown)
    clip_compare.compare(shown.iloc[row], table_of_all)


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
    st.session_state[_CLIP] = name
    st.session_state[_ASKED] = (name, time.monotonic())


def useful_columns(table: pd.DataFrame, problems_first: bool = False) -> list[str]:
    """Columns to show of a corpus: those in which it says something."""
    silent = {column for column in ("gender", "intensity", "statement") if not any(table[column])}
    same = ("corpus", "language", "style", "session")
    silent |= {column for column in same if table[column].nunique() < 2}
    silent |= {column for column in ("repetition",) if not table[column].any()}
    if (table["problems"] == "").all():
        silent.add("problems")
    useful = [column for column in _CONFIG if column not in silent]
    if problems_first:
        useful.sort(key=lambda column: column not in {"emotion", "speaker", "problems"})
    return useful


def table(shown: pd.DataFrame, columns: list[str]) -> int:
    """Draw the clips: a click on a row chooses its clip, the arrow keys walk on.

    A click on a column's name sorts all clips by it. Of many clips one page is drawn, with a row of
    the page before and one of the page after, by which the arrow keys walk over its ends.

    Returns:
        The row of the clip chosen; the first one until there is a choice.
    """
    order = _order(shown)
    place = _place_of_choice(shown, order)
    st.session_state[_CLIP] = shown["clip"].iloc[order[place]]
    start, stop = _window(place, len(shown))
    # Nothing is chosen yet, or the rows changed under the choice, or a column was clicked.
    if _selected_row() != place - start or _selected_column():
        _select(place - start, columns)
    st.dataframe(
        to_arrow(shown[columns].iloc[order[start:stop]]),
        key=_GRID,
        on_select=lambda: _choose(shown, order, start),
        # With columns to select, a click on a column's name does not sort the page alone.
        selection_mode=["single-cell", "single-column"],
        height=min(_GRID_HEIGHT, _ROW_PX * (stop - start + 1) + 2),
        hide_index=True,
        column_config=_config(shown, columns),
        alt="Clips; choose one to listen to it, or a column to sort by it",
    )
    _pages(shown, order, place)
    return int(order[place])


def _select(row: int, columns: list[str]) -> None:
    """Select a row in the browser, which takes no notice of what it was told last time.

    So the cell is in another column then.
    """
    told = st.session_state.get(_TOLD)
    cell = [row, "emotion"] if told != [row, "emotion"] else [row, columns[1]]
    st.session_state[_TOLD] = cell
    st.session_state[_GRID] = {"selection": {"rows": [], "columns": [], "cells": [cell]}}


def _window(place: int, rows: int) -> tuple[int, int]:
    """From which row to which the page around a place is drawn.

    >>> _window(0, 300), _window(2_499, 9_000), _window(2_500, 9_000), _window(8_999, 9_000)
    ((0, 300), (0, 2501), (2499, 5001), (7499, 9000))
    """
    first = place // PAGE_ROWS * PAGE_ROWS
    return max(0, first - 1), min(rows, first + PAGE_ROWS + 1)


def _pages(shown: pd.DataFrame, order: NDArray[np.intp], place: int) -> None:
    """The way to the other pages of a long table; to turn to one chooses its first clip."""
    pages = -(-len(shown) // PAGE_ROWS)
    if pages < 2:
        return
    page = place // PAGE_ROWS
    key = f"dataset_page_{page}"  # the choice may turn the page too: then this is another widget

    def turn() -> None:
        first = (st.session_state[key] - 1) * PAGE_ROWS
        st.session_state[_CLIP] = shown["clip"].iloc[order[first]]

    with st.container(horizontal=True, vertical_alignment="center"):
        st.pagination(pages, default=page + 1, key=key, on_change=turn, max_visible_pages=5)
        last = min(len(shown), (page + 1) * PAGE_ROWS)
        st.caption(f"{page * PAGE_ROWS + 1:,}–{last:,} of {len(shown):,}", width="content")


def _order(shown: pd.DataFrame) -> NDArray[np.intp]:
    """The rows in the order they are drawn in."""
    sort = st.session_state.get(_SORT)
    of, by, order = st.session_state.get(_ORDER, (None, None, None))
    if of is not shown or by != sort:
        order = sorted_rows(shown, *sort) if sort else np.arange(len(shown))
        st.session_state[_ORDER] = (shown, sort, order)
    found: NDArray[np.intp] = order
    return found


def sorted_rows(shown: pd.DataFrame, column: str, downwards: bool) -> NDArray[np.intp]:
    """Rows sorted by a column, equal ones in their order; what is not known comes last.

    Facets are sorted as the filters list them: emotions in house order, speaker 2 before 10.
    """
    values = shown[column]
    keys: NDArray[np.float64]
    if column in dataset_facts.FACETS:
        listed = [value for value in dataset_facts.choices(shown, column) if value]
        codes = values.cat.set_categories(listed).cat.codes.to_numpy(np.float64)
        keys = np.where(codes < 0, np.nan, codes)
    elif column in {"clip", "problems"}:
        ranks = values.rank(method="dense").to_numpy(np.float64)
        keys = np.where(values.eq("").to_numpy(), np.nan, ranks)
    else:
        keys = values.to_numpy(np.float64)
    order: NDArray[np.intp] = np.argsort(-keys if downwards else keys, kind="stable")
    return order  # what is not known is NaN, which comes last


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
    st.html(dataset_listen.headline(chosen, full=True))
    sound = None
    try:
        waveform, sampling_rate = audio.load(Path(chosen["path"]))
    except (AudioError, OSError) as error:
        known = "" if Path(chosen["path"]).is_file() else _CHANGED
        known = "Training leaves this clip out." if chosen["problems"] else known
        st.error(f"{plain(str(error))}\n\n{known}", icon=":material/hearing_disabled:")
    else:
        if chosen["problems"]:
            words = f"Training leaves this clip out: {chosen['problems']}."
            st.warning(plain(words), icon=":material/warning:")
        # Not for one run alone: another that comes before the sound has arrived would undo it.
        asked, when = st.session_state.get(_ASKED, ("", 0.0))
        just_now = asked == chosen["clip"] and time.monotonic() - when < _JUST_NOW_S
        autoplay = just_now and st.session_state[_AUTOPLAY]
        clip_view(waveform, sampling_rate, "dataset", chosen["clip"], autoplay=autoplay)
        sound = Sound(waveform, sampling_rate, Path(chosen["path"]))
    st.caption(plain(_file_facts(chosen)))
    if sound is not None:
        feature_view(sound, "dataset", shown)


def _file_facts(chosen: pd.Series) -> str:
    """File, length and sampling rate of a clip."""
    parts = [chosen["clip"]]
    if chosen["sampling_rate"]:
        parts += [f"{chosen['duration_s']:.2f} s", f"{chosen['sampling_rate'] / 1000:g} kHz"]
    return " · ".join(parts)


def _place_of_choice(shown: pd.DataFrame, order: NDArray[np.intp]) -> int:
    """Where the clip chosen stands in the order now; the first place when it is not shown."""
    found = np.flatnonzero((shown["clip"] == st.session_state.get(_CLIP, "")).to_numpy())
    return int(np.flatnonzero(order == found[0])[0]) if found.size else 0


def _selected_row() -> int | None:
    """The row of the cell that is selected in the browser."""
    cells = st.session_state.get(_GRID, {}).get("selection", {}).get("cells", [])
    return int(cells[0][0]) if cells else None


def _selected_column() -> str:
    """The column whose name was clicked."""
    columns = st.session_state.get(_GRID, {}).get("selection", {}).get("columns", [])
    return str(columns[0]) if columns else ""


def _choose(shown: pd.DataFrame, order: NDArray[np.intp], start: int) -> None:
    """Take the row that was clicked, or sort by the column and take the first row.

    The browser also reports the row it was given.
    """
    column = _selected_column()
    if column:
        _sort_by(column)
        st.session_state[_CLIP] = shown["clip"].iloc[_order(shown)[0]]
        return
    row = _selected_row()
    if row is None or start + row >= len(shown):
        return
    chosen = shown["clip"].iloc[order[start + row]]
    if chosen != st.session_state.get(_CLIP):
        take(chosen)


def _sort_by(column: str) -> None:
    """Upwards, at the second click downwards, at the third as the corpus has them."""
    by, downwards = st.session_state.get(_SORT) or ("", False)
    if by != column:
        st.session_state[_SORT] = (column, False)
    else:
        st.session_state[_SORT] = None if downwards else (column, True)


def _config(shown: pd.DataFrame, columns: list[str]) -> dict[str, Any]:
    """How the columns are drawn, with an arrow at the one sorted by."""
    config = column_config(shown)
    column, downwards = st.session_state.get(_SORT) or ("", False)
    if column in columns:
        label = f"{'↓' if downwards else '↑'} {config[column]['label']}"
        config[column] = {**config[column], "label": label}
    return config


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
    "corpus": st.column_config.TextColumn("Corpus"),
    "speaker": st.column_config.TextColumn("Speaker"),
    "gender": st.column_config.TextColumn("Gender"),
    "intensity": st.column_config.TextColumn("Intensity"),
    "channel": st.column_config.TextColumn("Channel"),
    "language": st.column_config.TextColumn("Language"),
    "style": st.column_config.TextColumn("Style"),
    "session": st.column_config.TextColumn("Session"),
    "duration_s": st.column_config.NumberColumn("Duration", format="%.2f s"),
    "statement": st.column_config.TextColumn("Statement", width="medium"),
    "repetition": st.column_config.NumberColumn("Take", help="Which repetition of the same"),
    "clip": st.column_config.TextColumn("File", width="large"),
    "problems": st.column_config.TextColumn("Problem", width="large"),
}
"""Columns of the table, in order. The emotion's depends on the labels in the corpus."""
