"""Damaged sound files in their thousands: each is read or refused in words, and nothing else."""

import io

import numpy as np
import pytest
import soundfile

from ser_core import audio
from ser_core.errors import AudioError
from tests.conftest import SAMPLING_RATE, speech_like

ROUNDS = 3000


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
