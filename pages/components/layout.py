"""The shape all pages share."""

import streamlit as st

UAR = (
    "UAR, unweighted average recall: the share of clips heard right, taken for each emotion and "
    "averaged, so that rare emotions count as much as frequent ones."
)
UAR_HELP = f"{UAR} In brackets: 95 % interval."


def title_line(title: str, facts: str = "", help_text: str | None = None) -> None:
    """The page's title with the facts that matter beside it; below it on a phone.

    Args:
        title: one word or two.
        facts: Markdown, for example corpus, clips and model.
        help_text: what the terms in the facts mean, as a tooltip.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.title(title, anchor=False, width="content")
        if facts:
            st.caption(facts, width="content", help=help_text)


def go(page: str, label: str) -> None:
    """A link to another page of the app."""
    st.page_link(page, label=label, icon=":material/arrow_forward:", icon_position="right")
