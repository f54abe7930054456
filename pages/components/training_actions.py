"""What can be done with training jobs: cancel, resume, clone, compare, delete."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import entry, state
from pages.components.live_input import plain
from pages.components.training_launch import JOB, VIEW
from ser_core.errors import SerError

if TYPE_CHECKING:
    from ser_core.jobs.book import Job
    from ser_core.jobs.manager import JobManager

_SAID = "training_said"  # what could not be done, to be said once
_ACTED = "training_acted"  # something was clicked that the whole page depends on
_COMPARISON = "pages/comparison.py"


def manager() -> "JobManager":
    """The jobs of this `SER_HOME`."""
    from ser_core.jobs import manager as managers

    return managers.manager()


def show(job_id: str | None) -> None:
    """Callback: look at a job, or at all of them."""
    st.session_state[_ACTED] = True
    if job_id is None:
        st.query_params.pop(JOB, None)
    else:
        st.query_params[JOB] = job_id


def set_up() -> None:
    """Callback: to the form of a new training."""
    st.session_state[_ACTED] = True
    state.give(VIEW, "new")


def whole_page() -> None:
    """Run the whole page where a click in a part of it asked for it; call first in each part."""
    if st.session_state.pop(_ACTED, False):
        st.rerun()


def begin() -> None:
    """Say what the last click could not do, if anything; call once in a run of the whole page."""
    st.session_state.pop(_ACTED, None)
    for words in st.session_state.pop(_SAID, []):
        st.error(plain(words), icon=":material/error:")


def say(failed: list[str]) -> None:
    """Tell of what could not be done, in the next run of the whole page."""
    st.session_state[_SAID] = failed
    st.session_state[_ACTED] = True


def cancel(job: "Job") -> None:
    """A button that asks a job to stop."""
    st.button(
        "Cancel", key=f"cancel:{job.job_id}", icon=":material/stop:",
        on_click=_each, args=("cancel", [job.job_id]), disabled=job.stopping,
        help="Stops within seconds; the weights of the best epoch so far are kept"
        if job.status == "RUNNING" else "Takes it out of the line",
    )  # fmt: skip


def resume(jobs: Sequence["Job"]) -> None:
    """A button that puts jobs in line again which broke off."""
    ids = [job.job_id for job in jobs if can_resume(job)]
    if ids:
        st.button(
            _counted("Resume", len(ids), len(jobs)), key=f"resume:{ids[0]}:{len(jobs)}",
            icon=":material/resume:", on_click=_each, args=("resume", ids),
            help="Goes on after the last finished epoch",
        )  # fmt: skip


def can_resume(job: "Job") -> bool:
    """Whether a job broke off and can be taken up, or begun again."""
    return job.status in ("FAILED", "KILLED") and bool(job.order)


def clone(job: "Job") -> None:
    """A button that opens the form with what a job was asked to do."""
    if job.order:
        st.button(
            "Clone", key=f"clone:{job.job_id}", icon=":material/content_copy:",
            on_click=_open_form, args=(job.job_id,),
            help="Opens the form with the settings of this job, to be changed and started",
        )  # fmt: skip


def _open_form(job_id: str) -> None:
    """Callback: to the address that says so, which the page follows."""
    st.session_state[_ACTED] = True
    st.query_params.from_dict({"recipe_of": job_id})


def compare(jobs: Sequence["Job"]) -> None:
    """A link to the Comparison page with the runs of finished jobs, where there is such a page."""
    runs = [job.state.run_id for job in jobs if job.status == "FINISHED" and job.state.run_id]
    if runs and entry.has_page(_COMPARISON):
        st.page_link(
            _COMPARISON, label=_counted("Compare", len(runs), len(jobs)),
            icon=":material/compare_arrows:", query_params={"runs": ",".join(runs)},
            width="content", help="Scores and confusions of these runs beside each other",
        )  # fmt: skip


def delete(jobs: Sequence["Job"]) -> None:
    """A button that asks once more, and then removes jobs that are over."""
    ids = [job.job_id for job in jobs if job.state.over]
    if not ids:
        return
    key = f"delete:{ids[0]}:{len(ids)}"
    with st.popover(
        _counted("Delete", len(ids), len(jobs)), key=key, icon=":material/delete:", width="content"
    ):
        what = "this job's folder" if len(ids) == 1 else f"the folders of {len(ids)} jobs"
        st.markdown(
            f"Delete {what}: settings, curves, log and checkpoints? What is deleted cannot be "
            "resumed. Runs, their scores and promoted models stay."
        )
        st.button(
            "Delete for good", key=f"{key}:sure", type="primary", icon=":material/delete_forever:",
            on_click=_each, args=("delete", ids),
        )  # fmt: skip


def cancel_all(jobs: Sequence["Job"]) -> None:
    """A button that asks once more, and then takes all jobs that wait out of the line."""
    with st.popover(
        f"Cancel all {len(jobs)} that wait", key="training_cancel_all", icon=":material/stop:",
        width="content",
    ):  # fmt: skip
        st.button(
            "Take them out of the line", key="training_cancel_all_sure", type="primary",
            on_click=_each, args=("cancel", [job.job_id for job in jobs]),
        )  # fmt: skip


def _counted(word: str, count: int, of: int) -> str:
    return word if of < 2 else f"{word} {count}"


def _each(what: str, ids: Sequence[str]) -> None:
    """Callback: ask the manager for something, for each job; what fails is said in the next run."""
    failed = []
    for job_id in ids:
        try:
            getattr(manager(), what)(job_id)
        except SerError as error:  # another tab was faster
            failed.append(str(error))
        else:
            if what == "delete" and st.query_params.get(JOB) == job_id:
                show(None)
    say(failed)
