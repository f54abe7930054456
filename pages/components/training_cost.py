"""What training takes: parameters, work and time, asked of workers in the background."""

from statistics import median
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import tasks
from pages.components.live_input import plain
from pages.components.split_work import Split
from pages.components.training_plan import Plan
from ser_core.corpora.folds import PARTS
from ser_core.corpora.library import CorpusEntry
from ser_core.jobs.tasks import Progress, TaskSnapshot, runner
from ser_core.training.config import Recipe, override

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from ser_core.models.describe import Description
    from ser_core.training.cost import Estimate

_COUNTED = "train_counted"  # key of the task that counts parameters
_PATIENCE_S = 0.3
_MOST_MEASURED = 50  # runs of a grid that are looked up; the others count like these
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

    # One at a time: who turns a knob ten times does not wait for ten processes with Keras.
    busy = runner().snapshot(st.session_state.get(_COUNTED, ""))
    if busy is not None and busy.running and busy.key != key:
        tasks.task_panel(busy.key)
        return None
    st.session_state[_COUNTED] = key
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
        if found.parameters is None:
            st.caption("No network: how many numbers it learns depends on the clips.")
        else:
            st.metric("Parameters", short(found.parameters), help="Numbers that are learned")
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


def time_and_memory(plan: Plan, split: Split, emotions: int) -> None:
    """What the plan takes on this machine, measured before or when asked for.

    Args:
        plan: each of whose runs counts.
        split: whose folds are trained.
        emotions: how many are told apart.
    """
    first = plan.each[0][1]
    key = f"page:measure {_mark(first, emotions)}"
    task = runner().snapshot(key)
    if task is not None and task.running:
        tasks.task_panel(key)
        st.caption("A few batches of noise are trained; what comes of it is kept.")
        return
    found = total(plan, split, emotions)
    if found is not None:
        _show_total(plan, found)
        return
    if task is not None and task.state == "failed":
        st.caption(f"Time: not known ({plain(task.error)})")
    st.caption(
        "How long it takes, and how much memory, is not known for these settings: they were not "
        "measured yet."
    )
    st.button(
        "Measure time and memory",
        key="train_measure",
        icon=":material/timer:",
        help="Trains a few batches of noise in this shape, on this machine: ten seconds to a "
        "minute, in the background. What was measured is kept",
        on_click=_measure,
        args=(key, first, emotions),
    )


def _measure(key: str, recipe: Recipe, emotions: int) -> None:
    """Callback."""

    def work(_: Progress) -> object:
        from ser_core.training.cost import measured

        return measured(recipe, emotions)

    runner().start(key, "Measuring time and memory", work)


def _mark(recipe: Recipe, emotions: int) -> str:
    return f"{emotions} {recipe.fingerprint()}"


def total(plan: Plan, split: Split, emotions: int) -> "Estimate | None":
    """All runs together; None where nothing was measured of the first.

    A run that was not measured itself counts like the first. Inner folds count like whole ones,
    which are a little larger.
    """
    from ser_core.training.cost import Estimate, kept

    first = kept(plan.each[0][1], emotions)
    if first is None:
        return None
    folds = split.folds
    numbers = [round(median(len(fold.clips(part)) for fold in folds)) for part in PARTS[:2]]
    trained = len(folds) + bool(plan.asked.model_name)
    each = [
        (kept(recipe, emotions) or first).estimate(
            recipe, numbers[0], numbers[1], len(split.table), times * trained
        )
        for recipe, times in _trainings(plan)
    ]
    more = len(plan.each) / min(len(plan.each), _MOST_MEASURED)
    times = [one.training_s for one in each if one.training_s is not None]
    return Estimate(
        epoch_s=each[0].epoch_s,
        training_s=sum(times) * more if times else None,
        features_s=max(one.features_s for one in each),
        memory_mb=max(one.memory_mb for one in each),
    )


def _trainings(plan: Plan) -> "Iterator[tuple[Recipe, int]]":
    """Recipes that are trained for every fold, and how often.

    A fold that chooses tries each of its settings on inner folds, and is then trained with one of
    them: counted as with the first.
    """
    from ser_core.training.material import INNER_FOLDS

    for _, recipe in plan.each[:_MOST_MEASURED]:
        if not plan.choices:
            yield recipe, 1
        for place, choice in enumerate(plan.choices):
            yield override(recipe, dict(choice)), INNER_FOLDS + (place == 0)


def _show_total(plan: Plan, found: "Estimate") -> None:
    about = (
        "Measured here with noise, for all epochs and folds: it may end earlier, and takes longer "
        "while the machine is busy with other things. Features, and some ten seconds to load the "
        "network library, come on top"
    )
    with st.container(horizontal=True):
        if found.training_s is not None:
            words = tasks.duration(found.training_s)
            title = "Training, at most" if len(plan.each) == 1 else f"Time of all {len(plan.each)}"
            st.metric(title, words, help=about)
        st.metric("Memory", f"{found.memory_mb / 1000:.1f} GB", help="The most of one job")
    parts = [f"features {tasks.duration(found.features_s)}, once, on top"]
    if found.epoch_s is not None:
        parts.insert(0, f"{_seconds(found.epoch_s)} an epoch")
    st.caption(" · ".join(parts))


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else tasks.duration(seconds)


def problems(plan: Plan, corpus: CorpusEntry, table: "pd.DataFrame", mark: str) -> list[str] | None:
    """What stands in the way of a plan, in words; None while that is looked at.

    Args:
        plan: whose first order is looked at with the clips, and the recipes of all others.
        corpus: whose clips.
        table: all clips, as their labels count.
        mark: of the table.
    """
    recipes = hash(tuple(recipe.fingerprint() for _, recipe in plan.each))
    key = f"page:check {corpus.id} {mark} {plan.asked} {recipes} {plan.choices}"

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
