"""Figures: one time axis, Hz where they belong, light payloads, readable in both themes."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ser_core import emotions, figures
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import LogMel
from tests.drawings import HOP_S, RATE, Stretch, clip, drawn, tone

LABELS = list(emotions.EMOTIONS)


def stretches(count: int, seed: int = 0) -> tuple[Stretch, ...]:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(len(LABELS)), count)
    return tuple(
        Stretch(0.2 + 1.5 * i, 3.2 + 1.5 * i, dict(zip(LABELS, row.tolist(), strict=True)))
        for i, row in enumerate(shares)
    )


class TestClip:
    def test_all_parts_share_one_time_axis_as_long_as_the_clip(self, speech: Waveform) -> None:
        figure = clip(speech, stretches(3))
        assert {trace.xaxis or "x" for trace in figure.data} == {"x"}
        assert {trace.yaxis or "y" for trace in figure.data} == {"y", "y2", "y3"}
        assert tuple(figure.layout.xaxis.range) == (0, speech.size / RATE)

    def test_parts_do_not_overlap(self, speech: Waveform) -> None:
        layout = clip(speech, stretches(3)).layout
        low_to_high = [axis.domain for axis in (layout.yaxis3, layout.yaxis2, layout.yaxis)]
        assert all(below[1] < above[0] for below, above in pairwise(low_to_high))

    @pytest.mark.parametrize(("hz", "label"), [(500, "500"), (1000, "1k"), (4000, "4k")])
    def test_frequency_ticks_stand_at_their_frequency(self, hz: int, label: str) -> None:
        figure = clip(tone(hz))
        [heat] = figure.select_traces({"type": "heatmap"})
        loudest_band = np.asarray(heat.z).mean(axis=1).argmax()
        axis = figure.layout.yaxis2
        tick = axis.tickvals[list(axis.ticktext).index(label)]
        assert tick == pytest.approx(loudest_band, abs=1)

    def test_a_click_shows_at_its_time_in_wave_and_spectrogram(self) -> None:
        waveform = np.zeros(2 * RATE, np.float32)
        waveform[round(1.5 * RATE)] = 0.8
        figure = clip(waveform)
        [_, high] = figure.select_traces({"type": "scatter"})
        [heat] = figure.select_traces({"type": "heatmap"})
        assert high.x[np.argmax(high.y)] == pytest.approx(1.5, abs=0.01)
        columns = np.asarray(heat.z).mean(axis=0)
        loud = np.flatnonzero(columns == columns.max())
        assert heat.x0 + heat.dx * loud.mean() == pytest.approx(1.5, abs=0.02)

    def test_a_quarter_of_an_hour_stays_light_and_keeps_its_peaks(self) -> None:
        waveform = np.zeros(15 * 60 * RATE, np.float32)
        waveform[1234567] = -0.9
        frames = np.full((15 * 60 * 80, 64), -60, np.float32)
        frames[54321, 10] = 0
        centres = LogMel().band_centres_hz()
        figure = figures.clip_figure(waveform, RATE, frames, HOP_S, centres)
        assert len(figure.to_json()) < 300_000
        [low, _] = figure.select_traces({"type": "scatter"})
        [heat] = figure.select_traces({"type": "heatmap"})
        assert min(low.y) == np.float32(-0.9)
        column = np.asarray(heat.z)[10].argmax()
        assert heat.x0 + heat.dx * column == pytest.approx(54321 * HOP_S, abs=heat.dx)

    @pytest.mark.parametrize(
        ("peak", "tick"), [(0.0011, 0.001), (0.049, 0.04), (0.057, 0.05), (0.3, 0.3), (1.0, 1.0)]
    )
    def test_waveform_fills_its_axis_which_says_its_level(self, peak: float, tick: float) -> None:
        axis = clip(2 * peak * tone(200)).layout.yaxis
        assert peak < axis.range[1] < 1.2 * peak
        assert list(axis.tickvals) == pytest.approx([-tick, 0, tick])

    def test_probabilities_over_time_stack_to_one(self, speech: Waveform) -> None:
        figure = clip(speech, stretches(4))
        bands = list(figure.select_traces({"yaxis": "y3"}))
        assert [band.name for band in bands] == [emotions.title(name) for name in LABELS]
        assert [band.fillcolor for band in bands] == [emotions.colour(name) for name in LABELS]
        assert np.sum([band.y for band in bands], axis=0)[1:-1] == pytest.approx(1)
        assert (bands[0].x[0], bands[0].x[-1]) == (0.2, 7.7)

    def test_a_pause_has_no_bands(self, speech: Waveform) -> None:
        first, *_, last = stretches(8)
        band = next(clip(speech, (first, last)).select_traces({"yaxis": "y3"}))
        at_ends = dict(zip(band.x, band.y, strict=True))
        assert first.end_s < last.start_s
        assert at_ends[first.end_s] == at_ends[last.end_s] == 0
        between = [y for x, y in zip(band.x, band.y, strict=True) if first.end_s < x < last.start_s]
        assert between == []

    def test_one_window_needs_no_course_over_time(self, speech: Waveform) -> None:
        assert list(clip(speech, stretches(1)).select_traces({"yaxis": "y3"})) == []

    def test_bands_without_a_frequency_are_refused(self, speech: Waveform) -> None:
        decibels = LogMel().extract(speech, RATE)
        with pytest.raises(ParameterError, match="mel_hz: one centre for each of the 64 bands"):
            figures.clip_figure(speech, RATE, decibels, HOP_S, [100.0, 200.0])

    def test_nothing_is_refused(self) -> None:
        nothing = np.zeros(0, np.float32)
        with pytest.raises(ParameterError, match="got none"):
            figures.clip_figure(nothing, RATE, np.zeros((0, 4), np.float32), HOP_S, np.arange(4))


class TestCounts:
    def test_emotions_have_their_words_colours_and_numbers(self) -> None:
        [bars] = figures.count_bars({"angry": 1192, "neutral": 96}).data
        assert list(bars.y) == ["Angry", "Neutral"]
        assert list(bars.marker.color) == [emotions.colour("angry"), emotions.colour("neutral")]
        assert list(bars.text) == ["1,192", "96"]

    def test_clips_without_an_emotion_have_a_name_and_are_grey(self) -> None:
        [bars] = figures.count_bars({"angry": 2, "": 9}).data
        assert list(bars.y) == ["Angry", "Not mapped"]
        assert bars.marker.color[1] == emotions.colour("")

    def test_sorted_on_demand(self) -> None:
        counts = {"01": 3, "02": 9, "03": 5}
        assert list(figures.count_bars(counts).data[0].y) == ["01", "02", "03"]
        assert list(figures.count_bars(counts, sort=True).data[0].y) == ["02", "03", "01"]

    def test_no_counts_at_all_can_be_drawn(self) -> None:
        assert len(figures.count_bars({}).data[0].x) == 0


class TestHeatmap:
    def test_shape_must_fit_the_names(self) -> None:
        with pytest.raises(ParameterError, match=r"shape \(2, 1\) to fit the names, got \(2, 2\)"):
            figures.heatmap(np.eye(2), ["a", "b"], ["c"])

    def test_difference_is_centred_at_zero(self) -> None:
        [cells] = figures.heatmap([[-3, 1]], ["row"], ["a", "b"], diverging=True).data
        assert (cells.zmin, cells.zmax) == (-3, 3)


class TestConfusion:
    counts = ((8, 2, 0), (5, 15, 0), (0, 0, 0))
    labels = ("angry", "sad", "calm")

    def test_rows_are_percent_of_what_was_acted(self) -> None:
        [cells] = figures.confusion_figure(self.labels, self.counts).data
        assert np.asarray(cells.z).tolist() == [[80, 20, 0], [25, 75, 0], [0, 0, 0]]
        assert (cells.zmin, cells.zmax) == (0, 100)

    def test_hover_tells_clips_and_percent(self) -> None:
        [cells] = figures.confusion_figure(self.labels, self.counts, "none").data
        assert np.asarray(cells.z).tolist() == [list(row) for row in self.counts]
        assert np.asarray(cells.customdata)[1, 0].tolist() == [5, 25]

    def test_another_normalisation_is_refused(self) -> None:
        with pytest.raises(ParameterError, match="'row', 'column' or 'none', got 'all'"):
            figures.confusion_figure(self.labels, self.counts, "all")  # type: ignore[arg-type]

    def test_counts_must_fit_the_labels(self) -> None:
        with pytest.raises(ParameterError, match="to fit the names"):
            figures.confusion_figure(self.labels, np.eye(2))


def luminance(colour: str) -> float:
    """Relative luminance of "#RRGGBB" (WCAG 2.2)."""
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("dark", "page"), [(False, "#FFFFFF"), (True, "#14181D")])
class TestTemplate:
    def test_text_can_be_read_on_the_page(self, dark: bool, page: str) -> None:
        layout = figures.template(dark).layout
        for colour in (layout.font.color, layout.xaxis.tickfont.color):
            assert contrast(colour, page) >= 4.5

    def test_empty_cells_do_not_glare(self, dark: bool, page: str) -> None:
        [heat] = figures.template(dark).data.heatmap
        assert contrast(heat.colorscale[0][1], page) < 1.2

    def test_page_shows_through(self, dark: bool, page: str) -> None:
        layout = figures.template(dark).layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


@pytest.mark.parametrize("dark", [False, True])
def test_no_colour_is_one_that_streamlit_replaces(dark: bool) -> None:
    """Streamlit's page swaps #000001 … #000099 in a figure for colours of its theme."""
    for figure in (clip(tone(300), stretches(3)), drawn("log_mel", tone(300))[0]):
        shown = figure.update_layout(template=figures.template(dark))
        assert "#0000" not in shown.to_json()


SLOW_PANDAS = (
    "import time; time.sleep(2); Series = Index = DataFrame = Timestamp = type; NaT = None"
)


DRAW_MEANWHILE = """
import sys, threading, time
import numpy as np
from ser_core import figures
threading.Thread(target=lambda: __import__("pandas")).start()
while "pandas" not in sys.modules:
    time.sleep(0.01)
assert not hasattr(sys.modules["pandas"], "Series")
figures.clip_figure(np.ones(100, "f4"), 100, np.ones((10, 4), "f4"), 0.1, [1, 2, 3, 4])
"""


def test_a_figure_can_be_drawn_while_another_thread_imports_pandas(tmp_path: Path) -> None:
    (tmp_path / "pandas.py").write_text(SLOW_PANDAS, encoding="utf-8")
    paths = f"import sys; sys.path[:0] = {[str(tmp_path), str(Path.cwd())]!r}"
    done = subprocess.run(
        [sys.executable, "-c", paths + DRAW_MEANWHILE],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
