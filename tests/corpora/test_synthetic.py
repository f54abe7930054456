"""The demo corpus: RAVDESS' structure, emotions that differ as the literature says, no more."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from ser_core.corpora import CORPORA, synthetic
from ser_core.corpora.synthetic import SAMPLING_RATE, SPEAKERS, Take, generate, perform, takes
from ser_core.errors import CorpusError, ParameterError, TaskCancelled
from ser_core.features import LogMel, LogMelConfig


@pytest.fixture(scope="module")
def table(synthetic_corpus: Path) -> pd.DataFrame:
    return CORPORA.get("synthetic")().index(synthetic_corpus)


@pytest.fixture(scope="module")
def clips(table: pd.DataFrame) -> list[np.ndarray]:
    return [soundfile.read(path)[0] for path in table["path"]]


@pytest.fixture(scope="module")
def measured(table: pd.DataFrame, clips: list[np.ndarray], pitch_hz: Callable) -> pd.DataFrame:
    """The table with what can be heard: F0 and its range, level, peak and length of the speech."""
    return table.assign(**pd.DataFrame([hear(clip, pitch_hz) for clip in clips]))


def hear(clip: np.ndarray, pitch_hz: Callable) -> dict[str, float]:
    pitch_st = 12 * np.log2(pitch_hz(clip, SAMPLING_RATE))
    loud = np.flatnonzero(np.abs(clip) > 0.05 * np.abs(clip).max())
    speech = clip[loud[0] : loud[-1]]
    return {
        "f0_st": float(np.median(pitch_st)),
        "range_st": float(np.ptp(np.percentile(pitch_st, (10, 90)))),
        "level_db": float(20 * np.log10(speech.std())),
        "peak": float(np.abs(clip).max()),
        "speech_s": len(speech) / SAMPLING_RATE,
    }


class TestStructure:
    def test_is_that_of_ravdess_speech(self, table: pd.DataFrame) -> None:
        assert len(table) == 360
        assert not table["problems"].any()
        assert set(table["corpus"]) == {"synthetic"}
        assert set(table["channel"]) == {"speech"}
        assert (table.groupby("speaker").size() == 60).all()
        assert (table.groupby(["speaker", "statement", "repetition"]).size() == 15).all()
        per_emotion = table.groupby("emotion").size().to_dict()
        assert per_emotion.pop("neutral") == 24
        assert len(per_emotion) == 7
        assert set(per_emotion.values()) == {48}
        assert set(table.loc[table["emotion"] == "neutral", "intensity"]) == {"normal"}

    def test_names_mean_what_was_made(self, table: pd.DataFrame) -> None:
        made = {take.path.as_posix(): take for take in takes()}

        assert sorted(made) == list(table["clip"])
        for row in table.itertuples():
            take = made[str(row.clip)]
            assert row.emotion == list(synthetic.RULES)[take.emotion - 1]
            assert row.gender == SPEAKERS[take.actor - 1].gender
            assert row.speaker == SPEAKERS[take.actor - 1].name

    def test_files_are_16_bit_mono_and_say_they_are_synthetic(
        self, synthetic_corpus: Path, table: pd.DataFrame
    ) -> None:
        for path in table["path"][::40]:
            with soundfile.SoundFile(path) as file:
                assert (file.samplerate, file.channels, file.subtype) == (16000, 1, "PCM_16")
                assert file.title == "Synthetic demo voices"
                assert file.copyright == "MIT (generated)"
        assert "Synthetic" in (synthetic_corpus / "README.txt").read_text(encoding="utf-8")

    def test_corpus_is_called_synthetic(self) -> None:
        corpus = CORPORA.get("synthetic")

        assert corpus.title == "Synthetic demo voices"
        assert corpus.licence == "MIT (generated)"
        assert "ynthe" in corpus.citation

    def test_lengths_are_those_of_a_sentence(self, measured: pd.DataFrame) -> None:
        assert measured["duration_s"].between(2.0, 7.0).all()
        assert measured["speech_s"].between(1.0, 5.0).all()


class TestEmotions:
    @pytest.fixture
    def medians(self, measured: pd.DataFrame) -> Callable[[str], pd.Series]:
        return lambda column: measured.groupby("emotion")[column].median()

    @pytest.mark.parametrize("emotion", ["angry", "happy", "fearful", "surprised"])
    def test_aroused_voices_are_higher(self, emotion: str, measured: pd.DataFrame) -> None:
        f0_st = measured.pivot_table("f0_st", "speaker", "emotion", aggfunc="median")

        assert (f0_st[emotion] > f0_st["neutral"] + 1).all()

    @pytest.mark.parametrize("emotion", ["sad", "calm", "disgust"])
    def test_others_are_not(self, emotion: str, medians: Callable) -> None:
        assert medians("f0_st")[emotion] < medians("f0_st")["neutral"] + 0.5

    def test_anger_and_joy_range_wider_than_sadness(self, medians: Callable) -> None:
        range_st = medians("range_st")

        assert range_st["sad"] < range_st["neutral"] < range_st["happy"]
        assert range_st["neutral"] < range_st["angry"]

    def test_sadness_is_quiet_and_anger_loud(self, medians: Callable) -> None:
        level_db = medians("level_db")

        assert level_db["sad"] < level_db["calm"] < level_db["neutral"]
        assert level_db["neutral"] < level_db["happy"] < level_db["angry"]

    def test_sadness_and_disgust_are_slow_and_fear_fast(self, medians: Callable) -> None:
        speech_s = medians("speech_s")

        assert min(speech_s["sad"], speech_s["disgust"]) > 1.15 * speech_s["neutral"]
        assert speech_s["fearful"] < 0.95 * speech_s["neutral"]

    def test_strong_goes_further_than_normal(self, measured: pd.DataFrame) -> None:
        level_db = measured.pivot_table("level_db", "emotion", "intensity", aggfunc="median")
        f0_st = measured.pivot_table("f0_st", "emotion", "intensity", aggfunc="median")

        assert level_db.loc["angry", "strong"] > level_db.loc["angry", "normal"] + 2
        assert level_db.loc["sad", "strong"] < level_db.loc["sad", "normal"] - 2
        assert f0_st.loc["happy", "strong"] > f0_st.loc["happy", "normal"] + 0.5

    def test_men_speak_lower_than_women(self, measured: pd.DataFrame) -> None:
        neutral = measured[measured["emotion"] == "neutral"]
        f0_st = neutral.groupby(["gender", "speaker"])["f0_st"].median()

        assert f0_st["male"].max() < f0_st["female"].min()

    def test_nothing_clips_and_nothing_is_lost_in_noise(self, measured: pd.DataFrame) -> None:
        assert measured["peak"].max() < 0.96
        assert measured["level_db"].min() > -60

    def test_a_simple_model_learns_much_of_it_but_not_all(
        self, table: pd.DataFrame, clips: list[np.ndarray]
    ) -> None:
        from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC

        log_mel = LogMel(LogMelConfig())
        statistics = [
            np.concatenate([frames.mean(axis=0), frames.std(axis=0), [len(frames)]])
            for frames in (log_mel.extract(c.astype(np.float32), SAMPLING_RATE) for c in clips)
        ]
        recalls = cross_val_score(
            make_pipeline(StandardScaler(), SVC(C=3)),
            np.array(statistics),
            table["emotion"],
            groups=table["speaker"],
            cv=LeaveOneGroupOut(),
            scoring="balanced_accuracy",
        )

        assert 0.35 < recalls.mean() < 0.9  # chance is 0.125


class TestGenerate:
    @pytest.fixture
    def one_speaker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A sixth of the corpus, to write it in a second."""
        monkeypatch.setattr(synthetic, "SPEAKERS", SPEAKERS[:1])

    @pytest.mark.usefixtures("one_speaker")
    def test_same_seed_same_bytes(self, tmp_path: Path, synthetic_corpus: Path) -> None:
        generate(tmp_path / "again", seed=0)

        files = sorted((tmp_path / "again").rglob("*.wav"))
        assert len(files) == 60
        for file in files:
            first = synthetic_corpus / file.relative_to(tmp_path / "again")
            assert file.read_bytes() == first.read_bytes()

    def test_other_seed_other_sound(self) -> None:
        for take in list(takes())[::60]:
            one, other = perform(take, seed=0), perform(take, seed=1)
            assert len(one) != len(other) or not np.allclose(one, other)

    def test_repetitions_differ(self) -> None:
        one, other = (perform(Take(5, 2, 1, repetition, 1)) for repetition in (1, 2))

        assert abs(len(one) - len(other)) > 100

    @pytest.mark.usefixtures("one_speaker")
    def test_reports_progress_to_the_end(self, tmp_path: Path) -> None:
        reports: list[tuple[int, int]] = []

        generate(tmp_path / "demo", progress=lambda done, total: reports.append((done, total)))

        assert reports == [(done, 60) for done in range(61)]

    def test_a_cancelled_run_leaves_nothing(self, tmp_path: Path) -> None:
        def stop_at_five(done: int, total: int) -> None:
            if done == 5:
                raise TaskCancelled("stopped")

        with pytest.raises(TaskCancelled):
            generate(tmp_path / "demo", progress=stop_at_five)

        assert not [path for path in tmp_path.iterdir() if path.name != "home"]

    def test_nothing_is_there_before_all_is(self, tmp_path: Path) -> None:
        seen: list[bool] = []

        def look(done: int, total: int) -> None:
            seen.append((tmp_path / "demo").exists())
            if done == 3:
                raise TaskCancelled("stopped")

        with pytest.raises(TaskCancelled):
            generate(tmp_path / "demo", progress=look)

        assert seen == [False] * 4

    @pytest.mark.usefixtures("one_speaker")
    def test_an_empty_folder_is_filled(self, tmp_path: Path) -> None:
        root = tmp_path / "demo"
        root.mkdir()

        generate(root)

        assert len(list(root.rglob("*.wav"))) == 60

    def test_a_full_folder_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "mine.wav").write_bytes(b"mine")

        with pytest.raises(CorpusError, match="must be a new or an empty folder"):
            generate(tmp_path)

        assert (tmp_path / "mine.wav").read_bytes() == b"mine"

    def test_a_place_that_cannot_be_written_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")

        with pytest.raises(CorpusError, match="could not be written"):
            generate(tmp_path / "file" / "demo")

    def test_a_negative_seed_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ParameterError, match="seed must be 0 or more; got -1"):
            generate(tmp_path / "demo", seed=-1)
