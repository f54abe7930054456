"""What training takes: parameters, work and time, asked of workers in the background."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.components import tasks
from pages.components.live_input import plain
from pages.components.training_plan import Plan
from ser_core.corpora.library import CorpusEntry
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner
from ser_core.training.config import Recipe

if TYPE_CHECKING:
    import pandas as pd

    from ser_core.models.describe import Description

_PATIENCE_S = 0.3
_FLOPS_HELP = (
    "Floating-point operations to hear one window of speech: two for each product of a weight. "
    "Training takes about three times as many for each clip and epoch."
)


def network(recipe: Recipe, emotions: int) -> "Description | None":
    """Parameters and work of the recipe's network; None until they are known, or cannot be.

    Args:
        recipe: complete.
        emotions: how many are told apart.
    """
    parts = recipe.features, recipe.architecture, recipe.preprocessing, recipe.training.heads
    key = f"page:describe {emotions} {hash(str(parts))}"

    def work(_: Progress) -> "Description":
        from ser_core.training.shapes import description

        return description(recipe, emotions)

    task = _asked(key, "Counting parameters", work)
    if task.state == "done":
        found: Description = task.result
        _show(found)
        return found
    if task.state == "failed":
        st.caption(f"Parameters: not known ({plain(task.error)})")
        return None
    tasks.task_panel(key)
    return None


def _asked(key: str, title: str, work: object) -> TaskSnapshot:
    if runner().snapshot(key) is None:
        runner().start(key, title, work)  # type: ignore[arg-type]
    task = runner().wait(key, _PATIENCE_S)
    assert task is not None
    return task


def _show(found: "Description") -> None:
    with st.container(horizontal=True):
        st.metric("Parameters", "depends" if found.parameters is None else short(found.parameters),
                  help="Numbers that are learned; of what is no network, they depend on the "
                  "clips")  # fmt: skip
        if found.flops is not None:
            st.metric("Work a window", f"{short(found.flops)} FLOPs", help=_FLOPS_HELP)


def short(number: float) -> str:
    """A large number in a few letters.

    >>> short(950), short(12_345), short(2_400_000), short(31_000_000_000)
    ('950', '12.3 k', '2.4 M', '31 G')
    """
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.3g}"


def problems(plan: Plan, corpus: CorpusEntry, table: "pd.DataFrame", mark: str) -> list[str] | None:
    """What stands in the way of a plan, in words; None while that is looked at.

    Args:
        plan: whose first order is looked at with the clips, and the recipes of all others.
        corpus: whose clips.
        table: all clips, as their labels count.
        mark: of the table.
    """
    recipes = hash(tuple(recipe.fingerprint() for _, recipe in plan.each))
    key = f"page:check {corpus.id} {mark} {plan.asked} {recipes}"

    def work(_: Progress) -> list[str]:
        from pages.components.dataset_part import as_text
        from ser_core.training.preflight import problems as in_the_way
        from ser_core.training.preflight import recipe_problems

        first, *others = plan.orders()
        found = in_the_way(first, as_text(table))
        for order in others:
            found += [words for words in recipe_problems(order.recipe) if words not in found]
        return found

    task = _asked(key, "Checking the plan", work)
    if task.state == "done":
        said: list[str] = task.result
        return said
    if task.state == "failed":
        return [task.error]
    tasks.task_panel(key)
    return None
