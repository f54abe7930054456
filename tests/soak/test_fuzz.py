"""Damaged and hostile files in their thousands: each is read or refused in a sentence."""

import io
import re

import numpy as np
import pytest
import soundfile

from pages.components import live_input
from ser_core import audio
from ser_core.errors import AudioError
from ser_core.inference import Predictor
from tests import hostile
from tests.conftest import SAMPLING_RATE, speech_like

ROUNDS = 3000
# What libsndfile reads besides what is promised, and kinds of WAV that decode in their own ways.
CONTAINERS = {
    "AIFF": "PCM_24",
    "AU": "ULAW",
    "CAF": "ALAC_16",
    "W64": "PCM_16",
    "RF64": "FLOAT",
    "OGG": "OPUS",
    "WAV": "IMA_ADPCM",
    "WAVEX": "DOUBLE",
    "VOC": "PCM_U8",
    "NIST": "PCM_16",
}
NO_SENTENCE = re.compile(r"object at|Traceback|0x[0-9a-f]{6}|Error\(")


def encoded(suffix: str) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, speech_like(0.6), SAMPLING_RATE, format=suffix.upper())
    return buffer.getvalue()


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """One way a file breaks: bytes changed (headers more often than the rest), cut, or doubled."""
    kind = rng.integers(4)
    if kind == 0:
        return data[: rng.integers(len(data))]
    if kind == 1:
        start, stop = np.sort(rng.integers(len(data), size=2))
        return data[:stop] + data[start:]
    reach = 128 if kind == 2 else len(data)
    broken = bytearray(data)
    for position in rng.integers(min(reach, len(data)), size=rng.integers(1, 12)):
        broken[position] = rng.integers(256)
    return bytes(broken)


@pytest.mark.parametrize("suffix", audio.FORMATS)
def test_damaged_files_are_read_or_refused(suffix: str) -> None:
    rng = np.random.default_rng(audio.FORMATS.index(suffix))
    whole = encoded(suffix)
    outcomes = {"read": 0, "refused": 0}
    for round_ in range(ROUNDS):
        try:
            waveform, sampling_rate = audio.load(io.BytesIO(damaged(whole, rng)))
        except AudioError:
            outcomes["refused"] += 1
            continue
        outcomes["read"] += 1
        assert waveform.ndim == 1, round_
        assert np.isfinite(waveform).all(), round_
        assert sampling_rate > 0, round_
    print(suffix, outcomes)
    assert min(outcomes.values()) > 0


def test_noise_is_never_taken_for_sound() -> None:
    rng = np.random.default_rng(0)
    for size in rng.integers(1, 50_000, size=ROUNDS):
        # MP3 has no file header: some noise does decode, and then it must still be whole numbers.
        try:
            waveform, _ = audio.load(io.BytesIO(rng.bytes(size)))
        except AudioError:
            continue
        assert np.isfinite(waveform).all()


@pytest.mark.parametrize("container", CONTAINERS)
def test_other_containers_too(container: str) -> None:
    rng = np.random.default_rng(list(CONTAINERS).index(container))
    whole = hostile.sound(container, CONTAINERS[container])
    for round_ in range(ROUNDS // 10):
        try:
            waveform, _ = audio.load(io.BytesIO(damaged(whole, rng)), longest_s=600)
        except AudioError as error:
            assert not NO_SENTENCE.search(str(error)), (round_, str(error))
        else:
            assert np.isfinite(waveform).all(), round_


def test_hostile_files_are_heard_or_refused_in_a_sentence_by_the_page() -> None:
    predictor, outcomes = Predictor.load(), {"heard": 0, "refused": 0}
    rng = np.random.default_rng(0)
    for name, data in hostile.files().items():
        for content in (data, *(damaged(data, rng) for _ in range(20) if len(data) > 1)):
            taken = live_input.take("upload", name, content)
            try:
                if isinstance(taken, live_input.Refused):
                    raise AudioError(taken.reason)
                said = predictor.predict(taken.waveform, taken.sampling_rate)
            except AudioError as error:
                outcomes["refused"] += 1
                assert not NO_SENTENCE.search(str(error)), (name, str(error))
                continue
            outcomes["heard"] += 1
            assert sum(said.probabilities.values()) == pytest.approx(1), name
    print(outcomes)
    assert sum(outcomes.values()) > 1000
    assert min(outcomes.values()) > 100
