"""Dataset: what is in a corpus, and is it sound?"""

from collections.abc import Callable

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import (
    dataset_address,
    dataset_averages,
    dataset_balance,
    dataset_clips,
    dataset_facts,
    dataset_filters,
    dataset_labels,
    dataset_map,
    dataset_menu,
    dataset_opening,
    dataset_quality,
    dataset_source,
    dataset_splits,
    entry,
    feature_storage,
    layout,
    state,
)
from pages.components.dataset_facts import Filters
from pages.components.live_input import plain
from ser_core.corpora import CORPORA
from ser_core.corpora.library import CorpusEntry

_WARNING = ":orange[:material/warning:]"
_SEVERE = ":red[:material/error:]"
_PASSING = "dataset_passing"  # (all clips, the filters, the clips that pass them)
View = Callable[[pd.DataFrame, pd.DataFrame, CorpusEntry], None]


def main() -> None:
    """State → guard → call → draw."""
    entry.through_app()
    dataset_address.read()
    task = dataset_source.follow_task()
    corpus = dataset_source.current()
    title = headline(corpus)
    dataset_source.show_task(task)
    table = dataset_source.read(corpus, task) if corpus else None
    if corpus is None or table is None:
        with title:
            layout.title_line("Dataset")
        if corpus is None and not (task and task.running):
            st.markdown(
                "Nothing to explore yet. Make the demo corpus, open a folder of your own, or "
                "download a corpus."
            )
            dataset_menu.welcome()
        return
    dataset_address.follow(table, corpus, list(_names()))
    show(table, corpus, title)
    problems(table, corpus)
    dataset_source.labels_panel(corpus)
    feature_storage.panel()
    about(table, corpus)


def show(table: pd.DataFrame, corpus: CorpusEntry, title: DeltaGenerator) -> None:
    """The title, the filters, and the chosen view of the clips that pass them."""
    wanted = dataset_filters.draw(table, corpus.id)
    shown = passing(table, wanted)
    with title:
        layout.title_line("Dataset", facts(table, shown, corpus))
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen = choose_view()
        dataset_filters.chips(wanted, corpus.id)
    remarks(corpus, dataset_address.write(corpus, chosen, wanted))
    if shown.empty:
        st.info("No clip passes all filters. Take some off.", icon=":material/tune:")
    else:
        VIEWS[_names()[chosen]](table, shown, corpus)


def remarks(corpus: CorpusEntry, lost: list[str]) -> None:
    """What of the address could not be followed, and labels that it was made with."""
    if lost:
        words = plain("; ".join(lost))
        st.warning(f"Left out of what the address asks for: {words}.", icon=":material/link_off:")
    labels = dataset_address.other_labels()
    if labels is not None:
        dataset_labels.offer(corpus, *labels, take_labels)


def passing(table: pd.DataFrame, wanted: Filters) -> pd.DataFrame:
    """The clips that pass the filters: the same table for as long as both are the same.

    By that, what was worked out of it is found again.
    """
    kept = st.session_state.get(_PASSING)
    if kept is None or kept[0] is not table or kept[1] != wanted:
        kept = st.session_state[_PASSING] = (table, wanted, wanted.apply(table))
    shown: pd.DataFrame = kept[2]
    return shown


