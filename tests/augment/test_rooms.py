"""Rooms ring as long and as loud as asked."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS
from ser_core.augment.reverberation import impulse_response
from tests.augment.levels import RATE, db


def fall_s(response: NDArray[np.float32]) -> float:
    """Reverberation time by backward integration, from the fall between -5 and -35 dB."""
    left = np.cumsum(response[::-1].astype(np.float64) ** 2)[::-1]
    level_db = 10 * np.log10(left / left[0] + 1e-12)
    place = np.flatnonzero((level_db < -5) & (level_db > -35))
    slope = np.polyfit(place / RATE, level_db[place], 1)[0]
    return float(-60 / slope)


@pytest.mark.parametrize("rt60_s", [0.2, 0.4, 0.8, 1.5])
@pytest.mark.parametrize("room_m", [(3.0, 3.5, 2.4), (8.0, 5.0, 3.0)])
def test_a_room_rings_as_long_as_asked(rt60_s: float, room_m: tuple[float, float, float]) -> None:
    for seed in range(3):
        response = impulse_response(RATE, rt60_s, room_m, (1.0, 1.2, 1.5), (1.9, 2.0, 1.4), seed)
        assert fall_s(response) == pytest.approx(rt60_s, rel=0.1)


def test_the_direct_sound_comes_first_and_loudest() -> None:
    response = impulse_response(RATE, 0.5, (5.0, 4.0, 3.0), (2.0, 2.0, 1.5), (2.5, 2.0, 1.5), 0)
    assert np.argmax(np.abs(response)) == 0
    assert response[0] == pytest.approx(1 / (4 * np.pi * 0.5), rel=0.02)


def test_a_first_reflection_comes_when_geometry_says() -> None:
    """From the floor: mouth and microphone 1 m apart and 1 m above it, √5 m of way."""
    response = impulse_response(
        RATE, 1.0, (20.0, 20.0, 9.0), (9.5, 10.0, 1.0), (10.5, 10.0, 1.0), 0
    )
    place = round((np.sqrt(5) - 1) / 343 * RATE)
    around = np.abs(response[place - 20 : place + 21])
    assert abs(int(np.argmax(around)) - 20) <= 1


def test_reverberation_keeps_length_level_and_beginning(speech: Waveform) -> None:
    augmenter = AUGMENTERS.create("reverberation")
    draw = augmenter.draw(np.random.default_rng(0))
    late = np.concatenate([np.zeros(4000, np.float32), speech])
    wet = augmenter.apply(late, RATE, draw)
    assert wet.size == late.size
    assert db(wet, late) == pytest.approx(0, abs=0.01)
    assert np.abs(wet[:3900]).max() < 1e-6


def test_mouth_and_microphone_stand_in_the_room() -> None:
    settings = {"min_side_m": 2, "max_side_m": 30, "min_distance_m": 5, "max_distance_m": 10}
    augmenter = AUGMENTERS.create("reverberation", **settings)
    for seed in range(50):
        draw = augmenter.draw(np.random.default_rng(seed))
        for place in (draw["mouth_m"], draw["microphone_m"]):
            assert all(0 < at < side for at, side in zip(place, draw["room_m"], strict=True))
