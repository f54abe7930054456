"""A run that was packed elsewhere, taken in: one file, checked in the background, then its model.

Needs no page of its own: `run_import` stands wherever runs are listed.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import entry, tasks
from pages.components.live_input import plain
from ser_core.errors import SerError
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner

if TYPE_CHECKING:
    from ser_core.exchange.unpack import Imported

MAX_MB = 500
_COMPARISON = "pages/comparison.py"
_TASK, _UPLOAD, _NAME, _SAID = "import run", "run_import", "run_import_name", "run_import_said"


def run_import() -> None:
    """Take in a run, see what became of it, and make its model one to choose."""
    snapshot = runner().snapshot(_TASK)
    if snapshot is None or not snapshot.running:
        st.file_uploader(
            "Import a run: the zip file that another SER Studio has packed", type=["zip"],
            max_upload_size=MAX_MB, key=_UPLOAD, on_change=_take,
            help="Recipe, scores, predictions and models, no audio. All of it is checked before "
            "anything is kept; models are read as ONNX only, and no code in it is run.",
        )  # fmt: skip
    snapshot = tasks.task_panel(_TASK)
    if snapshot is not None and snapshot.state == "done":
        _arrived(snapshot)


def _take() -> None:
    """Callback: the upload becomes a file, for the check may outlast this visit."""
    sent: Any = st.session_state[_UPLOAD]
    if sent is None:
        return
    from ser_core import paths

    folder = Path(tempfile.mkdtemp(dir=paths.folder("cache"), prefix="upload-"))
    file = folder / (Path(str(sent.name)).name or "run.zip")
    file.write_bytes(sent.getbuffer())
    st.session_state.pop(_SAID, None)
    runner().start(_TASK, f"Import {file.name}", lambda progress: _work(file, progress))


def _work(file: Path, progress: Progress) -> "Imported":
    from ser_core.exchange.unpack import import_run

    try:
        return import_run(file, progress=progress)
    finally:
        file.unlink(missing_ok=True)
        file.parent.rmdir()


def _arrived(snapshot: TaskSnapshot) -> None:
    run: Imported = snapshot.result
    st.success(
        f"**{plain(run.name)}** from {plain(run.host)} is among the runs, marked as imported.",
        icon=":material/move_to_inbox:",
    )
    said = st.session_state.get(_SAID)
    if said:
        kind, words = said
        {"good": st.success, "bad": st.error}[kind](words)
    if run.models and not (said and said[0] == "good"):
        _promotion(run)
    if entry.has_page(_COMPARISON):
        st.page_link(
            _COMPARISON, label="Compare", icon=":material/compare_arrows:",
            query_params={"runs": run.run_id}, width="content",
            help="Beside the runs that were trained here",
        )  # fmt: skip


def _promotion(run: "Imported") -> None:
    """Its model, to be chosen on Live."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Name of its model", value=run.models[0], key=_NAME, max_chars=64)
        st.button(
            "Promote", key="run_import_promote", type="primary", icon=":material/upgrade:",
            on_click=_promote, args=(run.run_id,),
            help="It can then be chosen on Live and by predict; the card comes along",
        )  # fmt: skip


def _promote(run_id: str) -> None:
    """Callback."""
    from ser_core.promotion import promote

    try:
        model = promote(run_id, str(st.session_state[_NAME]).strip())
    except SerError as error:
        st.session_state[_SAID] = ("bad", plain(str(error)))
    else:
        words = f"**{plain(model.name)}** can be chosen on Live and by `predict`."
        st.session_state[_SAID] = ("good", words)
