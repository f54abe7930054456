"""What stands around a job: the machine's load, its log, earlier attempts, and what was asked."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from pages.components import training_actions, training_states
from pages.components.live_input import plain
from pages.components.tasks import duration

if TYPE_CHECKING:
    from ser_core.jobs.book import Job

_POLL_S = 2.0
_LINES = 200  # of the log
_MIB_A_GB = 1e9 / 2**20


def load_line(job: "Job") -> None:
    """How busy the device is that a job runs on, and how much memory its worker takes."""
    words = _load_words(job.state.device, job.path)
    if words:
        st.caption(f":material/memory: {plain(words)}")


@st.cache_data(ttl=2.0, max_entries=50, show_spinner=False)
def _load_words(device: str, folder: Path) -> str:
    """Looked up once for all tabs: asking a graphics card takes a moment."""
    from ser_core.jobs import device as devices
    from ser_core.jobs import process
    from ser_core.training import worker

    parts = []
    known = {one.name: one for one in training_actions.manager().devices}
    for name in dict.fromkeys((device, "cpu")):
        load = devices.load(known[name]) if name in known else None
        if load is not None:
            used, total = load.used_mib / _MIB_A_GB, load.total_mib / _MIB_A_GB
            word = "CPU" if name == "cpu" else name.upper()
            kind = "memory" if name == "cpu" else "GPU memory"
            parts.append(f"{word} {load.percent:.0f} % busy, {kind} {used:.1f} of {total:.1f} GB")
    memory_mib = process.memory_mib(folder / worker.PROCESS)
    if memory_mib is not None:
        parts.append(f"this job's process {memory_mib / _MIB_A_GB:.1f} GB")
    return " · ".join(parts)


def log_view(job: "Job") -> None:
    """The end of what the worker printed, read only while it is open."""
    expander = st.expander(
        "Log", key=f"training_log:{job.job_id}", on_change="rerun", icon=":material/terminal:"
    )
    if expander.open:
        with expander:
            poll_s = None if job.state.over else _POLL_S
            st.fragment(_log, run_every=poll_s)(job.job_id)


def _log(job_id: str) -> None:
    lines = training_actions.manager().log(job_id).splitlines()
    if not lines:
        st.caption("The worker has not printed anything yet.")
        return
    left_out = f"the last {_LINES} of {len(lines):,} lines" if len(lines) > _LINES else ""
    with st.container(height=320, border=False, autoscroll=True):  # opens at its end
        st.code("\n".join(lines[-_LINES:]), language=None, wrap_lines=True)
    if left_out:
        st.caption(left_out)


def attempts_view(job: "Job") -> None:
    """Every time the job was begun, where that was more than once."""
    attempts = job.state.attempts()
    if len(attempts) < 2:
        return
    with st.expander(f"{len(attempts)} attempts", icon=":material/history:"):
        st.dataframe(
            pd.DataFrame([_attempt(number, one) for number, one in enumerate(attempts, start=1)]),
            hide_index=True,
        )


def _attempt(number: int, one: Any) -> dict[str, Any]:
    word = "running" if one.status == "RUNNING" else _word(one)
    took_s = one.ended - one.started
    return {
        "attempt": number,
        "begun": training_states.when(one.started),
        "took": duration(took_s) if took_s > 0 else "",
        "on": one.device,
        "ended": training_states.signed(word),
        "why": one.reason,
    }


def _word(one: Any) -> str:
    from ser_core.jobs.book import WORDS

    return "interrupted" if one.interrupted else WORDS[one.status]


def order_view(job: "Job") -> None:
    """What the job was asked to do: what differs from the recipe, and the whole of it."""
    expander = st.expander(
        "Settings", key=f"training_order:{job.job_id}", on_change="rerun", icon=":material/tune:"
    )
    if not expander.open:
        return
    with expander:
        if not job.order:
            st.caption("Its order.json cannot be read.")
            return
        changes = training_states.changes(job)
        if changes:
            rows = "".join(f"\n- {plain(key)}: {plain(value)}" for key, value in changes.items())
            st.markdown(f"Changed in recipe {plain(job.recipe)}:{rows}")
        else:
            st.markdown(f"Recipe {plain(job.recipe)} as it is.")
        st.json(job.order, expanded=1)
