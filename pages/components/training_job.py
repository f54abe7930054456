"""One training job: how far it is, how it goes, and what came of it."""

import time
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import (
    training_actions,
    training_curves,
    training_facts,
    training_queue,
    training_result,
    training_states,
)
from pages.components.live_input import plain
from pages.components.tasks import duration
from ser_core.errors import UnknownNameError

if TYPE_CHECKING:
    from ser_core.jobs.book import Job


def job_view(job_id: str) -> None:
    """All about one job; says so where it is gone."""
    try:
        job = training_actions.manager().job(job_id)
    except UnknownNameError:
        st.info(f"There is no job {plain(job_id)} any more.", icon=":material/folder_off:")
        return
    moving = not job.state.over
    poll_s = training_queue.POLL_S if moving else None
    st.fragment(_head, run_every=poll_s)(job_id, _mark(job))
    if job.status == "FINISHED":
        training_result.result_view(job)
    if job.state.attempt:
        training_curves.curves_view(job)
        training_facts.log_view(job)
    training_facts.attempts_view(job)
    training_facts.order_view(job)


def _mark(job: "Job") -> tuple[str, int]:
    return job.status, job.state.attempt


def _head(job_id: str, drawn: tuple[str, int]) -> None:
    """What it is, how it stands and what can be done; the whole page runs when that changes."""
    training_actions.whole_page()
    try:
        job = training_actions.manager().job(job_id)
    except UnknownNameError:
        st.rerun()
    if _mark(job) != drawn:
        st.rerun()
    changed = training_states.in_short(training_states.changes(job).items())
    st.markdown(f"{training_states.badge(job)} {training_states.title(job, changed)}")
    if job.status == "RUNNING":
        training_queue.progress_bar(job)
    elif job.state.over:
        _ended(job)
    st.caption(_times(job))
    if job.status == "RUNNING":
        training_facts.load_line(job)
    with st.container(horizontal=True, vertical_alignment="center", key="training_job_actions"):
        _actions(job)


def _actions(job: "Job") -> None:
    if not job.state.over:
        training_actions.cancel(job)
    training_actions.resume([job])
    training_actions.compare([job])
    training_actions.clone(job)
    training_actions.delete([job])


def _times(job: "Job") -> str:
    """When it was asked for, how long it took or takes, and how often it was begun."""
    at = training_states.when
    parts = [f"asked for at {at(job.state.queued)}"]
    if job.state.started is not None:
        parts.append(f"begun at {at(job.state.started)}")
    if job.elapsed_s is not None:
        parts.append(f"{'took' if job.state.over else 'running for'} {duration(job.elapsed_s)}")
    if job.eta_s and not job.stopping:
        parts.append(f"done by {at(time.time() + job.eta_s)} at the latest")
    if job.state.device:
        parts.append(f"on {plain(job.state.device)}")
    if job.state.attempt > 1:
        parts.append(f"{training_states.ordinal(job.state.attempt)} attempt")
    return " · ".join([*parts, f"job {plain(job.job_id)}"])


def _ended(job: "Job") -> None:
    """Why a job did not get to its end, and what can be done about it."""
    from ser_core.jobs.advice import advice

    reason = job.state.reason
    where = plain(training_states.where(job))
    if job.status == "FAILED":
        st.error(
            f"**Failed{where}: {plain(reason)}.**\n\n{plain(advice(reason, job.state.can_resume))}",
            icon=":material/error:",
        )
    elif job.state.interrupted:
        st.warning(
            f"Interrupted{where}: the server and the worker ended while it ran. "
            "Resume takes it up after its last finished epoch.",
            icon=":material/power_off:",
        )
    elif job.status == "KILLED":
        st.info(
            f"Stopped{where}. {_kept(job)}",
            icon=":material/stop_circle:",
        )


def _kept(job: "Job") -> str:
    if not job.state.attempt:
        return "Resume puts it in line again."
    return "Resume goes on after its last finished epoch."
