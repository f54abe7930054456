"""How a training goes: loss, scores, recall of each emotion and confusion, as they come in."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import state, theme, training_actions
from pages.components.layout import UAR
from pages.components.tasks import duration
from ser_core import emotions

if TYPE_CHECKING:
    from plotly import graph_objects as go

    from ser_core.jobs.book import Job
    from ser_core.jobs.history import FoldHistory, JobHistory

_POLL_S = 5.0  # Streamlit makes a chart anew that has grown: half a second of work for the four
_FOLD = "training_fold"
_CURRENT, _ALL, _FINAL = "Current fold", "All folds", "Final model"
_DRAWN = "training_drawn"
_LINES_PX = 280
_LABELS = 8  # of most corpora
_HELP = {
    "loss": "Training: of all that is learned, with smoothed labels, mixes, class weights and "
    "further tasks where the recipe has them. Validation: the emotions' cross-entropy alone. "
    "Where they differ in that, one curve above the other says nothing.",
    "scores": UAR,
}


def curves_view(job: "Job") -> None:
    """Curves of a job that has begun; they grow while it runs."""
    poll_s = None if job.state.over else _POLL_S
    st.fragment(_curves, run_every=poll_s)(job.job_id)


def _curves(job_id: str) -> None:
    from ser_core.errors import UnknownNameError

    manager = training_actions.manager()
    try:
        job = manager.job(job_id)
    except UnknownNameError:
        return  # the head of the page says so
    history = manager.history(job_id)
    if not any(fold.epochs for fold in history.folds.values()):
        _nothing_yet(job)
        return
    folds = _chosen(job, history)
    st.caption(_numbers(job, folds))
    titles = {
        "loss": "Loss",
        "scores": "Accuracy and UAR",
        "recall": "Recall of each emotion, validation clips",
        "confusion": _confusion_title(folds),
    }
    shown = ["recall", "confusion"] if _at_once(history) else list(titles)
    for pair in (shown[:2], shown[2:]):  # a phone shows them in this order
        for what, place in zip(pair, st.columns(2) if pair else (), strict=True):
            with place:
                _chart(what, titles[what], folds, history, job)


def _at_once(history: "JobHistory") -> bool:
    """Whether all folds learned in a single epoch, which is no curve."""
    return all(fold.best_epoch and len(fold.epochs) < 2 for fold in history.folds.values())


def _nothing_yet(job: "Job") -> None:
    """In place of curves: what they wait for."""
    if job.status == "RUNNING" and _is_baseline(job):
        st.caption(
            "It learns from all clips of a fold at once: recall and confusion appear when the "
            "first fold is done."
        )
    elif job.status == "RUNNING":
        st.caption("Curves appear after the first epoch.")
    elif job.status == "FINISHED":
        st.caption("It learned from all clips at once: there are no epochs to be drawn.")
    elif job.state.over:
        st.caption("It ended before its first epoch: there are no curves.")


def _is_baseline(job: "Job") -> bool:
    from ser_core.models import ARCHITECTURES, Baseline

    known = job.architecture in ARCHITECTURES.names()
    return known and issubclass(ARCHITECTURES.get(job.architecture), Baseline)


def _chosen(job: "Job", history: "JobHistory") -> "list[FoldHistory]":
    """The folds to draw: the one being trained until the reader chooses."""
    known = history.folds
    numbers = range(1, max([job.progress.folds, *known]) + 1)
    options = [_ALL, *(f"Fold {number}" for number in numbers)]
    options += [_FINAL] if job.model_name or 0 in known else []
    options = options if job.state.over else [_CURRENT, *options]
    key = f"{_FOLD}:{job.job_id}:{job.state.over}"  # what is looked at first differs
    if state.keep(key, options[0]) not in options:
        st.session_state[key] = options[0]
    chosen = st.selectbox("Folds", options, key=key, label_visibility="collapsed", width=180)
    if chosen == _ALL:
        return [fold for number, fold in known.items() if number and fold.epochs]
    if chosen == _CURRENT:
        return [_current(job, history)]
    number = 0 if chosen == _FINAL else int(chosen.removeprefix("Fold "))
    return [known[number]] if number in known and known[number].epochs else []


def _current(job: "Job", history: "JobHistory") -> "FoldHistory":
    """The fold that is trained; the one before while that has no epoch yet."""
    now = 0 if job.progress.final else job.progress.fold
    with_epochs = [fold for fold in history.folds.values() if fold.epochs]
    found = [fold for fold in with_epochs if fold.number == now]
    return found[0] if found else max(with_epochs, key=lambda fold: fold.number or 1_000)


def _monitor(job: "Job") -> str:
    return str(job.order.get("recipe", {}).get("training", {}).get("monitor") or "uar")


def _numbers(job: "Job", folds: "Sequence[FoldHistory]") -> str:
    """The numbers of the last epoch of one fold; what the pictures mean where there are several."""
    if not folds:
        return "This fold has not finished an epoch yet."
    if len(folds) > 1:
        return f"{len(folds)} folds, thin, and their mean; a ring marks the epoch that was kept."
    [fold] = folds
    last = fold.last
    assert last is not None
    name = "Final model" if fold.number == 0 else f"Fold {fold.number}"
    parts = [f"{name}{f' ({fold.name})' if fold.name else ''}", f"epoch {last.epoch}"]
    parts.append(f"loss {last.loss:.3f}")
    if "validation_uar" in last.scores:
        parts.append(f"validation UAR {100 * last.scores['validation_uar']:.1f} %")
    best = fold.best_so_far(_monitor(job))
    if best:
        parts.append(f"{'best' if fold.best_epoch else 'best so far'}: epoch {best}")
    if fold.uar is not None:
        parts.append(f"test UAR {100 * fold.uar:.1f} %")
    parts += [f"learning rate {last.learning_rate:.2g}", f"{duration(last.seconds)} an epoch"]
    return " · ".join(parts)


def _confusion_title(folds: "Sequence[FoldHistory]") -> str:
    if len(folds) == 1 and folds[0].last is not None:
        return f"Validation clips after epoch {folds[0].last.epoch}, % of each row"
    return "Validation clips after each fold's last epoch, % of each row"


def _chart(
    what: str, title: str, folds: "Sequence[FoldHistory]", history: "JobHistory", job: "Job"
) -> None:
    """A figure in a box that has its size before the figure comes; drawn anew only if it grew."""
    st.markdown(f"**{title}**", help=_HELP.get(what))
    with st.container(height=_height(what, history) + 10, border=False):
        figure = theme.kept(
            f"{_DRAWN}:{what}",
            history,
            tuple(fold.number for fold in folds),
            lambda: _DRAW[what](folds, _monitor(job)),
        )
        if figure is None:
            st.caption(_why_none(folds))
        else:
            theme.plot(figure, key=f"training_curve_{what}", finished=True, alt=title)


def _why_none(folds: "Sequence[FoldHistory]") -> str:
    if not folds:
        return "Nothing yet."
    if all(fold.number == 0 for fold in folds):
        return "The final model learns from all clips: none are left to validate it on."
    return "There are no validation clips."


def _height(what: str, history: "JobHistory") -> int:
    """Of a figure, in pixels: the same before it can be drawn, so that nothing moves."""
    if what in ("loss", "scores"):
        return _LINES_PX
    last = next((fold.last for fold in history.folds.values() if fold.last), None)
    return _of_labels(len(last.labels) if last else 0)


def _of_labels(labels: int) -> int:
    return 90 + 30 * max(labels, _LABELS)


def _loss(folds: "Sequence[FoldHistory]", monitor: str) -> "go.Figure | None":
    series = {"training": "loss", "validation": "validation_loss"}
    return _lines(folds, series, "loss", monitor, share=False)


def _scores(folds: "Sequence[FoldHistory]", monitor: str) -> "go.Figure | None":
    series = {
        "training accuracy": "accuracy",
        "validation accuracy": "validation_accuracy",
        "validation UAR": "validation_uar",
    }
    return _lines(folds, series, "", monitor, share=True)


def _lines(
    folds: "Sequence[FoldHistory]",
    names: Mapping[str, str],
    title: str,
    monitor: str,
    share: bool,
) -> "go.Figure | None":
    from ser_core import figures

    values = {word: [fold.values(name) for fold in folds] for word, name in names.items()}
    known = {word: runs for word, runs in values.items() if _any_number(runs)}
    if not known:
        return None
    best = [fold.best_so_far(monitor) for fold in folds]
    return figures.progress_figure(
        known, title, best, share, dotted="validation accuracy", height=_LINES_PX
    )


def _recall(folds: "Sequence[FoldHistory]", monitor: str) -> "go.Figure | None":
    from ser_core import figures

    del monitor
    labels = {label for fold in folds for one in fold.epochs.values() for label in one.recall}
    if not labels:
        return None
    values = {label: [fold.recall(label) for fold in folds] for label in emotions.order(labels)}
    height = _of_labels(len(values))
    return figures.progress_figure(values, "", share=True, folds=False, height=height)


def _confusion(folds: "Sequence[FoldHistory]", monitor: str) -> "go.Figure | None":
    import numpy as np

    from ser_core import figures

    del monitor
    last = [fold.last for fold in folds]
    told = [one for one in last if one is not None and one.confusion]
    if not told:
        return None
    labels = told[0].labels
    counts = np.sum([one.confusion for one in told if one.labels == labels], axis=0)
    figure = figures.confusion_figure(labels, counts)
    figure.update_layout(height=_of_labels(len(labels)))
    return figure


def _any_number(runs: Sequence[Sequence[float]]) -> bool:
    return any(value == value for run in runs for value in run)  # NaN is unequal to itself


_DRAW = {"loss": _loss, "scores": _scores, "recall": _recall, "confusion": _confusion}
