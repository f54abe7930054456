"""Figures of what an augmentation did: shared axes and scales, and a difference about zero."""

import base64
import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from plotly import graph_objects as go

from ser_core import figures
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import LogMel
from ser_core.figures.augmentation import Part, change_figure, panels_figure
from tests.conftest import SAMPLING_RATE as RATE

HOP_S = 200 / RATE


def change(before: Waveform, after: Waveform) -> go.Figure:
    log_mel = LogMel()
    mels = (log_mel.extract(each, RATE) for each in (before, after))
    first, second = mels
    return change_figure(before, after, RATE, first, second, HOP_S, log_mel.band_centres_hz())


def heatmaps(figure: go.Figure) -> list[go.Heatmap]:
    return list(figure.select_traces({"type": "heatmap"}))


def titles(figure: go.Figure) -> list[str]:
    return [each.text for each in figure.layout.annotations]


def test_before_after_and_difference_share_axes_and_scales(speech: Waveform) -> None:
    figure = change(speech, 0.5 * speech)
    assert titles(figure) == ["Before", "After", "Difference, after − before"]
    assert {trace.xaxis or "x" for trace in figure.data} == {"x"}
    before, after, difference = heatmaps(figure)
    assert (before.zmin, before.zmax) == (after.zmin, after.zmax) == (-70, 0)
    assert np.max(before.z) == 0
    assert np.max(after.z) == -6
    assert difference.zmin == -difference.zmax
    assert difference.zmid == 0
    waves = [figure.layout[name].range for name in ("yaxis", "yaxis3", "yaxis5")]
    assert waves[0] == waves[1] == waves[2]


def test_the_difference_is_what_changed_and_nothing_below_the_scale(speech: Waveform) -> None:
    halved = heatmaps(change(speech, 0.5 * speech))[2]
    loud = np.asarray(heatmaps(change(speech, 0.5 * speech))[1].z) > -60
    assert np.asarray(halved.z)[loud] == pytest.approx(-6.0, abs=0.15)
    same = heatmaps(change(speech, speech))[2]
    assert not np.any(same.z)
    quiet = np.zeros(RATE, np.float32)
    quiet[0] = 0.9
    unseen = quiet.copy()
    unseen[RATE // 2] = 1e-5  # far below the scale of both
    assert not np.any(heatmaps(change(quiet, unseen))[2].z)


def test_other_lengths_have_no_difference_and_the_axis_holds_both(speech: Waveform) -> None:
    longer = np.concatenate([speech, speech[:RATE]])
    figure = change(speech, longer)
    assert titles(figure) == ["Before", "After"]
    assert tuple(figure.layout.xaxis.range) == (0, longer.size / RATE)


def test_panels_do_not_overlap_and_ticks_keep_apart(speech: Waveform) -> None:
    figure = change(speech, speech)
    axes = [figure.layout[f"yaxis{number}" if number > 1 else "yaxis"] for number in range(1, 7)]
    assert all(above.domain[0] > below.domain[1] for above, below in pairwise(axes))
    ticks = sorted(axes[1].tickvals)
    px_a_band = 104 / LogMel().config.n_mels
    assert all((high - low) * px_a_band >= 12 for low, high in pairwise(ticks))
    assert "1k" in axes[1].ticktext


def test_pictures_in_colour_are_light_and_upright() -> None:
    picture = np.zeros((128, 128, 3), np.float32)
    picture[0, :, 0] = 1
    figure = panels_figure([Part("colour", picture, "Picture", 3 / 128)], 3.0)
    [image] = figure.data
    assert image.source.startswith("data:image/png;base64,")
    png = base64.b64decode(image.source.removeprefix("data:image/png;base64,"))
    rows = np.asarray(Image.open(io.BytesIO(png)))
    assert (image.y0, image.dy) == (0, 1)
    assert rows[-1, :, 0].all()  # the first row of the picture, drawn uppermost
    assert not rows[0].any()
    assert len(figure.to_json()) < 10_000


def test_themes_apply(speech: Waveform) -> None:
    figure = change(speech, speech)
    figure.update_layout(template=figures.template(dark=True))
    assert figure.layout.template.layout.font.color


@pytest.mark.parametrize(
    ("parts", "bands", "message"),
    [
        ([], (), "parts: at least one"),
        ([Part("wave", np.zeros(0, np.float32))], (), "each with something in it"),
        ([Part("level", np.zeros((4, 8), np.float32))], (1.0, 2.0), "of 8 bands, got 2"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    parts: list[Part], bands: tuple[float, ...], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        panels_figure(parts, 1.0, bands)
