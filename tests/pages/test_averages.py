"""The Dataset page's averages: what "against all emotions" and melodies are measured from."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from streamlit.testing.v1 import AppTest

from pages.components import average_work, dataset_averages
from pages.components.average_work import Averages
from tests.conftest import SAMPLING_RATE


def test_clips_without_an_emotion_do_not_count_in_the_mean_of_all_emotions() -> None:
    levels = np.array([[[0.0]], [[4.0]], [[50.0]]], np.float32)
    found = Averages(
        names=np.array(["calm", "angry", ""]),
        spectrograms=levels,
        melodies=np.zeros((3, 4, 1), np.float32),
        clips=np.array([5, 5, 5]),
        speakers=np.array([2, 2, 2]),
        typical=np.array([0, 1, 2]),
    )
    differences, (low, high) = dataset_averages._values(found, against=True)
    assert differences.ravel().tolist() == [-2, 2, 48]
    assert low == -high
    shown, _ = dataset_averages._values(found, against=False)
    assert shown is found.spectrograms


def test_spoken_pitch_is_not_measured_against_sung_pitch(tmp_path: Path) -> None:
    """A song an octave above the speaker's voice moves neither melody away from nought."""
    time_s = np.arange(SAMPLING_RATE) / SAMPLING_RATE
    rows = []
    for channel, f0_hz in (("speech", 150), ("song", 300)):
        path = tmp_path / f"{channel}.wav"
        tone = sum(np.sin(2 * np.pi * k * f0_hz * time_s) / k for k in range(1, 8)) / 4
        soundfile.write(path, tone, SAMPLING_RATE)
        rows.append(("calm", "01", channel, str(path), 1.0))
    clips = pd.DataFrame(rows, columns=["emotion", "speaker", "channel", "path", "duration_s"])
    found = average_work.make(clips, np.array([True, False]), lambda *_: None)
    assert abs(np.nanmedian(found.melodies[0, 1])) < 0.5


def test_speech_and_song_in_one_average_are_said_to_be() -> None:
    def script() -> None:
        import pandas as pd

        from pages.components import dataset_averages

        dataset_averages.mixed_channels(pd.DataFrame({"channel": ["speech", "song"]}))
        dataset_averages.mixed_channels(pd.DataFrame({"channel": ["song", "song"]}))

    (said,) = AppTest.from_function(script).run().caption
    assert "Speech and song together" in said.value
    assert "filter by one channel" in said.value
