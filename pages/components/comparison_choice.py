"""Which runs are compared: two to six of them, and ensembles of those."""

import contextlib
from collections.abc import Sequence

import streamlit as st

from pages.components.comparison_source import Known
from ser_core.comparison.comparability import groups, why_not
from ser_core.comparison.ensembles import Ensemble, Kind, ensemble
from ser_core.comparison.results import Results, results_of
from ser_core.errors import SerError

RUNS = "comparison_runs"
"""Ids of the chosen runs, in the order they were chosen."""

ENSEMBLES = "comparison_ensembles"
"""Kinds of ensembles that stand beside them."""

GENERATION = "comparison_generation"
"""Counts how often runs were chosen elsewhere than in the table."""

MOST = 6  # runs that stand beside each other
KINDS: tuple[Kind, ...] = ("average", "stack")
_MADE = "comparison_ensembles_made"  # (ids, kind) → an ensemble and its results


def chosen(known: Known) -> list[Results]:
    """The chosen runs that are there; the two best comparable ones where nothing was chosen."""
    there = known.by_id()
    if RUNS not in st.session_state:
        st.session_state[RUNS] = [one.run.run_id for one in best_two(known.results)]
    return [there[one] for one in st.session_state[RUNS] if one in there][:MOST]


def best_two(results: Sequence[Results]) -> list[Results]:
    """Of the largest group of comparable runs the two with the highest UAR that do not leak.

    A run that was repeated, with the same answers, does not stand beside itself.
    """
    if not results:
        return []
    known = {id(one.run): one for one in results}
    home = ranked([known[id(run)] for run in groups([one.run for one in results])[0]])
    others = [one for one in home if one.run.digest != home[0].run.digest]
    return [home[0], *(others or home[1:])][:2]


def ranked(results: Sequence[Results]) -> list[Results]:
    """From the highest UAR to the lowest; runs that leak come last."""
    return sorted(results, key=lambda one: (bool(one.run.leaks), -one.scores.uar.value))


def put(ids: Sequence[str]) -> None:
    """Choose other runs than those that are ticked; the table shows them ticked."""
    st.session_state[RUNS] = list(ids)
    st.session_state[GENERATION] = st.session_state.get(GENERATION, 0) + 1


def ensembles(members: Sequence[Results]) -> list[tuple[Ensemble, Results]]:
    """The ensembles asked for that can be made, of the runs that can be one with the first."""
    parts = parts_of(members)
    kinds = [kind for kind in KINDS if kind in st.session_state.get(ENSEMBLES, ())]
    found = []
    for kind in kinds if len(parts) > 1 else ():
        with contextlib.suppress(SerError):  # the view of ensembles says why
            found.append(made(parts, kind))
    return found


def parts_of(members: Sequence[Results]) -> list[Results]:
    """The runs that can be one ensemble with the first: the same test, the same labels."""
    if not members:
        return []
    first, *others = members
    labels = set(first.run.labels)
    same = [one for one in others if set(one.run.labels) == labels]
    return [first, *(one for one in same if not why_not(first.run, one.run))]


def made(parts: Sequence[Results], kind: Kind) -> tuple[Ensemble, Results]:
    """An ensemble and its results, made once for each visitor.

    Raises:
        ParameterError: it cannot be made.
    """
    mark = (tuple(one.run.run_id for one in parts), kind)
    known: dict[object, tuple[Ensemble, Results]] = st.session_state.setdefault(_MADE, {})
    if mark not in known:
        while len(known) >= 2 * len(KINDS):
            del known[next(iter(known))]
        new = ensemble([one.run for one in parts], kind)
        known[mark] = (new, results_of(new.run))
    return known[mark]
