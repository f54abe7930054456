"""When the Live page says "not sure", and how often the model is right above that threshold."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import state, theme
from pages.components.live_input import plain
from ser_core.words import clips_of

if TYPE_CHECKING:
    from ser_core.inference import Predictor

_KEY = "live:not_sure_below"
_HELP = (
    "A label less probable than this is not given: the page says “Not sure” in its place. 0: a "
    "label is always given. What a threshold brings and costs is below the answer."
)


def threshold() -> float:
    """The least probability of a label that is given, as set in the sidebar."""
    state.keep(_KEY, 0.0)
    chosen = st.sidebar.slider("Not sure below", 0.0, 0.95, step=0.05, key=_KEY, help=_HELP)
    return float(chosen)


def explain(predictor: "Predictor", chosen: float) -> None:
    """What the threshold brings and costs; drawn only while it is open."""
    expander = st.expander(
        "How often it is right when it answers",
        key="trust",
        on_change="rerun",
        icon=":material/balance:",
    )
    if not expander.open:
        return
    with expander:
        curve = predictor.card.get("coverage")
        if not isinstance(curve, Mapping):
            _without(predictor)
            return
        from ser_core import figures

        st.markdown(words(curve, chosen, predictor.card.get("speakers_apart", True)))
        if curve.get("source"):
            st.caption(plain(curve["source"]))
        accuracy = [
            [_number(each[part]) for part in ("value", "low", "high")] for each in curve["accuracy"]
        ]
        theme.plot(
            figures.coverage_figure(curve["threshold"], curve["answered"], accuracy, chosen),
            key="trust:curve",
            alt="Share of answers that are right, by share of clips that get an answer",
        )


def words(curve: Mapping[str, Any], chosen: float, apart: bool = True) -> str:
    """What is known of a threshold, in a sentence.

    Args:
        curve: of a model card.
        chosen: the threshold; the next lower one of the curve is told of.
        apart: the fold models never heard the speakers of these clips.

    >>> right = {"value": 0.8, "low": 0.7, "high": None}
    >>> curve = {"threshold": [0.5], "answered": [0.4], "accuracy": [right]}
    >>> words({**curve, "clips": 1200, "speakers": 20}, 0.52).partition(": ")[0]
    'At 0.50 and above, 40 % of clips get an answer, and 80 % [70, –] of those are right'
    >>> alone = {"value": 0.8, "low": None, "high": None}
    >>> words({**curve, "accuracy": [alone], "clips": 10, "speakers": 1}, 0.5, False).split(": ")[1]
    '10 clips of 1 speaker, each heard by a fold model, as clips they never heard, of any speaker; \
no interval, which takes several speakers.'
    """
    at = max(n for n, each in enumerate(curve["threshold"]) if each <= chosen + 1e-9 or n == 0)
    right = curve["accuracy"][at]
    value, low, high = (_percent(right[part]) for part in ("value", "low", "high"))
    told = {right["low"], right["high"]} != {None}
    bounds = f" [{low}, {high}]" if told else ""
    over = "95 % interval over speakers" if told else "no interval, which takes several speakers"
    unheard = "of speakers they never heard" if apart else "they never heard, of any speaker"
    return (
        f"At {curve['threshold'][at]:.2f} and above, {_percent(curve['answered'][at])} % of clips "
        f"get an answer, and {value} %{bounds} of those are right: "
        f"{clips_of(curve['clips'], curve['speakers'])}, each heard by a fold model, as clips "
        f"{unheard}; {over}."
    )


def _without(predictor: "Predictor") -> None:
    """What is known of a model whose card has no curve."""
    spec = predictor.spec
    st.markdown(
        "The card of this model holds no curve: it was written before cards kept one. Two points "
        "are known, from the clips that the fold models were tested on: below "
        f"**{spec.not_sure_below:.2f}** a label is right less than half of the time (“not sure”), "
        f"from **{spec.sure_above:.2f}** at least 85 % of the time (“sure”). A model that is "
        "trained now has the whole curve."
    )


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f}"
