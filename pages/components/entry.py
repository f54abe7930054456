"""Makes sure that a page is shown inside the app, and says which pages there are.

What is private to Streamlit is touched only here.
"""

from collections.abc import Callable

import streamlit as st
from streamlit import runtime
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.components import state


def through_app() -> None:
    """Call first in app.py and on every page: the page runs from app.py, whoever comes first.

    Until `st.navigation` was called once, Streamlit takes a folder named `pages` for its older kind
    of multipage app. A fresh server's first visitor would get the bare script of /live, without
    page config and logo, and app.py without a menu.
    """
    # Only a session's first run is begun anew: a later one may answer a click, which would be lost.
    first = state.ENTERED not in st.session_state
    st.session_state[state.ENTERED] = True
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False
        if first:
            st.rerun()


def visited() -> Callable[[], bool]:
    """A function that tells, from any thread, whether this session's browser is still there."""
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return lambda: True
    session_id, server = context.session_id, runtime.get_instance()
    return lambda: server.is_active_session(session_id)


def has_page(path: str) -> bool:
    """Whether the app lists a page.

    Args:
        path: of its script in the project, such as "pages/live.py".
    """
    context = get_script_run_ctx()
    known = context.pages_manager.get_pages().values() if context else ()
    return any(str(page["script_path"]).replace("\\", "/").endswith(f"/{path}") for page in known)
