"""Several models on one recording, changed versions of it, and what heads beside emotion say."""

import numpy as np
import pytest

from ser_core.audio import Waveform
from ser_core.errors import ParameterError
from ser_core.evaluation.temperature import temper
from ser_core.features import LogMel
from ser_core.inference import Predictor, predict_all
from ser_core.inference.streaming import segments_of, segments_of_all
from tests.inference.handmade import HEADS, LABELS, make_model

RATE = 16_000
NO_CHANGES = {"recipe": {"augmentation": {"copies": 3}}}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Predictor]:
    """Two that take the same features, one of other preprocessing, one of other features."""
    root = tmp_path_factory.mktemp("models")
    made = [
        make_model(root / "one", 1, heads=HEADS, temperature=2.0, card={}),
        make_model(root / "two", 2, card=NO_CHANGES),
        make_model(root / "other-windows", 3, preprocessing={"window_s": 2.0}),
        make_model(root / "other-features", 4, settings={"n_mels": 24}),
    ]
    return [Predictor.load(folder) for folder in made]


@pytest.fixture
def talk(speech: Waveform) -> Waveform:
    """Five seconds: three windows, and a pause in the middle."""
    return np.concatenate([speech, np.zeros(RATE, np.float32), speech])


def test_together_they_say_what_each_says_alone(
    models: list[Predictor], talk: Waveform, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = [each.predict(talk, RATE) for each in models]
    taken: list[int] = []
    compute = LogMel._compute

    def counted(self: LogMel, signal: object) -> object:
        if self.config.n_mels < 64:  # not the log-mel that tells noise from speech
            taken.append(self.config.n_mels)
        return compute(self, signal)  # type: ignore[arg-type]

    monkeypatch.setattr(LogMel, "_compute", counted)
    together = predict_all(models, talk, RATE)
    assert together == alone
    windows = [len(each.windows) for each in alone]
    assert len(taken) == sum(windows) - windows[0], "the first two share theirs"
    segments = segments_of_all(models, talk, RATE)
    assert segments == [segments_of(each, talk, RATE) for each in models]
    assert len(segments[0]) == 2


def test_the_mean_of_windows_is_tempered(models: list[Predictor], talk: Waveform) -> None:
    prediction = models[0].predict(talk, RATE)
    assert len(prediction.windows) > 1
    rows = np.array([[each.probabilities[x] for x in LABELS] for each in prediction.windows])
    wanted = temper(temper(rows, 0.5).mean(axis=0), 2.0)
    got = [prediction.probabilities[label] for label in LABELS]
    np.testing.assert_allclose(got, wanted, atol=1e-9)
    np.testing.assert_allclose(models[0].pool(rows), wanted)


def test_heads_beside_emotion_are_told(models: list[Predictor], speech: Waveform) -> None:
    further = models[0].predict(speech, RATE).further
    assert list(further) == list(HEADS)
    for head, classes in HEADS.items():
        said = further[head]
        if classes:
            assert isinstance(said, dict)
            assert list(said) == list(classes)
            assert sum(said.values()) == pytest.approx(1)
        else:
            assert isinstance(said, float)
    assert models[1].predict(speech, RATE).further == {}


def test_versions_are_averaged_over_and_always_the_same(
    models: list[Predictor], speech: Waveform, talk: Waveform
) -> None:
    plain = models[0].predict(speech, RATE)
    heard = models[0].predict(speech, RATE, copies=3)
    assert plain.versions == []
    assert len(heard.versions) == 4
    assert heard.versions[0] == pytest.approx(plain.probabilities, abs=1e-5)
    rows = np.array([[each[label] for label in LABELS] for each in heard.versions])
    assert np.ptp(rows, axis=0).max() > 1e-4, "the versions differ"
    wanted = models[0].pool(rows)
    np.testing.assert_allclose([heard.probabilities[x] for x in LABELS], wanted, atol=1e-9)
    assert models[0].predict(speech, RATE, copies=3) == heard
    other = models[0].predict(speech, RATE, copies=3, seed=1)
    assert other.versions[0] == heard.versions[0]
    assert other.versions[1:] != heard.versions[1:]
    long = models[0].predict(talk, RATE, copies=2)
    assert len(long.versions) == 3
    assert [one.start_s for one in long.windows] == [
        one.start_s for one in models[0].predict(talk, RATE).windows
    ]


def test_what_cannot_be_changed_is_said(models: list[Predictor], speech: Waveform) -> None:
    with pytest.raises(ParameterError, match="only 0 is allowed, got 2"):
        models[1].predict(speech, RATE, copies=2)
    with pytest.raises(ParameterError, match="copies: 0 to 50 are allowed, got 51"):
        models[0].predict(speech, RATE, copies=51)
    first, second = predict_all(models[:2], speech, RATE, copies=2)
    assert (len(first.versions), len(second.versions)) == (3, 0)
    assert first == models[0].predict(speech, RATE, copies=2)
