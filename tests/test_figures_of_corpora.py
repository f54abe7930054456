"""Figures of a corpus as a whole and of two clips: what can be chosen, and one scale for all."""

import numpy as np
import pytest

from ser_core import emotions
from ser_core.errors import ParameterError
from ser_core.figures.averages import average_figure
from ser_core.figures.clip import clip_figure
from ser_core.figures.compare import same_scales
from ser_core.figures.features import Frames, stacked_figure
from ser_core.figures.scatter import clip_scatter

POINTS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], float)
TEXTS = ["a", "b", "c", "d"]
ALL = np.ones(4, bool)


def rows(trace: object) -> list[int]:
    return [] if trace.customdata is None else trace.customdata[:, 0].tolist()


class TestScatter:
    def test_emotions_have_their_colours_and_every_point_its_row(self) -> None:
        figure = clip_scatter(
            POINTS, TEXTS, ["angry", "sad", "angry", "sad"], "emotion", ALL, ["sad", "angry"]
        )
        assert [trace.type for trace in figure.data] == ["scattergl"] * 2
        assert [trace.name for trace in figure.data] == ["Sad", "Angry"]
        assert [trace.marker.color for trace in figure.data] == [
            emotions.colour("sad"), emotions.colour("angry"),
        ]  # fmt: skip
        assert [rows(trace) for trace in figure.data] == [[1, 3], [0, 2]]
        assert figure.data[0].text == ("b", "d")

    def test_what_is_not_known_is_grey_and_looks_like_no_emotion(self) -> None:
        order = ["neutral", "happy", "sad", "angry", "zest", ""]
        traces = clip_scatter(
            np.zeros((6, 2)), order, order, "emotion", np.ones(6, bool), order
        ).data
        assert [trace.name for trace in traces[-3:]] == ["Angry", "Zest", "Not mapped"]
        assert traces[-1].marker.color == emotions.colour("")
        circles = [trace.name for trace in traces if trace.marker.symbol == "circle"]
        assert circles == ["Neutral", "Happy", "Sad", "Angry"]
        (trace,) = clip_scatter(POINTS, TEXTS, [""] * 4, "category", ALL).data
        assert (trace.name, trace.marker.color) == ("not given", emotions.colour(""))

    def test_clips_left_out_are_faint_and_cannot_be_chosen(self) -> None:
        passed = np.array([True, False, True, False])
        figure = clip_scatter(POINTS, TEXTS, ["sad"] * 4, "emotion", passed)
        assert sorted(row for trace in figure.data for row in rows(trace)) == [0, 2]
        assert figure.data[0].hoverinfo == "skip"

    def test_rings_are_no_points(self) -> None:
        figure = clip_scatter(POINTS, TEXTS, ["sad"] * 4, "emotion", ALL, in_hand=2, near=[0, 1])
        near, hand = figure.data[-2:]
        assert (list(hand.x), list(hand.y)) == ([0], [1])
        assert len(near.x) == 2
        assert rows(hand) == rows(near) == []

    def test_twenty_four_speakers_can_be_told_apart(self) -> None:
        speakers = [f"{number:02}" for number in range(24)]
        figure = clip_scatter(np.zeros((24, 2)), speakers, speakers, "category", np.ones(24, bool))
        looks = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
        assert len(looks) == 24

    def test_one_long_clip_does_not_hide_the_others_durations(self) -> None:
        seconds = np.append(np.linspace(1, 3, 999), 600)
        figure = clip_scatter(
            np.zeros((1000, 2)), [""] * 1000, seconds, "number", np.ones(1000, bool), unit="s"
        )
        assert figure.data[0].marker.cmax < 4

    def test_what_does_not_fit_is_named(self) -> None:
        with pytest.raises(ParameterError, match="values: one for each of 4 points, got 1"):
            clip_scatter(POINTS, TEXTS, ["sad"], "emotion", ALL)


class TestStack:
    def test_steps_differ_and_the_axis_is_one(self) -> None:
        parts = [
            Frames(np.full((300, 1), 120, np.float32), ["f0_hz"], "", 0.01),
            Frames(np.zeros((30, 12), np.float32), [f"MFCC {i}" for i in range(12)], "", 0.1),
        ]
        figure = stacked_figure(parts, 3.0)
        assert [trace.dx for trace in figure.data] == [0.01, 0.1]
        assert list(figure.layout.xaxis.range) == [0, 3.0]
        assert {trace.xaxis for trace in figure.data} == {None}
        lower, upper = figure.layout.yaxis2.domain, figure.layout.yaxis.domain
        assert lower[1] < upper[0]
        with pytest.raises(ParameterError, match="parts"):
            stacked_figure([], 3.0)


class TestSideBySide:
    def test_time_level_and_pitch_are_on_one_scale(self) -> None:
        rng = np.random.default_rng(0)
        loud = rng.uniform(-0.8, 0.8, 32_000).astype(np.float32)
        soft = 0.1 * loud[:16_000]
        mel = np.full((10, 8), -20, np.float32)
        centres = np.linspace(100, 8000, 8)
        pictures = [
            clip_figure(wave, 16_000, mel - below, 0.2, centres, top_db=-20)
            for wave, below in ((soft, 30), (loud, 0))
        ]
        same_scales(*pictures)
        first, second = (picture.layout for picture in pictures)
        assert list(first.xaxis.range) == list(second.xaxis.range) == [0, 2.0]
        assert first.yaxis.range == second.yaxis.range
        assert first.yaxis.range[1] > 0.8
        assert first.yaxis.tickvals == second.yaxis.tickvals
        levels = [picture.data[-1].z.max() for picture in pictures]
        assert levels == [-30, 0]

    def test_silence_beside_speech_keeps_the_scale_of_speech(self) -> None:
        pitches = [np.zeros((50, 1), np.float32), np.linspace(100, 200, 50)[:, None]]
        lines = [
            stacked_figure([Frames(np.float32(hz), ["f0_hz"], "", 0.01)], 0.5) for hz in pitches
        ]
        same_scales(*lines)
        assert lines[0].layout.yaxis.range == lines[1].layout.yaxis.range
        assert lines[0].layout.yaxis.range == pytest.approx((94, 206))


class TestAverage:
    def test_hz_on_the_axis_the_others_behind_and_colours_on_one_scale(self) -> None:
        mean = np.linspace(-40, 20, 100 * 8, dtype=np.float32).reshape(100, 8)
        melody = np.array([[-1.0], [0.0], [1.0]], np.float32) * np.ones(100, np.float32)
        centres = np.geomspace(100, 8000, 8)
        figure = average_figure("angry", mean, centres, melody, [melody[1]], (-20, 20), (-6, 6))
        picture = figure.data[0]
        assert (picture.zmin, picture.zmax) == (-20, 20)
        assert picture.z.shape == (8, 100)
        assert picture.z.min() == -20
        assert "1k" in figure.layout.yaxis2.ticktext
        assert figure.data[-1].line.color == emotions.colour("angry")
        assert list(figure.layout.yaxis.range) == [-6, 6]
        with pytest.raises(ParameterError, match="mel_hz"):
            average_figure("angry", mean, centres[:3], melody, [], (-20, 20), (-6, 6))