def clips(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> None:
    """Balance, the table of clips, and the clip chosen in it."""
    wanted = dataset_filters.wanted(corpus.id)
    remarks = dataset_facts.remarks(table, shown)
    dataset_balance.draw(table, shown, wanted, corpus.id, remarks)
    columns = dataset_clips.useful_columns(table, problems_first=wanted.problems_only)
    dataset_clips.table_and_clip(shown, columns, table)


VIEWS: dict[str, View] = {
    "Clips": clips,
    "Map": dataset_map.view,
    "Averages": dataset_averages.view,
    "Quality": dataset_quality.view,
    "Splits": dataset_splits.view,
}
"""What the page can show of the clips that pass the filters, in the order of the switch.

Only the view chosen is called; in the address it is named in small letters.
"""


def _names() -> dict[str, str]:
    """The views by what they are called in the address."""
    return {title.lower(): title for title in VIEWS}


def choose_view() -> str:
    """The switch between the views."""
    names = _names()
    key = dataset_address.VIEW
    state.keep(key, next(iter(names)))
    chosen = st.segmented_control(
        "View",
        list(names),
        format_func=names.__getitem__,
        key=key,
        required=True,
        label_visibility="collapsed",
    )
    return chosen or next(iter(names))


def take_labels() -> None:
    """The corpus has the labels of the address now: show what that asks for."""
    dataset_opening.reload()
    dataset_address.follow_again()


def headline(corpus: CorpusEntry | None) -> DeltaGenerator:
    """The place for the title line, which waits for the facts; the menu of corpora at its end."""
    with st.container(horizontal=True, vertical_alignment="center"):
        place = st.container(width="stretch")
        if corpus is not None:
            dataset_menu.menu(corpus)
    return place


def facts(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> str:
    """What there is, what of it is shown, and whether it is sound, in one line of Markdown."""
    parts = dataset_facts.facts(table, shown)
    parts[0] = f"**{parts[0]}**"
    if corpus.synthetic:
        parts.insert(0, ":violet-badge[synthetic]")
    if table["duration_s"].isna().any():
        return " · ".join([*parts, ":material/hourglass_top: durations are being read"])
    return " · ".join([*parts, *soundness(table, shown, corpus)])


def soundness(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> list[str]:
    """What is wrong with the clips, as far as it was looked for, in Markdown."""
    report = dataset_quality.known(table, corpus)
    severe = 0 if report is None else dataset_quality.severe_count(report, shown)
    bad = len(dataset_facts.problem_list(table))
    odd = len(dataset_facts.remarks(table, shown))
    said = []
    if severe:
        said.append(f"{_SEVERE} {dataset_facts.count(severe, 'severe finding')}")
    elif bad:
        said.append(f"{_WARNING} {dataset_facts.count(bad, 'problem')}")
    if odd:
        said.append(f"{_WARNING} {dataset_facts.count(odd, 'remark')}")
    looked_at = "headers read" if report is None else "clips checked"
    return said or [f":green[:material/check_circle:] {looked_at}, no problems"]


def problems(table: pd.DataFrame, corpus: CorpusEntry) -> None:
    """The clips that training leaves out, each with the reason."""
    found = dataset_facts.problem_list(table)
    if found.empty:
        return
    title = f"{dataset_facts.count(len(found), 'clip')} with a problem, left out of training"
    with st.expander(title, icon=":material/warning:"):
        st.button(
            "Show them in the table",
            key="dataset_show_problems",
            on_click=dataset_filters.show_problems,
            args=(corpus.id,),
        )
        st.dataframe(
            found,
            hide_index=True,
            column_config={"clip": "File", "problems": "Problem"},
            alt="Clips with a problem",
        )


def about(table: pd.DataFrame, corpus: CorpusEntry) -> None:
    """Where the corpus is, who made it, what may be done with it."""
    kinds = [CORPORA.get(name) for name in dict.fromkeys(corpus.corpora)]
    seconds = table.loc[table["duration_s"] > 0, "duration_s"]
    rates = sorted(rate for rate in table["sampling_rate"].unique() if rate)
    folders = dict.fromkeys(plain(str(part.root)) for part in corpus.parts or (corpus,))
    with st.expander("About this corpus", icon=":material/info:"):
        for kind in kinds:
            st.markdown(
                f"**{plain(kind.title)}** · licence: {plain(kind.licence)}\n\n"
                f"{plain(kind.citation)}"
            )
        lengths = (
            f"Clips last {seconds.min():.1f} to {seconds.max():.1f} s, the median is "
            f"{seconds.median():.1f} s. Sampling rate: "
            f"{', '.join(f'{rate / 1000:g} kHz' for rate in rates)}. "
        )
        languages = [language for language in table["language"].unique() if language]
        st.markdown(
            f"{lengths if rates else ''}"
            f"Language: {', '.join(sorted(languages)) or 'not given'}.\n\n"
            f"Folder: {', '.join(folders)}"
        )


main()
