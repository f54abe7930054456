"""The Dataset page's averages: what "against all emotions" is measured from."""

import numpy as np

from pages.components import dataset_averages
from pages.components.average_work import Averages


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
