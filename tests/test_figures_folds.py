"""A split as a picture."""

import numpy as np
import pytest

from ser_core import figures
from ser_core.errors import ParameterError


def test_cells_say_the_part_and_who_stands_in_several() -> None:
    counts = np.array([[[0, 0, 9], [9, 0, 0]], [[0, 4, 0], [5, 1, 2]], [[0, 0, 0], [0, 0, 3]]])
    drawn = figures.fold_figure(["a", "b", "c"], ["1", "2"], counts)
    cells, clicked, pale, strong = drawn.data[:4]
    assert np.array(cells.z).tolist() == [[3, 1], [2, 4], [0, 3]]
    assert list(clicked.customdata[3]) == [
        1, 1, "5 clips for training, 1 clip for validation, 2 clips for testing",
    ]  # fmt: skip
    assert list(clicked.customdata[4]) == [2, 0, "no clip"]
    assert (clicked.y[3], clicked.x[3]) == ("b", "2")
    assert list(pale.text) == ["9", "4"]
    assert list(strong.text) == ["9", "5 · 1 · 2", "3"]
    named = [trace.name.split(" (")[0] for trace in drawn.data[4:]]
    assert named == ["train", "validation", "test", "several parts"]
    with pytest.raises(ParameterError, match=r"shape \(1, 2, 3\)"):
        figures.fold_figure(["a"], ["1", "2"], counts)


@pytest.mark.parametrize(("dark", "ink"), [(False, "#31333F"), (True, "#E6E8EB")])
def test_counts_do_not_fade_when_a_cell_is_clicked(dark: bool, ink: str) -> None:
    drawn = figures.fold_figure(["a"], ["1", "2"], [[[0, 4, 0], [0, 0, 3]]])
    pale, strong = drawn.data[2:4]  # over the mark of the cell that is chosen
    template = figures.template(dark)
    # Plotly draws what was not chosen in this colour, else in the text's own at a fifth.
    assert pale.unselected.textfont.color is None
    assert template.data.scatter[0].unselected.textfont.color == template.layout.font.color == ink
    assert strong.unselected.textfont.color == strong.textfont.color == "#FFFFFF"


def test_shares_add_up_to_a_hundred_and_hover_says_clips() -> None:
    drawn = figures.share_figure(["1 train", "1 test"], ["happy", "sad"], [[3, 1], [0, 0]])
    assert [trace.x[0] for trace in drawn.data] == [75, 25]
    assert [trace.x[1] for trace in drawn.data] == [0, 0]
    assert [trace.name for trace in drawn.data] == ["Happy", "Sad"]
    assert drawn.data[0].customdata[0] == 3
    assert drawn.layout.xaxis.ticktext[-1] == "100 %"
    assert drawn.layout.xaxis.range[1] > 100
    with pytest.raises(ParameterError, match=r"shape \(1, 2\)"):
        figures.share_figure(["1"], ["happy", "sad"], [[1, 2, 3]])
