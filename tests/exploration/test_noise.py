"""Robustness to noise: what is laid under the clips, what is kept, and on whom it is honest."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_core.__main__ import main
from ser_core.audio import Preprocessing
from ser_core.commands import evaluate_noise as noise_command
from ser_core.errors import CorpusError, ParameterError, TaskCancelled
from ser_core.exploration.noise import evaluate_noise, noise, unheard
from ser_core.inference.evaluate import evaluate

RATE = 16_000


@dataclass
class Said:
    emotion: str
    probabilities: dict[str, float]


@dataclass
class Ear:
    """Takes a pure tone for calm and all that is not pure for angry."""

    labels: tuple[str, ...] = ("calm", "angry")
    card: dict[str, Any] = field(default_factory=dict)
    wants_speaker: bool = False
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    heard: int = 0

    def predict(self, waveform, sampling_rate, speaker=None) -> Said:
        self.heard += 1
        power = np.abs(np.fft.rfft(waveform)) ** 2
        pure = power.max() / power.sum() > 0.7
        return Said("calm" if pure else "angry", {"calm": float(pure), "angry": float(not pure)})

    def fingerprint(self) -> str:
        return "ear"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Four speakers, a tone and a hiss each."""
    folder = tmp_path_factory.mktemp("noise")
    rng = np.random.default_rng(0)
    rows = []
    for speaker in range(4):
        tone = 0.3 * np.sin(2 * np.pi * (300 + 50 * speaker) * np.arange(RATE) / RATE)
        for emotion, sound in (("calm", tone), ("angry", rng.normal(0, 0.1, RATE))):
            path = folder / f"{speaker}-{emotion}.wav"
            soundfile.write(path, sound, RATE)
            row = {"clip": path.name, "path": str(path), "speaker": str(speaker), "corpus": "own"}
            rows.append({**row, "label": emotion, "emotion": emotion, "problems": ""})
    return pd.DataFrame(rows)


@pytest.mark.parametrize("colour", ["white", "pink", "brown"])
@pytest.mark.parametrize("snr_db", [0.0, 20.0])
def test_the_ratio_is_what_was_asked(colour: str, snr_db: float, speech) -> None:
    change = noise(colour, snr_db)
    assert change is not None
    added = change("a.wav", speech, RATE) - speech
    measured = 10 * np.log10(np.mean(speech**2) / np.mean(added**2))
    assert measured == pytest.approx(snr_db, abs=0.01)


def test_noise_that_a_model_cannot_hear_does_not_count(table: pd.DataFrame, tmp_path: Path) -> None:
    """A third of white noise at 48 kHz lies in the band of a model of 16 kHz."""
    tone = 0.3 * np.sin(2 * np.pi * 300 * np.arange(3 * RATE) / (3 * RATE))
    high = tmp_path / "high.wav"
    soundfile.write(high, tone, 3 * RATE)
    heard = []

    class Keeps(Ear):
        def predict(self, waveform, sampling_rate, speaker=None) -> Said:
            heard.append((waveform, sampling_rate))
            return super().predict(waveform, sampling_rate, speaker)

    evaluate(Keeps(), table.iloc[:1].assign(path=str(high)), change=noise("white", 0))
    [(waveform, rate)] = heard
    assert rate == RATE
    power = np.abs(np.fft.rfft(waveform)) ** 2
    assert 10 * np.log10(power.max() / (power.sum() - power.max())) == pytest.approx(0, abs=0.3)


def test_a_clip_has_one_noise_at_all_ratios_and_another_clip_another(speech) -> None:
    loud, soft, other = (
        noise("pink", ratio)(name, speech, RATE) - speech  # type: ignore[misc]
        for ratio, name in ((0, "a"), (20, "a"), (0, "b"))
    )
    np.testing.assert_allclose(loud, 10 * soft, atol=1e-5)
    assert abs(np.corrcoef(loud, other)[0, 1]) < 0.2


