"""What tests of corpora share: a server for downloads, three clips, and how pitch is measured."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ser_core.corpora.download import Download
from tests.corpora.library_clips import NAMES, write_clip
from tests.corpora.serving import Server, entry_of, serving

Measure = Callable[[np.ndarray, int], np.ndarray]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A local server that does as it is told."""
    with serving(monkeypatch) as running:
        yield running


@pytest.fixture
def entry(server: Server) -> Download:
    """What it has to download."""
    return entry_of(server)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Three clips of two speakers with RAVDESS names."""
    root = tmp_path / "my clips"
    root.mkdir()
    for name in NAMES:
        write_clip(root / f"{name}.wav")
    return root


@pytest.fixture(scope="session")
def pitch_hz() -> Measure:
    """F0 of the voiced frames of a waveform, in Hz, by autocorrelation (Boersma, 1993)."""
    return _pitch_hz


def _pitch_hz(waveform: np.ndarray, sampling_rate: int) -> np.ndarray:
    size = round(0.04 * sampling_rate)
    lags = np.arange(round(sampling_rate / 650), round(sampling_rate / 65))
    window = np.hanning(size)
    frames = np.lib.stride_tricks.sliding_window_view(waveform, size)[:: size // 2]
    loud = frames.std(axis=1)
    frames = frames[loud > 0.15 * loud.max()] * window
    likeness = _autocorrelation(frames)[:, lags] / _autocorrelation(window[None])[:, lags]
    # Twice the period fits as well as the period: prefer the shorter one.
    best = np.argmax(likeness - 0.0004 * lags, axis=1)
    voiced = likeness[np.arange(len(best)), best] > 0.5
    return sampling_rate / lags[best[voiced]]


def _autocorrelation(frames: np.ndarray) -> np.ndarray:
    size = 2 * frames.shape[1]
    correlation = np.fft.irfft(np.abs(np.fft.rfft(frames, size)) ** 2)
    return correlation / correlation[:, :1]
