"""What a finished job's model is good for: chosen on Live, the default, handed on as a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import models, state, tasks, training_actions, training_launch
from pages.components.live_input import plain
from ser_core.errors import NameTakenError, SerError
from ser_core.jobs.tasks import Progress, runner

if TYPE_CHECKING:
    from ser_core.jobs.book import Job

_NAME, _DEFAULT = "training_model_name", "training_model_default"


def promote_view(job: "Job") -> None:
    """Make the model one that can be chosen, or say how it would be; and the run as a file."""
    if not job.state.run_id:
        return
    with st.container(border=True, key="training_promote"):
        known = _known(job)
        if known:
            _in_use(known)
        elif training_actions.manager().history(job.job_id).model or job.model_name:
            _promote(job)
        else:
            _train_final(job)
        _pack(job)


def _train_final(job: "Job") -> None:
    """Offer the model that a job of folds only has left out."""
    st.markdown(
        "**No model to use.** This job measured its folds only, and each of their networks has "
        "heard a part of the speakers. Train one on all, in a job that takes the folds over:"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Name of the model", value=job.recipe, key=f"{_NAME}:{job.job_id}", max_chars=64
        )
        st.button(
            "Train the final model", key=f"final:{job.job_id}", type="primary",
            icon=":material/model_training:", on_click=_start_final, args=(job,),
            help="For the median of the folds' best epochs; the folds' scores stay its scores",
        )  # fmt: skip


def _start_final(job: "Job") -> None:
    """Callback: puts it in line, and shows it."""
    from ser_core.inference.model_file import check_new_name

    name = str(st.session_state[f"{_NAME}:{job.job_id}"]).strip()
    try:
        check_new_name(name)
        if said := training_launch.taken(name):
            raise NameTakenError(said)
        training_actions.show(training_actions.manager().train_final(job.job_id, name))
    except SerError as error:
        training_actions.say([str(error)])


def _known(job: "Job") -> list[str]:
    """Models that came from the job's run and can be used."""
    from ser_core import promotion

    return [name for name in promotion.promoted(job.state.run_id) if name in models.names()]


def _in_use(names: list[str]) -> None:
    """The models, each with what can be done with it."""
    from ser_core.inference.model_file import default_name

    for name in names:
        default = default_name() == name
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f":material/check_circle: Model **{plain(name)}** can be chosen on Live and by "
                f"`predict`{' and is the default' if default else ''}.",
                width="stretch",
            )
            if not default:
                st.button(
                    "Make default", key=f"default:{name}", icon=":material/star:",
                    on_click=_make_default, args=(name,),
                    help="Taken wherever no model is asked for",
                )  # fmt: skip
            if st.button("Open in Live", key=f"live:{name}", icon=":material/mic:"):
                st.session_state[state.MODEL] = name
                st.switch_page("pages/live.py")


def _make_default(name: str) -> None:
    """Callback."""
    from ser_core import promotion

    try:
        promotion.set_default(name)
    except SerError as error:
        training_actions.say([str(error)])


def _promote(job: "Job") -> None:
    """Ask for a name, and do it in the background: the run store takes a moment to open."""
    key = f"promote:{job.state.run_id}"
    snapshot = runner().snapshot(key)
    if snapshot is None or not snapshot.running:
        _form(job, key)
    tasks.task_panel(key)


def _form(job: "Job", key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name of the model", value=job.model_name, key=f"{_NAME}:{job.job_id}", max_chars=64
        ).strip()
        st.checkbox(
            "Make it the default", key=f"{_DEFAULT}:{job.job_id}",
            help="Taken wherever no model is asked for",
        )  # fmt: skip
        taken = _taken(name)
        st.button(
            f"Replace {name}" if taken else "Promote", key=f"promote:{job.job_id}", type="primary",
            icon=":material/swap_horiz:" if taken else ":material/upgrade:",
            on_click=_start, args=(job, key, name if taken else ""),
            help="Its model can then be chosen on Live and by predict; the card comes along",
        )  # fmt: skip
    if taken:
        st.warning(
            f"{plain(taken)}, or replace it: it is then gone from Live, and can be promoted again "
            "from the run that it came from.",
            icon=":material/swap_horiz:",
        )


def _taken(name: str) -> str:
    """That another model has the name, and may be replaced; "" otherwise."""
    from ser_core.inference.model_place import check_free

    try:
        check_free(name)
    except NameTakenError as error:
        words = str(error).removeprefix("model name: ")
        return words[:1].upper() + words[1:]
    except SerError:  # said when it is asked for
        return ""
    return ""


def _start(job: "Job", key: str, offered: str) -> None:
    """Callback.

    Args:
        job: whose model is promoted.
        key: of the task.
        offered: the name that the button said would be replaced; "" where it said nothing. What is
            typed just before the press comes with it: a taken name is then offered first.
    """
    name = str(st.session_state[f"{_NAME}:{job.job_id}"]).strip()
    if name != offered and _taken(name):
        return
    default = bool(st.session_state[f"{_DEFAULT}:{job.job_id}"])
    run_id = job.state.run_id

    def work(progress: Progress) -> None:
        from ser_core import promotion

        progress(0, 0, "reading the run store")
        promotion.promote(run_id, name, make_default=default, replace=name == offered)

    runner().start(key, f"Promote {name}", work)


def _pack(job: "Job") -> None:
    """The run as one file: packed when asked for, then offered."""
    key = f"pack:{job.state.run_id}"
    snapshot = runner().snapshot(key)
    path: Path | None = snapshot.result if snapshot and snapshot.state == "done" else None
    if path is not None and path.is_file():
        size_mb = path.stat().st_size / 1e6
        st.download_button(
            f"Download {path.name} ({size_mb:.1f} MB)", data=path.read_bytes, file_name=path.name,
            mime="application/zip", key=f"download:{job.job_id}", icon=":material/download:",
            on_click="ignore",
        )  # fmt: skip
        return
    if snapshot is None or not snapshot.running:
        st.button(
            "Pack the run as a zip file", key=f"pack:{job.job_id}", icon=":material/folder_zip:",
            on_click=_start_packing, args=(job.state.run_id, key),
            help="Recipe, scores, predictions, figures, model and card, to be imported elsewhere; "
            "no audio",
        )  # fmt: skip
    tasks.task_panel(key)


def _start_packing(run_id: str, key: str) -> None:
    """Callback."""

    def work(progress: Progress) -> Path:
        from ser_core import paths
        from ser_core.exchange.pack import export_run

        progress(0, 0, "reading the run store")
        return export_run(run_id, paths.folder("cache", "packed")).path

    runner().start(key, "Pack the run", work)
