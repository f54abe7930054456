"""A figure with its place in a report."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from plotly import graph_objects as go

from ser_core.evaluation.intervals import Interval


@dataclass(frozen=True)
class Picture:
    """A figure with its place in the report.

    Attributes:
        name: of its files.
        section: under which heading it stands.
    """

    name: str
    section: str
    title: str
    figure: go.Figure


def array(scores: Sequence[Interval]) -> NDArray[np.float64]:
    """Scores as figures take them: (num_scores, 3), value, low and high."""
    return np.array([[one.value, one.low, one.high] for one in scores]).reshape(-1, 3)
