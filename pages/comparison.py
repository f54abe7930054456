"""Comparison: which is better, is it real, where does it fail?"""

from typing import TYPE_CHECKING

import streamlit as st

from pages.components import entry, layout, state
from pages.components.live_input import plain

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from pages.components.comparison_source import Known

QUESTION = "Which is better, is it real, and where does it fail?"


def main() -> None:
    """State → guard → call → draw."""
    entry.through_app()
    title = st.empty()
    show_title(title, QUESTION)
    # On a fresh server this takes seconds to import: the title is there before.
    from pages.components import comparison_address, comparison_source, comparison_views

    asked = comparison_address.read(list(comparison_views.VIEWS))
    known = comparison_source.known(asked)
    if known is None:
        return
    comparison_address.follow(known)
    if known.results:
        show(known, title)
    else:
        empty()
    comparison_source.unreadable(known)


def show_title(place: "DeltaGenerator", facts: str) -> None:
    """The page's title with the facts that matter."""
    with place.container():
        layout.title_line("Comparison", facts)


def show(known: "Known", title: "DeltaGenerator") -> None:
    """The table of runs, the sentence, and the chosen view of those that are ticked."""
    from pages.components import (
        comparison_address,
        comparison_answer,
        comparison_choice,
        comparison_confusion,
        comparison_report,
        comparison_table,
        comparison_views,
    )
    from ser_core.comparison.pairs import pairs_of

    chosen = comparison_choice.chosen(known)
    number = len(known.results)
    runs = f"{number:,} finished run{'s' * (number > 1)}"
    show_title(title, f"{runs} · {len(chosen)} chosen")
    results = [*chosen, *(one for _, one in comparison_choice.ensembles(chosen))]
    pairs = pairs_of(results)
    remarks = st.container()
    # The table comes first: under words that come and go, its rows would move while one ticks them.
    comparison_table.runs_view(known, chosen, results[len(chosen) :])
    comparison_answer.answer(results, pairs)
    view = choose_view(list(comparison_views.VIEWS))
    cell = comparison_confusion.chosen(results)
    with remarks:
        shown = cell if view == comparison_views.CONFUSIONS else None
        left_out(comparison_address.write(view, shown))
    if results:
        comparison_views.show(view, comparison_views.Compared(known, chosen, results, pairs))
        comparison_report.report_panel(results)


def left_out(remarks: list[str]) -> None:
    """What of the address could not be followed."""
    if remarks:
        said = f"Left out of what the address asks for: {plain('; '.join(remarks))}."
        st.warning(said, icon=":material/link_off:")


def choose_view(views: list[str]) -> str:
    """The switch between the views; only the chosen one is computed."""
    from pages.components.comparison_address import VIEW
    from pages.components.comparison_views import VIEWS

    state.keep(VIEW, views[0])
    chosen = st.segmented_control(
        "View", views, key=VIEW, format_func=lambda name: VIEWS[name].title, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or views[0]


def empty() -> None:
    """Nothing was trained yet."""
    st.markdown(
        "No run is finished yet. A run appears here once something is trained: its scores with "
        "intervals, what it takes for what, and the clips behind every number. Two of them show "
        "which is better, and whether that may be luck."
    )
    if st.button("Train a model", type="primary", icon=":material/model_training:"):
        st.switch_page("pages/training.py")


main()
