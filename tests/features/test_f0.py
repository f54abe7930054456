"""Pitch, voicing, jitter and shimmer: on sounds of known answer, and against librosa's pYIN."""

import tracemalloc
from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.signal
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS

RATE = 16_000
HOP = 160


def contour(waveform: Waveform, **settings: float) -> dict[str, NDArray[np.float32]]:
    """Columns of the default contour by name."""
    extractor = EXTRACTORS.create("f0", **settings)
    columns = extractor.extract(waveform, RATE).T
    return dict(zip(extractor.feature_names(), columns, strict=True))


def glide(start_hz: float, stop_hz: float, duration_s: float = 1.0) -> tuple[Waveform, Waveform]:
    """Harmonics that glide evenly on a log scale, and the F0 at each sample."""
    time_s = np.arange(round(duration_s * RATE)) / RATE
    f0_hz = start_hz * (stop_hz / start_hz) ** (time_s / duration_s)
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
    partials = [np.sin(k * phase) / k * (k * f0_hz < 7_500) for k in range(1, 40)]
    return (0.3 * np.sum(partials, axis=0)).astype(np.float32), f0_hz.astype(np.float32)


def voice(f0_hz: float, jitter: float, shimmer: float) -> tuple[Waveform, float, float]:
    """Two seconds of a vowel from pulses of uneven distance and height, and what both came to.

    Normally distributed values differ from their neighbours by 2/√π standard deviations.
    """
    rng = np.random.default_rng(0)
    oversampling, count = 16, round(1.8 * f0_hz)
    periods = (1 + jitter * np.sqrt(np.pi) / 2 * rng.standard_normal(count)) / f0_hz
    heights = 1 + shimmer * np.sqrt(np.pi) / 2 * rng.standard_normal(count)
    sound = np.zeros(2 * RATE * oversampling)
    sound[np.rint(np.cumsum(periods) * RATE * oversampling).astype(int)] = heights
    for formant_hz, bandwidth_hz in ((700, 110), (1_200, 120), (2_600, 160)):
        radius = np.exp(-np.pi * bandwidth_hz / (RATE * oversampling))
        angle = 2 * np.pi * formant_hz / (RATE * oversampling)
        sound = scipy.signal.lfilter([1], [1, -2 * radius * np.cos(angle), radius**2], sound)
    sound = scipy.signal.resample_poly(sound, 1, oversampling)
    spread = [np.abs(np.diff(each)).mean() / each.mean() for each in (periods, heights)]
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32), spread[0], spread[1]


