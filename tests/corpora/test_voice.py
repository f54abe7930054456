"""The voice says what it was asked to say, measured on the sound itself."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ser_core.corpora.voice import SAMPLING_RATE, Prosody, Speaker, glottal_pulses, speak
from ser_core.errors import ParameterError

MAN = Speaker(name="a", gender="male", tract_cm=17.0, f0_hz=110)
WORDS = ("K IH1 D Z", "AA0 R", "T AO1 K IH0 NG", "B AY0", "DH AH0", "D AO1 R")
FLAT = Prosody(accent_st=0, declination_st=0, final_st=0, tremor_st=0, accent_db=0)


def say(*words: str, speaker: Speaker = MAN, prosody: Prosody = FLAT, seed: int = 0) -> np.ndarray:
    return speak(words or WORDS, speaker, prosody, np.random.default_rng(seed))


def rms_db(waveform: np.ndarray) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(waveform**2))))


def middle(waveform: np.ndarray, share: float = 0.3) -> np.ndarray:
    half = round(len(waveform) * share / 2)
    return waveform[len(waveform) // 2 - half : len(waveform) // 2 + half]


def band_db(waveform: np.ndarray, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform)))) ** 2
    hz = np.fft.rfftfreq(len(waveform), 1 / SAMPLING_RATE)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].sum()))


def formants_hz(waveform: np.ndarray) -> np.ndarray:
    """Resonances by linear prediction, lowest first (Markel & Gray, 1976)."""
    order = 18
    flat = np.append(waveform[0], waveform[1:] - 0.95 * waveform[:-1]) * np.hamming(len(waveform))
    lags = np.correlate(flat, flat, mode="full")[len(flat) - 1 :][: order + 1]
    toeplitz = lags[np.abs(np.subtract.outer(np.arange(order), np.arange(order)))]
    poles = np.roots(np.append(1, -np.linalg.solve(toeplitz, lags[1:])))
    poles = poles[(poles.imag > 0) & (np.abs(poles) > 0.9)]
    return np.sort(np.angle(poles)) * SAMPLING_RATE / (2 * np.pi)


class TestPitch:
    @pytest.mark.parametrize("f0_hz", [90, 150, 240])
    def test_is_the_speakers(self, f0_hz: float, pitch_hz: Callable) -> None:
        waveform = say(speaker=replace(MAN, f0_hz=f0_hz))

        assert np.median(pitch_hz(waveform, SAMPLING_RATE)) == pytest.approx(f0_hz, rel=0.03)

    def test_level_moves_it_by_semitones(self, pitch_hz: Callable) -> None:
        waveform = say(prosody=replace(FLAT, level_st=7))

        raised = np.median(pitch_hz(waveform, SAMPLING_RATE)) / MAN.f0_hz
        assert 12 * np.log2(raised) == pytest.approx(7, abs=0.6)

    def test_accents_widen_its_range(self, pitch_hz: Callable) -> None:
        def spread_st(accent_st: float) -> float:
            waveform = say(prosody=replace(FLAT, accent_st=accent_st))
            return float(
                np.ptp(np.percentile(12 * np.log2(pitch_hz(waveform, SAMPLING_RATE)), (10, 90)))
            )

        assert spread_st(8) > spread_st(1) + 4

    @pytest.mark.parametrize(("final_st", "direction"), [(6, 1), (-6, -1)])
    def test_goes_up_or_down_at_the_end(
        self, final_st: float, direction: int, pitch_hz: Callable
    ) -> None:
        pitch = pitch_hz(say("AO1", "AO1", prosody=replace(FLAT, final_st=final_st)), SAMPLING_RATE)

        assert direction * 12 * np.log2(np.mean(pitch[-3:]) / np.mean(pitch[:3])) > 3

    def test_never_leaves_what_a_voice_can_do(self, pitch_hz: Callable) -> None:
        waveform = say(prosody=replace(FLAT, level_st=60))

        assert np.median(pitch_hz(waveform, SAMPLING_RATE)) <= 4.1 * MAN.f0_hz


class TestGlottalPulses:
    STEADY = np.full(5 * SAMPLING_RATE, 100.0)

    def closures(self, jitter_percent: float, shimmer_db: float) -> tuple[np.ndarray, np.ndarray]:
        """Sample positions and depths of the glottis closing, once in each cycle."""
        pulses, _ = glottal_pulses(
            self.STEADY, 0.6, jitter_percent, shimmer_db, np.random.default_rng(0)
        )
        dips = (pulses[1:-1] < pulses[:-2]) & (pulses[1:-1] <= pulses[2:]) & (pulses[1:-1] < -0.2)
        at = np.flatnonzero(dips) + 1
        return at, -pulses[at]

    def test_jitter_is_the_spread_of_periods(self) -> None:
        at, _ = self.closures(jitter_percent=3, shimmer_db=0)

        assert 100 * np.std(np.diff(at)) / np.mean(np.diff(at)) == pytest.approx(3, rel=0.15)

    def test_without_jitter_periods_are_even(self) -> None:
        at, _ = self.closures(jitter_percent=0, shimmer_db=0)

        assert len(at) == pytest.approx(500, abs=2)
        assert np.ptp(np.diff(at)) <= 1

    def test_shimmer_is_the_spread_of_heights(self) -> None:
        _, depth = self.closures(jitter_percent=0, shimmer_db=1)

        assert np.std(20 * np.log10(depth)) == pytest.approx(1, rel=0.15)

    @pytest.mark.parametrize("open_quotient", [0.4, 0.8])
    def test_open_quotient_is_the_share_of_open_time(self, open_quotient: float) -> None:
        _, openness = glottal_pulses(self.STEADY, open_quotient, 0, 0, np.random.default_rng(0))

        assert np.mean(openness > 0) == pytest.approx(open_quotient, abs=0.02)
        assert openness.min() >= 0
        assert openness.max() == pytest.approx(1, abs=0.01)


class TestSounds:
    @pytest.mark.parametrize(
        ("vowel", "expected_hz"), [("AA1", (730, 1090)), ("IH1", (390, 1990)), ("AO1", (570, 840))]
    )
    def test_vowels_have_their_formants(self, vowel: str, expected_hz: tuple[float, float]) -> None:
        found = formants_hz(middle(say(vowel, prosody=replace(FLAT, rate_percent=-30))))

        for formant_hz in expected_hz:
            assert np.abs(found / formant_hz - 1).min() < 0.1, found

    def test_a_shorter_tract_raises_them(self) -> None:
        def first_hz(tract_cm: float) -> float:
            waveform = say("AA1", speaker=replace(MAN, tract_cm=tract_cm))
            found = formants_hz(middle(waveform))
            return float(found[found > 500][0])

        assert first_hz(14.0) / first_hz(17.5) == pytest.approx(17.5 / 14.0, rel=0.1)

    def test_a_stop_is_silent_before_its_burst(self) -> None:
        waveform = say("AA1 K AA1", prosody=replace(FLAT, rate_percent=-30))
        levels = [
            rms_db(chunk)
            for chunk in np.split(waveform[: len(waveform) // 160 * 160], len(waveform) // 160)
        ]

        inner = levels[len(levels) // 5 : -len(levels) // 5]
        assert min(inner) < max(inner) - 40

    def test_a_fricative_is_high_noise(self) -> None:
        waveform = say("AA1 S AA1", prosody=replace(FLAT, rate_percent=-30))
        hiss = waveform[round(0.36 * len(waveform)) : round(0.46 * len(waveform))]

        assert band_db(hiss, 4000, 8000) > band_db(hiss, 0, 3000) + 10

    @pytest.mark.parametrize("word", ["K XX1", "K IH D", "kids", "1"])
    def test_unknown_phones_are_named(self, word: str) -> None:
        with pytest.raises(ParameterError, match=r"phone must be one of B, D, .*; got '"):
            say(word)

    @pytest.mark.parametrize("words", [("S",), ("",)])
    def test_a_phrase_needs_a_vowel(self, words: tuple[str, ...]) -> None:
        with pytest.raises(ParameterError, match="must hold a vowel"):
            say(*words)


class TestDelivery:
    def test_rate_shortens(self) -> None:
        faster = say(prosody=replace(FLAT, rate_percent=30, pause_ms=0))

        slower = say(prosody=replace(FLAT, rate_percent=-20, pause_ms=0))
        assert len(slower) / len(faster) == pytest.approx(1.3 / 0.8, rel=0.02)

    def test_pauses_are_silences_between_words(self) -> None:
        def silence_s(pause_ms: float) -> float:
            waveform = say("AO1", "AO1", "AO1", prosody=replace(FLAT, pause_ms=pause_ms))
            return float(np.sum(np.abs(waveform) < 1e-4)) / SAMPLING_RATE

        assert silence_s(200) > silence_s(0) + 0.1

    def test_energy_is_in_decibels(self) -> None:
        assert rms_db(say(prosody=replace(FLAT, energy_db=6))) == pytest.approx(
            rms_db(say()) + 6, abs=0.01
        )

    def test_tilt_lies_at_3_khz(self) -> None:
        def slope_db(tilt_db: float) -> float:
            quiet_breath = replace(MAN, breath_db=-90.0, tilt_db=0.0)
            vowel = middle(say("AA1", speaker=quiet_breath, prosody=replace(FLAT, tilt_db=tilt_db)))
            return band_db(vowel, 2800, 3200) - band_db(vowel, 50, 300)

        assert slope_db(3) - slope_db(15) == pytest.approx(12, abs=1.5)

    def test_breath_fills_the_gaps_between_harmonics(self) -> None:
        def high_db(breath_db: float) -> float:
            vowel = middle(say("AA1", prosody=replace(FLAT, breath_db=breath_db)))
            return band_db(vowel, 5000, 8000)

        assert high_db(20) > high_db(-20) + 10

    def test_slurring_pulls_formants_to_the_middle(self) -> None:
        slurred = say("IH1", prosody=replace(FLAT, articulation_percent=-60, rate_percent=-30))
        precise = say("IH1", prosody=replace(FLAT, rate_percent=-30))

        def second_hz(waveform: np.ndarray) -> float:
            found = formants_hz(middle(waveform))
            return float(found[found > 1200][0])

        assert second_hz(slurred) < second_hz(precise) - 150

    def test_a_shout_is_turned_down_not_clipped(self) -> None:
        loud, plain = say(prosody=replace(FLAT, energy_db=60)), say()

        assert np.abs(loud).max() == pytest.approx(0.95)
        np.testing.assert_allclose(loud / np.abs(loud).max(), plain / np.abs(plain).max())


def test_the_same_generator_says_the_same() -> None:
    np.testing.assert_array_equal(say(seed=3), say(seed=3))
    assert not np.array_equal(say(seed=3)[:8000], say(seed=4)[:8000])
