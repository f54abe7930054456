"""Dataset: what is in a corpus, and is it sound?"""

from collections.abc import Callable

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import (
    dataset_clips,
    dataset_facts,
    dataset_filters,
    dataset_quality,
    dataset_source,
    dataset_splits,
    entry,
    feature_storage,
    layout,
    state,
    theme,
)
from pages.components.dataset_facts import Filters
from pages.components.live_input import plain
from ser_core import emotions, figures
from ser_core.corpora import CORPORA
from ser_core.corpora.library import CorpusEntry

_WARNING = ":orange[:material/warning:]"
_ROW_PX, _AXIS_PX = 22, 48  # the same in both charts, so that an emotion's rows stand in line
View = Callable[[pd.DataFrame, pd.DataFrame, CorpusEntry], None]
_MOST_PRINTED = 40  # speakers whose counts fit into the cells of the heatmap


def main() -> None:
    """State → guard → call → draw."""
    entry.through_app()
    task = dataset_source.follow_task()
    corpus = dataset_source.current()
    title = headline(corpus)
    dataset_source.show_task(task)
    table = dataset_source.read(corpus, task) if corpus else None
    if corpus is None or table is None:
        with title:
            layout.title_line("Dataset")
        if corpus is None and not (task and task.running):
            dataset_source.welcome()
        return
    wanted = dataset_filters.draw(table, corpus.id)
    shown = wanted.apply(table)
    remarks = dataset_facts.remarks(table, shown)
    with title:
        layout.title_line("Dataset", facts(table, shown, corpus, len(remarks)))
    if shown.empty:
        st.info("No clip passes all filters. Take some off in the sidebar.", icon=":material/tune:")
    else:
        choose_view()(table, shown, corpus)
    problems(table, corpus)
    feature_storage.panel()
    about(table, corpus)


def clips(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> None:
    """Balance, the table of clips, and the clip chosen in it."""
    wanted = dataset_filters.wanted(corpus.id)
    balance(table, shown, wanted, dataset_facts.remarks(table, shown))
    columns = dataset_clips.useful_columns(table, problems_first=wanted.problems_only)
    dataset_clips.table_and_clip(shown, columns)


VIEWS: dict[str, View] = {
    "Clips": clips,
    "Quality": dataset_quality.view,
    "Splits": dataset_splits.view,
}
"""What the page can show of the clips that pass the filters, in the order of the switch.

Only the view chosen is called; in the address it is named in small letters.
"""


def choose_view() -> View:
    """The switch between the views; the one chosen stands in the address."""
    names = {title.lower(): title for title in VIEWS}
    key, asked = "dataset_view", st.query_params.get("view", "")
    if key not in st.session_state and asked in names:
        st.session_state[key] = asked
    state.keep(key, next(iter(names)))
    chosen = st.segmented_control(
        "View", list(names), format_func=names.__getitem__, key=key, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    st.query_params["view"] = chosen
    return VIEWS[names[chosen]]


def headline(corpus: CorpusEntry | None) -> DeltaGenerator:
    """The place for the title line, which waits for the facts; the menu of corpora at its end."""
    with st.container(horizontal=True, vertical_alignment="center"):
        place = st.container(width="stretch")
        if corpus is not None:
            dataset_source.menu(corpus)
    return place


def facts(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry, odd: int) -> str:
    """What there is, what of it is shown, and whether it is sound, in one line of Markdown."""
    parts = dataset_facts.facts(table, shown)
    parts[0] = f"**{parts[0]}**"
    if corpus.synthetic:
        parts.insert(0, ":violet-badge[synthetic]")
    bad = len(dataset_facts.problem_list(table))
    if bad:
        parts.append(f"{_WARNING} {dataset_facts.count(bad, 'problem')}")
    if odd:
        parts.append(f"{_WARNING} {dataset_facts.count(odd, 'remark')}")
    if not bad + odd:
        parts.append(":green[:material/check_circle:] no problems")
    return " · ".join(parts)


def balance(table: pd.DataFrame, shown: pd.DataFrame, wanted: Filters, remarks: list[str]) -> None:
    """Clips by emotion, and by emotion and speaker; in words, with what is odd, below."""
    # Those filtered out are not drawn, but one that nobody in the selection has is: it is missing.
    asked = list(wanted.values.get("emotion", ()))
    names = emotions.order(asked) if asked else dataset_facts.choices(table, "emotion")
    crossed = dataset_facts.class_by_speaker(shown, names)
    height = 12 + _AXIS_PX + _ROW_PX * max(2, len(names))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        bars = figures.count_bars(dataset_facts.emotion_counts(shown, names))
        bars.update_layout(height=height, margin_b=_AXIS_PX)
        theme.plot(bars, key="dataset_bars", alt="Clips of each emotion")
    with right:
        words = [emotions.title(name) for name in names]
        grid = figures.heatmap(crossed.to_numpy(), words, list(crossed.columns), unit="clips")
        # The fullest cell is not the end of the scale: an even corpus should not glare.
        grid.update_traces(zmax=1.4 * max(1, crossed.to_numpy().max()))
        if crossed.shape[1] > _MOST_PRINTED:
            grid.update_traces(texttemplate=None, xgap=0)
        grid.update_layout(height=height, margin_b=_AXIS_PX, xaxis_title="speaker")
        theme.plot(grid, key="dataset_grid_chart", alt="Clips of each emotion by each speaker")
    with st.container(gap=None):
        st.caption(dataset_facts.balance(crossed))
        for remark in remarks:
            st.caption(f"{_WARNING} {plain(remark)}")


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
    kind = CORPORA.get(corpus.name)
    seconds = table.loc[table["duration_s"] > 0, "duration_s"]
    rates = sorted(rate for rate in table["sampling_rate"].unique() if rate)
    with st.expander("About this corpus", icon=":material/info:"):
        st.markdown(
            f"**{plain(corpus.title)}** · licence: {plain(kind.licence)}\n\n"
            f"{plain(kind.citation)}\n\n"
            f"Clips last {seconds.min():.1f} to {seconds.max():.1f} s, the median is "
            f"{seconds.median():.1f} s. Sampling rate: "
            f"{', '.join(f'{rate / 1000:g} kHz' for rate in rates)}. "
            f"Language: {', '.join(sorted(table['language'].unique()))}.\n\n"
            f"Folder: {plain(str(corpus.root))}"
        )


main()
