"""The Dataset page's quality report: what is odd about which clip, and the clip to listen to."""

import re
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import dataset_facts, dataset_listen, state, tasks
from pages.components.live_input import plain
from pages.components.table_mark import mark
from ser_core.corpora import measures, quality
from ser_core.corpora.library import CorpusEntry
from ser_core.corpora.quality import KINDS, Report
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner

_KINDS, _FOUND = "quality_kinds", "quality_found"  # the kind chosen, the table
_DEPENDS = ("clip", "speaker", "emotion", "problems", "duration_s", "sampling_rate")
_CLIP_S = 0.005  # to measure a clip, about
_PATIENCE_S = 1.0  # a report of clips measured before is waited for without a word
_MOST_ROWS = 5_000  # findings in the table; the file has all
_MOST_BESIDE = 3  # clips of the same sound that are shown together
_SHARED = ("duplicate", "repeated")  # findings that are about several clips
_HEAD_PX, _ROW_PX, _MOST_PX = 36, 66, 560  # rows of the table have room for three lines
_LETTERS = 34  # of a file's name that a cell shows
_OF = "quality"  # what keys of reports start with
_FILE = re.compile(r"[^\s,]*/[^\s,]*\.\w+")  # a path within words
_SEVERE = ":red[:material/error:]"


def view(table: pd.DataFrame, shown: pd.DataFrame, corpus: CorpusEntry) -> None:
    """What was found in the clips that pass the filters, and about the corpus as a whole.

    Args:
        table: all clips of the corpus; they are checked together.
        shown: those that pass the filters.
        corpus: whose clips they are.
    """
    key = _key(table, corpus)
    task = _checked(table, key)
    if task is None or task.state != "done":
        _not_yet(table, key, task)
        return
    report: Report = task.result
    found = report.findings
    whole = found[found["clip"] == ""]
    clips = found[found["clip"].isin(shown["clip"])]
    verdict(report, clips, shown)
    about_the_corpus(whole)
    if not clips.empty:
        findings(clips.reset_index(drop=True), report, table)
    if not found.empty:
        st.download_button(
            "Save all findings as CSV",
            report.to_csv(),
            f"quality-{corpus.name}.csv",
            "text/csv",
            key="quality_csv",
            icon=":material/download:",
            on_click="ignore",
            help="On the command line: python -m ser_core quality "
            + plain(" ".join(corpus.arguments()[:2])),
        )


def _key(table: pd.DataFrame, corpus: CorpusEntry) -> str:
    return f"{_OF} {corpus.id} {mark(table, _DEPENDS)}"


def known(table: pd.DataFrame, corpus: CorpusEntry) -> Report | None:
    """The report, where it was made since the table was read; makes none."""
    if not any(task.key.startswith(f"{_OF} {corpus.id} ") for task in runner().all()):
        return None  # without a look at every file
    task = runner().snapshot(_key(table, corpus))
    report: Report | None = task.result if task is not None and task.state == "done" else None
    return report


def severe_count(report: Report, shown: pd.DataFrame) -> int:
    """How many severe findings there are in some clips."""
    return _severe(report.findings[report.findings["clip"].isin(shown["clip"])])


def _severe(findings: pd.DataFrame) -> int:
    return int(findings["kind"].map(lambda kind: KINDS[kind].severe).sum())


def _checked(table: pd.DataFrame, key: str) -> TaskSnapshot | None:
    """The report as it stands; one that has only to be put together is made at once."""
    task = runner().snapshot(key)
    if task is None and not table["duration_s"].isna().any():
        quick = len(table) * _CLIP_S < 2 * _PATIENCE_S or measures.measured(table) == len(table)
        if quick:
            _start(table, key)
            task = runner().wait(key, _PATIENCE_S)
            if task is not None and task.state == "done":
                st.rerun()  # the page's title tells of it too
    return task


def _start(table: pd.DataFrame, key: str) -> None:
    def work(progress: Progress) -> Report:
        categories = table.select_dtypes("category").columns
        return quality.check(table.astype(dict.fromkeys(categories, str)), progress)

    runner().start(key, "Checking the clips", work)


def _not_yet(table: pd.DataFrame, key: str, task: TaskSnapshot | None) -> None:
    """What the report will show, how long it takes, and one button; or how far it is."""
    if task is not None:
        tasks.task_panel(key)
        if task.running:
            st.caption("This goes on while you look at other views and pages.")
            return
    if table["duration_s"].isna().any():
        st.info("The clips are still being opened; the check comes after.", icon=":material/timer:")
        return
    duration = tasks.duration(len(table) * _CLIP_S)
    titles = ", ".join(kind.title.lower() for kind in KINDS.values())
    st.markdown(
        f"Opens every clip once and looks for what harms training or scores: {titles}. "
        f"{dataset_facts.count(len(table), 'clip')} take about {duration}; what was measured is "
        "kept."
    )
    st.button(
        f"Check {dataset_facts.count(len(table), 'clip')}",
        key="quality_check",
        type="primary",
        icon=":material/fact_check:",
        on_click=_start,
        args=(table, key),
    )


