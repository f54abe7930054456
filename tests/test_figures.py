"""Figures: one time axis, Hz where they belong, light payloads, readable in both themes."""

import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from plotly import graph_objects as go

from ser_core import emotions, figures
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS, LogMel

RATE = 16_000
HOP_S = 200 / RATE
LABELS = list(emotions.EMOTIONS)


@dataclass(frozen=True)
class Stretch:
    start_s: float
    end_s: float
    probabilities: dict[str, float]


def clip(waveform: Waveform, windows: tuple[Stretch, ...] = ()) -> go.Figure:
    log_mel = LogMel()
    decibels = log_mel.extract(waveform, RATE)
    centres = log_mel.band_centres_hz()
    return figures.clip_figure(waveform, RATE, decibels, HOP_S, centres, windows)


def tone(hz: float, duration_s: float = 1.0) -> Waveform:
    time_s = np.arange(round(duration_s * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hz * time_s)).astype(np.float32)


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


def drawn(name: str, waveform: Waveform, **settings: object) -> tuple[go.Figure, np.ndarray]:
    """An extractor's features of a 16 kHz waveform and their figure."""
    extractor = EXTRACTORS.create(name, **settings)
    features = extractor.extract(waveform, RATE)
    figure = figures.feature_figure(
        features,
        extractor.kind,
        extractor.feature_names(),
        extractor.unit,
        extractor.hop_s,
        waveform.size / RATE,
    )
    return figure, features


def titles(figure: go.Figure) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def axes(figure: go.Figure) -> list[go.layout.YAxis]:
    """All y axes: y, y2, …"""
    names = [name for name in figure.layout if name.startswith("yaxis")]
    return [figure.layout[name] for name in sorted(names, key=lambda name: int(name[5:] or 1))]


class TestFeaturesOverTime:
    def test_stand_below_the_clip_on_the_same_axis(self, speech: Waveform) -> None:
        above = clip(speech)
        for name in ("log_mel", "mfcc", "rms", "mel_mfcc"):
            below, _ = drawn(name, speech)
            assert below.layout.xaxis.range == above.layout.xaxis.range, name
            sides = (below.layout.margin.l, below.layout.margin.r)
            assert sides == (above.layout.margin.l, above.layout.margin.r), name
            assert not any(axis.automargin for axis in [*axes(below), *axes(above)]), name

    def test_few_columns_are_lines_with_their_units(self, speech: Waveform) -> None:
        columns = np.column_stack([np.r_[0, 0, 220, 230], [0, 0.1, 0.9, 0.8]])
        figure = figures.feature_figure(columns, "frames", ["f0_hz", "voicing"], hop_s=0.01)
        assert titles(figure) == ["F0 (Hz)", "voicing"]
        pitch, voicing = figure.data
        assert np.isnan(pitch.y[:2]).all(), "0 Hz is no pitch"
        assert list(pitch.y[2:]) == [220, 230]
        assert voicing.y[0] == 0
        assert "Hz" in pitch.hovertemplate
        assert (voicing.x0, voicing.dx) == (0, 0.01)
        upper, lower = axes(figure)
        assert lower.domain[1] < upper.domain[0]
        assert figure.layout.xaxis.anchor == "y2"

    @pytest.mark.parametrize(("hz", "label"), [(500, "500"), (4000, "4k")])
    def test_bands_have_hz_on_their_axis_and_decibels_as_colours(self, hz: int, label: str) -> None:
        figure, features = drawn("log_mel", tone(hz))
        [heat] = figure.data
        np.testing.assert_allclose(np.asarray(heat.z).T, features, atol=0.051)
        assert heat.colorscale[0][1] == "#06040F"
        [axis] = axes(figure)
        tick = axis.tickvals[list(axis.ticktext).index(label)]
        assert tick == pytest.approx(np.asarray(heat.z).mean(axis=1).argmax(), abs=1)

    def test_a_huge_first_coefficient_does_not_hide_the_others(self, speech: Waveform) -> None:
        figure, features = drawn("mfcc", speech)
        [heat] = figure.data
        shown = np.asarray(heat.z)
        assert shown.std(axis=1) == pytest.approx(1, abs=0.01)
        assert np.asarray(heat.customdata)[..., 0] == pytest.approx(features.T)
        assert "customdata" in heat.hovertemplate
        assert titles(figure) == ["MFCC · each row standardised"]

    def test_families_of_columns_have_their_own_scales(self, speech: Waveform) -> None:
        figure, features = drawn("frame_matrix", speech)
        assert titles(figure) == [
            "frequency bands",
            "MFCC · each row standardised",
            "pitch classes",
            "Zero-crossing rate",
            "RMS",
        ]
        heats = list(figure.select_traces({"type": "heatmap"}))
        assert sum(len(heat.y) for heat in heats) + 2 == features.shape[1]
        assert list(axes(figure)[2].ticktext)[:3] == ["C", "C♯", "D"]
        *_, rms = figure.data
        assert rms.y == pytest.approx(features[:, -1])
        assert titles(drawn("mfcc", speech, deltas=1)[0]) == [
            "MFCC · each row standardised",
            "Δ MFCC · each row standardised",
        ]

    def test_each_channel_has_a_picture(self) -> None:
        rng = np.random.default_rng(0)
        figure = figures.feature_figure(
            rng.random((20, 30, 2)), "frames", ["one", "other"], hop_s=0.1
        )
        assert titles(figure) == ["one", "other"]
        assert [np.asarray(heat.z).shape for heat in figure.data] == [(30, 20)] * 2

    def test_rows_of_the_same_name_stay_apart(self) -> None:
        figure = figures.feature_figure(np.eye(8), "frames", ["same"] * 8, hop_s=0.1)
        assert len(set(figure.data[0].y)) == 8

    def test_without_a_step_frames_are_numbered(self) -> None:
        figure = figures.feature_figure(np.eye(3), "frames", duration_s=2.0)
        assert figure.layout.xaxis.title.text == "frame"
        assert tuple(figure.layout.xaxis.range) == (0, 3)

    def test_an_hour_stays_light_and_keeps_its_peaks(self) -> None:
        frames = np.full((360_000, 64), -60, np.float32)
        frames[123_456, 10] = 0
        names = [f"{hz} Hz" for hz in range(100, 6_500, 100)]
        figure = figures.feature_figure(frames, "frames", names, "dB", 0.01, 3600.0)
        assert len(figure.to_json()) < 2_000_000
        [heat] = figure.data
        column = np.asarray(heat.z)[10].argmax()
        assert heat.x0 + heat.dx * column == pytest.approx(1234.56, abs=heat.dx)

    def test_a_long_line_shows_means(self) -> None:
        line = np.arange(3_000.0)[:, None]
        [drawn_line] = figures.feature_figure(line, "frames", ["level"], hop_s=0.01).data
        assert drawn_line.y[:2] == pytest.approx([1, 4])
        assert (drawn_line.x0, drawn_line.dx) == pytest.approx((0.01, 0.03))

    def test_silence_and_a_single_frame_can_be_drawn(self) -> None:
        for name in ("log_mel", "mfcc", "frame_matrix", "f0"):
            drawn(name, np.zeros(RATE, np.float32))
            drawn(name, np.zeros(10, np.float32))


