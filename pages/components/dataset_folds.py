"""A split as pictures: who stands in which part of which fold, and how even the parts are."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.components import dataset_facts, dataset_listen, state, theme
from pages.components.live_input import plain
from pages.components.split_work import Split
from ser_core import emotions, figures
from ser_core.corpora.folds import PARTS, Fold, people
from ser_core.corpora.protocols import PROTOCOLS

_BY, _CELL = "splits_by", "splits_picture"
_HEARD = "splits_heard"  # (row, column, clip) of the cell listened to last
_MOST_ROWS, _MOST_COLUMNS, _MOST_BARS = 60, 60, 30
_HELD_OUT = {"leave-one-session-out": "session", "leave-one-corpus-out": "corpus",
             "leave-one-language-out": "language"}  # fmt: skip
_BY_WORDS = {"speaker": "Speakers", "session": "Sessions", "corpus": "Corpora",
             "language": "Languages"}  # fmt: skip


@st.fragment
def folds_picture(split: Split) -> None:
    """Rows are speakers (or sessions, corpora, languages), columns folds; a click plays a cell."""
    by = _rows_of(split)
    grid = split.grids[by]
    rows = [row or "not known" for row in grid.rows[:_MOST_ROWS]]
    names = _fold_names(split.folds)[:_MOST_COLUMNS]
    counts = grid.counts[:_MOST_ROWS, :_MOST_COLUMNS]
    figure = theme.kept(
        "splits_folds_drawn", split, by, lambda: figures.fold_figure(rows, names, counts)
    )
    event = theme.plot(
        figure,
        finished=True,
        key=_CELL,
        alt=f"Part of each {by} in each fold; choose a cell to listen to its clips",
        on_select="rerun",
        selection_mode="points",
    )
    if (len(grid.rows), len(split.folds)) != counts.shape[:2]:
        st.caption(
            f"Shown are {len(rows)} of {dataset_facts.count(len(grid.rows), by)} and "
            f"{len(names)} of {dataset_facts.count(len(split.folds), 'fold')}."
        )
    cell = _clicked(event)
    if cell is None or cell[0] >= len(rows) or cell[1] >= len(names):
        st.caption("Click a cell to listen to its clips.")
    else:
        _listen_to_cell(split, by, grid.rows[cell[0]], cell[1])


def _clicked(event: Any) -> tuple[int, int] | None:
    """Row and column of the cell that was clicked."""
    points = event.get("selection", {}).get("points", []) if event else []
    data = points[0].get("customdata") if points else None
    if not data:
        return None
    values = list(data.values()) if isinstance(data, dict) else list(data)
    return int(values[0]), int(values[1])


def _listen_to_cell(split: Split, by: str, row: str, column: int) -> None:
    """The clips of a row in a fold, those that are tested first, one to be heard."""
    fold = split.folds[column]
    named = people(split.table) if by == "speaker" else split.table[by]
    own = set(split.table.loc[named.eq(row), "clip"])
    parts = {clip: part for part in reversed(PARTS) for clip in fold.clips(part) if clip in own}
    if not parts:
        st.caption(f"Fold {column + 1} has no clip of {plain(row)}.")
        return
    chosen = st.selectbox(
        f"{by.capitalize()} {plain(row)} in fold {column + 1}: "
        f"{dataset_facts.count(len(parts), 'clip')}",
        list(parts),
        key=f"splits_cell:{row}:{column}:{split.folds[0].protocol}",
        format_func=lambda clip: f"{parts[clip]} · {clip}",
    )
    heard = st.session_state.get(_HEARD)
    st.session_state[_HEARD] = (row, column, chosen)
    asked = heard != (row, column, chosen)
    dataset_listen.listen(split.table, [chosen], "splits_cell", autoplay=asked)


def _rows_of(split: Split) -> str:
    """What rows stand for: what the protocol holds out, or what the reader chooses."""
    several = list(split.grids)
    protocol = split.folds[0].protocol
    held_out = _HELD_OUT.get(protocol, "speaker")
    if len(several) < 2:
        return several[0]
    # A key for each protocol: what it holds out is what to look at first.
    key = f"{_BY}:{protocol}"
    if state.keep(key, held_out) not in several:
        st.session_state[key] = several[0]
    chosen = st.segmented_control(
        "Rows", several, key=key, format_func=_BY_WORDS.__getitem__, label_visibility="collapsed"
    )
    return chosen or several[0]


def own_name(fold: Fold, number: int) -> str:
    """The name of a fold; "" where it only says which one it is, as "EmoBox 1" does."""
    title = PROTOCOLS.get(fold.protocol).title if fold.protocol in PROTOCOLS.names() else ""
    of, _, last = fold.name.rpartition(" ")
    counts = of[:1].isupper() and of in title and last == str(number)
    return "" if counts else fold.name


def _fold_names(folds: Sequence[Fold]) -> list[str]:
    """Column heads, different from each other: numbers, with the name where it is short."""
    numbers = [str(number) for number in range(1, len(folds) + 1)]
    if len(folds) > 8:
        return numbers
    names = [own_name(fold, number) for number, fold in enumerate(folds, start=1)]
    return [
        f"{number}: {name}" if name and len(name) < 22 else number
        for number, name in zip(numbers, names, strict=True)
    ]


def balance_picture(split: Split) -> None:
    """Emotions in each part of each fold, as shares."""
    labels = emotions.order(set(split.table["emotion"]))
    held = split.held.head(_MOST_BARS)
    rows = [f"{row.fold} {row.part} ({row.clips:,})" for row in held.itertuples()]
    figure = theme.kept(
        "splits_shares_drawn",
        split,
        None,
        lambda: figures.share_figure(rows, labels, held[labels].to_numpy()),
    )
    alt = "Share of each emotion in each part of each fold"
    theme.plot(figure, key="splits_balance", finished=True, alt=alt)
    if len(held) < len(split.held):
        shown = len(held) // len(PARTS)
        st.caption(f"The first {shown} of {len(split.folds)} folds; all are in the table below.")
