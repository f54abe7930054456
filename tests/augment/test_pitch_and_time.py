"""Speed, pitch, duration and vocal tract move as far as asked, as measured in the sound."""

import librosa
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import lfilter

from ser_core.audio import Waveform
from ser_core.augment import AUGMENTERS
from ser_core.augment.stretching import restretched, vocoder
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS
from tests.augment.levels import RATE, db

ENGINES = ("signalsmith", "vocoder")


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
