"""Makes sure that a page is shown inside the app. Streamlit's private flag is touched only here."""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

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