def verdict(report: Report, clips: pd.DataFrame, shown: pd.DataFrame) -> None:
    """Whether the clips are sound, in one sentence."""
    severe = _severe(clips)
    of = dataset_facts.count(len(shown), "clip")
    where = f"in {of}" if len(shown) == report.clips else f"in the {of} that pass the filters"
    if clips.empty:
        st.success(f"Nothing odd was found {where}.", icon=":material/check_circle:")
        return
    words = f"{dataset_facts.count(len(clips), 'finding')} {where}"
    if severe:
        what = (
            f"**{severe:,} severe:** training leaves the clip out, or its score cannot be trusted."
        )
        st.error(f"{words}. {what}", icon=":material/error:")
    else:
        st.info(f"{words}, none of them severe.", icon=":material/info:")


def about_the_corpus(whole: pd.DataFrame) -> None:
    """Findings that concern no single clip, in words."""
    with st.container(gap=None):
        for kind, words in whole[["kind", "words"]].head(30).itertuples(index=False):
            title, meaning = KINDS[kind].title, KINDS[kind].meaning
            sentence = f"{words[0].upper()}{words[1:]}"
            st.caption(
                f":orange[:material/warning:] **{title}.** {plain(sentence)}.", help=plain(meaning)
            )
        if len(whole) > 30:
            st.caption(f"And {len(whole) - 30:,} more, in the file.")


@st.fragment
def findings(clips: pd.DataFrame, report: Report, table: pd.DataFrame) -> None:
    """Kinds with their meaning; the findings; the clip of the one chosen.

    Args:
        clips: findings about single clips, at least one, numbered from 0.
        report: all of them, for clips that sound alike.
        table: all clips of the corpus.
    """
    kind = kinds(clips)
    chosen = clips if kind is None else clips[clips["kind"] == kind].reset_index(drop=True)
    left, right = st.columns([11, 9], gap="medium")
    with left:
        row, asked = pick(chosen, kind)
    finding = chosen.iloc[row]
    others = report.partners(finding["clip"]) if finding["kind"] in _SHARED else []
    names = [finding["clip"], *others[: _MOST_BESIDE - 1]]
    heads = [f"{number} of {len(others) + 1}" for number in range(1, len(names) + 1)]
    with right:
        st.markdown(f"**{KINDS[finding['kind']].title}** · {plain(finding['words'])}")
        dataset_listen.listen(
            table, names, "quality", heads if others else (), autoplay=asked, beside=False
        )


def kinds(clips: pd.DataFrame) -> str | None:
    """The kinds to choose from with their counts, severe ones first, and what they mean."""
    counts = clips["kind"].value_counts()
    found = [kind for kind in KINDS if kind in counts]
    if st.session_state.get(_KINDS) not in found:
        st.session_state.pop(_KINDS, None)
    chosen = st.pills(
        "Show only",
        found,
        format_func=lambda kind: (
            f"{_SEVERE * KINDS[kind].severe} {KINDS[kind].title} {counts[kind]:,}".strip()
        ),
        key=_KINDS,
    )
    with st.container(gap=None):
        for kind in [chosen] if chosen else found:
            title, meaning, severe = KINDS[kind]
            st.caption(f"**{title}**{' (severe)' * severe}: {plain(meaning)}")
    return chosen


def rows(listed: pd.DataFrame) -> pd.DataFrame:
    """Findings as the table shows them: of long names the end, where they differ."""
    return pd.DataFrame(
        {
            "kind": [KINDS[kind].title for kind in listed["kind"]],
            "clip": [_end(name) for name in listed["clip"]],
            "words": [_FILE.sub(lambda name: _end(name[0]), text) for text in listed["words"]],
        }
    )


def _end(name: str) -> str:
    """The end of a long name.

    >>> _end("song/Actor_01/03-02-01-01-01-01-01.flac"), _end("a/b.wav")
    ('…/03-02-01-01-01-01-01.flac', 'a/b.wav')
    """
    if len(name) <= _LETTERS:
        return name
    end = name[-_LETTERS:]
    return f"…{end[end.find('/') :]}" if "/" in end else f"…{end}"


def pick(chosen: pd.DataFrame, kind: str | None) -> tuple[int, bool]:
    """The findings in a table; the row chosen, and whether it was chosen just now."""
    words = "all kinds" if kind is None else KINDS[kind].title
    listed = chosen.head(_MOST_ROWS)
    if len(listed) < len(chosen):
        st.caption(f"The first {len(listed):,} of {len(chosen):,} findings; the file has all.")
    state.keep("quality_autoplay", default=True)
    st.toggle("Play what I choose", key="quality_autoplay")
    event: Any = st.dataframe(
        rows(listed),
        key=f"{_FOUND}:{kind}",
        on_select="rerun",
        selection_mode="single-cell",
        hide_index=True,
        row_height=_ROW_PX,
        height=min(_MOST_PX, _HEAD_PX + _ROW_PX * len(listed) + 2),
        column_config={
            "kind": st.column_config.TextColumn("Finding", width=90) if kind is None else None,
            "clip": st.column_config.TextColumn("File", width=130),
            "words": st.column_config.TextColumn("What was found"),
        },
        alt=f"Findings of {words}; choose one to listen to its clip",
    )
    cells = event.selection.cells
    row = int(cells[0][0]) if cells and int(cells[0][0]) < len(listed) else 0
    # The same selection comes with every rerun of the page; only a new one asks for sound.
    mark = (kind, row, listed["clip"].iloc[row]) if cells else None
    asked = mark is not None and st.session_state.get("quality_heard") != mark
    st.session_state["quality_heard"] = mark
    return row, asked and bool(st.session_state["quality_autoplay"])
