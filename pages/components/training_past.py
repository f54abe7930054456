"""Training jobs that are over, in a table: filtered, paged, to be opened, compared or cleared."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from pages.components import state, training_actions, training_states
from pages.components.tasks import duration

if TYPE_CHECKING:
    from ser_core.jobs.book import Job

_STATES, _RECIPE, _PAGE = "training_past_states", "training_past_recipe", "training_past_page"
_GRID = "training_past_grid"
_TICKED = "training_past_ticked"  # ids of the jobs that are ticked, on whichever page
_STARTED = "training_past_started"  # the table that is shown, and the ticks it began with
_ROWS = 15
_ALL = "All recipes"
_CONFIG: dict[str, Any] = {
    "state": st.column_config.TextColumn("state", width=100),
    "recipe": st.column_config.TextColumn("recipe", width=72),
    "changes": st.column_config.TextColumn("changed in it", width=190),
    "uar": st.column_config.NumberColumn(
        "UAR", format="%.3f", width=60,
        help="Unweighted average recall of all test clips; comparable only under one protocol",
    ),
    "note": st.column_config.TextColumn(
        "95 % interval, or why", width=150,
        help="Of the UAR; of a job that did not get to its end, why it did not",
    ),
    "corpus": st.column_config.TextColumn("corpus", width=90),
    "protocol": st.column_config.TextColumn("protocol", width=142),
    "ended": st.column_config.DatetimeColumn("ended", format="D MMM, HH:mm", width=100),
    "took": st.column_config.TextColumn("took", width=80, help="Its last attempt"),
}  # fmt: skip

_WHY = st.column_config.TextColumn("why", width=320)


def past_view(jobs: "Sequence[Job]") -> None:
    """The table of all jobs that are over, newest first; nothing where there are none."""
    if jobs:
        _past([job.job_id for job in jobs])


@st.fragment
def _past(ids: list[str]) -> None:
    """A part of the page of its own: a filter runs nothing else."""
    training_actions.whole_page()
    known = {job.job_id: job for job in training_actions.manager().jobs()}
    over = [known[one] for one in ids if one in known and known[one].state.over]
    over.sort(key=_ended, reverse=True)
    shown = _filtered(over)
    if not shown:
        st.caption("No job passes these filters.")
        return
    page = _page(len(shown))
    rows = shown[page * _ROWS : (page + 1) * _ROWS]
    ticked = _table(rows)
    chosen = [job for job in shown if job.job_id in ticked]
    _actions(chosen, elsewhere=sum(job not in rows for job in chosen))


def _ended(job: "Job") -> float:
    return job.state.ended or job.state.queued


def _filtered(over: "Sequence[Job]") -> "list[Job]":
    """Those in the states and of the recipe that the reader chose; filters only where they help."""
    found = Counter(job.word for job in over)
    recipes = sorted({job.recipe for job in over})
    states, recipe = set(found), _ALL
    if len(over) < 2 or (len(found) < 2 and len(recipes) < 2):
        return list(over)
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(found) > 1:
            states = _chosen_states(found) or states
        if len(recipes) > 1:
            recipe = _chosen_recipe(recipes)
    return [job for job in over if job.word in states and recipe in (_ALL, job.recipe)]


def _chosen_states(found: Counter[str]) -> set[str]:
    options = [word for word in training_states.OVER if found[word]]
    known: list[str] = state.keep(_STATES, [])
    kept = [word for word in known if word in options]
    if kept != known:
        st.session_state[_STATES] = kept
    chosen = st.pills(
        "States", options, key=_STATES, selection_mode="multi", label_visibility="collapsed",
        format_func=lambda word: f"{training_states.icon(word)} {word} {found[word]:,}",
    )  # fmt: skip
    return set(chosen)


def _chosen_recipe(recipes: list[str]) -> str:
    if state.keep(_RECIPE, _ALL) not in (_ALL, *recipes):
        st.session_state[_RECIPE] = _ALL
    return st.selectbox(
        "Recipe", [_ALL, *recipes], key=_RECIPE, label_visibility="collapsed", width=200
    )


def _page(rows: int) -> int:
    """The page that is shown, from 0."""
    pages = -(-rows // _ROWS)
    if pages < 2:
        return 0
    return st.pagination(pages, key=f"{_PAGE}:{pages}") - 1  # other filters begin at the first


def _table(rows: "Sequence[Job]") -> set[str]:
    """Draw a page of jobs; ids of those that are ticked, here or on other pages.

    A click on a cell opens its job.
    """
    ids = [job.job_id for job in rows]
    key = f"{_GRID}:{hash(tuple(ids))}"  # ticks mean rows, so other rows start without any
    table = _frame(rows)
    config = _CONFIG if "uar" in table else _CONFIG | {"note": _WHY}
    event = st.dataframe(
        table, key=key, hide_index=True, column_config=config,
        selection_mode=["multi-row", "single-cell"], on_select=lambda: _open(key, ids),
        height=38 + 35 * len(rows), placeholder="", selection_default=_ticks(key, ids),
        alt="Jobs that are over; a cell opens its job, the boxes choose several",
    )  # fmt: skip
    here = {ids[row] for row in event["selection"]["rows"] if row < len(ids)}
    ticked: set[str] = st.session_state[_TICKED].difference(ids) | here
    st.session_state[_TICKED] = ticked
    return ticked


def _ticks(key: str, ids: Sequence[str]) -> Any:
    """The ticks that a table starts with: those that were made when it was shown before.

    They stay as they are for as long as the same table is shown, as they are a part of what it is.
    """
    ticked: set[str] = st.session_state.setdefault(_TICKED, set())
    drawn, rows = st.session_state.get(_STARTED, ("", []))
    if drawn != key:
        rows = [row for row, one in enumerate(ids) if one in ticked]
        st.session_state[_STARTED] = key, rows
    return {"selection": {"rows": rows}}


def _open(key: str, ids: list[str]) -> None:
    """Callback: a cell was clicked, or a box ticked, which may come with a cell as well."""
    chosen = st.session_state[key]["selection"]
    cells = chosen.get("cells") or []
    here = {ids[row] for row in chosen.get("rows") or [] if row < len(ids)}
    ticked = here != st.session_state.get(_TICKED, set()).intersection(ids)
    if cells and not ticked and cells[0][0] < len(ids):
        training_actions.show(ids[cells[0][0]])


def _frame(rows: "Sequence[Job]") -> pd.DataFrame:
    """A line for each job, with the columns in which something is said."""
    changed = training_states.apart(rows)
    table = pd.DataFrame([_row(job, changed[job.job_id]) for job in rows], columns=list(_CONFIG))
    silent = [name for name in ("changes", "note") if not table[name].any()]
    silent += [name for name in ("corpus",) if table[name].nunique() < 2]
    silent += [name for name in ("uar",) if table[name].isna().all()]
    return table.drop(columns=silent)


def _row(job: "Job", changed: str) -> dict[str, Any]:
    from ser_core.jobs import results

    scores = results.scores(job.path) if job.status == "FINISHED" else None
    took_s = job.elapsed_s
    return {
        "state": training_states.signed(job.word),
        "recipe": job.recipe or "not readable",
        "changes": changed,
        "corpus": job.corpus,
        "protocol": job.protocol,
        "uar": scores["uar"]["value"] if scores else None,
        "note": _interval(scores["uar"]) if scores else training_states.end_words(job),
        "ended": dt.datetime.fromtimestamp(_ended(job), dt.UTC).astimezone().replace(tzinfo=None),
        "took": "" if took_s is None else duration(took_s),
    }


def _interval(score: dict[str, float | None]) -> str:
    low, high = score.get("low"), score.get("high")
    return "none" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def _actions(chosen: "Sequence[Job]", elsewhere: int) -> None:
    """What can be done with the jobs whose boxes are ticked, some of them on other pages."""
    with st.container(horizontal=True, vertical_alignment="center", key="training_past_actions"):
        if not chosen:
            st.caption("Click a row to open its job; tick several to compare or delete them.")
            return
        training_actions.compare(chosen)
        training_actions.resume(chosen)
        if len(chosen) == 1:
            training_actions.clone(chosen[0])
        training_actions.delete(chosen)
        if elsewhere:
            st.caption(f"{len(chosen):,} ticked, {elsewhere:,} of them on other pages")
