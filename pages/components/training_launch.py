"""The plan at a glance: what it takes, what stands in its way, and the button that starts it."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from pages.components import config_form, dataset_facts, state, training_cost
from pages.components.live_input import plain
from pages.components.split_work import Split
from pages.components.table_mark import mark
from pages.components.training_plan import Plan
from ser_core.errors import NameTakenError, SerError
from ser_core.jobs.device import Device
from ser_core.jobs.tasks import runner
from ser_core.training import changes

MODEL_NAME, KEEP_FOLDS, DEVICE = "train_model_name", "train_keep_folds", "train_device"
LAUNCHED = "train_launched"  # ids of the jobs that were started last
VIEW = "train_view"
JOB = "job"
"""The address' word for the job that is looked at."""

_PRESSED = "train_pressed"  # the plan that is to be started once it was looked through, or _NOW
_NOW = "now"  # whichever the press came with
_REFUSED = "train_refused"  # how far a grid got that was refused half-way, to be said once
_TURN = "train_turn"  # jobs were just started, and are to be shown
_DEPENDS = ("clip", "speaker", "emotion", "channel", "problems")
_DEVICES = "page:devices"
_AUTO = "auto"


def name_and_folds(several: bool) -> tuple[str, bool]:
    """What the model is to be saved as, and whether each fold's model is kept."""
    name = ""
    state.keep(MODEL_NAME, "")
    if not several:
        name = st.text_input(
            "Save the model as",
            key=MODEL_NAME,
            placeholder="no name: measure only",
            help="With a name, a last training on all speakers follows, whose model can be chosen "
            "on the Live page. Without, folds are measured; a model can be made later",
        ).strip()
    state.keep(KEEP_FOLDS, False)
    folds = st.toggle(
        "Keep the model of each fold",
        key=KEEP_FOLDS,
        help="To score it later under noise, on the speakers whom it was tested on",
    )
    return name, folds


def panel(plan: Plan, table: pd.DataFrame, split: Split | None) -> None:
    """What the plan takes, what stands in its way, and how to start it.

    Args:
        plan: what would be started.
        table: all clips of its corpus.
        split: its folds; None while they are not known.
    """
    corpus, (_, first) = plan.asked.corpus, plan.each[0]
    emotions = max(2, table.loc[table["emotion"].ne(""), "emotion"].nunique())
    if len(plan.each) > 1 or plan.choices:
        st.markdown(jobs_words(plan))
    if start := first.training.init_from:
        rest = "; only its heads learn" if first.training.frozen else ""
        st.markdown(f"Goes on from the weights of **{plain(start)}**{rest}.")
    training_cost.network(first, emotions)
    if split is not None:
        training_cost.time_and_memory(plan, split, emotions)
    found = training_cost.problems(plan, corpus, table, mark(table, _DEPENDS))
    if said := taken(plan.asked.model_name):
        found = [*(found or []), said]
    for words in found or []:
        st.error(plain(f"{words[:1].upper()}{words[1:]}."), icon=":material/block:")
    button(plan, choose_device(), found)
    command(plan)


def taken(name: str) -> str:
    """Who has a model's name, in words: the new model would take its place. "" for nobody."""
    from ser_core.inference.model_place import check_free
    from ser_core.jobs.manager import manager

    if not name:
        return ""
    try:
        check_free(name)
        manager().check_name(name)
    except NameTakenError as error:
        return str(error)
    except SerError:  # said by the check of the plan
        return ""
    return ""


def free_name(wanted: str) -> str:
    """A name that no model has and no job in line is to save: as wanted, or with a number.

    Args:
        wanted: letters, digits, "-" and "_".
    """
    names = (wanted, *(f"{wanted}-{number}" for number in range(2, 1_000)))
    return next(name for name in names if not taken(name))


def jobs_words(plan: Plan) -> str:
    """How many jobs a grid is, and of what, in Markdown; or what each fold chooses among."""
    jobs = f"**{dataset_facts.count(len(plan.each), 'job')}**"
    if len(plan.each) > 1:
        jobs += f": {_product(plan, plan.each[0][0])}"
    if not plan.choices:
        return jobs
    from ser_core.training.material import INNER_FOLDS

    return (
        f"{jobs}; each fold chooses among **{len(plan.choices):,} settings** "
        f"({_product(plan, plan.choices[0])}), tried on {INNER_FOLDS} inner folds of its own "
        "training speakers"
    )


def _product(plan: Plan, varied: Mapping[str, Any]) -> str:
    keys = [key for key in plan.said if key in varied]
    return " × ".join(f"{len(plan.said[key])} of {_named(key)}" for key in keys)


def _named(key: str) -> str:
    words = config_form.label(key.rpartition(".")[2])
    return plain(words if words[1:2].isupper() else words[:1].lower() + words[1:])


