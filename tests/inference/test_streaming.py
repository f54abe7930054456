"""A stream hears what a file of the same samples would, in order, in bounded memory."""

import itertools
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from ser_core import audio
from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.inference import Predictor
from ser_core.inference.ring import Ring
from ser_core.inference.streaming import (
    KEPT_SEGMENTS,
    Heard,
    Stream,
    StreamConfig,
    segments_from,
    segments_of,
)
from ser_core.inference.voice_gate import GateConfig, VoiceGate
from tests.conftest import speech_like

RATE = 16_000


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


@pytest.fixture(scope="module")
def talk() -> Waveform:
    """A room, speech from 2 to 6 s, a pause, speech from 8 to 10 s, the room; 13 s."""
    rng = np.random.default_rng(0)
    sound = (1e-3 * rng.standard_normal(13 * RATE)).astype(np.float32)
    sound[2 * RATE : 6 * RATE] += speech_like(4.0)
    sound[8 * RATE : 10 * RATE] += speech_like(2.0)
    return sound


def streamed(stream: Stream, waveform: Waveform, block: int) -> list[Heard]:
    parts = [waveform[at : at + block] for at in range(0, len(waveform), block)]
    return [heard for part in parts for heard in stream.feed(part)]


class TestRing:
    def test_keeps_the_newest_whatever_the_blocks(self) -> None:
        ring, rng = Ring(1_000), np.random.default_rng(0)
        whole = np.arange(20_000, dtype=np.float32)
        at = 0
        while at < whole.size:
            size = int(rng.integers(0, 2_500))
            ring.append(whole[at : at + size])
            at = min(at + size, whole.size)
            assert (ring.start, ring.stop) == (max(0, at - 1_000), at)
            np.testing.assert_array_equal(ring.read(0, at), whole[ring.start : at])
            start, stop = sorted(rng.integers(ring.start, at + 1, 2).tolist())
            np.testing.assert_array_equal(ring.read(start, stop), whole[start:stop])


class TestGate:
    def test_finds_speech_between_pauses(self, talk: Waveform) -> None:
        gate = VoiceGate(RATE)
        bounds = np.array([*gate.feed(talk), *gate.finish()]) / RATE
        np.testing.assert_allclose(bounds, [[2, 6], [8, 10]], atol=0.35)

    def test_noise_alone_is_voice_for_no_longer_than_it_takes_to_know_it(self) -> None:
        noise = 0.02 * np.random.default_rng(0).standard_normal(60 * RATE)
        gate = VoiceGate(RATE)
        ended = [*gate.feed(noise.astype(np.float32)), *gate.finish()]
        assert all(stop < 6 * RATE for _, stop in ended)
        assert gate.noise_db == pytest.approx(-34, abs=1)

    def test_clicks_and_silence_are_no_voice(self) -> None:
        clicks = np.zeros(20 * RATE, np.float32)
        clicks[:: 2 * RATE] = 1
        gate = VoiceGate(RATE)
        assert [*gate.feed(clicks), *gate.finish()] == []

    def test_speech_without_a_pause_is_cut(self) -> None:
        gate = VoiceGate(RATE, GateConfig(longest_s=5))
        bounds = [*gate.feed(np.tile(speech_like(2.0), 10)), *gate.finish()]
        assert len(bounds) == 4
        assert all(before[1] == after[0] for before, after in itertools.pairwise(bounds))


class TestSameAnswer:
    def test_windows_and_segments_are_what_predict_says_of_these_samples(
        self, predictor: Predictor, talk: Waveform
    ) -> None:
        at_48k = audio.resample(talk, RATE, 48_000)
        stream = Stream(predictor, 48_000)
        heard = streamed(stream, at_48k, 4_800)
        assert len(heard) >= 6
        said = [(one.start_s, one.end_s, one.prediction.probabilities) for one in heard]
        said += [(one.start_s, one.end_s, one.probabilities) for one in stream.segments]
        for start_s, end_s, probabilities in said:
            cut = at_48k[round(start_s * 48_000) : round(end_s * 48_000)]
            expected = predictor.predict(cut, 48_000).probabilities
            assert probabilities == pytest.approx(expected, abs=1e-5)

    @pytest.mark.parametrize("block", [160, 16_000, 100_000])
    def test_blocks_make_no_difference(
        self, predictor: Predictor, talk: Waveform, block: int
    ) -> None:
        reference, stream = Stream(predictor, RATE), Stream(predictor, RATE)
        assert streamed(stream, talk, block) == reference.feed(talk)
        assert list(stream.segments) == list(reference.segments)
        assert list(stream.segments) == segments_of(predictor, talk, RATE)

    def test_a_real_sentence_is_one_segment_with_its_files_label(
        self, predictor: Predictor, real_clip: Path
    ) -> None:
        waveform, rate = audio.load(real_clip)
        stream = Stream(predictor, rate)
        streamed(stream, waveform, rate)
        stream.finish()
        (segment,) = stream.segments
        assert segment.emotion == predictor.predict(waveform, rate).emotion


