"""What the Comparison page shows, in its address, so that a copied one shows the same to others.

    ?runs=ID,ID&view=confusions&ensemble=average,stack&cell=ID,happy,sad

Runs are named by their ids, or by the beginning of them. A cell is that of a run's matrix, or
of the difference of two runs, with what was acted and what was heard.
"""

import streamlit as st

from pages.components import comparison_choice, comparison_confusion
from pages.components.address import Address
from pages.components.comparison_choice import ENSEMBLES, KINDS, MOST, RUNS
from pages.components.comparison_confusion import CELL, Cell
from pages.components.comparison_source import Known

VIEW = "comparison_view"
"""Key of the switch between views."""

_ADDRESS = Address("comparison")
_ASKED = "comparison_asked"  # runs that a new address asks for, until they were looked for
_CELL_ASKED = "comparison_cell_asked"  # the cell that a new address asks for, as it says it
_REMARKS = "comparison_remarks"  # the query it became, and what of it could not be followed


def read(views: list[str]) -> list[str]:
    """Note what a newly opened address asks for.

    Returns:
        The runs that are to be looked for.
    """
    query = _ADDRESS.arrived()
    if query is not None:
        remarks: list[str] = []
        if "runs" in query:
            st.session_state[_ASKED] = [one for one in _words(query["runs"]) if one]
        view = query.get("view", [""])[0]
        if view in views:
            st.session_state[VIEW] = view
        elif view:
            remarks.append(f"there is no view “{view}”")
        kinds = _words(query.get("ensemble", []))
        st.session_state[ENSEMBLES] = [kind for kind in KINDS if kind in kinds]
        st.session_state[_CELL_ASKED] = query.get("cell", [""])[0]
        comparison_confusion.choose(_cell(st.session_state[_CELL_ASKED]))
        st.session_state[_REMARKS] = (None, remarks)
    asked: list[str] = st.session_state.get(_ASKED, [])
    return asked


def follow(known: Known) -> None:
    """Choose the runs that a new address asks for."""
    remarks: list[str] = st.session_state.get(_REMARKS, (None, []))[1]
    asked: list[str] | None = st.session_state.pop(_ASKED, None)
    if asked:
        found = {name: known.find(name) for name in dict.fromkeys(asked)}
        remarks += [f"there is no finished run “{name}”" for name, one in found.items() if not one]
        there = list(dict.fromkeys(one.run.run_id for one in found.values() if one))
        if len(there) > MOST:
            remarks.append(f"only the first {MOST} of {len(there)} runs stand beside each other")
        if there:
            comparison_choice.put(there[:MOST])


def write(view: str, cell: Cell | None) -> list[str]:
    """Write what is shown into the address.

    Args:
        view: which of them is open.
        cell: the one whose clips are shown in it.

    Returns:
        What of the address that led here could not be followed, as long as nothing was changed.
    """
    query = {"runs": [",".join(st.session_state.get(RUNS, []))], "view": [view]}
    kinds = st.session_state.get(ENSEMBLES, [])
    query |= {"ensemble": [",".join(kinds)]} if kinds else {}
    query |= {"cell": [",".join([*cell.of, cell.row, cell.column])]} if cell else {}
    query = {name: values for name, values in query.items() if values[0]}
    _ADDRESS.write(query)
    shown, remarks = st.session_state.get(_REMARKS, (None, []))
    asked = st.session_state.pop(_CELL_ASKED, "")
    if asked and st.session_state.get(CELL) is None:
        remarks.append(f"there is no cell “{asked}”")
    st.session_state[_REMARKS] = (query, remarks if shown in (None, query) else [])
    found: list[str] = st.session_state[_REMARKS][1]
    return found


def _cell(text: str) -> Cell | None:
    """The cell that an address names, whether or not it is there."""
    *of, row, column = _words([text]) if text.count(",") in (2, 3) else ["", ""]
    return Cell(tuple(of), row, column) if of else None


def _words(values: list[str]) -> list[str]:
    return [word.strip() for value in values for word in value.split(",")]
