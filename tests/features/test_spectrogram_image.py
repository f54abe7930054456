"""The spectrogram as a picture: what lies where, how it is resized, its contrast and colours."""

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.features import EXTRACTORS
from ser_core.features.spectrogram_image import ColourMap, coloured, resize

RATE = 16_000


def picture(waveform: Waveform, **settings: object) -> np.ndarray:
    return EXTRACTORS.create("spectrogram_image", **settings).extract(waveform, RATE)


def tone(hz: float, duration_s: float = 2.0) -> Waveform:
    return np.sin(2 * np.pi * hz * np.arange(round(duration_s * RATE)) / RATE).astype(np.float32)


def test_grey_and_colour_have_the_promised_shapes_and_range(speech: Waveform) -> None:
    grey, rgb = picture(speech), picture(speech, colour="rgb")
    assert grey.shape == (128, 128, 1)
    assert rgb.shape == (128, 128, 3)
    assert (grey.min(), grey.max()) == (0, 1)
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    assert picture(speech, height=64, width=200).shape == (64, 200, 1)


def test_low_tones_are_at_the_bottom_and_early_sounds_on_the_left() -> None:
    low, high = picture(tone(200))[:, 64, 0], picture(tone(6_000))[:, 64, 0]
    assert low.argmax() > 110
    assert high.argmax() < 20
    silence = np.zeros(RATE, np.float32)
    early = picture(np.concatenate([tone(1_000, 1.0), silence]))[..., 0]
    assert early[:, :50].max() == 1
    assert early[:, 80:].max() == 0


def test_pixels_are_the_log_mel_spectrogram_where_the_sizes_agree() -> None:
    """A clip of 128 frames and 128 bands needs no resizing: only the stretch is left."""
    noise = np.random.default_rng(0).normal(0, 0.1, 127 * 512).astype(np.float32)
    frames = {"n_fft": 2048, "hop_length": 512, "n_mels": 128, "fmin_hz": 0}
    level_db = EXTRACTORS.create("log_mel", floor_db=-100, **frames).extract(noise, RATE)
    level_db = np.maximum(level_db, level_db.max() - 80)
    expected = (level_db - level_db.min()) / np.ptp(level_db)
    np.testing.assert_allclose(picture(noise)[::-1, :, 0].T, expected, atol=1e-6)


def test_a_louder_clip_gives_the_same_picture(speech: Waveform) -> None:
    np.testing.assert_allclose(picture(speech), picture(speech * np.float32(0.5)), atol=1e-4)


def test_only_what_is_near_the_loudest_cell_shows() -> None:
    """A tone 60 dB below another is black with a range of 40 dB and visible with one of 80 dB."""
    both = np.concatenate([tone(1_000, 1.0), tone(1_000, 1.0) * np.float32(1e-3)])
    assert picture(both, top_db=40)[:, 100].max() == 0
    assert picture(both, top_db=80)[:, 100].max() == pytest.approx(0.25, abs=0.02)


def test_shrinking_averages_and_growing_interpolates() -> None:
    stripes = np.tile(np.array([0, 1], np.float32), (4, 200))
    inner = resize(stripes, 4, 200)[:, 1:-1]
    np.testing.assert_allclose(inner, 0.5, atol=1e-6)  # taking every second pixel gives 0 or 1
    random = np.random.default_rng(0).random((128, 500)).astype(np.float32)
    assert resize(random, 128, 128).mean() == pytest.approx(random.mean(), abs=1e-3)
    ramp = np.arange(10, dtype=np.float32)[None]
    grown = resize(ramp, 1, 40)[0]
    assert np.diff(grown).max() <= 0.25 + 1e-6  # even steps, no stairs
    np.testing.assert_array_equal(resize(random, 128, 500), random)


PUBLISHED: dict[ColourMap, dict[int, str]] = {
    "magma": {0: "000004", 3: "010108", 37: "241253", 63: "4F127B", 127: "B5367A",
              162: "E95462", 192: "FC8961", 238: "FDDEA0", 255: "FCFDBF"},
    "viridis": {0: "440154", 3: "450559", 37: "46337F", 63: "3B518B", 127: "21908D",
                162: "2AB07F", 192: "5EC962", 238: "D2E21B", 255: "FDE725"},
}  # fmt: skip
"""Some of the 256 colours of each map as it was published, most of them between our anchors."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_colours_are_those_of_the_published_map(name: ColourMap) -> None:
    for place, colour in PUBLISHED[name].items():
        ours = coloured(np.array(place / 255, np.float32), name)
        np.testing.assert_allclose(255 * ours, list(bytes.fromhex(colour)), atol=1)


def test_colour_is_the_grey_picture_through_the_map(speech: Waveform) -> None:
    grey, rgb = picture(speech), picture(speech, colour="rgb", colour_map="viridis")
    np.testing.assert_array_equal(rgb, coloured(grey[..., 0], "viridis"))
    assert not np.array_equal(rgb, picture(speech, colour="rgb"))
    assert EXTRACTORS.create("spectrogram_image", colour="rgb").feature_names() == (
        "red",
        "green",
        "blue",
    )
