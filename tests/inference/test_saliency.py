"""What an answer hangs on: found where it is known, and the claim holds on real speech."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import logit

from ser_core import audio
from ser_core.audio import Preprocessing
from ser_core.errors import ParameterError, TaskCancelled
from ser_core.inference import Predictor
from ser_core.inference.saliency import Saliency, explain, take_apart
from ser_core.inference.time_frequency import Plane
from tests.conftest import speech_like
from tests.inference.made_voice import with_stage

RATE = 16_000
HIGH_HZ = (3_000, 4_500)
MASKS = 320
Windows = NDArray[np.float32]


class ListensHigh:
    """Calls a sound happy by its energy between 3 and 4.5 kHz in its first second; else sad."""

    labels = ("sad", "happy")
    preprocessing = Preprocessing()

    def __init__(self) -> None:
        self.usual = 0.0  # energy of the sound that is asked about first

    def hear_windows(self, windows: Windows, _: object = None) -> NDArray[np.float64]:
        """The first second of two, which lie in the middle of the window."""
        first = windows[:, round(0.5 * RATE) : round(1.5 * RATE)]
        power = np.square(np.abs(np.fft.rfft(first, axis=1)))
        hz = np.fft.rfftfreq(first.shape[1], 1 / RATE)
        high = power[:, (hz > HIGH_HZ[0]) & (hz < HIGH_HZ[1])].sum(axis=1)
        self.usual = self.usual or float(high.mean())
        happy = 1 / (1 + np.exp(2 - 2 * high / self.usual))
        return np.stack([1 - happy, happy], axis=1)

    def pool(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        """There is one window only."""
        return said[0]


def listens_high() -> Predictor:
    model: Any = ListensHigh()
    return model


@pytest.fixture(scope="module")
def clip() -> Windows:
    noise = 0.1 * np.random.default_rng(0).standard_normal(2 * RATE)
    return (speech_like(2.0) + noise).astype(np.float32)


@pytest.fixture(scope="module")
def found(clip: Windows) -> Saliency:
    return explain(listens_high(), clip, RATE, masks=MASKS)


def test_it_finds_where_the_model_listens(found: Saliency) -> None:
    marked = found.marked("happy", 0.1)
    assert marked.mean() == pytest.approx(0.1, abs=0.01)
    frames, bands = np.nonzero(marked)
    inside = (found.sound.times_s[frames] < 1.1) & (found.sound.bands_hz[bands] > 2_500)
    assert (inside & (found.sound.bands_hz[bands] < 5_200)).mean() > 0.9
    assert np.allclose(found.cells["happy"], -found.cells["sad"])


def test_parts_are_the_sound_and_the_claim_can_be_checked(found: Saliency) -> None:
    parts = take_apart(listens_high(), found, "happy", 0.15)
    whole = found.sound.voice
    assert parts.mattered.size == parts.rest.size == whole.size
    assert np.abs(parts.mattered + parts.rest - whole).max() < 1e-4
    with pytest.raises(ParameterError, match="share"):
        take_apart(listens_high(), found, "happy", 1.0)


def test_a_plane_gives_back_what_went_in(clip: Windows) -> None:
    plane = Plane(clip, RATE)
    everything = np.ones((plane.num_frames, plane.bands_hz.size))
    assert np.abs(plane.kept(everything) - clip).max() < 1e-5
    assert np.abs(plane.kept(0 * everything)).max() == 0


def test_the_same_recording_gets_the_same_answer_at_its_own_times(clip: Windows) -> None:
    first, again = (explain(listens_high(), clip, RATE, masks=8).cells["sad"] for _ in range(2))
    assert np.array_equal(first, again)
    later = np.concatenate([np.zeros(RATE, np.float32), clip])
    found = explain(listens_high(), later, RATE, masks=8)
    assert found.start_s == pytest.approx(0.95, abs=0.03)
    added = found.at("happy", np.array([0.5, 1.5, 3.2]), np.array([1_000.0]))
    assert np.isnan(added[:, 0]).tolist() == [True, False, True]


def test_a_long_recording_is_explained_window_by_window(clip: Windows) -> None:
    predictor = Predictor.load()
    sound = np.tile(clip, 4)
    with pytest.raises(ParameterError, match="window: the recording has 5 windows"):
        explain(predictor, sound, RATE)
    said = predictor.predict(sound, RATE).windows[2]
    found = explain(predictor, sound, RATE, 2, masks=4)
    assert found.probabilities == pytest.approx(said.probabilities, abs=1e-5)
    assert found.start_s == pytest.approx(said.start_s, abs=0.6)


def test_what_is_explained_goes_by_a_voice_where_the_answer_does(
    tmp_path: Path, clip: Windows
) -> None:
    predictor = Predictor.load(with_stage(tmp_path / "knows"))
    knowing = predictor.knowing(predictor.enrol([(speech_like(3.0, seed=1), RATE)]))
    found = explain(knowing, clip, RATE, masks=2)
    assert found.probabilities == pytest.approx(knowing.predict(clip, RATE).probabilities)


def test_it_can_be_stopped(clip: Windows) -> None:
    def stop(done: int, total: int) -> None:
        raise TaskCancelled(f"{done} of {total}")

    with pytest.raises(TaskCancelled, match="0 of 320"):
        explain(listens_high(), clip, RATE, report=stop)


def test_the_marked_tenth_of_real_speech_matters_more_than_another(real_clip: Path) -> None:
    predictor = Predictor.load()
    waveform, rate = audio.load(real_clip)
    found = explain(predictor, waveform, rate, masks=80)
    said = predictor.predict(waveform, rate)
    assert found.probabilities == pytest.approx(said.probabilities, abs=1e-6)
    parts = take_apart(predictor, found, said.emotion, 0.2)
    # In log-odds, so that a sharper or softer temperature makes little of a difference.
    assert logit(parts.elsewhere) - logit(parts.rest_says[said.emotion]) > 1.0
    assert parts.mattered_says[said.emotion] > 0.5
