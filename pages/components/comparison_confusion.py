"""What is taken for what, side by side: every cell of every matrix leads to its clips."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import state, theme
from pages.components.live_input import plain
from ser_core import emotions
from ser_core.comparison.comparability import comparable
from ser_core.comparison.results import Results
from ser_core.reports.pictures import reordered

if TYPE_CHECKING:
    from plotly import graph_objects as go

SCALES = {"row": "% of acted", "column": "% of heard", "none": "Clips"}
CELL = "comparison_cell"
"""The cell that was clicked last."""

_SCALE, _PAIR = "comparison_scale", "comparison_pair"
_TIMES = "comparison_cell_times"
_A_ROW = 3  # matrices beside each other


@dataclass(frozen=True)
class Cell:
    """A cell that was clicked.

    Attributes:
        of: ids of the run, or of the two runs whose difference it is.
        row: the emotion that was acted.
        column: what was heard.
    """

    of: tuple[str, ...]
    row: str
    column: str


def matrices(results: Sequence[Results]) -> Cell | None:
    """Draw the matrices of all runs and one difference.

    Returns:
        The cell that was clicked last, of whichever matrix.
    """
    labels = _labels(results)
    state.keep(_SCALE, "row")
    with st.container(horizontal=True, vertical_alignment="center"):
        scale: Any = st.segmented_control(
            "Scale", list(SCALES), key=_SCALE, format_func=SCALES.__getitem__, required=True,
            label_visibility="collapsed",
        )  # fmt: skip
        pair = _pair(results)
        st.caption("One colour scale. Click a cell to hear its clips.", width="content")
    cell = chosen(results)
    shown = _matrices(results, labels, scale or "row")
    if pair is not None:
        shown.append(_difference(*pair, labels, scale or "row"))
    beside = min(_A_ROW, max(2, len(shown)))  # all of one size
    for start in range(0, len(shown), beside):
        row = shown[start : start + beside]
        for place, one in zip(st.columns(beside), row, strict=False):
            with place:
                _matrix(one, labels, cell)
    return cell


def _labels(results: Sequence[Results]) -> list[str]:
    """The rows and columns of all matrices."""
    return emotions.order({label for one in results for label in one.run.labels})


@dataclass(frozen=True)
class _Drawn:
    of: tuple[str, ...]
    title: str
    figure: "go.Figure"


def _matrices(results: Sequence[Results], labels: list[str], scale: Any) -> list[_Drawn]:
    from ser_core import figures

    tables = {one.run.title: reordered(one, labels) for one in results}
    drawn = figures.side_by_side(labels, tables, scale)
    return [_Drawn((one.run.run_id,), one.run.title, drawn[one.run.title]) for one in results]


def _pair(results: Sequence[Results]) -> tuple[Results, Results] | None:
    """The two runs whose difference is drawn; to choose, where there are several pairs."""
    pairs = _pairs(results)
    names = list(pairs)
    if len(names) < 2:
        return next(iter(pairs.values()), None)
    if state.keep(_PAIR, names[0]) not in names:
        st.session_state[_PAIR] = names[0]
    wanted = st.selectbox(
        "Difference", names, key=_PAIR, format_func=lambda name: _minus(*pairs[name]), width=360,
        label_visibility="collapsed",
    )  # fmt: skip
    return pairs[wanted]


def _pairs(results: Sequence[Results]) -> dict[tuple[str, ...], tuple[Results, Results]]:
    """Every two runs whose difference can be drawn, by their ids."""
    return {
        (one.run.run_id, other.run.run_id): (one, other)
        for one, other in itertools.combinations(results, 2)
        if comparable(one.run, other.run)
    }


def _difference(one: Results, other: Results, labels: list[str], scale: Any) -> _Drawn:
    from ser_core import figures

    first, second = (reordered(each, labels) for each in (one, other))
    figure = figures.confusion_difference_figure(labels, first, second, scale)
    return _Drawn((one.run.run_id, other.run.run_id), _minus(one, other), figure)


def _minus(one: Results, other: Results) -> str:
    return f"{one.run.title} − {other.run.title}"


def _matrix(drawn: _Drawn, labels: list[str], cell: Cell | None) -> None:
    from ser_core import figures

    inside = cell is not None and cell.of == drawn.of
    place = (labels.index(cell.row), labels.index(cell.column)) if cell and inside else None
    # What a matrix had selected is forgotten as soon as a cell of another one is clicked.
    times = st.session_state.get(_TIMES, {}).get(drawn.of, 0)
    key = f"comparison_matrix:{'-'.join(drawn.of)}:{times}"
    st.markdown(f"**{plain(drawn.title)}**")
    theme.plot(
        figures.selectable(drawn.figure, place), key=key,
        on_select=lambda: _clicked(key, drawn.of, labels), selection_mode="points",
        alt=f"Confusion matrix: {drawn.title}",
    )  # fmt: skip


def _clicked(key: str, of: tuple[str, ...], labels: list[str]) -> None:
    """Callback: the last clicked cell wins; a click on it once more lets go of it."""
    points = st.session_state[key]["selection"]["points"]
    before: Cell | None = st.session_state.get(CELL)
    if not points:
        if before is not None and before.of == of:
            st.session_state[CELL] = None
        return
    data = points[0]["customdata"]
    row, column = (int(data[name]) for name in (("0", "1") if isinstance(data, dict) else (0, 1)))
    if before is not None and before.of != of:
        _forget(before.of)
    st.session_state[CELL] = Cell(of, labels[row], labels[column])


def _forget(of: tuple[str, ...]) -> None:
    """Begin a matrix anew, without a cell selected in it."""
    times = st.session_state.setdefault(_TIMES, {})
    times[of] = times.get(of, 0) + 1


def choose(cell: Cell | None) -> None:
    """Choose a cell as a click would, or none; what was clicked is forgotten."""
    before: Cell | None = st.session_state.get(CELL)
    if before is not None:
        _forget(before.of)
    if cell is not None and len(cell.of) > 1:
        state.give(_PAIR, cell.of)
    st.session_state[CELL] = cell


def chosen(results: Sequence[Results]) -> Cell | None:
    """The cell chosen before; none once one of its runs or labels is not there any more."""
    cell: Cell | None = st.session_state.get(CELL)
    if cell is None:
        return None
    matrices = {(one.run.run_id,) for one in results}
    drawn = cell.of in matrices or (len(cell.of) > 1 and cell.of in _pairs(results))
    if not drawn or not {cell.row, cell.column} <= {*_labels(results)}:
        cell = st.session_state[CELL] = None
    return cell