class TestPitch:
    @pytest.mark.parametrize(
        ("start_hz", "stop_hz"), [(70, 140), (240, 120), (200, 500), (590, 300)]
    )
    def test_follows_a_glide(self, start_hz: float, stop_hz: float) -> None:
        sound, truth = glide(start_hz, stop_hz)
        found = contour(sound)["f0_hz"]
        voiced = found > 0
        assert voiced.mean() > 0.97
        there = truth[np.minimum(np.arange(len(found)) * HOP, len(truth) - 1)]
        np.testing.assert_allclose(found[voiced], there[voiced], rtol=0.01)
        assert np.median(np.abs(found / there - 1)) < 1e-3

    def test_a_tone_is_voiced_and_noise_is_not(self) -> None:
        tone, _ = glide(200, 200)
        noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
        of_tone, of_noise = contour(tone), contour(noise)
        assert np.median(of_tone["voicing"]) > 0.99
        assert of_noise["voicing"].mean() < 0.3
        np.testing.assert_array_equal(of_noise["f0_hz"], 0)
        np.testing.assert_array_equal(of_noise["jitter"] + of_noise["shimmer"], 0)

    @pytest.mark.parametrize("f0_hz", [90, 210, 350])
    def test_a_voice_is_found_in_noise(self, f0_hz: float) -> None:
        sound, _, _ = voice(f0_hz, jitter=0.005, shimmer=0.05)
        noise = np.random.default_rng(0).normal(0, sound.std() / np.sqrt(10), sound.size)  # 10 dB
        found = contour(sound + noise.astype(np.float32))["f0_hz"]
        assert (found[10:170] > 0).mean() > 0.95
        assert (np.abs(found[found > 0] / f0_hz - 1) < 0.03).mean() > 0.98

    @pytest.mark.parametrize("num_samples", [1, 7, 799, 801, RATE])
    def test_silence_is_unvoiced(self, num_samples: int) -> None:
        silence = EXTRACTORS.create("f0").extract(np.zeros(num_samples, np.float32), RATE)
        np.testing.assert_array_equal(silence, [[0, 0, -100, 0, 0]] * (1 + num_samples // HOP))

    def test_the_sound_between_pauses_is_found_where_it_is(self) -> None:
        tone, _ = glide(150, 150, duration_s=0.4)
        pause = np.zeros(round(0.3 * RATE), np.float32)
        voiced = np.flatnonzero(contour(np.concatenate([pause, tone, pause]))["f0_hz"])
        np.testing.assert_array_equal(np.diff(voiced), 1)
        assert voiced[0] == pytest.approx(30, abs=3)
        assert voiced[-1] == pytest.approx(70, abs=3)

    def test_level_is_that_of_the_sound(self) -> None:
        time_s = np.arange(RATE) / RATE
        sine = np.sin(2 * np.pi * 200 * time_s).astype(np.float32)
        for amplitude, level_db in ((1.0, -3.01), (0.1, -23.01)):
            middle = contour(np.float32(amplitude) * sine)["energy_db"][10:-10]
            np.testing.assert_allclose(middle, level_db, atol=0.05)

    def test_louder_is_neither_higher_nor_rougher(self, speech: Waveform) -> None:
        soft, loud = contour(speech), contour(np.float32(0.25) * speech)
        for column in ("f0_hz", "voicing", "jitter", "shimmer"):
            np.testing.assert_allclose(soft[column], loud[column], rtol=1e-3, atol=1e-4)

    def test_bounds_hold(self, speech: Waveform) -> None:
        found = contour(speech, f0_min_hz=150, f0_max_hz=230)["f0_hz"]
        assert found.max() <= 230
        assert found[found > 0].min() >= 150

    def test_a_higher_threshold_leaves_fewer_frames_voiced(self, speech: Waveform) -> None:
        noisy = speech + np.random.default_rng(0).normal(0, 0.05, speech.size).astype(np.float32)
        shares = [
            (contour(noisy, voicing_threshold=threshold)["f0_hz"] > 0).mean()
            for threshold in (0.2, 0.5, 0.8)
        ]
        assert shares[0] > shares[1] > shares[2]

    @pytest.mark.parametrize(
        "settings",
        [
            {"f0_max_hz": 80},
            {"f0_min_hz": 400, "f0_max_hz": 450},
            {"sampling_rate": 8_000, "f0_max_hz": 1_200},
        ],
    )
    def test_bounds_that_leave_no_room_are_refused(self, settings: dict[str, float]) -> None:
        with pytest.raises(ParameterError, match=r"1\.5 \* f0_min_hz <= f0_max_hz <= an eighth"):
            EXTRACTORS.create("f0", **settings)


class TestJitterAndShimmer:
    """Up to 210 Hz within 20 % of the truth; above, pulses overlap and both come out too low."""

    @pytest.mark.parametrize("f0_hz", [90, 130, 210])
    @pytest.mark.parametrize(
        ("jitter", "shimmer"), [(0, 0), (0.005, 0), (0.02, 0), (0, 0.05), (0, 0.1), (0.01, 0.1)]
    )
    def test_known_ones_come_back(self, f0_hz: float, jitter: float, shimmer: float) -> None:
        sound, true_jitter, true_shimmer = voice(f0_hz, jitter, shimmer)
        found = contour(sound)
        voiced = found["f0_hz"] > 0
        assert voiced[10:170].mean() > 0.9
        assert found["jitter"][voiced].mean() == pytest.approx(true_jitter, rel=0.2, abs=2e-3)
        leak = 2 * true_jitter  # uneven distance makes neighbouring pulses overlap unevenly
        measured = found["shimmer"][voiced].mean()
        assert measured == pytest.approx(true_shimmer, rel=0.2, abs=2e-3 + leak)

    @pytest.mark.parametrize("f0_hz", [130, 350])
    def test_more_is_more_at_any_pitch(self, f0_hz: float) -> None:
        amounts = (0, 0.005, 0.01, 0.02)
        sounds = [voice(f0_hz, each, 10 * each)[0] for each in amounts]
        for column in ("jitter", "shimmer"):
            means = [contour(sound)[column].mean() for sound in sounds]
            assert (np.diff(means) > 0).all()

    def test_a_steady_tone_has_none(self) -> None:
        tone, _ = glide(180, 180)
        steady = contour(tone)
        assert steady["jitter"][10:-10].max() < 1e-3
        assert steady["shimmer"][10:-10].max() < 5e-3


class TestRealSpeech:
    """Against pYIN, which errs too: no contour of these clips is known to be true."""

    def test_agrees_with_pyin(self, ravdess: Path) -> None:
        names = ("03-01-03-02-02-01-05.*", "03-02-03-01-02-01-07.*")
        clips = [clip for name in names for clip in sorted(ravdess.rglob(name))[:1]]
        if not clips:
            pytest.skip(f"{ravdess} does not hold the clips this test listens to")
        rows = [_ours_and_pyin(audio.resample(*audio.load(clip), RATE)) for clip in clips]
        ours, level_db, theirs = (np.concatenate(parts) for parts in zip(*rows, strict=True))
        both = (ours > 0) & (theirs > 0)
        assert both.sum() > 50
        cents = 1200 * np.log2(ours[both] / theirs[both])
        assert (np.abs(ours[both] / theirs[both] - 1) > 0.2).mean() < 0.04
        assert np.median(np.abs(cents)) < 25  # pYIN's steps are 10 cents

        heard = level_db > level_db.max() - 30  # pYIN also calls hum in the pauses voiced
        assert ((ours > 0) == (theirs > 0))[heard].mean() > 0.8
        assert (ours > 0)[heard & (theirs > 0)].mean() > 0.85


def _ours_and_pyin(waveform: Waveform) -> tuple[NDArray[np.float32], ...]:
    """F0 and level by our extractor, F0 by pYIN (0 where unvoiced), at the same instants."""
    hop = 3 * HOP  # pYIN takes seconds
    theirs, _, _ = librosa.pyin(
        waveform, fmin=60, fmax=600, sr=RATE, frame_length=1024, hop_length=hop, fill_na=0
    )
    found = contour(waveform)
    count = len(theirs)
    return found["f0_hz"][::3][:count], found["energy_db"][::3][:count], theirs


def test_memory_does_not_grow_with_the_analysis() -> None:
    tone, _ = glide(100, 200, duration_s=0.3)
    sound = np.pad(tone, (0, round(2.7 * RATE)))
    extractor = EXTRACTORS.create("f0")
    extractor.extract(sound, RATE)

    def peak_bytes(repeats: int) -> int:
        waveform = np.tile(sound, repeats)
        tracemalloc.start()
        try:
            extractor.extract(waveform, RATE)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # 30 s more of sound are 3 000 rows more; their windows alone would take 10 MB.
    assert peak_bytes(12) - peak_bytes(2) < 2e6
