"""Figures that set runs side by side: what stands in them, and which cells can be clicked."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ser_core import figures
from ser_core.errors import ParameterError
from ser_core.figures.static import write_static

LABELS = ["neutral", "happy", "sad"]
COUNTS = np.array([[8, 2, 0], [5, 15, 0], [1, 1, 2]])
SCORES = np.array([[0.5, 0.4, 0.6], [0.7, 0.6, 0.8], [0.6, np.nan, np.nan]])


class TestConfusions:
    def test_matrices_side_by_side_share_one_scale(self) -> None:
        tables = {"a": COUNTS, "b": 2 * COUNTS}
        for normalise, top in (("none", 30), ("row", 100)):
            found = figures.side_by_side(LABELS, tables, normalise)
            assert {figure.data[0].zmax for figure in found.values()} == {top}
            assert len({tuple(figure.data[0].x) for figure in found.values()}) == 1

    def test_every_cell_can_be_clicked_and_says_which_it_is(self) -> None:
        figure = figures.selectable(figures.confusion_figure(LABELS, COUNTS), chosen=(1, 0))
        points = figure.data[-1]
        assert points.type == "scatter"
        assert [tuple(each[:2]) for each in points.customdata] == [
            (row, column) for row in range(3) for column in range(3)
        ]
        assert points.x[3] == "Neutral"
        assert points.y[3] == "Happy"
        assert "%{customdata[3]:,.0f} clips" in points.hovertemplate
        assert points.customdata[3][3] == 5
        frame = figure.layout.shapes[0]
        assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 0.5, 1.5)
        assert tuple(figure.layout.yaxis.range) == (2.5, -0.5)

    def test_differences_can_be_clicked_too(self) -> None:
        figure = figures.confusion_difference_figure(LABELS, COUNTS, np.diag([10, 20, 4]))
        points = figures.selectable(figure).data[-1]
        assert points.customdata[0].tolist() == [0, 0, -20]
        assert "%{customdata[2]:+,.1f} points" in points.hovertemplate

    def test_only_heatmaps_have_cells(self) -> None:
        with pytest.raises(ParameterError, match="must be a heatmap"):
            figures.selectable(figures.forest_figure({"a": SCORES[0]}))


class TestForest:
    def test_reported_results_look_different_and_have_no_interval(self) -> None:
        figure = figures.forest_figure(
            {"a": SCORES[0], "b": SCORES[2]}, {"Whisper": 0.753}, {"chance": 0.125}, apart=["b"]
        )
        line, a, b, reported = figure.data
        assert list(line.x) == [12.5, 12.5]
        assert (a.marker.symbol, b.marker.symbol) == ("circle", "circle-open")
        assert a.error_x.array == pytest.approx([10])
        assert np.isnan(b.error_x.array).all()
        assert reported.marker.symbol == "diamond-open"
        assert reported.error_x.array is None
        assert list(figure.layout.yaxis.ticktext) == ["a", "b", "Whisper"]
        assert "reported" in reported.hovertemplate

    def test_long_names_are_broken_and_markup_is_not_obeyed(self) -> None:
        figure = figures.forest_figure({"<b>meh</b> with a rather long name": SCORES[0]})
        assert (
            figure.layout.yaxis.ticktext[0] == "&lt;b&gt;meh&lt;/b&gt; with a rather<br>long name"
        )

    def test_what_is_no_score_is_refused(self) -> None:
        with pytest.raises(ParameterError, match=r"a: value, low and high are needed"):
            figures.forest_figure({"a": SCORES})


class TestPoints:
    def test_runs_stand_around_the_line_of_their_group(self) -> None:
        figure = figures.group_points(LABELS, {"a": SCORES, "b": SCORES}, [1, 2, 3])
        a, b = figure.data
        assert np.asarray(a.y) + np.asarray(b.y) == pytest.approx(np.array([0, 2, 4]))
        assert list(figure.layout.yaxis.ticktext) == ["Neutral (1)", "Happy (2)", "Sad (3)"]
        assert a.marker.color != b.marker.color
        with pytest.raises(ParameterError, match="clips: one for each of 3 names, got 1"):
            figures.group_points(LABELS, {"a": SCORES}, [3])

    def test_numbers_get_an_axis_and_words_do_not(self) -> None:
        numbers = figures.ablation_figure("epochs", [5, 40, 100], {"UAR": SCORES})
        assert list(numbers.data[0].x) == [5, 40, 100]
        assert numbers.data[0].mode == "lines+markers"
        assert numbers.layout.xaxis.type == "linear"
        rates = figures.ablation_figure("rate", [1e-5, 1e-4, 1e-3], {"UAR": SCORES})
        assert rates.layout.xaxis.type == "log"
        words = figures.ablation_figure("features", ["a", "b", "c"], {"UAR": SCORES}, chance=0.125)
        assert words.data[0].mode == "markers"
        assert list(words.layout.xaxis.ticktext) == ["a", "b", "c"]

    def test_splits_stand_in_their_order(self) -> None:
        splits = ["copies first", "random", "speakers apart"]
        figure = figures.leak_figure(splits, {"svm": SCORES, "cnn": SCORES}, chance=0.125)
        assert list(figure.layout.xaxis.ticktext) == splits
        assert figure.data[0].y == pytest.approx([50, 70, 60])
        with pytest.raises(ParameterError, match=r"svm: shape \(2, 3\) is needed"):
            figures.leak_figure(splits[:2], {"svm": SCORES})


class TestAgreement:
    def test_kappa_is_on_a_scale_from_chance_to_all(self) -> None:
        [cells] = figures.agreement_figure(["a", "b"], [[1, 0.2], [0.2, 1]]).data
        assert (cells.zmin, cells.zmax) == (0, 1)

    def test_parts_of_a_pair_fill_the_bar(self) -> None:
        figure = figures.shared_figure({"a and b": [10, 5, 5, 20]})
        ends = [bar.base[0] + bar.x[0] for bar in figure.data]
        assert ends == pytest.approx([25, 37.5, 50, 100])
        with pytest.raises(ParameterError, match="four numbers of clips are needed"):
            figures.shared_figure({"a and b": [0, 0, 0, 0]})


def test_all_can_be_drawn_without_a_browser(tmp_path: Path) -> None:
    drawn = {
        "forest": figures.forest_figure({"a": SCORES[0]}, {"Whisper": 0.75}, {"chance": 0.125}),
        "points": figures.group_points(LABELS, {"a": SCORES}, [1, 2, 3]),
        "rates": figures.ablation_figure("rate", [1e-5, 1e-4, 1e-3], {"UAR": SCORES}),
        "kappa": figures.agreement_figure(["a", "b"], [[1, 0.2], [0.2, 1]]),
        "shared": figures.shared_figure({"a and b": [10, 5, 5, 20]}),
    }
    for name, figure in drawn.items():
        write_static(figure, tmp_path / f"{name}.png", name)
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert len(picture.convert("RGB").getcolors(1 << 24)) > 10
