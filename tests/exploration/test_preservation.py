"""Label preservation: what flips, by how much of what, and that it can be heard again."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_core import audio
from ser_core.augment import AUGMENTERS, ChainConfig, Step
from ser_core.augment.noise import at_snr
from ser_core.errors import CorpusError, ParameterError, TaskCancelled
from ser_core.exploration import preservation
from ser_core.exploration.perturbed import Wanted, prepared
from ser_core.exploration.preservation import Preservation, find, measure, of_chain, sample, sounds
from ser_core.inference import Predictor
from tests.conftest import speech_like

NOISE, SHIFT, MASKS = Step(name="noise"), Step(name="pitch_shift"), Step(name="spec_augment")


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.load()


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Five clips of each of six emotions by each of four speakers; there are no files."""
    rows = product(["neutral", "calm", "happy", "sad", "angry", "disgust"], "abcd", range(5))
    table = pd.DataFrame(rows, columns=["emotion", "speaker", "take"])
    names = table["emotion"] + table["speaker"] + table["take"].astype(str)
    return table.assign(clip=names, path=names, problems="")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Eight short clips of two speakers."""
    root = tmp_path_factory.mktemp("clips")
    rows = []
    for number in range(8):
        path = root / f"{number}.wav"
        voice = speech_like(0.7 + 0.1 * number, number)
        soundfile.write(path, audio.resample(voice, 16_000, 12_000 + 1_000 * number), 16_000)
        emotion = ("angry", "happy", "sad", "calm")[number % 4]
        rows.append({"clip": path.name, "path": str(path), "speaker": "ab"[number // 4]})
        rows[-1] |= {"emotion": emotion, "problems": ""}
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def looked(clips: pd.DataFrame, predictor: Predictor) -> tuple[Wanted, Preservation]:
    wanted = Wanted((NOISE, MASKS), ChainConfig(waveform=(SHIFT,)), strengths=(0.0, 0.4, 1.0))
    return wanted, measure(clips, wanted, predictor)


class TestSample:
    def test_is_even_over_emotions_and_speakers_and_stays_the_same(
        self, table: pd.DataFrame, predictor: Predictor
    ) -> None:
        emotions = table["emotion"].nunique()
        chosen = sample(table, predictor.labels, 3 * emotions)
        assert set(chosen["emotion"].value_counts()) == {3}
        counts = chosen["speaker"].value_counts()
        assert counts.max() - counts.min() <= 1
        assert len(counts) == table["speaker"].nunique()
        again = sample(table, predictor.labels, 3 * emotions)
        assert chosen["clip"].tolist() == again["clip"].tolist()
        other = sample(table, predictor.labels, 3 * emotions, seed=1)
        assert chosen["clip"].tolist() != other["clip"].tolist()

    def test_takes_what_can_be_heard_and_all_of_it_where_that_is_little(
        self, table: pd.DataFrame, predictor: Predictor
    ) -> None:
        few = table.iloc[::40].reset_index(drop=True)
        few.loc[0, "problems"] = "empty file"
        few.loc[1, "emotion"] = "bored"
        chosen = sample(few, predictor.labels)
        assert chosen["clip"].tolist() == few["clip"].tolist()[2:]
        with pytest.raises(CorpusError, match="has an emotion that the model knows"):
            sample(few.iloc[:2], predictor.labels)
        with pytest.raises(ParameterError, match="clips: at least 1, got 0"):
            sample(few, predictor.labels, 0)


class TestMeasure:
    def test_nothing_flips_where_nothing_is_done_and_much_where_all_is(
        self, looked: tuple[Wanted, Preservation]
    ) -> None:
        summary = looked[1].summary().set_index(["step", "strength"])
        for step in ("noise", "spec_augment"):
            assert summary.loc[(step, 0.0), "flips"] == 0
            assert summary.loc[(step, 0.0), "drop"] == pytest.approx(0, abs=1e-3)
            assert summary.loc[(step, 1.0), "flips"] >= summary.loc[(step, 0.4), "flips"]
        assert summary.loc[("noise", 1.0), "flips"] > 0
        assert summary.loc[("spec_augment", 1.0), "flips"] > 0
        assert summary.loc[("noise", 1.0), "setting"] == "Signal-to-noise ratio 0 dB"

    def test_numbers_are_those_of_the_clips(self, looked: tuple[Wanted, Preservation]) -> None:
        made = looked[1]
        trials = made.trials
        assert len(trials) == 8 * (3 + 3 + 1)
        own = trials.set_index(["part", "strength", "clip"])["before"]
        heard = made.before.set_index("clip")["heard"]
        assert (own == heard.reindex(own.index.get_level_values("clip")).to_numpy()).all()
        row = made.summary().iloc[2]
        those = trials[(trials["part"] == 0) & (trials["strength"] == 1.0)]
        assert row["flips"] == (those["heard"] != those["before"]).sum()
        assert row["share"] == pytest.approx(row["flips"] / 8)
        assert row["share_low"] <= row["share"] <= row["share_high"]
        assert row["accuracy"] == pytest.approx((those["heard"] == those["emotion"]).mean())
        assert len(made.flipped) == trials["flipped"].sum()

    def test_a_decision_is_the_models_own(
        self, looked: tuple[Wanted, Preservation], predictor: Predictor
    ) -> None:
        wanted, made = looked
        for part, strength in ((0, 1.0), (2, np.nan)):
            trial = made.trials[made.trials["part"] == part].iloc[-1]
            assert trial["strength"] == pytest.approx(strength, nan_ok=True)
            heard = sounds(trial, wanted, predictor)
            assert heard.after is not None
            assert heard.sampling_rate == predictor.preprocessing.sampling_rate
            unchanged = predictor.predict_voice(heard.before)
            changed = predictor.predict_voice(heard.after)
            assert unchanged.emotion == trial["before"]
            assert changed.emotion == trial["heard"]
            own = changed.probabilities[trial["emotion"]]
            assert own == pytest.approx(trial["probability"], abs=1e-4)
            drop = unchanged.probabilities[trial["emotion"]] - own
            assert trial["drop"] == pytest.approx(drop, abs=1e-4)

    def test_a_step_is_as_strong_as_is_said(
        self, looked: tuple[Wanted, Preservation], predictor: Predictor
    ) -> None:
        wanted, made = looked
        trials = made.trials[made.trials["part"] == 0]
        trial = trials[trials["strength"] == 0.4].iloc[0]
        heard = sounds(trial, wanted, predictor)
        before, after = heard.before, heard.after
        assert after is not None
        assert heard.drawn == "Signal-to-noise ratio 30 dB"
        np.testing.assert_array_equal(before, prepared(Path(trial["path"]), predictor))
        noise = (after - before) / np.sqrt(np.mean((after - before) ** 2))
        np.testing.assert_allclose(at_snr(before, noise, 30.0), after, atol=1e-4)

    def test_masks_cannot_be_heard(
        self, looked: tuple[Wanted, Preservation], predictor: Predictor
    ) -> None:
        wanted, made = looked
        trial = made.trials[made.trials["step"] == "spec_augment"].iloc[0]
        assert sounds(trial, wanted, predictor).after is None

    def test_which_way_a_step_went_is_said(self, clips: pd.DataFrame, predictor: Predictor) -> None:
        both = ChainConfig(waveform=(Step(name="gain"), Step(name="noise", probability=0)))
        wanted = Wanted((SHIFT,), both, strengths=(0.4,))
        trials = measure(clips, wanted, predictor).trials.to_dict("records")
        said = [sounds(trial, wanted, predictor).drawn for trial in trials]
        assert set(said[: len(clips)]) == {"Shift 2 semitones", "Shift -2 semitones"}
        assert set(said[len(clips) :]) == {"Gain"}


class TestKept:
    def test_what_was_measured_is_read_again_step_by_step(
        self, clips: pd.DataFrame, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        two = Wanted((NOISE, SHIFT), strengths=(0.2,))
        few = clips.iloc[:3]
        assert find(few, two, predictor) is None
        stopped: list[str] = []

        def stop(done: int, total: int, words: str = "") -> None:
            stopped.append(words)
            if words == "pitch shift":
                raise TaskCancelled("stopped")

        with pytest.raises(TaskCancelled):
            measure(few, two, predictor, stop)
        assert dict.fromkeys(stopped) == dict.fromkeys(
            ["reading the clips", "hearing the clips as they are", "noise", "pitch shift"]
        )
        assert find(few, two, predictor) is None
        goes_on: list[tuple[int, int, str]] = []
        made = measure(few, two, predictor, lambda *told: goes_on.append(told))
        assert {words for _, _, words in goes_on} == {"reading the clips", "pitch shift"}
        assert goes_on[-1] == (3, 3, "pitch shift")
        monkeypatch.setattr(preservation, "Listener", None)
        kept = find(few, two, predictor)
        assert kept is not None
        pd.testing.assert_frame_equal(kept.trials, made.trials)
        assert find(few, Wanted(two.steps, strengths=(0.2,), seed=1), predictor) is None
        assert find(few.assign(emotion="sad"), two, predictor) is None

    def test_other_recordings_of_noise_are_another_result(
        self, clips: pd.DataFrame, predictor: Predictor, noise_file: Path
    ) -> None:
        step = Step(name="background_noise", settings={"folder": str(noise_file.parent)})
        wanted = Wanted((step,), strengths=(1.0,))
        measure(clips.iloc[:2], wanted, predictor)
        assert find(clips.iloc[:2], wanted, predictor) is not None
        noise_file.with_name("more.wav").write_bytes(noise_file.read_bytes())
        assert find(clips.iloc[:2], wanted, predictor) is None

    @pytest.fixture
    def noise_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "noise" / "hiss.wav"
        path.parent.mkdir()
        soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal(16_000), 16_000)
        return path


class TestOdd:
    def test_clips_that_cannot_be_read_are_counted(
        self, clips: pd.DataFrame, predictor: Predictor, tmp_path: Path
    ) -> None:
        few = clips.iloc[:3].copy()
        broken = tmp_path / "broken.wav"
        broken.write_bytes(b"RIFF and nothing more")
        few.loc[few.index[0], "path"] = str(tmp_path / "gone.wav")
        few.loc[few.index[1], "path"] = str(broken)
        made = measure(few, Wanted((NOISE,), strengths=(0.2,)), predictor)
        assert made.left_out == {"problem with the clip": 2}
        assert made.before["clip"].tolist() == [few["clip"].iloc[2]]
        with pytest.raises(CorpusError, match="none of the clips can be read"):
            measure(few.iloc[:2], Wanted((NOISE,)), predictor)

    def test_what_leaves_nothing_to_hear_is_no_flip(
        self, clips: pd.DataFrame, predictor: Predictor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silence(self: Any, waveform: Any, sampling_rate: int, draw: Any) -> Any:
            return np.zeros_like(waveform)

        monkeypatch.setattr(AUGMENTERS.get("gain"), "_apply", silence)
        made = measure(clips.iloc[:2], Wanted((Step(name="gain"),), strengths=(1.0,)), predictor)
        assert made.trials["heard"].tolist() == ["", ""]
        assert made.flipped.empty
        (row,) = made.summary().to_dict("records")
        assert row["clips"] == row["flips"] == 0
        assert np.isnan(row["share"])

    def test_steps_that_mix_have_no_label_to_keep(
        self, clips: pd.DataFrame, predictor: Predictor
    ) -> None:
        chain = ChainConfig(waveform=(NOISE,), batch=(Step(name="cutmix"), MASKS))
        wanted = of_chain(chain)
        assert [step.name for step in wanted.steps] == ["noise", "spec_augment"]
        assert wanted.chain is not None
        assert [step.name for step in wanted.chain.batch] == ["spec_augment"]
        assert of_chain(ChainConfig(batch=(Step(name="mixup"),))) == Wanted()
        with pytest.raises(ParameterError, match="mixup: it mixes examples and their labels"):
            measure(clips, Wanted((Step(name="mixup"),)), predictor)
        with pytest.raises(ParameterError, match="at least one to look at is needed"):
            measure(clips, Wanted(), predictor)

    def test_a_step_that_needs_other_features_says_so(
        self, clips: pd.DataFrame, predictor: Predictor
    ) -> None:
        with pytest.raises(ParameterError, match="saturation needs pictures in colour"):
            measure(clips.iloc[:1], Wanted((Step(name="saturation"),)), predictor)
