"""Noise, level and band are as asked, as measured in the sound."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS, overlap
from ser_core.augment.noise import SLOPES, coloured_noise
from ser_core.errors import AudioError, ParameterError
from tests.augment.levels import RATE, db


@pytest.mark.parametrize("slope", [0.0, 1.0, 2.0])
def test_noise_has_the_ratio_that_was_asked_for(speech: Waveform, slope: float) -> None:
    draw = {"snr_db": 12.0, "slope": slope, "seed": 5}
    noisy = AUGMENTERS.create("noise").apply(speech, RATE, draw)
    assert db(speech, noisy - speech) == pytest.approx(12.0, abs=0.1)


@pytest.mark.parametrize("colour", SLOPES)
def test_coloured_noise_has_its_ratio_and_its_slope(speech: Waveform, colour: str) -> None:
    draw = {"snr_db": 6.0, "colour": colour, "seed": 5}
    long = np.tile(speech, 10)
    noise = AUGMENTERS.create("coloured_noise").apply(long, RATE, draw) - long
    assert db(long, noise) == pytest.approx(6.0, abs=0.1)
    expected = {"white": 0, "pink": 3, "brown": 6, "blue": -3}[colour]
    assert octave_db(noise, 1000) - octave_db(noise, 2000) == pytest.approx(expected, abs=0.5)


def test_the_slope_of_noise_is_its_fall_with_frequency() -> None:
    noise = coloured_noise(RATE * 20, RATE, 2.0, 0)
    assert octave_db(noise, 1000) - octave_db(noise, 2000) == pytest.approx(6, abs=0.5)


def octave_db(waveform: Waveform, low_hz: float) -> float:
    """Mean power of an octave."""
    power = np.abs(np.fft.rfft(waveform)) ** 2
    hz = np.fft.rfftfreq(waveform.size, 1 / RATE)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < 2 * low_hz)].mean()))


def test_any_colour_draws_all_of_them_and_a_named_one_only_that() -> None:
    rng = np.random.default_rng(0)
    any_colour = AUGMENTERS.create("coloured_noise")
    assert {any_colour.draw(rng)["colour"] for _ in range(50)} == set(SLOPES)
    pink = AUGMENTERS.create("coloured_noise", colour="pink")
    assert {pink.draw(rng)["colour"] for _ in range(10)} == {"pink"}


@pytest.mark.parametrize("reference", ["peak", "rms"])
def test_noise_by_amplitude_is_a_share_of_peak_or_rms(speech: Waveform, reference: str) -> None:
    augmenter = AUGMENTERS.create("amplitude_noise", reference=reference)
    noise = augmenter.apply(speech, RATE, {"factor": 0.02, "seed": 1}) - speech
    whole = np.abs(speech).max() if reference == "peak" else np.sqrt(np.mean(speech**2))
    assert np.std(noise) == pytest.approx(0.02 * whole, rel=0.02)


class TestBackgroundNoise:
    def test_has_the_ratio_that_was_asked_for(self, speech: Waveform, noise_folder: Path) -> None:
        augmenter = AUGMENTERS.create("background_noise", folder=str(noise_folder))
        rng = np.random.default_rng(0)
        files = set()
        for _ in range(8):
            draw = augmenter.draw(rng)
            files.add(draw["file"])
            noise = augmenter.apply(speech, RATE, draw) - speech
            assert db(speech, noise) == pytest.approx(draw["snr_db"], abs=0.1)
        assert files == {"inside/fan.flac", "street.wav"}

    def test_is_a_piece_of_the_recording(self, speech: Waveform, noise_folder: Path) -> None:
        recording, _ = soundfile.read(noise_folder / "street.wav", dtype="float32")
        augmenter = AUGMENTERS.create("background_noise", folder=str(noise_folder))
        draw = {"file": "street.wav", "start": 0.25, "snr_db": 0.0}
        noise = augmenter.apply(speech, RATE, draw) - speech
        assert np.corrcoef(noise, recording[RATE : 3 * RATE])[0, 1] > 0.999

    @pytest.mark.parametrize("start", [0.0, 0.4321, 0.99])
    def test_no_more_is_read_than_is_laid_under(
        self, start: float, speech: Waveform, tmp_path: Path
    ) -> None:
        """A long recording at another rate gives what it gave when all of it was resampled."""
        own_rate = 44_100
        long = np.random.default_rng(0).uniform(-0.1, 0.1, 120 * own_rate).astype(np.float32)
        soundfile.write(tmp_path / "long.wav", long, own_rate, subtype="FLOAT")
        augmenter = AUGMENTERS.create("background_noise", folder=str(tmp_path))
        draw = {"file": "long.wav", "start": start, "snr_db": 0.0}
        augmenter.apply(speech, RATE, draw)  # imports are no part of it
        tracemalloc.start()
        noise = augmenter.apply(speech, RATE, draw) - speech
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 4e6 < long.nbytes
        whole = audio.resample(long, own_rate, RATE)
        places = np.arange(speech.size) + int(start * whole.size)
        expected = np.take(whole, places, mode="wrap")
        expected = expected - expected.mean()
        expected *= np.std(noise) / np.std(expected)
        np.testing.assert_allclose(noise, expected, atol=1e-5)

    def test_a_recording_that_changes_is_read_again(self, speech: Waveform, tmp_path: Path) -> None:
        augmenter = AUGMENTERS.create("background_noise", folder=str(tmp_path))
        rng = np.random.default_rng(0)
        draw = {"file": "noise.wav", "start": 0.0, "snr_db": 0.0}
        soundfile.write(tmp_path / "noise.wav", 0.1 * rng.standard_normal(RATE), RATE)
        first = augmenter.apply(speech, RATE, draw)
        soundfile.write(tmp_path / "noise.wav", 0.1 * rng.standard_normal(2 * RATE), RATE)
        assert not np.array_equal(first, augmenter.apply(speech, RATE, draw))

    def test_a_recording_that_is_new_is_found(self, tmp_path: Path) -> None:
        (tmp_path / "inside").mkdir()
        for number in range(2):
            soundfile.write(tmp_path / "inside" / f"{number}.wav", np.full(RATE, 0.1), RATE)
            augmenter = AUGMENTERS.create("background_noise", folder=str(tmp_path))
            draws = np.random.default_rng(0)
            files = {augmenter.draw(draws)["file"] for _ in range(20)}
            assert len(files) == number + 1

    @pytest.mark.parametrize(
        ("folder", "message"),
        [("", "is needed, got nothing"), ("nowhere", "no such folder"), ("empty", "no recordings")],
    )
    def test_a_folder_that_is_no_use_is_named(
        self, folder: str, message: str, tmp_path: Path
    ) -> None:
        (tmp_path / "empty").mkdir()
        path = str(tmp_path / folder) if folder else ""
        with pytest.raises(ParameterError, match=message):
            AUGMENTERS.create("background_noise", folder=path).draw(np.random.default_rng(0))

    def test_a_damaged_or_lost_recording_is_named(self, speech: Waveform, tmp_path: Path) -> None:
        (tmp_path / "noise.wav").write_bytes(b"RIFF and nothing more")
        augmenter = AUGMENTERS.create("background_noise", folder=str(tmp_path))
        draw = augmenter.draw(np.random.default_rng(0))
        with pytest.raises(AudioError, match=r"background noise noise\.wav: not readable"):
            augmenter.apply(speech, RATE, draw)
        (tmp_path / "noise.wav").unlink()
        with pytest.raises(ParameterError, match=r"noise\.wav is not in .* any more"):
            augmenter.apply(speech, RATE, draw)


def test_a_long_clip_is_warped_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it takes grows with the waveform alone; what comes of it depends on no block."""
    long = np.random.default_rng(0).uniform(-0.1, 0.1, 60 * RATE).astype(np.float32)
    long[: 10 * RATE] *= 1e-4  # quiet, beside what is loud in another block
    warp = AUGMENTERS.create("vocal_tract")
    warp.apply(long[:RATE], RATE, {"factor": 1.1})  # imports are no part of it
    tracemalloc.start()
    out = warp.apply(long, RATE, {"factor": 1.1})
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40e6
    monkeypatch.setattr(overlap, "_BLOCK", 10**6)
    whole = warp.apply(long, RATE, {"factor": 1.1})
    np.testing.assert_allclose(out, whole, atol=1e-6)


