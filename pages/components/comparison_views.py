"""The views of a comparison: each is drawn, and computed, only when it is open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.components import (
    comparison_address,
    comparison_clips,
    comparison_confusion,
    comparison_ensemble,
    comparison_groups,
    comparison_pairs,
    comparison_settings,
    comparison_several,
)
from pages.components.comparison_source import Known
from ser_core.comparison.pairs import Pair
from ser_core.comparison.results import Results

CONFUSIONS = "confusions"
"""The view with the matrices, as the address calls it."""


@dataclass(frozen=True)
class Compared:
    """What the views are about.

    Attributes:
        known: all runs there are.
        chosen: those that are ticked.
        results: those, and the ensembles made of them.
        pairs: every two of these that can be compared.
    """

    known: Known
    chosen: Sequence[Results]
    results: Sequence[Results]
    pairs: Sequence[Pair]


@dataclass(frozen=True)
class View:
    """A view: what the switch calls it, and what draws it."""

    title: str
    draw: Callable[[Compared], None]


def show(name: str, compared: Compared) -> None:
    """Draw a view."""
    VIEWS[name].draw(compared)


@st.fragment
def _confusions(compared: Compared) -> None:
    """A part of the page of its own: a click on a cell runs nothing else."""
    cell = comparison_confusion.matrices(compared.results)
    comparison_address.write(CONFUSIONS, cell)
    if cell is not None:
        comparison_clips.of_cell(cell, compared.results)
        st.button(
            "Clips that all missed", key="comparison_missed", icon=":material/hearing_disabled:",
            on_click=comparison_confusion.choose, args=(None,),
        )  # fmt: skip
    else:
        comparison_clips.missed(compared.results)


VIEWS = {
    CONFUSIONS: View("Confusions", _confusions),
    "scores": View("Scores", lambda it: comparison_several.scores(it.results)),
    "pairs": View("Pairs", lambda it: comparison_pairs.pairs_view(it.results, it.pairs)),
    "classes": View("Per class", lambda it: comparison_several.classes(it.results)),
    "groups": View("Groups", lambda it: comparison_groups.groups_view(it.results)),
    "calibration": View("Calibration", lambda it: comparison_several.calibration(it.results)),
    "agreement": View("Agreement", lambda it: comparison_several.agreement(it.results, it.pairs)),
    "curves": View("Learning curves", lambda it: comparison_several.curves(it.results)),
    "ensemble": View("Ensemble", lambda it: comparison_ensemble.ensemble_view(it.chosen)),
    "ablations": View("Ablations", lambda it: comparison_settings.ablation_view(it.known)),
    "leaks": View("Leak meter", lambda it: comparison_settings.leak_view(it.known)),
}
"""By what they are called in the address, in the order of the switch."""
