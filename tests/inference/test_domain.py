"""What is said of a recording that is unlike the training speech."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.signal import fftconvolve

from ser_core import audio
from ser_core.__main__ import main
from ser_core.audio import Preprocessing, Waveform
from ser_core.errors import AudioError
from ser_core.features import EXTRACTORS
from ser_core.inference import Predictor
from ser_core.inference.card import check_card
from ser_core.inference.domain import domain_of, measure, remarks
from ser_core.paths import ASSETS
from tests.conftest import speech_like

RATE = 16_000
AS_MODELS = Preprocessing()


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
    return domain_of(sorted(folder.iterdir()), AS_MODELS)


def test_the_training_clips_are_measured(domain: dict) -> None:
    assert domain["clips"] == 5
    ends = domain["level_db"]
    assert ends["low"] < ends["middle"] < ends["high"]
    assert ends["high"] - ends["low"] == pytest.approx(3.6, abs=0.1)


def test_what_is_like_them_gets_no_remark(clip: Waveform, domain: dict) -> None:
    assert remarks(level(clip, -26.0), RATE, domain, AS_MODELS) == []
    at_48k = audio.resample(level(clip, -26.0), RATE, 48_000)
    assert remarks(at_48k, 48_000, domain, AS_MODELS) == []


@pytest.mark.parametrize(
    ("level_db", "words"), [(-44.0, "Quiet: 18 dB below"), (-16.0, "Loud: 10")]
)
def test_level_is_said_in_decibels(
    clip: Waveform, domain: dict, level_db: float, words: str
) -> None:
    [said] = remarks(level(clip, level_db), RATE, domain, AS_MODELS)
    assert said.startswith(words)


def test_noise_and_a_telephone_are_named(clip: Waveform, domain: dict) -> None:
    middle = level(clip, -26.0)
    noise = 0.02 * np.random.default_rng(1).standard_normal(middle.size)
    noisy = remarks((middle + noise).astype(np.float32), RATE, domain, AS_MODELS)
    assert any(said.startswith("Noisy: the background is") for said in noisy)
    wide = {**domain, "bandwidth_hz": {"low": 7_000, "middle": 7_700, "high": 7_900}}
    line = audio.resample(audio.resample(middle, RATE, 6_000), 6_000, RATE)
    assert any(
        "Dull: hardly anything above" in said for said in remarks(line, RATE, wide, AS_MODELS)
    )


def room(reverberation_s: float) -> Waveform:
    """Response of a room of 80 m³ at 1 m: a fading noise (Polack 1988) after the direct sound."""
    times_s = np.arange(round(reverberation_s * RATE)) / RATE
    tail = np.random.default_rng(2).standard_normal(times_s.size)
    tail *= 10 ** (-3 * times_s / reverberation_s)
    tail *= np.sqrt(reverberation_s / 80) / 0.057 / np.linalg.norm(tail)
    tail[0] = 1.0
    return tail.astype(np.float32)


def in_room(waveform: Waveform, reverberation_s: float) -> Waveform:
    return fftconvolve(waveform, room(reverberation_s)).astype(np.float32)


def test_echo_is_told_and_rises_with_the_room(real_clip: Path) -> None:
    predictor = Predictor.load()
    waveform, rate = audio.load(real_clip)
    dry = audio.resample(waveform, rate, RATE)
    rooms = [dry, *(in_room(dry, seconds) for seconds in (0.2, 0.5, 0.8, 1.2))]
    lingers_s = [measure(each, RATE).decay_s for each in rooms]
    assert lingers_s == sorted(lingers_s)
    said = [" ".join(predictor.remarks(each, RATE)) for each in rooms]
    assert "echo" not in said[0]
    assert all("Much echo: more than in 95 of 100 training clips" in each for each in said[2:])


def test_echo_of_what_hardly_falls_is_not_told(clip: Waveform) -> None:
    steady = np.random.default_rng(3).standard_normal(RATE).astype(np.float32)
    assert np.isnan(measure(0.1 * steady, RATE).decay_s)
    assert np.isnan(measure(clip[-RATE // 2 :] + 0.1 * steady[: RATE // 2], RATE).decay_s)


def test_features_far_from_the_training_clips_are_told(tmp_path: Path, clip: Waveform) -> None:
    extractor = EXTRACTORS.create("log_mel")
    rng = np.random.default_rng(4)
    for number in range(12):
        other = clip + 1e-3 * rng.uniform(0.5, 2) * rng.standard_normal(clip.size)
        soundfile.write(tmp_path / f"{number:02d}.wav", other, RATE, "FLOAT")
    domain = domain_of(sorted(tmp_path.iterdir()), AS_MODELS, [extractor])
    usual = (clip + 1e-3 * rng.standard_normal(clip.size)).astype(np.float32)
    assert remarks(usual, RATE, domain, AS_MODELS, [extractor]) == []
    bright = np.diff(usual, prepend=usual[:1])
    [*_, said] = remarks(bright, RATE, domain, AS_MODELS, [extractor])
    assert said.endswith("further from the middle than those of 100 of 100 training clips.")
    other_features = [EXTRACTORS.create("mfcc")]
    about_others = remarks(bright, RATE, domain, AS_MODELS, other_features)
    assert all("Unlike" not in each for each in about_others)
    older = {name: value for name, value in domain.items() if name not in ("decay_s", "features")}
    assert remarks(usual, RATE, older, AS_MODELS, [extractor]) == []


def test_a_command_measures_the_training_clips_anew(
    tmp_path: Path, ser_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = ser_home / "models" / "mine"
    shutil.copytree(ASSETS / "models" / "default", model)
    card = json.loads((model / "card.json").read_text("utf-8"))
    for number in range(10):
        folder = tmp_path / "clips" / ("happy" if number % 2 else "sad")
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"{number}.wav", speech_like(1.0, number), RATE)
    corpus = ["--corpus", f"labelled_folder={tmp_path / 'clips'}"]
    assert main(["models", "domain", "mine", *corpus]) == 0
    assert capsys.readouterr().out == "mine: measured on 10 of 10 clips\n"
    written = json.loads((model / "card.json").read_text("utf-8"))
    assert written["domain"]["clips"] == 10
    assert len(written["domain"]["features"]["mean"]) == 64
    assert {**written, "domain": card["domain"]} == card
    check_card(written, "mine")
    assert Predictor.load("mine").remarks(speech_like(1.0, 3), RATE) == []


def test_nothing_is_said_without_a_domain_nor_of_silence(clip: Waveform) -> None:
    assert remarks(clip, RATE, {}, AS_MODELS) == []
    with pytest.raises(AudioError, match="silent"):
        measure(np.zeros(RATE, np.float32), RATE)
    assert domain_of([], AS_MODELS) == {}


def test_the_shipped_model_knows_its_training_speech(real_clip: Path) -> None:
    predictor = Predictor.load()
    assert predictor.card["domain"]["clips"] == 400
    waveform, rate = audio.load(real_clip)
    assert predictor.remarks(waveform, rate) == []
    assert predictor.remarks(np.tile(waveform, 4), rate) == []  # pauses are nothing strange
    [said] = predictor.remarks(0.005 * waveform, rate)
    assert said.startswith("Quiet: ")