def test_gain_is_in_decibels(speech: Waveform) -> None:
    louder = AUGMENTERS.create("gain").apply(speech, RATE, {"gain_db": -7.5})
    assert db(louder, speech) == pytest.approx(-7.5, abs=1e-3)


def test_clipping_cuts_off_the_share_that_was_asked_for(speech: Waveform) -> None:
    clipped = AUGMENTERS.create("clipping").apply(speech, RATE, {"share": 0.1})
    changed = clipped != speech
    assert changed.mean() == pytest.approx(0.1, abs=0.001)
    assert np.unique(np.abs(clipped[changed])).size == 1
    assert np.abs(clipped).max() < np.abs(speech).max()


@pytest.mark.parametrize("shift_s", [0.1, -0.1])
@pytest.mark.parametrize("edge", ["zeros", "roll"])
def test_a_time_shift_moves_every_sample(edge: str, shift_s: float, speech: Waveform) -> None:
    shifted = AUGMENTERS.create("time_shift", edge=edge).apply(speech, RATE, {"shift_s": shift_s})
    rolled = np.roll(speech, round(shift_s * RATE))
    came_in = slice(0, 1600) if shift_s > 0 else slice(-1600, None)
    if edge == "zeros":
        assert not shifted[came_in].any()
        rolled[came_in] = 0
    np.testing.assert_array_equal(shifted, rolled)