class TestVector:
    def test_statistics_of_features_are_a_table(self, speech: Waveform) -> None:
        figure, features = drawn("functionals", speech)
        [cells] = figure.data
        assert len(cells.y) == 40
        assert list(cells.x[:2]) == ["mean", "standard deviation"]
        shown = np.asarray(cells.customdata)[..., 0]
        assert shown.ravel() == pytest.approx(features)

    def test_families_are_rows_of_bars(self) -> None:
        names = [f"MFCC {i} mean" for i in range(1, 9)] + ["level mean", "voicing mean"]
        values = np.arange(10.0)
        figure = figures.feature_figure(values, "vector", names)
        assert titles(figure) == ["MFCC mean", "single values"]
        assert [len(bars.y) for bars in figure.data] == [8, 2]
        assert np.concatenate([bars.y for bars in figure.data]) == pytest.approx(values)

    def test_very_different_sizes_stay_visible_and_say_so(self) -> None:
        values = np.array([0.01, 0.02, -0.015, 4000.0])
        figure = figures.feature_figure(values, "vector", ["a", "b", "c", "d"])
        [bars] = figure.data
        assert titles(figure) == ["logarithmic scale"]
        assert np.abs(bars.y).max() < 20 * np.abs(bars.y).min()
        assert np.sign(bars.y).tolist() == np.sign(values).tolist()
        assert bars.customdata == pytest.approx(values)

    def test_a_missing_value_has_no_bar(self) -> None:
        values = np.array([0.01, np.nan, 4000.0, 0.02])
        [bars] = figures.feature_figure(values, "vector", ["a", "b", "c", "d"]).data
        assert np.isnan(bars.y).tolist() == [False, True, False, False]


class TestImage:
    def test_every_pixel_is_shown_as_it_is(self) -> None:
        rng = np.random.default_rng(0)
        picture = rng.integers(0, 256, (4, 5, 3)) / 255
        [image] = figures.feature_figure(picture, "image").data
        assert np.asarray(image.z).tolist() == np.round(255 * picture).astype(int).tolist()
        [grey] = figures.feature_figure(picture[..., :1], "image").data
        assert np.asarray(grey.z).shape == (4, 5, 3)


class TestFeaturesThatCannotBeDrawn:
    @pytest.mark.parametrize(
        ("shape", "kind", "names", "said"),
        [
            ((3, 2), "vector", (), r"vector can be, got shape \(3, 2\)"),
            ((0, 2), "frames", (), r"got shape \(0, 2\)"),
            ((3, 2), "frames", ("one",), "one for each of 2 columns, got 1"),
            ((3,), "vector", ("one",), "one for each of 3 values, got 1"),
            ((3, 2), "sounds", (), "kind: frames, vector, image, got 'sounds'"),
            ((3, 2, 4), "image", (), "1 or 3 channels, got 4"),
        ],
    )
    def test_are_refused_in_words(
        self, shape: tuple[int, ...], kind: str, names: tuple[str, ...], said: str
    ) -> None:
        with pytest.raises(ParameterError, match=said):
            figures.feature_figure(np.zeros(shape), kind, names)  # type: ignore[arg-type]


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
