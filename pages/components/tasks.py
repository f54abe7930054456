"""Progress of a background task, with a stop, wherever a page starts long work."""

import streamlit as st

from ser_core.jobs.tasks import TaskSnapshot, runner

_POLL_S = 0.5


def task_panel(key: str) -> TaskSnapshot | None:
    """Show the task filed under `key`: progress and Stop while it runs, then how it ended.

    Only a running task is polled. When it ends the whole page runs once more, so that the page can
    draw the result.

    Returns:
        The task as it is now, or None where none was started.
    """
    snapshot = runner().snapshot(key)
    if snapshot is None:
        return None
    if snapshot.running:
        st.fragment(_running, run_every=_POLL_S)(key)
    elif snapshot.state == "failed":
        st.error(f"{snapshot.title} did not finish: {snapshot.error}", icon=":material/error:")
    elif snapshot.state == "stopped":
        st.info(f"{snapshot.title} was stopped.", icon=":material/stop_circle:")
    else:
        st.caption(f"{snapshot.title}: done in {duration(snapshot.elapsed_s)}")
    return snapshot


def _running(key: str) -> None:
    snapshot = runner().snapshot(key)
    if snapshot is None or not snapshot.running:
        st.rerun()
    share = snapshot.done / snapshot.total if snapshot.total else 0.0
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, share), text=progress_words(snapshot))
        if st.button("Stop", key=f"stop:{key}", icon=":material/stop:"):
            runner().stop(key)


def show_running() -> None:
    """One line for each task at work, for the sidebar; draws nothing when nothing runs."""
    if _at_work():
        st.fragment(_lines, run_every=_POLL_S)()


def _at_work() -> list[TaskSnapshot]:
    """Tasks that the user started; those a page runs for itself are called "page:…"."""
    return [task for task in runner().all() if task.running and not task.key.startswith("page:")]


def _lines() -> None:
    at_work = _at_work()
    for task in at_work:
        st.caption(f":material/hourglass_top: {progress_words(task)}")
    if not at_work:
        st.rerun()


def progress_words(snapshot: TaskSnapshot) -> str:
    """What is being done and for how much longer, in one line."""
    parts = [snapshot.title]
    if snapshot.words:
        parts.append(snapshot.words)
    elif snapshot.total:
        parts.append(f"{snapshot.done:,} of {snapshot.total:,}")
    if snapshot.remaining_s is not None:
        parts.append(f"about {duration(snapshot.remaining_s)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A length of time as people say it.

    >>> duration(0.4), duration(12.3), duration(75), duration(7400)
    ('1 s', '12 s', '1 min 15 s', '2 h 3 min')
    """
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
