"""All training jobs: what runs, what waits, and what is over."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import state, training_actions, training_past, training_states
from pages.components.live_input import plain

if TYPE_CHECKING:
    from ser_core.jobs.book import Job

POLL_S = 2.0  # a browser on the same machine takes from the training what it draws with
IDLE_S = 5.0  # nothing moves, but another tab or a command may start something
_FEW_WAIT = 4  # so many are drawn until the reader asks for all
_ALL_WAIT = "training_all_wait"
_ORDER = ("running", "stopping", "waiting", *training_states.OVER)


def queue_view(selected: str | None) -> None:
    """The queue and what is over; one line of it where a single job is looked at.

    Args:
        selected: id of the job that `job_view` draws; None for none.
    """
    training_actions.begin()
    jobs = training_actions.manager().jobs()
    moving = any(not job.state.over for job in jobs)
    over = frozenset(_mark(job) for job in jobs if job.state.over)
    poll_s = POLL_S if moving and not selected else IDLE_S  # the one that is looked at polls, too
    st.fragment(_line if selected else _moving, run_every=poll_s)(over, moving)
    if not selected:
        training_past.past_view([job for job in jobs if job.state.over])


def _mark(job: "Job") -> tuple[str, int]:
    return job.job_id, job.state.attempt


def _now(drawn: frozenset[tuple[str, int]], moved: bool) -> "list[Job]":
    """All jobs; runs the whole page where others are over than those that it drew.

    Args:
        drawn: the jobs that were over.
        moved: whether there were others, too.
    """
    training_actions.whole_page()
    jobs = training_actions.manager().jobs()
    over = frozenset(_mark(job) for job in jobs if job.state.over)
    if over != drawn or moved != (len(over) < len(jobs)):
        st.rerun()
    return jobs


def _line(drawn: frozenset[tuple[str, int]], moved: bool) -> None:
    """The way back to all jobs, with how many there are."""
    jobs = _now(drawn, moved)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "All jobs", key="training_all", icon=":material/arrow_back:",
            on_click=training_actions.show, args=(None,),
        )  # fmt: skip
        st.caption(counts(jobs), width="stretch")


def _moving(drawn: frozenset[tuple[str, int]], moved: bool) -> None:
    """What runs and what waits, with how far it is."""
    jobs = _now(drawn, moved)
    st.markdown(f"**Jobs** · {counts(jobs)}")
    if not jobs:
        _first()
    _who_leads(jobs)
    changed = training_states.apart([job for job in jobs if not job.state.over])
    for job in jobs:
        if job.status == "RUNNING":
            _running(job, changed[job.job_id])
    waiting = sorted((job for job in jobs if job.place), key=lambda job: job.place)
    many = len(waiting) > _FEW_WAIT + 1
    shows_all = not many or state.keep(_ALL_WAIT, default=False)
    for job in waiting if shows_all else waiting[:_FEW_WAIT]:
        _waiting(job, changed[job.job_id])
    if len(waiting) > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            if many:
                st.toggle(f"Show all {len(waiting)} that wait", key=_ALL_WAIT)
            training_actions.cancel_all(waiting)


def counts(jobs: "Sequence[Job]") -> str:
    """How many jobs are in which state."""
    if not jobs:
        return "none yet: what you start appears here, and goes on when the page is closed"
    found = Counter(job.word for job in jobs)
    return ", ".join(f"{found[word]:,} {word}" for word in _ORDER if found[word])


def _first() -> None:
    """The way to the form, where there is nothing to look at."""
    st.button(
        "Set up a training", key="training_first", type="primary", icon=":material/add:",
        on_click=training_actions.set_up,
    )  # fmt: skip


def _who_leads(jobs: "Sequence[Job]") -> None:
    """Say where jobs run if that is not here."""
    manager = training_actions.manager()
    if manager.leads or all(job.state.over for job in jobs):
        return
    if manager.is_led():
        st.caption(
            ":material/lan: Another process leads this queue. It starts the jobs and carries out "
            "what is asked for here."
        )
    else:
        st.caption(":material/hourglass_top: The queue is being taken up.")


def _running(job: "Job", changed: str) -> None:
    with st.container(border=True, key=f"job_{job.job_id}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{training_states.badge(job)} {_title(job, changed)}", width="stretch")
            _buttons(job)
        progress_bar(job)


def _waiting(job: "Job", changed: str) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", key=f"job_{job.job_id}")
    with row:
        asked = f"asked for at {training_states.when(job.state.queued)}"
        wish = "" if job.wish == "auto" else f" · for {plain(job.wish)}"
        words = f"{training_states.badge(job)} {_title(job, changed)} · {asked}{wish}"
        st.markdown(words, width="stretch")
        _buttons(job)


def _buttons(job: "Job") -> None:
    """Side by side also where they stand below the job's name."""
    with st.container(horizontal=True, width="content"):
        open_job(job)
        training_actions.cancel(job)


def _title(job: "Job", changed: str) -> str:
    device = f" · {plain(job.state.device)}" if job.status == "RUNNING" else ""
    return training_states.title(job, changed) + device


def open_job(job: "Job") -> None:
    """A button that shows a job's curves."""
    st.button(
        "Open", key=f"open:{job.job_id}", icon=":material/monitoring:",
        on_click=training_actions.show, args=(job.job_id,),
        help="Curves, confusion, log and what can be done with it",
    )  # fmt: skip


def progress_bar(job: "Job") -> None:
    """How far a running job is: with its features, and then with its training."""
    words = plain(training_states.progress_words(job))
    if job.stopping:
        words = f"stopping · {words}"
    now = job.progress
    made = now.done / now.total if now.total and not now.folds else 0.0
    st.progress(job.share or min(made, 1.0), text=words)