def test_scores_fall_with_the_noise(table: pd.DataFrame) -> None:
    found = evaluate_noise(Ear(), table, ("white",), (0, 30))
    assert found.clean.scores.uar.value == 1
    assert [point.snr_db for point in found.curve("white")] == [30, 0]
    assert [point.scores.uar.value for point in found.curve("white")] == [1, 0.5]
    assert found.clean.as_dict()["snr_db"] is None
    assert (found.clean.scores.clips, found.clean.scores.speakers) == (8, 4)


def test_what_was_heard_is_kept_and_stopped_work_goes_on(table: pd.DataFrame) -> None:
    ear = Ear()

    def stop(done: int, total: int, words: str) -> None:
        assert total == 3 * 8
        if done >= 12:
            raise TaskCancelled("stopped")

    with pytest.raises(TaskCancelled):
        evaluate_noise(ear, table, ("white",), (30, 0), progress=stop)
    first = ear.heard
    evaluate_noise(ear, table, ("white",), (30, 0))
    assert ear.heard == first + 16  # the clips without noise were not heard again
    evaluate_noise(ear, table, ("white",), (30, 0))
    assert ear.heard == first + 16
    evaluate_noise(ear, table, ("white",), (30, 0), seed=1)
    assert ear.heard > first + 16


def test_clips_that_cannot_be_scored_are_counted(table: pd.DataFrame, tmp_path: Path) -> None:
    broken = table.copy()
    broken.loc[0, "path"] = str(tmp_path / "gone.wav")
    broken.loc[1, "emotion"] = "bored"
    found = evaluate_noise(Ear(), broken, ("white",), (30,))
    assert found.left_out == {"problem with the clip": 1, "the model has no label bored": 1}


def test_speakers_that_were_trained_on_are_told_apart(table: pd.DataFrame) -> None:
    ear = Ear(card={"trained_on": {"corpus": "own", "speakers": ["0", "1"]}})
    assert set(unheard(ear, table)["speaker"]) == {"2", "3"}
    assert evaluate_noise(ear, table, ("white",), (30,)).known_speakers == ["0", "1"]
    assert evaluate_noise(ear, unheard(ear, table), ("white",), (30,)).known_speakers == []
    assert len(unheard(Ear(), table)) == 8


def test_of_a_run_the_clips_and_labels_are_those_it_was_scored_by(table: pd.DataFrame) -> None:
    """Whatever the labels in the corpus are called today."""
    tested = table[["clip", "emotion"]].iloc[:3].assign(copy=[0, 0, 1])
    renamed = tested.assign(emotion=["neutral", "angry", "neutral"])
    found = noise_command.tested_clips(renamed, table)
    assert found["emotion"].tolist() == ["neutral", "angry"]
    assert found["clip"].tolist() == table["clip"].tolist()[:2]
    with pytest.raises(CorpusError, match="0-angry.wav: not in the corpus that was given, nor are"):
        noise_command.tested_clips(renamed, table.iloc[5:])


def test_a_noise_that_does_not_exist_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="noise: one of white, pink, brown, blue, got 'green'"):
        evaluate_noise(Ear(), table, ("green",))
    with pytest.raises(ParameterError, match="snr_db must be numbers"):
        evaluate_noise(Ear(), table, ("white",), (float("nan"),))


def test_the_command_scores_under_noise_and_draws_it(
    ravdess: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a speaker that the model was trained on, which has to be said."""
    picture = tmp_path / "noise.svg"
    command = ["evaluate", "default", "--corpus", f"ravdess={ravdess}", "--channel", "speech"]
    more = ["--speakers", "01", "--snr", "0", "--noise", "white", "--picture", str(picture)]
    assert main([*command, *more, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    clean, noisy = document["points"]
    assert (clean["noise"], clean["snr_db"], noisy["snr_db"]) == ("none", None, 0)
    assert clean["war"]["value"] > noisy["war"]["value"]
    assert document["known_speakers"] == ["01"]
    assert "white" in picture.read_text()
    assert main([*command, *more]) == 0  # from what was kept
    assert "this is a fit, not a score" in capsys.readouterr().out
    assert main([*command, *more[:-1], str(tmp_path / "noise.gif")]) == 1
    assert "must end in .png, .svg or .pdf" in capsys.readouterr().err
