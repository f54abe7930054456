"""The 181 values, piece by piece against librosa, and those of the pitch contour."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS

RATE = 16_000
FRAMES: dict[str, Any] = {"n_fft": 2048, "hop_length": 512}
STFT: dict[str, Any] = {"sr": RATE, **FRAMES, "pad_mode": "constant"}


def values_of(waveform: Waveform) -> dict[str, float]:
    extractor = EXTRACTORS.create("vector181")
    values = extractor.extract(waveform, RATE).tolist()
    return dict(zip(extractor.feature_names(), values, strict=True))


def by_librosa(waveform: Waveform) -> dict[str, NDArray[np.float32]]:
    """Rows of librosa's features, by the name that our values begin with."""
    mfcc = librosa.feature.mfcc(y=waveform, n_mfcc=40, **STFT)
    chroma = librosa.feature.chroma_stft(y=waveform, tuning=0.0, **STFT)
    contrast = librosa.feature.spectral_contrast(y=waveform, **STFT)
    edges = (0, 200, 400, 800, 1_600, 3_200, 6_400, 8_000)
    bands = [f"{low}–{high} Hz" for low, high in pairwise(edges)]
    notes = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
    length: dict[str, Any] = {"frame_length": 2048, "hop_length": 512}
    return {
        **{f"MFCC {number}": row for number, row in enumerate(mfcc, 1)},
        **{f"Δ MFCC {number}": row for number, row in enumerate(librosa.feature.delta(mfcc), 1)},
        **{f"Chroma {note}": row for note, row in zip(notes, chroma, strict=True)},
        **{f"Spectral contrast {band}": row for band, row in zip(bands, contrast, strict=True)},
        "Spectral centroid": librosa.feature.spectral_centroid(y=waveform, **STFT)[0],
        "Spectral bandwidth": librosa.feature.spectral_bandwidth(y=waveform, **STFT)[0],
        "Spectral roll-off": librosa.feature.spectral_rolloff(y=waveform, **STFT)[0],
        "Zero-crossing rate": librosa.feature.zero_crossing_rate(waveform, **length)[0],
        "RMS": librosa.feature.rms(y=waveform, **length)[0],
        "Spectral flatness": librosa.feature.spectral_flatness(
            y=waveform, **FRAMES, pad_mode="constant"
        )[0],
    }


def test_each_piece_equals_librosa_on_a_real_clip(real_clip: Path) -> None:
    waveform = audio.resample(*audio.load(real_clip), RATE)
    # A little noise: above the clip's low-pass filter, contrast would be one of rounding errors.
    waveform = waveform + np.random.default_rng(0).normal(0, 1e-4, waveform.size).astype(np.float32)
    values = values_of(waveform)
    expected = {}
    for name, row in by_librosa(waveform).items():
        expected[f"{name} standard deviation"] = row.std(dtype=np.float64)
        if not name.startswith("Δ"):  # a slope's mean is only the way from first to last frame
            expected[f"{name} mean"] = row.mean(dtype=np.float64)
    assert len(expected) == 170
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-3, abs=1e-3), name


def test_the_other_eleven_are_of_the_pitch_contour(speech: Waveform) -> None:
    values = values_of(speech)
    f0_hz, voicing, level_db, jitter, shimmer = EXTRACTORS.create("f0").extract(speech, RATE).T
    voiced = f0_hz > 0
    assert 0.2 < voiced.mean() < 0.9
    expected = {
        "F0 mean": f0_hz[voiced].mean(),
        "F0 standard deviation": f0_hz[voiced].std(),
        "F0 10th percentile": np.percentile(f0_hz[voiced], 10),
        "F0 90th percentile": np.percentile(f0_hz[voiced], 90),
        "jitter mean": jitter[voiced].mean(),
        "shimmer mean": shimmer[voiced].mean(),
        "voiced share": voiced.mean(),
        "level mean": level_db.mean(),
        "level standard deviation": level_db.std(),
        "voicing mean": voicing.mean(),
        "voicing standard deviation": voicing.std(),
    }
    assert list(values)[170:] == list(expected)
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-4), name


def test_a_clip_without_voice_has_no_pitch() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    values = values_of(noise)
    assert [values[name] for name in list(values)[170:177]] == [0] * 7
    assert values["level mean"] == pytest.approx(-20, abs=0.5)


def test_there_are_181_at_any_rate_and_frame(speech: Waveform) -> None:
    extractor = EXTRACTORS.create("vector181", sampling_rate=22_050, n_fft=512, hop_length=128)
    at_another = audio.resample(speech, RATE, 22_050)
    assert extractor.extract(at_another, 22_050).shape == (181,)
    assert len(set(extractor.feature_names())) == 181


def test_a_rate_too_low_for_its_parts_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"sampling_rate.*16000.*got 8000"):
        EXTRACTORS.create("vector181", sampling_rate=8_000)