def test_a_band_passes_what_lies_within_and_no_more() -> None:
    telephone = AUGMENTERS.create(
        "band_pass", min_low_hz=300, max_low_hz=300, min_high_hz=3400, max_high_hz=3400
    )
    draw = telephone.draw(np.random.default_rng(0))
    time_s = np.arange(RATE) / RATE

    def passed_db(hz: float) -> float:
        tone = np.sin(2 * np.pi * hz * time_s).astype(np.float32)
        return db(telephone.apply(tone, RATE, draw)[4000:], tone[4000:])

    assert passed_db(1000) == pytest.approx(0, abs=0.1)
    assert passed_db(300) == pytest.approx(-3, abs=0.1)
    assert passed_db(3400) == pytest.approx(-3, abs=0.1)
    assert passed_db(75) < -45
    assert passed_db(6800) < -24


def test_a_band_pass_rings_after_a_sound_and_never_before() -> None:
    click = np.zeros(RATE, np.float32)
    click[8000] = 1
    filtered = AUGMENTERS.create("band_pass").apply(click, RATE, {"low_hz": 300, "high_hz": 3400})
    assert not filtered[:8000].any()
    assert np.abs(filtered[8000:8050]).max() > 0.1


def test_companding_leaves_few_steps_and_little_noise(speech: Waveform) -> None:
    settings = {"min_low_hz": 0, "max_low_hz": 0, "min_high_hz": 8000, "max_high_hz": 8000}
    line = AUGMENTERS.create("band_pass", companding=True, **settings)
    coded = line.apply(speech, RATE, line.draw(np.random.default_rng(0)))
    assert np.unique(coded).size <= 255
    assert db(speech, coded - speech) > 30


def test_an_edge_beyond_the_sampling_rate_is_refused(speech: Waveform) -> None:
    with pytest.raises(ParameterError, match=r"below half the sampling rate \(150 Hz\), got 200"):
        AUGMENTERS.create("band_pass").apply(speech, 300, {"low_hz": 200.0, "high_hz": 3400.0})
