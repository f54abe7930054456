"""Functionals against NumPy and SciPy, and which frames they are taken of."""

from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.features import EXTRACTORS, Extractor, Signal
from ser_core.features.functionals import STATISTICS, statistics


def functionals(name: str, **settings: object) -> Extractor:
    return EXTRACTORS.create("functionals", frames={"name": name, "settings": settings})


def reference(columns: np.ndarray) -> np.ndarray:
    """The 13 statistics by NumPy and SciPy, one row a column."""
    values = columns.astype(np.float64)
    parts = [
        np.mean(values, 0),
        np.std(values, 0),
        np.max(values, 0),
        np.min(values, 0),
        np.median(values, 0),
        scipy.stats.skew(values, 0),
        scipy.stats.kurtosis(values, 0),
        *np.percentile(values, [10, 25, 75, 90], axis=0),
        np.ptp(values, 0),
        scipy.stats.iqr(values, 0),
    ]
    return np.stack(parts, axis=1)


def test_equals_numpy_and_scipy_on_real_clips(ravdess: Path) -> None:
    clips = sorted(ravdess.rglob("03-01-05-02-01-01-1[0-2].*"))
    assert clips, "the folder has none of the clips this test listens to"
    mfcc, vector = EXTRACTORS.create("mfcc"), EXTRACTORS.create("functionals")
    for clip in clips:
        signal = Signal(audio.resample(*audio.load(clip), 16_000), 16_000)
        expected = reference(mfcc.of(signal)).ravel()
        np.testing.assert_allclose(vector.of(signal), expected, rtol=1e-5, atol=1e-5)


def test_names_say_feature_and_statistic(speech: Waveform) -> None:
    vector = functionals("mfcc", n_mfcc=13, deltas=1)
    values = dict(zip(vector.feature_names(), vector.extract(speech, 16_000), strict=True))
    columns = EXTRACTORS.create("mfcc", n_mfcc=13, deltas=1).extract(speech, 16_000)
    assert values["MFCC 1 mean"] == pytest.approx(columns[:, 0].mean(), rel=1e-5)
    assert values["Δ MFCC 13 maximum"] == pytest.approx(columns[:, 25].max())
    assert len(values) == 26 * 13


@pytest.mark.parametrize("value", [0.0, -100.0, 0.1, 1e-30])
def test_a_constant_feature_has_no_skewness_nor_kurtosis(value: float) -> None:
    row = dict(
        zip(STATISTICS, statistics(np.full((37, 1), value, np.float32))[0].tolist(), strict=True)
    )
    spread = ("standard deviation", "skewness", "kurtosis", "range", "interquartile range")
    assert [row[name] for name in spread] == [0] * 5
    assert row["mean"] == row["median"] == row["90th percentile"] == np.float32(value)


def test_one_frame_is_enough() -> None:
    row = statistics(np.array([[3.0, -1.0]], np.float32))
    assert row.shape == (2, 13)
    np.testing.assert_array_equal(row[:, [0, 2, 3, 4]], [[3] * 4, [-1] * 4])


def test_spelled_out_defaults_are_the_same_features() -> None:
    plain = EXTRACTORS.create("functionals")
    spelled = functionals("mfcc", n_mfcc=40, hop_length=512)
    assert plain.fingerprint() == spelled.fingerprint()
    assert plain.fingerprint() != functionals("mfcc", n_mfcc=20).fingerprint()
    assert plain.config.frames.settings["n_fft"] == 2048


def test_rate_is_that_of_the_frames(speech: Waveform) -> None:
    vector = functionals("mfcc", sampling_rate=22_050)
    assert vector.sampling_rate == 22_050
    with pytest.raises(ParameterError, match="is set to 22050 Hz, got 16000 Hz"):
        vector.extract(speech, 16_000)


def test_frames_without_names_are_numbered(
    speech: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EXTRACTORS.get("mfcc"), "feature_names", lambda self: ())
    vector = functionals("mfcc", n_mfcc=2)
    assert vector.feature_names()[::13] == ("feature 1 mean", "feature 2 mean")


def test_channels_of_a_frame_follow_one_another(speech: Waveform) -> None:
    channels, vector = EXTRACTORS.create("mel_mfcc"), functionals("mel_mfcc")
    signal = Signal(speech, 16_000)
    frames, values = channels.of(signal), vector.of(signal).reshape(2, 128, 13)
    np.testing.assert_allclose(values[1, :, 0], frames[:, :, 1].mean(axis=0), rtol=1e-4, atol=1e-4)
    first, second = channels.feature_names()
    names = vector.feature_names()
    assert names[0] == f"{first} 1 mean"
    assert names[128 * 13] == f"{second} 1 mean"
    assert len(set(names)) == values.size


@pytest.mark.parametrize(
    ("name", "settings", "error", "message"),
    [
        ("mfccs", {}, UnknownNameError, "extractor 'mfccs' is not known; known: .*mfcc"),
        ("functionals", {}, ParameterError, r"needed \(.*mfcc.*\); functionals gives no frames"),
        ("mfcc", {"n_mfcc": 0}, ParameterError, r"FunctionalsConfig\.frames\.n_mfcc: .*\(got 0\)"),
        ("mfcc", {"n": 1}, ParameterError, r"frames\.n is not known; known: .*n_mfcc"),
    ],
)
def test_what_gives_no_frames_is_refused(
    name: str, settings: dict[str, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        functionals(name, **settings)
