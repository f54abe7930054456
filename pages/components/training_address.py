"""What the Training page shows, in its address, so that a copied one shows the same to others.

    ?data=ravdess-1a2b3c4d5e6f&recipe=d-cnn1d&protocol=loso&set=training.epochs=5&set=seed=[0,1]
    ?augmentation=NAME   a chain to train with, from the Augmentation page
    ?job=ID              a job
    ?recipe_of=ID        the settings of a job, in the form
    ?further=MODEL       what trains a model further, on few clips

`set` is what `--set` is on the command line; a list of values is a job for each.
"""

import contextlib
from typing import Any

import streamlit as st

from pages.components import state, training_launch
from pages.components import training_draft as drafts
from pages.components.address import Address, Query
from pages.components.training_launch import JOB, VIEW
from pages.components.training_plan import Plan
from ser_core import recipes
from ser_core.commands.shared import assignment
from ser_core.corpora import library
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.errors import SerError
from ser_core.training import changes

_ADDRESS = Address("train")
_REMARKS = "train_remarks"  # the query as it was followed, and what of it could not be
_FAITHFUL = "faithful"
_FURTHER = "mine"  # what a model that is trained further is called, or mine-2 and so on
_EACH_FOLD = "fold"  # chooses among the values that are given as a list
VIEWS = {"new": "New training", "jobs": "Jobs"}


def read() -> None:
    """Follow a newly opened address; call before anything is drawn."""
    query = _ADDRESS.arrived()
    if query is None:
        return
    remarks: list[str] = []
    _read_view(query)
    _read_corpus(query, remarks)
    if "recipe_of" in query:
        _read_job(query["recipe_of"][0], remarks)
    elif "further" in query:
        _read_model(query["further"][0], remarks)
    elif {"recipe", "augmentation", "set"} & query.keys():
        _read_recipe(query, remarks)
    protocol = query.get("protocol", [""])[0]
    if protocol in PROTOCOLS.names():
        state.give(drafts.PROTOCOL, protocol)
    elif protocol:
        remarks.append(f"there is no protocol “{protocol}”")
    st.session_state[_REMARKS] = (None, remarks)


def _read_view(query: Query) -> None:
    asked = query.get("view", [""])[0]
    if asked not in VIEWS:
        asked = "jobs" if JOB in query else "new"
    state.give(VIEW, asked)


def _read_corpus(query: Query, remarks: list[str]) -> None:
    wanted = query.get("data", [""])[0]
    if not wanted:
        return
    known = library.entries()
    same = [entry for entry in known if entry.id == wanted]
    alike = [entry for entry in known if entry.name == wanted.rpartition("-")[0]]
    if not (same or alike):
        remarks.append(f"the corpus “{wanted}” is not on your list")
        return
    st.session_state[state.CORPUS] = (same or alike)[0].id


def _read_recipe(query: Query, remarks: list[str]) -> None:
    name = query.get("recipe", [drafts.USUAL])[0]
    faithful = query.get("form", [""])[0] == _FAITHFUL
    said = {"augmentation": query["augmentation"][0]} if "augmentation" in query else {}
    select = query.get("select", [""])[0] == _EACH_FOLD
    try:
        drafts.take(name, faithful, {})
        said |= dict(assignment(text) for text in query.get("set", ()))
        _take_what_can_be(name, faithful, said, select, remarks)
    except SerError as error:
        remarks.append(str(error))
        return
    if faithful and "protocol" not in query:
        state.give(drafts.PROTOCOL, recipes.faithful_protocol(name))


def _take_what_can_be(
    name: str, faithful: bool, said: dict[str, Any], select: bool, remarks: list[str]
) -> None:
    """All that is set in a recipe; without the one that is wrong, or else the recipe as it is."""
    try:
        drafts.take(name, faithful, said, select)
        return
    except SerError as error:
        remarks.append(str(error))
    for wrong in said:
        with contextlib.suppress(SerError):
            rest = {key: value for key, value in said.items() if key != wrong}
            drafts.take(name, faithful, rest, select)
            return
    remarks.append(f"all that was to be set: {', '.join(said)}")


def _read_job(job_id: str, remarks: list[str]) -> None:
    """The settings of a job: recipe, corpus, protocol, and what is kept."""
    from ser_core.jobs.manager import manager

    try:
        order = manager().find(job_id).order
        if not order:
            remarks.append(f"the settings of job {job_id} cannot be read any more")
            return
        drafts.take_document(order["recipe"], order.get("choices", ()))
    except SerError as error:
        remarks.append(str(error))
        return
    if order["protocol"] in PROTOCOLS.names():
        state.give(drafts.PROTOCOL, order["protocol"])
    state.give(training_launch.KEEP_FOLDS, bool(order.get("keep_folds")))
    wanted = {(one["name"], one["root"]) for one in order["sources"]}
    for entry in library.entries():
        if {(part.name, str(part.root)) for part in entry.parts or (entry,)} == wanted:
            st.session_state[state.CORPUS] = entry.id
            return
    names = ", ".join(sorted(f"{name} in {root}" for name, root in wanted))
    remarks.append(f"the corpus of the job is not on your list: {names}")


def _read_model(name: str, remarks: list[str]) -> None:
    """What trains the heads of a saved model further, under a name that is free."""
    from ser_core.training.starting_point import further

    try:
        drafts.take_document(further(name).model_dump(mode="json"))
    except SerError as error:
        remarks.append(str(error))
        return
    state.give(training_launch.MODEL_NAME, training_launch.free_name(_FURTHER))


def write(plan: Plan | None) -> None:
    """Write what is shown into the address; a form that holds mistakes leaves it as it is.

    Args:
        plan: of the form; None while the jobs are looked at, or where it cannot be made.
    """
    if st.session_state.get(VIEW) == "jobs":
        query = {"view": ["jobs"]}
        if JOB in st.query_params:
            query[JOB] = [st.query_params[JOB]]
    elif plan is None:
        return
    else:
        query = _of(plan)
    followed, remarks = st.session_state.get(_REMARKS, (None, []))
    st.session_state[_REMARKS] = (query, remarks if followed in (None, query) else [])
    _ADDRESS.write(query)


def _of(plan: Plan) -> Query:
    query = {"data": [plan.asked.corpus.id], "recipe": [plan.recipe]}
    query |= {"form": [_FAITHFUL]} if plan.faithful else {}
    query["protocol"] = [plan.asked.protocol]
    said = [f"{key}={changes.text(value)}" for key, value in plan.said.items()]
    query |= {"set": said} if said else {}
    return query | ({"select": [_EACH_FOLD]} if plan.choices else {})


def remarks() -> list[str]:
    """What of the address that led here could not be followed; until something else is shown."""
    found: list[str] = st.session_state.get(_REMARKS, (None, []))[1]
    return found
