"""Takes up the jobs that an earlier server left, whichever page is opened first."""

import threading

import streamlit as st

from ser_core import paths


@st.cache_resource(show_spinner=False)
def take_up(home: str) -> None:
    """Lead the jobs from now on, if there are any; once a server, after a page is drawn.

    In a thread, for what it has to import takes a second; where there never was a job, the Training
    page does it when it is opened.

    Args:
        home: `SER_HOME`.
    """
    del home
    if any((paths.home() / "jobs").glob("*/order.json")):
        threading.Thread(target=_lead, name="jobs-take-up", daemon=True).start()


def _lead() -> None:
    from ser_core.jobs import manager

    manager.manager()
