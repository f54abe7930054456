"""Figures of features: over time, of vectors, of images, and those that cannot be drawn."""

import numpy as np
import pytest
from plotly import graph_objects as go

from ser_core import figures
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from tests.drawings import RATE, clip, drawn, tone


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
