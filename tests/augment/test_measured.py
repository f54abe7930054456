"""What is measured after every augmenter of waveforms is what its draw says, real speech or not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS, WaveformAugmenter
from ser_core.augment.base import rms
from ser_core.exploration.drift import drift

RATE = 16_000
WAVEFORM = [n for n in AUGMENTERS.names() if issubclass(AUGMENTERS.get(n), WaveformAugmenter)]
LENGTH, PITCH, LEVEL, SNR = "length", "semitones", "level_db", "snr_db"
Asked = dict[str, float]
Needed = Callable[[str], dict[str, Any]]


def octaves(rate: float) -> float:
    return float(12 * np.log2(rate))


def amplitude(draw: Any, voice: Waveform) -> Asked:
    return {SNR: 20 * np.log10(rms(voice) / (draw["factor"] * float(np.abs(voice).max())))}


def noise(draw: Any, voice: Waveform) -> Asked:
    return {SNR: draw["snr_db"]}


ASKED: dict[str, Callable[[Any, Waveform], Asked]] = {
    "amplitude_noise": amplitude,
    "background_noise": noise,
    "band_pass": lambda draw, voice: {PITCH: 0},
    "clipping": lambda draw, voice: {PITCH: 0},
    "coloured_noise": noise,
    "gain": lambda draw, voice: {LEVEL: draw["gain_db"], PITCH: 0},
    "noise": noise,
    "pitch_and_tempo": lambda draw, voice: {LENGTH: 1 / draw["rate"], PITCH: draw["semitones"]},
    "pitch_shift": lambda draw, voice: {PITCH: draw["semitones"]},
    "reverberation": lambda draw, voice: {LEVEL: 0},  # echoes hold pitches of before
    "speed": lambda draw, voice: {LENGTH: 1 / draw["rate"], PITCH: octaves(draw["rate"])},
    "stretch_and_resample": lambda draw, voice: {PITCH: -octaves(draw["rate"])},
    "time_shift": lambda draw, voice: {PITCH: 0},
    "time_stretch": lambda draw, voice: {LENGTH: 1 / draw["rate"], PITCH: 0},
    "vocal_tract": lambda draw, voice: {LEVEL: 0, PITCH: 0},
}
"""What a draw asks for; where a length is not named, it stays."""


@pytest.fixture(scope="module", params=["made", "real"])
def voice(request: pytest.FixtureRequest) -> Waveform:
    if request.param == "made":
        made: Waveform = request.getfixturevalue("speech")
        return made
    waveform, sampling_rate = audio.load(request.getfixturevalue("real_clip"))
    return audio.prepare(waveform, sampling_rate, audio.Preprocessing())[0]


def test_none_is_forgotten() -> None:
    assert sorted(ASKED) == WAVEFORM


@pytest.mark.parametrize("name", WAVEFORM)
def test_what_is_measured_is_what_was_asked(name: str, voice: Waveform, needed: Needed) -> None:
    augmenter = AUGMENTERS.create(name, **needed(name))
    draw = augmenter.draw(np.random.default_rng(5))
    table = drift(voice, augmenter.apply(voice, RATE, draw), RATE)
    asked = ASKED[name](draw, voice)
    seconds = table.loc["Duration (s)"]
    assert seconds["after"] / seconds["before"] == pytest.approx(asked.pop(LENGTH, 1), abs=1e-3)
    measured = {
        PITCH: table.loc["F0 median (semitones re 100 Hz)", "change"],
        LEVEL: table.loc["Level (dB re full scale)", "change"],
        SNR: table.loc["SNR (dB)", "after"],
    }
    tolerance = {PITCH: 0.25, LEVEL: 0.01, SNR: 0.3}
    assert asked
    for what, value in asked.items():
        assert measured[what] == pytest.approx(value, abs=tolerance[what]), what


@pytest.mark.parametrize("name", WAVEFORM)
@pytest.mark.parametrize("num_samples", [0, 1, 3, 100, 1600])
def test_lengths_are_as_asked_however_short(name: str, num_samples: int, needed: Needed) -> None:
    augmenter = AUGMENTERS.create(name, **needed(name))
    short = np.full(num_samples, 0.5, np.float32)
    for seed in range(3):
        draw = augmenter.draw(np.random.default_rng(seed))
        factor = ASKED[name](draw, np.ones(1, np.float32)).get(LENGTH, 1)
        changed = augmenter.apply(short, RATE, draw)
        assert changed.size == pytest.approx(num_samples * factor, abs=1)
        assert (changed.size == 0) == (num_samples == 0)
