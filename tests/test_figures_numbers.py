"""Numbers on cells: each can be read on its own cell, in the light and in the dark theme."""

from collections.abc import Iterator

import numpy as np
import pytest
from plotly import graph_objects as go

from ser_core import figures
from ser_core.figures import folds, numbers
from ser_core.figures.static import static_bytes
from ser_core.figures.style import PAGE
from tests.test_figures import contrast

LABELS = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]
STEPS = 151


def hexed(parts: np.ndarray) -> str:
    return "#" + "".join(f"{round(255 * part):02X}" for part in parts)


def on_cells(figure: go.Figure, dark: bool) -> Iterator[tuple[str, str]]:
    """The colours of each number and of the cell below it."""
    shown = figures.themed(go.Figure(figure), dark)
    [cells] = shown.select_traces({"type": "heatmap"})
    behind = dict(zip(cells.x, numbers.cell_colours(cells, dark)[0], strict=True))
    for trace in shown.select_traces({"mode": "text"}):
        for name in trace.x:
            yield trace.textfont.color, hexed(behind[name])


@pytest.mark.parametrize("dark", [False, True])
class TestLegible:
    def test_over_the_whole_of_every_scale(self, dark: bool) -> None:
        names = [str(step) for step in range(STEPS)]
        even = figures.heatmap([np.linspace(0, 100, STEPS)], ["row"], names)
        both = figures.heatmap([np.linspace(-1, 1, STEPS)], ["row"], names, diverging=True)
        seen = figures.heatmap([np.linspace(-50, 50, STEPS)], ["row"], names)
        through = figures.confusion_difference_figure(["sad"], [[1]], [[1]]).data[0].colorscale
        seen.update_traces(colorscale=through, zmin=-50, zmax=50)
        for figure in (even, both, seen):
            found = list(on_cells(figure, dark))
            assert len(found) == STEPS
            assert min(contrast(*pair) for pair in found) >= numbers.LEGIBLE

    def test_colours_of_cells_are_those_of_the_scale(self, dark: bool) -> None:
        scale = figures.template(dark).data.heatmap[0].colorscale
        shown = figures.heatmap([[0, 100, 10]], ["row"], ["a", "b", "c"]).data[0]
        first, last, between = map(hexed, numbers.cell_colours(shown, dark)[0])
        assert (first, last) == (scale[0][1], scale[-1][1])
        assert first != between != last
        clear = go.Heatmap(z=[[0, 1]], colorscale=[[0, "rgba(9,9,9,0)"], [1, "rgba(9,9,9,1)"]])
        assert [*map(hexed, numbers.cell_colours(clear, dark)[0])] == [PAGE[dark], "#090909"]

    def test_parts_of_folds(self, dark: bool) -> None:
        ink = figures.template(dark).layout.font.color
        inks = (ink, ink, ink, "#FFFFFF", "#FFFFFF")
        for state, text in zip(folds.STATES.values(), inks, strict=True):
            cell = go.Heatmap(z=[[0]], zmin=0, zmax=1, colorscale=[[0, state], [1, state]])
            [[behind]] = numbers.cell_colours(cell, dark)
            assert contrast(text, hexed(behind)) >= numbers.LEGIBLE


def test_every_cell_has_one_number_also_in_another_theme_and_when_one_is_clicked() -> None:
    counts = np.arange(64).reshape(8, 8)
    figure = figures.selectable(figures.confusion_figure(LABELS, counts, "none"))
    for dark in (False, True, False):
        figures.themed(figure, dark)
        texts = list(figure.select_traces({"mode": "text"}))
        assert sorted(int(text) for trace in texts for text in trace.text) == [*range(64)]
        inks = [trace.textfont.color for trace in texts]
        assert len(set(inks)) == len(texts) > 1
        assert [trace.unselected.textfont.color for trace in texts] == inks
        assert figure.layout.template.layout.font.color == figures.template(dark).layout.font.color


def test_what_is_not_known_has_no_number_and_own_colours_stay() -> None:
    figure = figures.heatmap([[1, np.nan]], ["row"], ["a", "b"])
    assert [trace.text for trace in figures.cell_numbers(figure, dark=False)] == [("1",)]
    figure.update_traces(textfont_color="#123456")
    figures.themed(figure, dark=False)
    assert len(figure.data) == 1
    assert figure.data[0].texttemplate


@pytest.mark.parametrize("dark", [False, True])
def test_pictures_have_the_colours_of_the_page(dark: bool) -> None:
    figure = figures.confusion_figure(LABELS, np.diag(np.arange(1, 9)), "none")
    svg = static_bytes(figure, "svg", dark=dark).decode()
    inks = {trace.textfont.color for trace in figures.cell_numbers(figure, dark)}
    assert len(inks) > 1
    # An SVG's texts are black where nothing is said.
    assert all(f"fill: {ink.lower()}" in svg for ink in inks - {"#000000"})
