"""SER Studio: the page list, the page's look, and what every page shows at the side."""

import streamlit as st

from pages.components import entry, job_lead, live_microphone, memory, tasks, theme_switch
from ser_core import paths
from ser_core.paths import ASSETS

entry.through_app()
st.set_page_config(page_title="SER Studio", page_icon=ASSETS / "icon.svg", layout="wide")
st.logo(ASSETS / "logo.svg", size="medium", icon_image=ASSETS / "icon.svg")

page = st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/dataset.py", title="Dataset", icon=":material/dataset:", url_path="dataset"),
        st.Page(
            "pages/augmentation.py",
            title="Augmentation",
            icon=":material/tune:",
            url_path="augmentation",
        ),
        st.Page(
            "pages/training.py",
            title="Training",
            icon=":material/model_training:",
            url_path="training",
        ),
        st.Page(
            "pages/comparison.py",
            title="Comparison",
            icon=":material/compare_arrows:",
            url_path="comparison",
        ),
        st.Page("pages/live.py", title="Live", icon=":material/mic:", url_path="live"),
    ]
)
with st.sidebar:
    tasks.show_running()
theme_switch.follow()
if page.url_path != "live":
    live_microphone.leave()
page.run()
memory.tend()
job_lead.take_up(str(paths.home()))
