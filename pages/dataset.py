"""Dataset: what is in a corpus, and is it sound?"""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import (
    dataset_clips,
    dataset_facts,
    dataset_filters,
    dataset_source,
    entry,
    theme,
)
from pages.components.dataset_facts import Filters
from pages.components.live_input import plain
from ser_core import emotions, figures
from ser_core.corpora import CORPORA
from ser_core.corpora.library import CorpusEntry

_MOST_PRINTED = 40  # speakers whose counts fit into the cells of the heatmap


def main() -> None:
    """State → guard → call → draw."""
    entry.through_app()
    task = dataset_source.follow_task()
    corpus = dataset_source.current()
    line = headline(corpus)
    dataset_source.show_task(task)
    if corpus is None:
        dataset_source.welcome()
        return
    table = dataset_source.read(corpus, task)
    wanted = dataset_filters.draw(table, corpus.id)
    shown = wanted.apply(table)
    line.markdown(summary(table, shown, corpus))
    if shown.empty:
        st.info("No clip passes all filters. Take some off in the sidebar.", icon=":material/tune:")
    else:
        balance(table, shown, wanted)
        dataset_clips.table_and_clip(shown, dataset_clips.useful_columns(table))
    problems(table, corpus)
    about(table, corpus)


def headline(corpus: CorpusEntry | None) -> DeltaGenerator:
    """Title and the menu of corpora; returns the place for the facts between them."""
    with st.container(horizontal=True, vertical_alignment="center", key="dataset_headline"):
        st.title("Dataset", width="content", anchor=False)
        line = st.container(width="stretch")
        if corpus is not None:
            dataset_source.menu(corpus)
    return line


def summary(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> str:
    """The facts in one line: what there is, what of it is shown, whether it is sound."""
    whole = dataset_facts.facts(table)
    parts = dataset_facts.facts(shown)
    if len(shown) < len(table):
        parts = [f"{part.split()[0]} of {all_}" for part, all_ in zip(parts, whole, strict=True)]
    parts[0] = f"**{parts[0]}**"
    if corpus.synthetic:
        parts.insert(0, ":violet-badge[synthetic]")
    bad = len(dataset_facts.problem_list(table))
    sound = ":green[:material/check_circle:] no problems"
    parts.append(
        f":orange[:material/warning:] {dataset_facts.count(bad, 'problem')}" if bad else sound
    )
    return " · ".join(parts)


def balance(table: pd.DataFrame, shown: pd.DataFrame, wanted: Filters) -> None:
    """Clips by emotion, and by emotion and speaker."""
    names = list(wanted.values.get("emotion", ())) or dataset_facts.choices(table, "emotion")
    names = emotions.order(names)
    crossed = dataset_facts.class_by_speaker(shown, names)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        bars = figures.count_bars(dataset_facts.emotion_counts(shown, names))
        theme.plot(bars, key="dataset_bars", alt="Clips of each emotion")
    with right:
        words = [emotions.title(name) for name in names]
        grid = figures.heatmap(crossed.to_numpy(), words, list(crossed.columns), unit="clips")
        if crossed.shape[1] > _MOST_PRINTED:
            grid.update_traces(texttemplate=None, xgap=0)
        grid.update_layout(height=bars.layout.height, xaxis_title="speaker")
        theme.plot(grid, key="dataset_grid_chart", alt="Clips of each emotion by each speaker")
    sentence = dataset_facts.balance(crossed)
    if sentence:
        st.caption(sentence)


def problems(table: pd.DataFrame, corpus: CorpusEntry) -> None:
    """Clips that training leaves out, each with the reason."""
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
