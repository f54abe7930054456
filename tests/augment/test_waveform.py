"""Each augmenter of waveforms does what it says, as measured in the sound."""

import tracemalloc
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import lfilter

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS, overlap
from ser_core.augment.noise import SLOPES, coloured_noise
from ser_core.augment.reverberation import impulse_response
from ser_core.augment.stretching import restretched, vocoder
from ser_core.errors import AudioError, ParameterError
from ser_core.features import EXTRACTORS

RATE = 16_000
ENGINES = ("signalsmith", "vocoder")


def db(of: NDArray[np.float32], to: NDArray[np.float32]) -> float:
    """Ratio of mean powers."""
    powers = [np.mean(np.square(each, dtype=np.float64)) for each in (of, to)]
    return float(10 * np.log10(powers[0] / powers[1]))


def pitch_hz(waveform: Waveform) -> NDArray[np.float32]:
    """F0 every 10 ms, 0 where there is no voice."""
    return EXTRACTORS.create("f0").extract(waveform, RATE)[:, 0]


def cents(changed: Waveform, original: Waveform, rate: float = 1.0) -> float:
    """Median distance of pitch, frame by frame, where both are voiced."""
    new, old = pitch_hz(changed), pitch_hz(original)
    place = np.round(np.arange(new.size) * rate).astype(int)
    new = new[place < old.size]
    old = old[place[place < old.size]]
    voiced = (new > 0) & (old > 0)
    assert voiced.sum() > 50
    return float(np.median(1200 * np.log2(new[voiced] / old[voiced])))


# Pitch and tempo


def test_speed_moves_length_and_pitch_together() -> None:
    tone = np.sin(2 * np.pi * 400 * np.arange(RATE) / RATE).astype(np.float32)
    faster = AUGMENTERS.create("speed").apply(tone, RATE, {"rate": 1.25})
    assert faster.size == pytest.approx(RATE / 1.25, abs=2)
    peak_hz = np.argmax(np.abs(np.fft.rfft(faster))) * RATE / faster.size
    assert peak_hz == pytest.approx(500, abs=2)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("semitones", [-4.0, -1.0, 0.5, 3.0])
def test_a_pitch_shift_is_as_large_as_asked(
    engine: str, semitones: float, speech: Waveform
) -> None:
    shift = AUGMENTERS.create("pitch_shift", engine=engine)
    shifted = shift.apply(speech, RATE, {"semitones": semitones})
    assert shifted.size == speech.size
    assert cents(shifted, speech) == pytest.approx(100 * semitones, abs=4)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("rate", [0.75, 0.9, 1.2])
def test_a_stretch_moves_duration_and_not_pitch(engine: str, rate: float, speech: Waveform) -> None:
    stretch = AUGMENTERS.create("time_stretch", engine=engine)
    stretched = stretch.apply(speech, RATE, {"rate": rate})
    assert stretched.size == round(speech.size / rate)
    assert cents(stretched, speech, rate) == pytest.approx(0, abs=4)


