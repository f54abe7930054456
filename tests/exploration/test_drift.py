"""Drift tells what was done to a sound, on a made voice and on real speech."""

from pathlib import Path

import numpy as np
import pytest

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS
from ser_core.errors import AudioError
from ser_core.exploration.drift import drift

RATE = 16_000
PITCH, SNR = "F0 median (semitones re 100 Hz)", "SNR (dB)"


def changed(name: str, waveform: Waveform, sampling_rate: int, **draw: object) -> dict[str, float]:
    """Change of each measure by a given draw."""
    after = AUGMENTERS.create(name).apply(waveform, sampling_rate, draw)
    table = drift(waveform, after, sampling_rate)
    return {**table["change"], SNR: table.loc[SNR, "after"]}


@pytest.fixture(params=["made", "real"])
def voice(request: pytest.FixtureRequest) -> tuple[Waveform, int]:
    if request.param == "made":
        return request.getfixturevalue("speech"), RATE
    clip: Path = request.getfixturevalue("real_clip")
    return audio.load(clip)


def test_a_pitch_shift_is_measured_in_semitones(voice: tuple[Waveform, int]) -> None:
    change = changed("pitch_shift", *voice, semitones=2.0)
    assert change[PITCH] == pytest.approx(2, abs=0.2)
    assert change["F0 range (semitones)"] == pytest.approx(0, abs=1)
    assert change["Duration (s)"] == 0
    assert change["Spectral centroid (Hz)"] > 50
    assert np.isnan(change[SNR])


def test_speed_moves_duration_pitch_and_brightness_together(voice: tuple[Waveform, int]) -> None:
    waveform, sampling_rate = voice
    change = changed("speed", *voice, rate=0.9)
    assert change["Duration (s)"] == pytest.approx(waveform.size / sampling_rate / 9, abs=1e-3)
    assert change[PITCH] == pytest.approx(12 * np.log2(0.9), abs=0.2)
    assert change["Spectral centroid (Hz)"] < -20


def test_a_stretch_moves_duration_and_not_pitch(voice: tuple[Waveform, int]) -> None:
    waveform, sampling_rate = voice
    change = changed("time_stretch", *voice, rate=1.25)
    assert change["Duration (s)"] == pytest.approx(-0.2 * waveform.size / sampling_rate, abs=1e-3)
    assert change[PITCH] == pytest.approx(0, abs=0.2)


def test_a_gain_moves_the_level_and_nothing_else(voice: tuple[Waveform, int]) -> None:
    change = changed("gain", *voice, gain_db=-6.0)
    assert change.pop("Level (dB re full scale)") == pytest.approx(-6, abs=1e-3)
    assert np.isnan(change.pop(SNR))
    assert list(change.values()) == pytest.approx([0] * 5, abs=1e-2)


@pytest.mark.parametrize("ratio_db", [25.0, 10.0, 0.0])
def test_noise_is_measured_by_its_ratio(voice: tuple[Waveform, int], ratio_db: float) -> None:
    waveform, sampling_rate = voice
    noisy = AUGMENTERS.create("coloured_noise").apply(
        waveform, sampling_rate, {"snr_db": ratio_db, "colour": "pink", "seed": 1}
    )
    after = (noisy * 0.3).astype(np.float32)
    assert drift(waveform, after, sampling_rate).loc[SNR, "after"] == pytest.approx(
        ratio_db, abs=0.3
    )


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("vocal_tract", {"factor": 1.15}),
        ("band_pass", {"low_hz": 300.0, "high_hz": 3400.0}),
        ("time_shift", {"shift_s": 0.01}),
        ("clipping", {"share": 0.2}),
        ("pitch_shift", {"semitones": 0.5}),
        ("stretch_and_resample", {"rate": 1.05}),
    ],
)
def test_what_is_no_noise_has_no_ratio(
    voice: tuple[Waveform, int], name: str, draw: dict[str, float]
) -> None:
    assert np.isnan(changed(name, *voice, **draw)[SNR])


@pytest.mark.parametrize("shift_s", [-0.2, 0.13])
def test_a_time_shift_moves_no_pitch(voice: tuple[Waveform, int], shift_s: float) -> None:
    change = changed("time_shift", *voice, shift_s=shift_s)
    assert change[PITCH] == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("num_samples", [0, 1, 2, 50, 800])
def test_any_length_will_do(num_samples: int) -> None:
    short = np.full(num_samples, 0.5, np.float32)
    table = drift(short, short, 48_000)
    assert table.loc["Duration (s)"].tolist() == [num_samples / 48_000, num_samples / 48_000, 0]
    assert np.isnan(table.loc[PITCH]).all()
    assert np.isnan(table.loc[SNR]).all()


def test_silence_has_a_length_and_the_least_level() -> None:
    silence = np.zeros(RATE, np.float32)
    table = drift(silence, silence, RATE)
    assert table["after"].dropna().to_dict() == {
        "Duration (s)": 1,
        "Level (dB re full scale)": -100,
    }


def test_what_is_no_sound_is_refused() -> None:
    with pytest.raises(AudioError, match="one channel"):
        drift(np.zeros((2, 80), np.float32), np.zeros(80, np.float32), RATE)