def test_segments_of_a_heard_recording_are_means_of_its_windows(
    predictor: Predictor, talk: Waveform
) -> None:
    windows = predictor.predict(talk, RATE).windows
    cheap = segments_from(predictor, windows, talk, RATE)
    full = segments_of(predictor, talk, RATE)
    assert [(a.start_s, a.end_s) for a in cheap] == [(b.start_s, b.end_s) for b in full]
    assert all(sum(one.probabilities.values()) == pytest.approx(1) for one in cheap)


class TestCourse:
    def test_a_pause_is_silent_and_the_next_segment_starts_afresh(
        self, predictor: Predictor, talk: Waveform
    ) -> None:
        heard = streamed(Stream(predictor, RATE), talk, 1_600)
        assert all(one.start_s > 1.7 for one in heard)
        first = next(one for one in heard if one.end_s > 8)
        assert first.start_s > 7.7
        assert first.probabilities == first.prediction.probabilities

    def test_smoothing_is_a_mean_with_what_was_heard_before(
        self, predictor: Predictor, talk: Waveform
    ) -> None:
        heard = Stream(predictor, RATE, StreamConfig(smoothing=0.25)).feed(talk)
        one, two = heard[:2]
        label = one.emotion
        mixed = 0.25 * one.probabilities[label] + 0.75 * two.prediction.probabilities[label]
        assert two.probabilities[label] == pytest.approx(mixed)
        assert sum(two.probabilities.values()) == pytest.approx(1)

    def test_what_comes_twice_is_heard_once(self, predictor: Predictor, talk: Waveform) -> None:
        reference, stream = Stream(predictor, RATE), Stream(predictor, RATE)
        reference.feed(talk)
        for at in range(0, talk.size, RATE):
            stream.feed(talk[max(0, at - RATE // 2) : at + RATE], max(0, at - RATE // 2))
        assert list(stream.segments) == list(reference.segments)
        assert stream.late_s == pytest.approx(6)
        assert stream.lost_s == 0

    def test_a_gap_ends_the_segment_and_keeps_the_time(
        self, predictor: Predictor, talk: Waveform
    ) -> None:
        stream = Stream(predictor, RATE)
        stream.feed(talk[: 4 * RATE], 0)
        stream.feed(talk[5 * RATE :], 5 * RATE)
        assert stream.lost_s == 1
        bounds = [(one.start_s, one.end_s) for one in stream.segments]
        np.testing.assert_allclose(bounds, [(2, 4), (5, 6), (8, 10)], atol=0.35)

    def test_noise_is_never_sure(self, predictor: Predictor) -> None:
        noise = 0.02 * np.random.default_rng(0).standard_normal(4 * RATE)
        heard = Stream(predictor, RATE).feed(noise.astype(np.float32))
        assert {one.sure for one in heard} == {"not sure"}

    @pytest.mark.parametrize(
        "samples", [np.zeros((2, 5), np.float32), np.array([np.nan], np.float32)]
    )
    def test_what_is_no_sound_is_refused(self, predictor: Predictor, samples: Waveform) -> None:
        with pytest.raises(ParameterError, match="samples"):
            Stream(predictor, RATE).feed(samples)


@pytest.mark.soak
def test_an_hour_takes_no_more_memory_than_minutes(predictor: Predictor, talk: Waveform) -> None:
    stream, size = Stream(predictor, RATE), []
    tracemalloc.start()
    try:
        for minute in range(60):
            for _ in range(60 // 13 + 1):
                streamed(stream, talk, RATE)
            if minute in {9, 59}:
                size.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert stream.duration_s > 3600
    assert size[1] - size[0] < 5e6  # windows and segments of fifty minutes, no sound
    assert len(stream.segments) < KEPT_SEGMENTS
