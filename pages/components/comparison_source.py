"""The finished runs, read and scored in the background, and kept for every visitor."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

import streamlit as st

from pages.components import tasks
from pages.components.live_input import plain
from ser_core import paths
from ser_core.comparison.loading import of_store_all, scored_runs
from ser_core.comparison.results import Results, results_of
from ser_core.errors import SerError
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner

_FRESH_S = 20.0  # after which it is looked again whether there are new runs
_AT_ONCE_S = 0.15  # what a first look may take before its progress is drawn
_POLL_S = 1.0  # while a reading goes on beside the page that shows what the last one found


@dataclass(frozen=True)
class Known:
    """All runs that can be compared.

    Attributes:
        results: newest first.
        unreadable: why others are left out, by name and id.
    """

    results: tuple[Results, ...]
    unreadable: dict[str, str]

    def by_id(self) -> dict[str, Results]:
        """The runs by their ids."""
        return {one.run.run_id: one for one in self.results}

    def find(self, reference: str) -> Results | None:
        """A run by its id or the beginning of it, at least four letters; None where none is."""
        found = [one for one in self.results if one.run.run_id.startswith(reference)]
        return found[0] if len(reference) > 3 and len(found) == 1 else None


_known: dict[str, Known] = {}  # by the home they are of


def known(needed: Iterable[str] = ()) -> Known | None:
    """The runs as they were read last; None while they are read first, which is then drawn.

    They are read again in the background, and at once where one is asked for that is not there.

    Args:
        needed: ids that the address asks for.
    """
    key = _key()
    task = _look(key, needed)
    found = _known.get(key)
    missing = found is None or any(found.find(one) is None for one in needed)
    if task.running and missing:
        task = runner().wait(key, timeout_s=_AT_ONCE_S) or task
        found = _known.get(key)
        if task.running:
            tasks.task_panel(key)
            return None
    if found is None:
        _failed(task)
    elif task.running:
        st.fragment(_draw_again_if_new, run_every=_POLL_S)(key, found)
    return found


def _draw_again_if_new(key: str, shown: Known) -> None:
    """A part of the page of its own: runs that were found meanwhile appear by themselves."""
    if _known.get(key) is not shown:
        st.rerun()


def again() -> None:
    """Callback: read the runs once more."""
    _start(_key())


def _look(key: str, needed: Iterable[str]) -> TaskSnapshot:
    task = runner().snapshot(key)
    if task is None:
        return _start(key)
    age_s = time.time() - task.started - task.elapsed_s
    found = _known.get(key)
    lacks = found is not None and any(found.find(one) is None for one in needed)
    # What failed is tried again when the reader asks for it.
    stale = task.state == "done" and (age_s > _FRESH_S or (lacks and age_s > 1))
    return _start(key) if stale else task


def _start(key: str) -> TaskSnapshot:
    return runner().start(key, "Read the runs", lambda progress: _read(key, progress))


def _key() -> str:
    """A task that the page starts by itself, for the home of now."""
    return f"page:comparison:{paths.home()}"


def _read(key: str, progress: Progress) -> None:
    """Read what is new; the same object stands where nothing changed."""
    from ser_core.tracking import open_store

    store = open_store()
    runs, faults = of_store_all(scored_runs(store), store)
    before = _known.get(key)
    scored = {id(one.run): one for one in before.results} if before else {}
    results = []
    for done, run in enumerate(runs):
        progress(done, len(runs), f"scoring {run.title}")
        try:
            results.append(scored.get(id(run)) or results_of(run))
        except SerError as error:
            faults[run.run_id] = str(error)
    fresh = Known(tuple(results), faults)
    same = before is not None and [*map(id, before.results)] == [*map(id, results)]
    if before is None or not same or before.unreadable != faults:
        _known[key] = fresh


def _failed(task: TaskSnapshot) -> None:
    why = task.error or "it was stopped"
    st.error(f"The runs could not be read: {plain(why)}", icon=":material/error:")
    st.button("Try again", icon=":material/refresh:", on_click=again)


def unreadable(found: Known) -> None:
    """Runs that are left out, and why."""
    if not found.unreadable:
        return
    number = len(found.unreadable)
    title = f"{number:,} run{'s' * (number > 1)} left out"
    with st.expander(title, icon=":material/warning:"):
        st.markdown("\n".join(f"- {plain(why)}" for why in found.unreadable.values()))
