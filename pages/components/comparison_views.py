"""The views of a comparison: each is drawn, and computed, only when it is open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.components import comparison_clips, comparison_confusion
from pages.components.comparison_source import Known
from ser_core.comparison.pairs import Pair
from ser_core.comparison.results import Results


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
    if cell is not None:
        comparison_clips.of_cell(cell, compared.results)
    else:
        comparison_clips.missed(compared.results)


VIEWS = {"confusions": View("Confusions", _confusions)}
"""By what they are called in the address, in the order of the switch."""
