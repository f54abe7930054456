"""Figures of scores: what stands in them, and that they can be drawn without a browser."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from plotly import graph_objects as go

from ser_core import figures
from ser_core.errors import ParameterError
from ser_core.figures.static import static_bytes, write_static

LABELS = ["neutral", "happy", "sad"]
COUNTS = [[8, 2, 0], [5, 15, 0], [1, 1, 2]]
INTERVALS = np.array([[0.8, 0.6, 0.9], [0.75, 0.5, 0.85], [0.5, np.nan, np.nan]])


def test_columns_are_normalised_to_precision() -> None:
    [cells] = figures.confusion_figure(LABELS, COUNTS, "column").data
    diagonal = np.diag(np.asarray(cells.z))
    assert diagonal == pytest.approx([100 * 8 / 14, 100 * 15 / 18, 100])
    assert "of the column" in cells.hovertemplate


class TestDifference:
    def test_it_is_centred_at_zero_in_points(self) -> None:
        figure = figures.confusion_difference_figure(LABELS, COUNTS, np.diag([10, 20, 4]))
        cells = figure.data[0]
        assert np.asarray(cells.z)[0].tolist() == [-20, 20, 0]
        assert cells.zmin == -cells.zmax == -50

    def test_every_cell_has_one_number(self) -> None:
        figure = figures.confusion_difference_figure(LABELS, COUNTS, np.diag([10, 20, 4]))
        numbers = [
            text for trace in figures.cell_numbers(figure, dark=False) for text in trace.text
        ]
        assert sorted(numbers) == sorted(
            ["−20", "+20", "0", "+25", "−25", "0", "+25", "+25", "−50"]
        )

    def test_the_same_twice_differs_nowhere(self) -> None:
        figure = figures.confusion_difference_figure(LABELS, COUNTS, COUNTS, "none")
        assert not np.asarray(figure.data[0].z).any()
        assert figure.data[0].zmax > 0


class TestBars:
    def test_intervals_stand_as_error_bars(self) -> None:
        [bars] = figures.score_bars(LABELS, {"recall": INTERVALS}).data
        assert bars.y == pytest.approx([80, 75, 50])
        assert list(bars.customdata) == [" [60.0, 90.0]", " [50.0, 85.0]", ""]
        assert bars.error_y.array == pytest.approx([10, 10, np.nan], nan_ok=True)
        # Where no interval is known, nothing is drawn, and not one of no width.
        assert bars.error_y.arrayminus == pytest.approx([20, 25, np.nan], nan_ok=True)
        assert list(bars.x) == ["Neutral", "Happy", "Sad"]

    def test_series_have_other_colours_than_emotions_alone(self) -> None:
        [alone] = figures.score_bars(LABELS, {"recall": INTERVALS}).data
        both = figures.score_bars(LABELS, {"A": INTERVALS, "B": INTERVALS}).data
        assert len(set(alone.marker.color)) == 3
        assert both[0].marker.color != both[1].marker.color

    def test_groups_say_how_many_clips_they_have(self) -> None:
        figure = figures.group_bars(["01", "02", "03"], INTERVALS, [60, 60, 1200], overall=0.7)
        assert list(figure.data[0].y) == ["01 (60)", "02 (60)", "03 (1,200)"]
        assert list(figure.data[1].x) == pytest.approx([70, 70])

    def test_what_does_not_fit_is_refused(self) -> None:
        with pytest.raises(ParameterError, match=r"recall: shape \(2, 3\) to fit the names"):
            figures.score_bars(LABELS[:2], {"recall": INTERVALS})
        with pytest.raises(ParameterError, match="clips: one for each of 3 names, got 1"):
            figures.group_bars(LABELS, INTERVALS, [3])


class TestLearning:
    def test_folds_are_thin_and_their_mean_is_thick(self) -> None:
        figure = figures.learning_figure({"training": [[2.0, 1.0], [1.0, 0.5]]}, "loss")
        *folds, mean = figure.data
        assert [fold.line.width for fold in folds] == [1, 1]
        assert mean.line.width > 2
        assert list(mean.y) == [1.5, 0.75]

    def test_the_mean_goes_on_while_half_of_the_folds_train(self) -> None:
        figure = figures.learning_figure({"a": [[1.0], [2.0, 4.0, 8.0], [3.0, 6.0]]}, "loss")
        assert list(figure.data[-1].y) == [2.0, 5.0]

    def test_a_run_has_the_colour_of_its_place_among_all(self) -> None:
        _, both = figures.learning_figure({"a": [[1.0]], "b": [[2.0]]}, "loss").data
        [alone] = figures.learning_figure({"b": [[2.0]]}, "loss", among=["a", "b"]).data
        assert alone.line.color == both.line.color

    def test_emotions_keep_their_colours(self) -> None:
        figure = figures.learning_figure({"sad": [[0.1, 0.2]]}, "recall", share=True)
        assert figure.data[0].name == "Sad"
        assert list(figure.data[0].y) == pytest.approx([10, 20])

    def test_a_fold_that_is_no_list_of_values_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="one value an epoch"):
            figures.learning_figure({"a": [np.ones((2, 2))]}, "loss")


def test_reliability_stands_above_how_many_clips_it_is_about() -> None:
    curve = [[0.4, 0.3, 0.2, 0.5, 30], [0.9, 0.8, 0.7, 0.85, 70]]
    diagonal, line, bars = figures.reliability_figure({"A": curve}).data
    assert list(diagonal.x) == list(diagonal.y) == [0, 100]
    assert list(line.y) == pytest.approx([30, 80])
    assert (bars.yaxis, list(bars.y)) == ("y2", [30, 70])
    with pytest.raises(ParameterError, match=r"A: shape \(bins, 5\)"):
        figures.reliability_figure({"A": INTERVALS})


def test_noise_grows_to_the_right() -> None:
    figure = figures.snr_figure([0, 20, 10], {"white": INTERVALS}, clean=0.9, chance=1 / 3)
    line = next(trace for trace in figure.data if trace.name == "white")
    assert list(line.x) == [20, 10, 0]
    assert list(line.y) == pytest.approx([75, 50, 80])
    low, high = figure.layout.xaxis.range
    assert low > high
    assert {"no noise", "chance"} <= {trace.name for trace in figure.data}


class TestProgress:
    def test_best_epochs_are_ringed_on_the_last_series(self) -> None:
        curves = {"training": [[2.0, 1.0], [1.0]], "validation": [[2.0, 1.5], [1.2]]}
        figure = figures.progress_figure(curves, "loss", best=[2, 0])
        rings = figure.data[-1]
        assert (list(rings.x), list(rings.y)) == ([2], [1.5])
        assert rings.customdata[0] == "fold 1, "

    def test_one_epoch_is_a_point_and_unknown_ones_are_gaps(self) -> None:
        assert figures.progress_figure({"a": [[1.0]]}, "loss").data[0].mode == "markers"
        figure = figures.progress_figure({"a": [[1.0, np.nan, 0.5]]}, "loss", best=[2], dotted="a")
        assert figure.data[0].line.dash == "dot"
        assert len(figure.data[1].x) == 0, "nothing is known of the epoch to be ringed"

    def test_shares_reach_from_none_to_all(self) -> None:
        figure = figures.progress_figure({"sad": [[0.2, 0.4]]}, "", best=[2], share=True)
        assert tuple(figure.layout.yaxis.range) == (0, 103)
        assert list(figure.data[1].y) == [40]


class TestStatic:
    def test_words_and_numbers_stand_in_the_picture(self, tmp_path: Path) -> None:
        write_static(figures.confusion_figure(LABELS, COUNTS), tmp_path / "f.svg", "Confusion")
        text = (tmp_path / "f.svg").read_text()
        # Matplotlib writes each text as a comment above its outlines.
        assert {"Confusion", "Neutral", "acted", "80", "75"} <= set(
            re.findall("<!-- (.*) -->", text)
        )

    def test_the_same_figure_is_the_same_file(self) -> None:
        figure = figures.score_bars(LABELS, {"A": INTERVALS, "B": INTERVALS})
        assert static_bytes(figure, "svg") == static_bytes(figure, "svg")

    @pytest.mark.parametrize("dark", [False, True])
    def test_every_figure_of_scores_can_be_drawn(self, tmp_path: Path, dark: bool) -> None:
        curve = [[0.4, 0.3, 0.2, 0.5, 30], [0.9, 0.8, 0.7, 0.85, 70]]
        drawn = {
            "difference": figures.confusion_difference_figure(LABELS, COUNTS, np.diag([9, 9, 9])),
            "groups": figures.group_bars(LABELS, INTERVALS, [1, 2, 3], overall=0.5),
            "learning": figures.learning_figure({"loss": [[2.0, 1.0], [2.0]]}, "loss"),
            "reliability": figures.reliability_figure({"A": curve}),
            "snr": figures.snr_figure([0, 10, 20], {"white": INTERVALS}, clean=0.5),
        }
        for name, figure in drawn.items():
            write_static(figure, tmp_path / f"{name}.png", name, dark=dark)
            with Image.open(tmp_path / f"{name}.png") as picture:
                assert picture.width > 1500
                assert len(picture.convert("RGB").getcolors(1 << 24)) > 10
                assert (picture.convert("L").getpixel((2, 2)) < 60) == dark

    def test_the_later_row_of_a_table_stands_below(self, tmp_path: Path) -> None:
        """Rows run from top to bottom, as on the page."""
        figure = figures.heatmap([[0.0, 0.0], [9.0, 9.0]], ["a", "b"], ["x", "y"])
        write_static(figure, tmp_path / "f.png")
        with Image.open(tmp_path / "f.png") as picture:
            grey = np.asarray(picture.convert("L"), float)
        middle = grey[:, grey.shape[1] // 2]
        assert middle[: len(middle) // 3].mean() > middle[len(middle) // 2 : -80].mean() + 60

    def test_what_cannot_be_drawn_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(ParameterError, match="'pie' cannot be drawn without a browser"):
            static_bytes(go.Figure(go.Pie(values=[1])), "svg")
        with pytest.raises(ParameterError, match="must end in .png, .svg or .pdf, got 'f.gif'"):
            write_static(go.Figure(), tmp_path / "f.gif")
