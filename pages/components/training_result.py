"""What came of a finished job: scores with all that has to be said with them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from pages.components import theme, training_actions, training_promote, training_states
from pages.components.layout import UAR
from pages.components.live_input import plain
from pages.components.models import left_out_words
from ser_core.words import count

if TYPE_CHECKING:
    from ser_core.jobs.book import Job

_SCORES = (
    ("uar", "UAR", UAR),
    ("war", "WAR", "Weighted average recall, or accuracy: the share of clips heard right."),
    ("macro_f1", "Macro F1", "F1 of each emotion, averaged: harmonic mean of precision and recall"),
)
_FOLDS_PX = 300


def result_view(job: "Job") -> None:
    """Scores, protocol and leak remark, folds, confusion, and what can be done with the model."""
    from ser_core.jobs import results

    scores = results.scores(job.path)
    if scores is None:
        st.info(
            "Its scores are not in its folder any more; the run store has them.",
            icon=":material/folder_off:",
        )
        return
    left, right = st.columns(2)
    with left:
        _numbers(scores)
        _how(job, scores)
        _folds(job, scores.get("selection", []))
    with right:
        _confusion(scores)
    training_promote.promote_view(job)


def _numbers(scores: Mapping[str, Any]) -> None:
    with st.container(horizontal=True, gap="medium", key="training_scores"):
        for key, word, what in _SCORES:
            score = scores[key]
            ends = [score.get("low"), score.get("high")]
            st.metric(
                word, f"{score['value']:.3f}", help=what, width="content",
                delta=_interval(ends), delta_color="off", delta_arrow="off",
            )  # fmt: skip


def _interval(ends: list[float | None]) -> str:
    low, high = ends
    return "no interval" if low is None or high is None else f"{low:.3f} to {high:.3f}"


def _how(job: "Job", scores: Mapping[str, Any]) -> None:
    """Protocol, clips, speakers, and whether anything leaks: no score is shown without."""
    speakers = f" of {count(scores['speakers'], 'speaker')}" if scores["speakers"] else ""
    folds = len(job.progress.fold_uar)
    protocol = scores.get("protocol") or f"{job.protocol}, {folds} folds"
    made = "Synthetic speech: says nothing of real voices. " if "synthetic" in job.corpus else ""
    interval = "Below each score its 95 % interval: bootstrap over speakers"
    if scores["uar"].get("low") is None:
        interval = "An interval would take two speakers"
    st.caption(
        f"{made}Test clips of all folds together: {scores['clips']:,} clips{speakers} of "
        f"{plain(job.corpus)}; {plain(protocol)}. {interval}."
    )
    leaks = str(scores.get("leak_check") or "")
    if leaks.startswith("no leak"):
        st.caption(f":material/verified: {plain(leaks[:1].upper() + leaks[1:])}.")
    elif leaks:
        st.warning(f"{plain(leaks[:1].upper() + leaks[1:])}.", icon=":material/water_drop:")
    if words := left_out_words(scores):
        st.caption(plain(words))


def _folds(job: "Job", chosen: Sequence[Mapping[str, Any]]) -> None:
    """A row for each fold, with the settings that it chose where it had a choice."""
    history = training_actions.manager().history(job.job_id)
    tested = [fold for fold in history.folds.values() if fold.uar is not None]
    if len(tested) < 2:
        return
    table = pd.DataFrame(
        {
            "fold": [f"{fold.number}{f': {fold.name}' if fold.name else ''}" for fold in tested],
            "UAR": [fold.uar for fold in tested],
            "WAR": [fold.war for fold in tested],
            "best epoch": [fold.best_epoch or None for fold in tested],
        }
    )
    settings = {each["fold"]: training_states.settings(each["chosen"]) for each in chosen}
    if settings:
        table["chosen"] = [settings.get(fold.number, "") for fold in tested]
    if table["best epoch"].isin([1]).all():
        del table["best epoch"]  # it learned from all clips at once
    score = st.column_config.ProgressColumn(format="%.3f", min_value=0, max_value=1, width=96)
    st.dataframe(
        table, hide_index=True, height=min(_FOLDS_PX, 36 + 35 * len(table)),
        column_config={
            "fold": st.column_config.TextColumn(width=70),
            "UAR": score,
            "WAR": score,
            "best epoch": st.column_config.NumberColumn(width=80),
            "chosen": st.column_config.TextColumn(
                help="The settings that were best on inner folds of the fold's training speakers"
            ),
        },
        alt="Scores of each fold's test clips",
    )  # fmt: skip


def _confusion(scores: Mapping[str, Any]) -> None:
    from ser_core import figures

    confusion = scores["confusion"]
    st.markdown("**Test clips of all folds**, % of each row")
    figure = theme.kept(
        "training_tested",
        scores,
        None,
        lambda: figures.confusion_figure(confusion["labels"], confusion["counts"]),
    )
    theme.plot(
        figure, key="training_tested", finished=True,
        alt="Confusion matrix of all test clips: rows are acted emotions, columns heard ones",
    )  # fmt: skip