def button(plan: Plan | None, device: str, found: list[str] | None) -> None:
    """The one button.

    What was typed just before it is pressed arrives with the press, after the run that drew the
    button: so the plan of this run is started, not one that a callback was given by the last. The
    press is kept until the plan was looked through, and through runs that end before the button.

    Args:
        plan: what would be started.
        device: on what.
        found: what stands in the way; None while that is not known.
    """
    jobs = len(plan.each) if plan else 1
    st.button(
        "Start training" if jobs == 1 else f"Start {jobs:,} jobs",
        key="train_start",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        disabled=found != [],
        on_click=_press,
    )
    asked = st.session_state.pop(_PRESSED, None)
    if plan is not None and asked in (_NOW, plan):
        if found is None:
            st.session_state[_PRESSED] = plan
        elif not found:
            start(plan, device)
    st.caption("It goes on when this tab is closed, and when the server is.")


def _press() -> None:
    """Callback."""
    st.session_state[_PRESSED] = _NOW


def start(plan: Plan, device: str) -> None:
    """Put the jobs in line, and look at the one, or at the list of several."""
    from ser_core.jobs.manager import manager

    ids: list[str] = []
    try:
        for order in plan.orders():
            ids.append(manager().submit(order, device))  # noqa: PERF401  those before it stay
    except SerError as error:
        said = plain(str(error))
        if not ids:
            st.error(said, icon=":material/error:")
            return
        st.session_state[_REFUSED] = refused(plan, len(ids), said)
    st.session_state[LAUNCHED] = ids
    st.session_state[_TURN] = True
    if len(ids) == 1:
        st.query_params[JOB] = ids[0]
    else:
        st.query_params.pop(JOB, None)
    st.rerun()


def refused(plan: Plan, begun: int, why: str) -> str:
    """How far a grid got that was refused half-way, in Markdown."""
    alone, _ = plan.each[begun]
    values = ", ".join(f"{_named(key)} {changes.text(value)}" for key, value in alone.items())
    left = len(plan.each) - begun - 1
    rest = f" The {dataset_facts.count(left, 'job')} after it were not tried." if left else ""
    return (
        f"{begun:,} of {len(plan.each):,} jobs are in line. The next ({plain(values)}) was "
        f"refused: {why}.{rest}"
    )


def turn() -> None:
    """Show the jobs after some were started; call before the switch between views is drawn."""
    if st.session_state.pop(_TURN, False):
        state.give(VIEW, "jobs")


def launched() -> None:
    """Say that the jobs were put in line, and that nothing needs to stay open for them."""
    if words := st.session_state.pop(_REFUSED, ""):
        st.error(words, icon=":material/error:")
    ids: list[str] = st.session_state.get(LAUNCHED, [])
    landed = ids[0] if len(ids) == 1 else ""
    if ids and st.query_params.get(JOB, "") == landed and _ahead(ids):
        said = "The job is" if len(ids) == 1 else f"{dataset_facts.count(len(ids), 'job')} are"
        st.success(
            f"{said} in line. You may close this tab, or switch the machine's screen off: training "
            "goes on, and this page shows how it went.",
            icon=":material/check_circle:",
        )
    else:
        st.session_state.pop(LAUNCHED, None)


def _ahead(ids: list[str]) -> bool:
    """Whether all of the jobs still wait or run: none was stopped or has come to its end."""
    from ser_core.jobs.manager import manager

    known = {job.job_id: job for job in manager().jobs()}
    return all(one in known and known[one].word in ("waiting", "running") for one in ids)


def choose_device() -> str:
    """What to train on, where there is more than the processor."""
    found = _devices()
    if len(found) < 2:
        return _AUTO
    titles = {_AUTO: "The first that is free"} | {one.name: one.title for one in found}
    if state.keep(DEVICE, _AUTO) not in titles:
        st.session_state[DEVICE] = _AUTO
    return str(st.selectbox("Device", list(titles), key=DEVICE, format_func=titles.__getitem__))


def _devices() -> tuple[Device, ...]:
    """Looked for in the background, as drivers may take long to answer."""
    from ser_core.jobs.manager import manager

    task = runner().snapshot(_DEVICES)
    if task is None:
        runner().start(_DEVICES, "Looking for devices", lambda _: manager().devices)
    task = runner().wait(_DEVICES, 0.2)
    if task is None or task.state != "done":
        return ()
    found: tuple[Device, ...] = task.result
    return found


def command(plan: Plan) -> None:
    """The command that does the same in a terminal."""
    with st.expander("The same in a terminal", icon=":material/terminal:"):
        st.code(plan.command(), language="bash", wrap_lines=True)
