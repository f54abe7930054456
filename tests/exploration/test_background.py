"""How far speech stands above its own background: measured against noise that is known."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_core.audio import Waveform
from ser_core.exploration.background import estimated_snr_db, snr_db

RATE = 16_000


def noisy(speech: Waveform, level: float) -> Waveform:
    noise = np.random.default_rng(0).normal(0, level, speech.size + RATE)
    return (np.pad(speech, RATE // 2) + noise).astype(np.float32)


def test_twice_the_noise_is_six_decibels(speech: Waveform) -> None:
    """As with NIST's tool, it agrees with itself."""
    found = [estimated_snr_db(noisy(speech, level), RATE) for level in (0.0005, 0.001, 0.002)]
    assert found[0] - found[1] == pytest.approx(6, abs=0.5)
    assert found[1] - found[2] == pytest.approx(6, abs=0.5)


def test_what_cannot_be_estimated_is_not_a_number() -> None:
    assert np.isnan(estimated_snr_db(np.zeros(RATE, np.float32), RATE))
    assert np.isnan(estimated_snr_db(np.ones(RATE // 10, np.float32), RATE))
    cut = np.concatenate([np.zeros(RATE), np.sin(np.arange(RATE))]).astype(np.float32)
    assert estimated_snr_db(cut, RATE) == 90


def test_files_are_opened_once(tmp_path: Path, speech: Waveform) -> None:
    files = [str(tmp_path / f"{level}.wav") for level in (0.001, 0.01)]
    for file, level in zip(files, (0.001, 0.01), strict=True):
        soundfile.write(file, noisy(speech, level), RATE)
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    files.append(str(tmp_path / "broken.wav"))
    clean, worse, broken = snr_db(files)
    assert clean - worse == pytest.approx(20, abs=1.5)
    assert np.isnan(broken)
    snr_db(files, lambda *_: pytest.fail("nothing is left to be opened"))
