"""The comparison to take away: one page, tables and text, or everything with pictures in a ZIP."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.components import tasks
from ser_core.comparison.results import Results
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner

_OPEN = "comparison_report"
_TEXTS = {
    "report.html": ("Page (HTML)", "text/html", ":material/html:"),
    "runs.csv": ("Scores (CSV)", "text/csv", ":material/csv:"),
    "differences.csv": ("Differences (CSV)", "text/csv", ":material/csv:"),
    "report.md": ("Tables (Markdown)", "text/markdown", ":material/markdown:"),
}


def report_panel(results: Sequence[Results]) -> None:
    """Made only when it is asked for."""
    box = st.expander(
        "Report of this comparison", icon=":material/summarize:", key=_OPEN, on_change="rerun"
    )
    if not box.open:
        return
    with box:
        st.caption(
            "Scores, differences, confusions, classes, calibration, groups and training of these "
            "runs. The page works without a network, in light and dark."
        )
        mark = "-".join(one.run.run_id[:8] + one.run.digest[:4] for one in results)
        with st.container(horizontal=True, vertical_alignment="center"):
            texts = _offer(f"comparison texts:{mark}", "Make page and tables", _texts, results)
            pictures = _offer(f"comparison zip:{mark}", "Make all pictures", _zip, results)
        _progress([texts, pictures])
        _downloads(texts, pictures)


def _offer(key: str, label: str, work: Any, results: Sequence[Results]) -> TaskSnapshot | None:
    """A button that makes it; none once it is made or being made."""
    task = runner().snapshot(key)
    if task is None or task.state in ("failed", "stopped"):
        icon = ":material/summarize:" if "page" in label else ":material/photo_library:"
        st.button(
            label, key=f"{key}:make", icon=icon, on_click=_start, args=(key, label, work, results)
        )
    return task


def _start(key: str, label: str, work: Any, results: Sequence[Results]) -> None:
    """Callback."""
    from pages.components.comparison_groups import with_facts

    runs = [with_facts(one).run for one in results]
    runner().start(key, label, lambda progress: work(runs, progress))


def _texts(runs: Any, progress: Progress) -> dict[str, str]:
    from ser_core.reports.write import compose

    progress(0, 0, "drawing")
    return compose(runs).texts


def _zip(runs: Any, progress: Progress) -> bytes:
    from ser_core.reports.write import report_zip

    return report_zip(runs, progress=progress, aside=True)


def _progress(found: Sequence[TaskSnapshot | None]) -> None:
    for task in found:
        if task is not None and task.state != "done":
            tasks.task_panel(task.key)


def _downloads(texts: TaskSnapshot | None, pictures: TaskSnapshot | None) -> None:
    with st.container(horizontal=True):
        if texts is not None and texts.state == "done":
            for name, (label, kind, icon) in _TEXTS.items():
                if name in texts.result:
                    st.download_button(
                        label, texts.result[name], name, kind, key=f"comparison_get_{name}",
                        icon=icon, on_click="ignore",
                    )  # fmt: skip
        if pictures is not None and pictures.state == "done":
            st.download_button(
                "All, with PNG and SVG (ZIP)", pictures.result, "comparison.zip",
                "application/zip", key="comparison_get_zip", icon=":material/folder_zip:",
                on_click="ignore",
            )  # fmt: skip
