"""Flips by strength as a picture."""

import math

import pytest

from ser_core.errors import ParameterError
from ser_core.figures.preservation import FlipLine, preservation_figure
from ser_core.figures.series import SERIES

NOISE = FlipLine(
    title="Noise",
    strengths=[0.5, 1.0],
    settings=["SNR 20 dB", "SNR 0 dB"],
    ticks=["20", "0"],
    axis="Signal-to-noise ratio (dB)",
    shares=[0.1, 0.6],
    low=[0.05, 0.5],
    high=[0.2, 0.7],
)


def test_one_step_has_its_own_axis_and_begins_at_nothing() -> None:
    drawn = preservation_figure([NOISE])
    low, high, line = drawn.data
    assert list(line.x) == [0, 0.5, 1]
    assert list(line.y) == pytest.approx([0, 10, 60])
    assert list(low.y) == pytest.approx([0, 5, 50])
    assert list(high.y) == pytest.approx([0, 20, 70])
    assert drawn.layout.xaxis.title.text == "Signal-to-noise ratio (dB)"
    assert list(drawn.layout.xaxis.ticktext) == ["none", "20", "0"]
    assert [words for words, *_ in line.customdata] == ["nothing", "SNR 20 dB", "SNR 0 dB"]
    assert drawn.layout.yaxis.range[1] == pytest.approx(1.08 * 70)


def test_several_steps_share_strengths_and_the_chain_is_a_level() -> None:
    others = [NOISE] * len(SERIES)
    drawn = preservation_figure([NOISE, *others], whole=("whole chain", 0.25))
    lines = drawn.data[2::3]
    assert drawn.layout.xaxis.ticktext is None
    assert "strength" in drawn.layout.xaxis.title.text
    looks = {(line.line.color, line.line.dash) for line in lines}
    assert len(looks) == len(lines), "told apart by colour or dashes"
    assert drawn.layout.shapes[0].y0 == 25
    assert drawn.layout.annotations[0].text == "whole chain: 25 %"


def test_without_an_interval_there_is_no_band_and_nothing_is_refused() -> None:
    alone = FlipLine(**{**vars(NOISE), "low": [math.nan] * 2, "high": [math.nan] * 2})
    assert len(preservation_figure([alone]).data) == 1
    assert preservation_figure([], whole=("whole chain", 0.5)).layout.shapes
    with pytest.raises(ParameterError, match="at least one step to draw"):
        preservation_figure([])
