"""Knowing a voice: without one nothing changes, with one every way to hear goes by it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.errors import AudioError, ModelError, ParameterError
from ser_core.inference import Predictor, Stream, predict_all
from ser_core.inference.voice import STAGE
from ser_core.inference.voice_check import check_enrolment
from ser_core.inference.voice_functionals import NAMES, functionals
from tests.conftest import speech_like
from tests.inference.made_voice import with_stage

RATE = 16_000


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_stage(tmp_path_factory.mktemp("models") / "knows")


@pytest.fixture(scope="module")
def predictor(model: Path) -> Predictor:
    return Predictor.load(model)


@pytest.fixture(scope="module")
def knowing(predictor: Predictor) -> Predictor:
    return predictor.knowing(predictor.enrol([(speech_like(5.0, seed=1), RATE)]))


def test_without_a_voice_every_answer_is_what_it_was(
    predictor: Predictor, speech: Waveform
) -> None:
    before = Predictor.load("default")
    assert predictor.can_know_voices
    assert predictor.predict(speech, RATE) == before.predict(speech, RATE)


def test_with_a_voice_every_way_to_hear_says_the_same(
    predictor: Predictor, knowing: Predictor, speech: Waveform
) -> None:
    said = knowing.predict(speech, RATE)
    assert said.probabilities != predictor.predict(speech, RATE).probabilities
    assert sum(said.probabilities.values()) == pytest.approx(1)
    assert predict_all([predictor, knowing], speech, RATE)[1] == said
    stream = Stream(knowing, RATE)
    stream.feed(np.concatenate([np.zeros(RATE, np.float32), speech, np.zeros(RATE, np.float32)]))
    stream.finish()
    (segment,) = stream.segments
    sound = np.concatenate([np.zeros(RATE, np.float32), speech, np.zeros(RATE, np.float32)])
    cut = sound[round(segment.start_s * RATE) : round(segment.end_s * RATE)]
    assert segment.probabilities == pytest.approx(knowing.predict(cut, RATE).probabilities)
    assert knowing.sureness(0.85) == "fairly sure"  # by the stage's own bounds
    assert knowing.fingerprint() != predictor.fingerprint()


def test_how_loud_one_enrolled_changes_nothing_and_more_speech_is_trusted_more(
    predictor: Predictor, speech: Waveform
) -> None:
    voice = predictor.enrol([(speech, RATE)])
    quiet = predictor.enrol([(speech * np.float32(0.1), RATE)])
    np.testing.assert_allclose(quiet.functionals, voice.functionals, atol=1e-3)
    both = predictor.enrol([(speech, RATE), (speech, RATE)])
    np.testing.assert_allclose(both.logits, voice.logits)
    assert both.voice_s == pytest.approx(2 * voice.voice_s)


def test_what_does_not_belong_together_is_refused_in_words(
    predictor: Predictor, knowing: Predictor, model: Path, tmp_path: Path, speech: Waveform
) -> None:
    assert knowing.voice is not None
    bare = shutil.copytree(model, tmp_path / "bare", ignore=shutil.ignore_patterns(STAGE))
    with pytest.raises(ModelError, match="no stage"):
        Predictor.load(bare).knowing(knowing.voice)
    other = tmp_path / "other"
    shutil.copytree(model, other)
    network = other / "model.onnx"
    import onnx

    changed = onnx.load(str(network))
    changed.doc_string = "another file"
    onnx.save(changed, str(network))
    with pytest.raises(ModelError, match="another model"):
        Predictor.load(other).knowing(knowing.voice)
    (other / STAGE).write_bytes(b"not onnx")
    with pytest.raises(ModelError, match="voice stage"):
        Predictor.load(other)
    with pytest.raises(ParameterError, match="at least one"):
        predictor.enrol([])
    with pytest.raises(AudioError, match="silent"):
        predictor.enrol([(np.zeros(RATE, np.float32), RATE)])


def test_functionals_know_pitch_and_pass_over_silence_around(speech: Waveform) -> None:
    padded = np.pad(speech, (3_000, 5_000))
    (bare, same) = functionals([speech, padded], RATE)
    np.testing.assert_array_equal(bare, same)
    middle_hz = 100 * 2 ** (bare[NAMES.index("F0 median")] / 12)
    assert middle_hz == pytest.approx(180, rel=0.1)
    hiss = np.random.default_rng(0).normal(scale=0.1, size=RATE).astype(np.float32)
    assert np.isnan(functionals([hiss], RATE)[0, NAMES.index("F0 mean")])


def noise(duration_s: float) -> Waveform:
    drawn = np.random.default_rng(0).normal(scale=0.1, size=round(duration_s * RATE))
    return drawn.astype(np.float32)


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (speech_like(6.0), ""),
        (np.zeros(5 * RATE, np.float32), "silent"),
        (np.pad(speech_like(0.5), (RATE, RATE)), "Hardly any speech"),
        (np.clip(40 * speech_like(6.0), -1, 1), "clipped"),
        (speech_like(6.0) * np.float32(0.002), "very quiet"),
        (noise(6.0), "No speech"),
    ],
)
def test_what_cannot_be_enrolled_is_said_in_a_sentence(sound: Waveform, said: str) -> None:
    found = check_enrolment(sound, RATE)
    assert found.usable == (said == "")
    assert said in found.words
    assert 0 <= found.voice_s <= len(sound) / RATE
    assert found.voice_s == pytest.approx(6.0, abs=0.5) or not found.usable
