"""What is said of a recording that is unlike the training speech."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import AudioError
from ser_core.inference import Predictor
from ser_core.inference.domain import domain_of, measure, remarks
from tests.conftest import speech_like

RATE = 16_000


def level(waveform: Waveform, level_db: float) -> Waveform:
    return audio.set_level(waveform, level_db)


@pytest.fixture(scope="module")
def clip() -> Waveform:
    """Two seconds of speech with a second of a quiet room around it."""
    sound = np.pad(level(speech_like(2.0), -20.0), RATE // 2)
    room = 1e-5 * np.random.default_rng(0).standard_normal(sound.size)
    return (sound + room).astype(np.float32)


@pytest.fixture(scope="module")
def domain(clip: Waveform, tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("clips")
    for number in range(5):
        soundfile.write(folder / f"{number}.wav", level(clip, -24.0 - number), RATE, "FLOAT")
    (folder / "5.wav").write_bytes(b"no sound")
    return domain_of(sorted(folder.iterdir()), RATE)


def test_the_training_clips_are_measured(domain: dict) -> None:
    assert domain["clips"] == 5
    ends = domain["level_db"]
    assert ends["low"] < ends["middle"] < ends["high"]
    assert ends["high"] - ends["low"] == pytest.approx(3.6, abs=0.1)


def test_what_is_like_them_gets_no_remark(clip: Waveform, domain: dict) -> None:
    assert remarks(level(clip, -26.0), RATE, domain) == []
    at_48k = audio.resample(level(clip, -26.0), RATE, 48_000)
    assert remarks(at_48k, 48_000, domain) == []


@pytest.mark.parametrize(
    ("level_db", "words"), [(-44.0, "Quiet: 18 dB below"), (-16.0, "Loud: 10")]
)
def test_level_is_said_in_decibels(
    clip: Waveform, domain: dict, level_db: float, words: str
) -> None:
    [said] = remarks(level(clip, level_db), RATE, domain)
    assert said.startswith(words)


def test_noise_and_a_telephone_are_named(clip: Waveform, domain: dict) -> None:
    middle = level(clip, -26.0)
    noise = 0.02 * np.random.default_rng(1).standard_normal(middle.size)
    noisy = remarks((middle + noise).astype(np.float32), RATE, domain)
    assert any(said.startswith("Noisy: the background is") for said in noisy)
    wide = {**domain, "bandwidth_hz": {"low": 7_000, "middle": 7_700, "high": 7_900}}
    line = audio.resample(audio.resample(middle, RATE, 6_000), 6_000, RATE)
    assert any("Dull: hardly anything above" in said for said in remarks(line, RATE, wide))


def test_nothing_is_said_without_a_domain_nor_of_silence(clip: Waveform) -> None:
    assert remarks(clip, RATE, {}) == []
    with pytest.raises(AudioError, match="silent"):
        measure(np.zeros(RATE, np.float32), RATE)
    assert domain_of([], RATE) == {}


def test_the_shipped_model_knows_its_training_speech(real_clip: Path) -> None:
    predictor = Predictor.load()
    assert predictor.card["domain"]["clips"] == 400
    waveform, rate = audio.load(real_clip)
    assert predictor.remarks(waveform, rate) == []
    [said] = predictor.remarks(0.005 * waveform, rate)
    assert said.startswith("Quiet: ")
