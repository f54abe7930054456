"""Averages show what clips share, whatever their length, level and speaker."""

import numpy as np
import pytest

from ser_core.errors import ParameterError
from ser_core.exploration import averages


def rising(num_frames: int, silent: int = 0) -> np.ndarray:
    """Log-mel of two bands whose level rises by 20 dB, with silence around it."""
    ramp = np.linspace(-30, -10, num_frames)
    voice = np.column_stack([ramp, ramp - 6])
    silence = np.full((silent, 2), -100.0)
    return np.concatenate([silence, voice, silence]).astype(np.float32)


def test_length_level_and_silence_do_not_matter_to_the_mean_spectrogram() -> None:
    alone = averages.mean_spectrogram([rising(50)])
    clips = [rising(50), rising(80) - 12, rising(140, silent=30)]
    np.testing.assert_allclose(averages.mean_spectrogram(clips), alone, atol=0.3)
    np.testing.assert_allclose(alone.mean(), 0, atol=0.3)
    assert alone[-1, 0] - alone[0, 0] == pytest.approx(20, abs=0.1)
    np.testing.assert_allclose(alone[:, 0] - alone[:, 1], 6, atol=1e-4)


def glide(low: float, high: float, num_frames: int = 60, unvoiced: int = 0) -> np.ndarray:
    contour = np.geomspace(low, high, num_frames)
    gap = np.zeros(unvoiced)
    return np.concatenate([gap, contour, gap]).astype(np.float32)


def test_melody_is_measured_from_each_speakers_own_pitch() -> None:
    low, high = glide(100, 200), glide(200, 400, num_frames=90, unvoiced=10)
    melody = averages.mean_melody([low, high], [100, 200])
    np.testing.assert_allclose(melody.median, np.linspace(0, 12, averages.STEPS), atol=0.2)
    np.testing.assert_allclose(melody.voiced, 1)
    assert (melody.high >= melody.low).all()


def test_where_hardly_anybody_is_voiced_there_is_no_median() -> None:
    broken = glide(100, 100)
    broken[20:40] = 0
    melody = averages.mean_melody([broken] * 20 + [glide(100, 100)], [100.0] * 21)
    middle = slice(40, 60)
    assert np.isnan(melody.median[middle]).all()
    np.testing.assert_allclose(melody.voiced[middle], 1 / 21, rtol=1e-5)
    np.testing.assert_allclose(melody.median[:25], 0, atol=1e-6)


def test_unvoiced_clips_are_left_out_and_one_must_be_voiced() -> None:
    melody = averages.mean_melody([glide(100, 200), np.zeros(30, np.float32)], [100, 100])
    np.testing.assert_allclose(melody.voiced, 1)
    with pytest.raises(ParameterError, match="at least one with a voiced frame"):
        averages.mean_melody([np.zeros(30, np.float32)], [100])
    with pytest.raises(ParameterError, match="at least one is needed"):
        averages.mean_spectrogram([])


def test_usual_pitch_is_the_median_of_voiced_frames_by_speaker() -> None:
    clips = [np.array([0, 100, 110, 0]), np.array([120.0]), np.zeros(4)]
    usual = averages.usual_pitch([clip.astype(np.float32) for clip in clips], ["a", "a", "b"])
    assert usual == {"a": 110.0, "b": 0.0}


def test_a_clip_of_one_frame_can_be_stretched() -> None:
    np.testing.assert_array_equal(averages.stretched(np.ones((1, 3)), 4), np.ones((4, 3)))


def test_clips_without_an_emotion_are_compared_but_do_not_count_in_the_mean() -> None:
    spectrograms = np.array([[[1.0, 2.0]], [[3.0, 6.0]], [[90.0, 90.0]]], np.float32)
    found = averages.against_all(spectrograms, ["calm", "sad", ""])
    np.testing.assert_allclose(found[:, 0], [[-1, -2], [1, 2], [88, 86]])
    alone = averages.against_all(spectrograms[2:], [""])
    np.testing.assert_allclose(alone, 0)