@pytest.mark.parametrize("engine", ENGINES)
def test_syllables_stay_where_they_belong(engine: str, speech: Waveform) -> None:
    """The second half of the clip is silent, before as after a stretch."""
    half = speech.copy()
    half[speech.size // 2 :] = 0
    stretched = AUGMENTERS.create("time_stretch", engine=engine).apply(half, RATE, {"rate": 0.8})
    border = round(half.size / 2 / 0.8)
    assert db(stretched[border + 1_600 :], stretched[:border]) < -40


@pytest.mark.parametrize("engine", ENGINES)
def test_pitch_and_tempo_move_apart_in_one_pass(engine: str, speech: Waveform) -> None:
    both = AUGMENTERS.create("pitch_and_tempo", engine=engine)
    changed = both.apply(speech, RATE, {"rate": 1.15, "semitones": -2.0})
    assert changed.size == round(speech.size / 1.15)
    assert cents(changed, speech, 1.15) == pytest.approx(-200, abs=5)


def test_a_stretch_resampled_back_is_a_shift_of_pitch(speech: Waveform) -> None:
    changed = AUGMENTERS.create("stretch_and_resample").apply(speech, RATE, {"rate": 1.1})
    assert changed.size == speech.size
    assert cents(changed, speech) == pytest.approx(-1200 * np.log2(1.1), abs=5)


@pytest.mark.parametrize("rate", [0.8, 1.1, 1.25])
def test_the_vocoder_stretches_as_librosa_does(rate: float, speech: Waveform) -> None:
    padded = np.pad(speech, 8_000)  # silence, too, where a phase is undefined
    theirs = librosa.effects.time_stretch(padded.astype(np.float64), rate=rate)
    np.testing.assert_allclose(vocoder(padded, rate), theirs, atol=3e-5)


@pytest.mark.parametrize("semitones", [-3.5, 2.0])
def test_the_vocoder_shifts_as_librosa_does(semitones: float, speech: Waveform) -> None:
    theirs = librosa.effects.pitch_shift(speech.astype(np.float64), sr=RATE, n_steps=semitones)
    ours = restretched(speech, RATE, "vocoder", semitones=semitones)
    np.testing.assert_allclose(ours, theirs, atol=3e-5)


def test_only_the_ends_or_whole_semitones_are_drawn_where_asked() -> None:
    rng = np.random.default_rng(0)
    ends = AUGMENTERS.create("time_stretch", values="ends", min_rate=0.75, max_rate=1.25)
    assert {ends.draw(rng)["rate"] for _ in range(20)} == {0.75, 1.25}
    ends = AUGMENTERS.create("pitch_shift", values="ends", min_semitones=-1, max_semitones=1)
    assert {ends.draw(rng)["semitones"] for _ in range(20)} == {-1, 1}
    whole = AUGMENTERS.create("pitch_shift", values="whole", min_semitones=-4, max_semitones=3)
    assert {whole.draw(rng)["semitones"] for _ in range(200)} == set(range(-4, 4))


def test_a_machine_without_the_clean_engine_is_told(
    speech: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "python_stretch.Signalsmith", None)
    with pytest.raises(ParameterError, match="python-stretch.* or choose vocoder"):
        AUGMENTERS.create("pitch_shift").apply(speech, RATE, {"semitones": 1.0})


# Formants


def vowel(pitch_hz: float, resonances_hz: tuple[float, ...] = (500, 1500, 2500)) -> Waveform:
    """A gliding pulse train through resonances 80 Hz wide."""
    time_s = np.arange(2 * RATE) / RATE
    turns = np.cumsum(pitch_hz * (1 + 0.2 * np.sin(2 * np.pi * time_s))) / RATE
    sound = np.diff(np.floor(turns), prepend=0)
    for hz in resonances_hz:
        radius = np.exp(-np.pi * 80 / RATE)
        sound = lfilter([1], [1, -2 * radius * np.cos(2 * np.pi * hz / RATE), radius**2], sound)
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def smooth_db(waveform: Waveform) -> NDArray[np.float64]:
    """Long-term spectrum, smoothed over 200 Hz."""
    frames = np.lib.stride_tricks.sliding_window_view(waveform, 1024)[::256] * np.hanning(1024)
    power = np.mean(np.abs(np.fft.rfft(frames)) ** 2, axis=0)
    smooth = np.convolve(np.pad(power, 6, mode="reflect"), np.hanning(13), mode="valid")
    return 10 * np.log10(smooth + 1e-12)


def formant_factor(changed: Waveform, original: Waveform) -> float:
    """The stretch of the frequency axis that makes one spectrum most like the other."""
    new, old = smooth_db(changed), smooth_db(original)
    hz, bins_hz = np.linspace(250, 3400, 400), np.linspace(0, RATE / 2, 513)
    factors = np.arange(0.75, 1.3, 0.0025)
    likeness = [
        np.corrcoef(np.interp(hz, bins_hz, new), np.interp(hz / factor, bins_hz, old))[0, 1]
        for factor in factors
    ]
    return float(factors[np.argmax(likeness)])


@pytest.mark.parametrize("factor", [0.85, 1.15])
@pytest.mark.parametrize("voice_hz", [110, 180, 260])
def test_another_tract_moves_formants_and_not_pitch(factor: float, voice_hz: float) -> None:
    original = vowel(voice_hz)
    warped = AUGMENTERS.create("vocal_tract").apply(original, RATE, {"factor": factor})
    assert formant_factor(warped, original) == pytest.approx(factor, rel=0.015)
    assert cents(warped, original) == pytest.approx(0, abs=2)
    assert db(warped, original) == pytest.approx(0, abs=0.01)


def test_the_warp_is_what_another_tract_would_sound_like() -> None:
    warped = AUGMENTERS.create("vocal_tract").apply(vowel(110), RATE, {"factor": 1.15})
    ideal = vowel(110, (575, 1725, 2875))
    within = slice(16, 220)  # 250 to 3400 Hz
    likeness = np.corrcoef(smooth_db(warped)[within], smooth_db(ideal)[within])[0, 1]
    before = np.corrcoef(smooth_db(vowel(110))[within], smooth_db(ideal)[within])[0, 1]
    assert likeness > 0.99 > before


# Noise


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


# Level, time and channel


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


# Rooms


def fall_s(response: NDArray[np.float32]) -> float:
    """Reverberation time by backward integration, from the fall between -5 and -35 dB."""
    left = np.cumsum(response[::-1].astype(np.float64) ** 2)[::-1]
    level_db = 10 * np.log10(left / left[0] + 1e-12)
    place = np.flatnonzero((level_db < -5) & (level_db > -35))
    slope = np.polyfit(place / RATE, level_db[place], 1)[0]
    return float(-60 / slope)


@pytest.mark.parametrize("rt60_s", [0.2, 0.4, 0.8, 1.5])
@pytest.mark.parametrize("room_m", [(3.0, 3.5, 2.4), (8.0, 5.0, 3.0)])
def test_a_room_rings_as_long_as_asked(rt60_s: float, room_m: tuple[float, float, float]) -> None:
    for seed in range(3):
        response = impulse_response(RATE, rt60_s, room_m, (1.0, 1.2, 1.5), (1.9, 2.0, 1.4), seed)
        assert fall_s(response) == pytest.approx(rt60_s, rel=0.1)


def test_the_direct_sound_comes_first_and_loudest() -> None:
    response = impulse_response(RATE, 0.5, (5.0, 4.0, 3.0), (2.0, 2.0, 1.5), (2.5, 2.0, 1.5), 0)
    assert np.argmax(np.abs(response)) == 0
    assert response[0] == pytest.approx(1 / (4 * np.pi * 0.5), rel=0.02)


def test_a_first_reflection_comes_when_geometry_says() -> None:
    """From the floor: mouth and microphone 1 m apart and 1 m above it, √5 m of way."""
    response = impulse_response(
        RATE, 1.0, (20.0, 20.0, 9.0), (9.5, 10.0, 1.0), (10.5, 10.0, 1.0), 0
    )
    place = round((np.sqrt(5) - 1) / 343 * RATE)
    around = np.abs(response[place - 20 : place + 21])
    assert abs(int(np.argmax(around)) - 20) <= 1


def test_reverberation_keeps_length_level_and_beginning(speech: Waveform) -> None:
    augmenter = AUGMENTERS.create("reverberation")
    draw = augmenter.draw(np.random.default_rng(0))
    late = np.concatenate([np.zeros(4000, np.float32), speech])
    wet = augmenter.apply(late, RATE, draw)
    assert wet.size == late.size
    assert db(wet, late) == pytest.approx(0, abs=0.01)
    assert np.abs(wet[:3900]).max() < 1e-6


def test_mouth_and_microphone_stand_in_the_room() -> None:
    settings = {"min_side_m": 2, "max_side_m": 30, "min_distance_m": 5, "max_distance_m": 10}
    augmenter = AUGMENTERS.create("reverberation", **settings)
    for seed in range(50):
        draw = augmenter.draw(np.random.default_rng(seed))
        for place in (draw["mouth_m"], draw["microphone_m"]):
            assert all(0 < at < side for at, side in zip(place, draw["room_m"], strict=True))
