"""Figures that do not change any more, ready to be sent to a browser."""

from typing import Any

from plotly import graph_objects as go

from ser_core.figures.numbers import themed
from ser_core.figures.style import after_imports


class FinishedFigure(go.Figure):
    """A figure in one theme, turned into plain values once.

    Plotly copies and checks all of a figure whenever it is shown, which takes longer than most
    figures took to make.
    """

    def __init__(self, figure: go.Figure, dark: bool) -> None:
        super().__init__(figure)
        themed(self, dark)
        self._values: dict[str, Any] = super().to_dict()

    def to_dict(self) -> dict[str, Any]:
        """The values made when it was finished; whoever takes them must leave them as they are."""
        return self._values


@after_imports
def finished(figure: go.Figure, dark: bool) -> FinishedFigure:
    """A figure that will not change, in the template of a theme; made once for each theme.

    Args:
        figure: what was drawn; later changes of it are not seen.
        dark: whether for the dark theme.
    """
    made: dict[bool, FinishedFigure] = figure.__dict__.setdefault("_finished", {})
    found = made.get(dark)
    if found is None:
        found = made[dark] = FinishedFigure(figure, dark)
    return found
