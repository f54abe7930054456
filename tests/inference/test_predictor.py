"""The shipped model, as people use it."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from ser_core import audio, paths
from ser_core.audio import Waveform
from ser_core.augment.noise import coloured_noise
from ser_core.corpora import CORPORA
from ser_core.emotions import EMOTIONS
from ser_core.errors import AudioError, ModelError, UnknownNameError
from ser_core.inference import Predictor, list_models
from ser_core.inference.evaluate import evaluate

RATE = 16_000


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


def test_the_default_model_ships_with_its_card(predictor: Predictor) -> None:
    assert list_models()[0] == "default"
    assert predictor.labels == tuple(EMOTIONS)
    card = predictor.card
    assert card["uar"]["low"] < card["uar"]["value"] < card["uar"]["high"]
    counts = np.array(card["confusion"]["counts"])
    assert counts.sum() == card["clips"]
    recall = np.diag(counts) / counts.sum(axis=1)
    assert card["uar"]["value"] == pytest.approx(recall.mean())
    for key in ("corpus", "protocol", "folds", "seeds", "interval", "licence", "limits", "note"):
        assert card[key], key
    tested = [speaker for fold in card["folds"] for speaker in fold["test"]]
    assert len(tested) == len(set(tested))
    for fold in card["folds"]:
        assert not set(fold["test"]) & set(fold["validation"])
    assert (paths.ASSETS / "models" / "default" / "model.onnx").stat().st_size < 10e6


def test_a_prediction_is_complete(predictor: Predictor, speech: Waveform) -> None:
    prediction = predictor.predict(speech, RATE)
    assert list(prediction.probabilities) == list(EMOTIONS)
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert prediction.top(3)[0] == (prediction.emotion, max(prediction.probabilities.values()))
    assert len(prediction.top(3)) == 3
    assert prediction.sure in {"sure", "fairly sure", "not sure"}
    assert prediction.duration_s == pytest.approx(2.0)
    assert prediction.notes == []
    (window,) = prediction.windows
    assert 0 <= window.start_s < window.end_s <= 2.0


def test_level_offset_and_sampling_rate_do_not_matter(
    predictor: Predictor, speech: Waveform
) -> None:
    reference = predictor.predict(speech, RATE).probabilities
    upsampled = audio.resample(speech, RATE, 48_000)
    for waveform, rate in ((speech * 0.05, RATE), (speech + 0.1, RATE), (upsampled, 48_000)):
        changed = predictor.predict(waveform.astype(np.float32), rate).probabilities
        for label, probability in reference.items():
            assert changed[label] == pytest.approx(probability, abs=0.05)


def test_long_input_is_cut_into_windows(predictor: Predictor, speech: Waveform) -> None:
    long = np.pad(np.tile(speech, 10), RATE)
    prediction = predictor.predict(long, RATE)
    assert len(prediction.windows) >= 12
    assert prediction.windows[0].start_s == pytest.approx(1.0, abs=0.1)
    assert prediction.windows[-1].end_s == pytest.approx(21.0, abs=0.4)
    starts = [window.start_s for window in prediction.windows]
    assert starts == sorted(starts)
    rows = np.array([list(window.probabilities.values()) for window in prediction.windows])
    together = predictor.pool(rows)
    np.testing.assert_allclose(list(prediction.probabilities.values()), together, atol=1e-9)


def test_what_is_wrong_with_a_recording_is_said(predictor: Predictor, speech: Waveform) -> None:
    def notes(waveform: Waveform) -> str:
        return " ".join(predictor.predict(waveform.astype(np.float32), RATE).notes)

    assert "Quiet: " in notes(speech * 0.005)
    assert "Clipped: " in notes(np.clip(speech * 20, -1, 1))
    assert "Short: " in notes(speech[: round(0.5 * RATE)])


@pytest.mark.parametrize("level_db", [-60, -40, -20])
@pytest.mark.parametrize("kind", ["white", "pink", "red", "hum"])
def test_a_sound_without_speech_is_never_sure(
    predictor: Predictor, kind: str, level_db: float
) -> None:
    time_s = np.arange(3 * RATE) / RATE
    hum = np.sin(2 * np.pi * 50 * time_s) * np.sqrt(2)
    slopes = {"white": 0.0, "pink": 1.0, "red": 2.0}
    sound = hum if kind == "hum" else coloured_noise(3 * RATE, RATE, slopes[kind], 0)
    prediction = predictor.predict((sound * 10 ** (level_db / 20)).astype(np.float32), RATE)
    assert prediction.sure == "not sure"
    assert prediction.notes[0].startswith("No speech found")


def test_silence_is_refused(predictor: Predictor) -> None:
    with pytest.raises(AudioError, match="silent"):
        predictor.predict(np.zeros(RATE, np.float32), RATE)


def test_an_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="model 'nope' is not known; known: default"):
        Predictor.load("nope")


def test_a_damaged_or_foreign_file_is_no_model(tmp_path: Path) -> None:
    broken = tmp_path / "broken" / "model.onnx"
    broken.parent.mkdir()
    broken.write_bytes(b"not a network")
    with pytest.raises(ModelError, match="broken: the ONNX file cannot be opened"):
        Predictor.load(broken)
    model = onnx.load(paths.ASSETS / "models" / "default" / "model.onnx")
    del model.metadata_props[:]
    foreign = tmp_path / "foreign" / "model.onnx"
    foreign.parent.mkdir()
    onnx.save(model, foreign)
    with pytest.raises(ModelError, match="foreign: not a SER Studio model"):
        Predictor.load(foreign)


def test_a_damaged_card_is_said_so(tmp_path: Path) -> None:
    default = paths.ASSETS / "models" / "default" / "model.onnx"
    (tmp_path / "model.onnx").write_bytes(default.read_bytes())
    (tmp_path / "card.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="model card is not readable"):
        Predictor.load(tmp_path)


def test_a_home_model_is_listed_after_the_default(ser_home: Path) -> None:
    default = paths.ASSETS / "models" / "default" / "model.onnx"
    mine = ser_home / "models" / "a-mine" / "model.onnx"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(default.read_bytes())
    assert list_models() == ["default", "a-mine"]
    assert Predictor.load("a-mine").card == {}


def test_evaluation_counts_what_it_leaves_out(
    predictor: Predictor, synthetic_corpus: Path, tmp_path: Path
) -> None:
    table = CORPORA.get("synthetic")().index(synthetic_corpus).iloc[::20].reset_index(drop=True)
    table.loc[0, "emotion"] = "bored"
    table.loc[1, ["problems", "emotion"]] = "empty file", "bored"  # the problem comes first
    table.loc[2, "path"] = str(tmp_path / "gone.wav")
    evaluation = evaluate(predictor, table)
    assert evaluation.left_out == {
        "the model has no label bored": 1,
        "problem with the clip": 2,
    }
    assert evaluation.scores.clips == len(table) - 3 == len(evaluation.predictions)
    right = evaluation.predictions["emotion"] == evaluation.predictions["predicted"]
    assert evaluation.scores.war.value == pytest.approx(right.mean())


def test_real_speech_is_heard(predictor: Predictor, ravdess: Path) -> None:
    """Strong anger and plain neutral of the training actors: far above chance, or all is broken."""
    table = CORPORA.get("ravdess")().index(ravdess)
    chosen = table[(table["channel"] == "speech") & (table["repetition"] == 1)]
    evaluation = evaluate(predictor, chosen.iloc[::10])
    assert evaluation.scores.uar.value > 0.8  # they were trained on: a fit, not a score
