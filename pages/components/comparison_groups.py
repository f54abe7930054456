"""Where runs do well and where not: by speaker, and by what the corpus knows of the clips."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import comparison_audio, state, tasks
from pages.components.comparison_pictures import drawn, show
from pages.components.live_input import plain
from ser_core.comparison.results import Results
from ser_core.comparison.runs import SNR
from ser_core.jobs.tasks import Progress, runner
from ser_core.reports import several
from ser_core.reports.noise import NOISE, noise_pictures
from ser_core.reports.picture import Picture

_BY, _KNOWN = "comparison_by", "comparison_facts"
_ADDED = "added noise"
_ORDER = ("speaker", "gender", "intensity", "statement", "duration", "SNR", _ADDED)


def groups_view(results: Sequence[Results]) -> None:
    """Accuracy by one grouping at a time."""
    told = [with_facts(one) for one in results]
    made = drawn("groups", told, lambda: [*several.by_group(told), *noise_pictures(told)])
    by: dict[str, list[Picture]] = {}
    for picture in made:
        name = _ADDED if picture.section == NOISE else picture.name.removeprefix("by-")
        by.setdefault(name, []).append(picture)
    if by:
        _show(by)
    else:
        st.info(
            "These runs share no groups: they were tested on clips of other speakers.",
            icon=":material/groups:",
        )
    _what_is_missing(told)


def _show(by: dict[str, list[Picture]]) -> None:
    names = [name for name in _ORDER if name in by]
    if state.keep(_BY, names[0]) not in names:
        st.session_state[_BY] = names[0]
    wanted = st.segmented_control(
        "By", names, key=_BY, required=True, label_visibility="collapsed",
        format_func=lambda name: name if name == "SNR" else name.capitalize(),
    )  # fmt: skip
    show(by[wanted or names[0]])
    st.caption(
        "Noise laid under the clips that each fold was tested on. Bands: 95 % interval over "
        "speakers. Runs that were not tested in noise have no curve: `train --snr`."
        if wanted == _ADDED
        else "In brackets: clips. Whiskers: 95 % interval over speakers; of a single speaker over "
        "clips."
    )


def with_facts(one: Results) -> Results:
    """The results with what the corpus knows of the clips, made once for each table."""
    table = _facts(one)
    if table is None:
        return one
    kept: dict[str, Any] = st.session_state.setdefault(_KNOWN, {})
    found = kept.get(one.run.run_id)
    if found is None or found[0] is not one or found[1] is not table:
        while len(kept) > 12:
            del kept[next(iter(kept))]
        found = kept[one.run.run_id] = (one, table, replace(one, run=one.run.with_facts(table)))
    result: Results = found[2]
    return result


def _facts(one: Results) -> pd.DataFrame | None:
    """The corpus' table, with lengths and signal-to-noise ratios once they were measured."""
    table = comparison_audio.table_of(one.run)
    if table is None:
        return None
    task = runner().snapshot(_task(one))
    if task is None or task.state != "done":
        return table
    measured: pd.DataFrame = task.result
    return measured


def _task(one: Results) -> str:
    return f"comparison measured:{one.run.corpus}:{one.run.root}"


def _what_is_missing(told: Sequence[Results]) -> None:
    """Why some groups are not there, and what would bring them."""
    lost = [one for one in told if comparison_audio.table_of(one.run) is None]
    if lost:
        st.info(plain(comparison_audio.missing_words(lost[0].run)), icon=":material/folder_off:")
        return
    tables = {_task(one): one for one in told if SNR not in one.run.predictions}
    for key, one in tables.items():
        _offer(key, one)


def _offer(key: str, one: Results) -> None:
    task = runner().snapshot(key)
    if task is not None and task.state != "done":
        tasks.task_panel(key)
        if task.running:
            return
    st.button(
        f"Measure length and noise of the clips of {plain(one.run.corpus)}", key=f"{key}:start",
        icon=":material/graphic_eq:", on_click=_measure, args=(key, one),
        help="Opens every clip: how long it is, and its signal-to-noise ratio, estimated from "
        "pauses and speech. Then accuracy is shown by these, too.",
    )  # fmt: skip


def _measure(key: str, one: Results) -> None:
    """Callback: measure every clip that was tested, in the background."""
    table = comparison_audio.table_of(one.run)
    if table is None:
        return
    tested = table[table["clip"].isin(set(one.run.predictions["clip"]))]

    def work(progress: Progress) -> pd.DataFrame:
        from ser_core.corpora import headers
        from ser_core.exploration.background import snr_db

        files = tested["path"].tolist()
        ratios = snr_db(files, progress)
        known = tested["duration_s"].notna().all()
        timed = tested if known else headers.fill(tested, headers.read(files))
        return timed.assign(**{SNR: ratios})

    runner().start(key, "Measure length and noise of the clips", work)
