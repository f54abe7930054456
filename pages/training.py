"""Training: what is running, what next?"""

from typing import TYPE_CHECKING

import streamlit as st

from pages.components import entry, layout, state
from pages.components.live_input import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streamlit.delta_generator import DeltaGenerator

    from pages.components.training_plan import Plan
    from ser_core.jobs.tasks import TaskSnapshot

QUESTION = "What is running, and what next?"


def main() -> None:
    """State → guard → call → draw."""
    entry.through_app()
    title = st.empty()
    show_title(title.container(), QUESTION)
    # On a fresh server this takes seconds to import: the title is there before.
    from pages.components import dataset_source, training_address

    training_address.read()
    task = dataset_source.follow_task()
    for remark in training_address.remarks():
        said = f"Left out of what the address asks for: {plain(remark)}."
        st.warning(said, icon=":material/link_off:")
    view = choose_view(training_address.VIEWS)
    dataset_source.show_task(task)
    plan = None
    if view == "new":
        show_title(title.container(), facts())
        plan = new(task)
    else:
        jobs()
    training_address.write(plan)


def show_title(place: "DeltaGenerator", facts: str) -> None:
    """The page's title with the facts that matter."""
    with place:
        layout.title_line("Training", facts)


def facts() -> str:
    """How many jobs run, wait and are over; beside the jobs, a line of theirs says so."""
    from pages.components import training_actions, training_queue

    found = training_actions.manager().jobs()
    return training_queue.counts(found) if found else QUESTION


def choose_view(views: "Mapping[str, str]") -> str:
    """The switch between the form and the jobs."""
    from pages.components import training_launch

    training_launch.turn()
    state.keep(training_launch.VIEW, next(iter(views)))
    chosen = st.segmented_control(
        "View", list(views), key=training_launch.VIEW, format_func=views.__getitem__, required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    return chosen or next(iter(views))


def new(task: "TaskSnapshot | None") -> "Plan | None":
    """The form, once there is a corpus; what it comes to."""
    from pages.components import dataset_source, training_new

    corpus = dataset_source.current()
    table = dataset_source.read(corpus, task) if corpus else None
    if corpus is not None and table is not None:
        return training_new.new_view(corpus, table)
    if corpus is None and not (task and task.running):
        training_new.welcome()
    return None


def jobs() -> None:
    """The queue and what is over; or the job chosen there."""
    from pages.components import training_job, training_launch, training_queue

    training_launch.launched()
    selected = st.query_params.get(training_launch.JOB)
    training_queue.queue_view(selected)
    if selected:
        training_job.job_view(selected)
    else:
        bring_in()


def bring_in() -> None:
    """A run that was packed elsewhere."""
    from pages.components import run_import

    box = st.expander(
        "Import a run", icon=":material/upload_file:", key="train_import", on_change="rerun"
    )
    if box.open:
        with box:
            run_import.run_import()


main()
