"""The facts of a corpus, of real ones and of large ones."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pages.components import dataset_clips, dataset_facts
from pages.components.dataset_facts import Filters
from ser_core import emotions
from ser_core.corpora import library
from tests.pages.dataset.page import choose, opened, page, table, words


class TestFacts:
    def test_unknown_speakers_are_not_counted_as_none(self, clips: Path) -> None:
        found = dataset_facts.compact(library.table(library.open_folder(clips)))
        assert dataset_facts.facts(found, found) == ["6 clips", "3 speakers", "18.0 s"]
        nobody = found.assign(speaker="")
        assert dataset_facts.facts(nobody, nobody)[1] == "speakers unknown"
        some = pd.concat([found] * 3, ignore_index=True)
        some["speaker"] = [f"{row:02}" for row in range(18)]
        assert dataset_facts.facts(some, some[:1])[:2] == ["1 of 18 clips", "1 of 18 speakers"]

    def test_durations_are_counted_in_round_steps(self) -> None:
        some = pd.DataFrame({"duration_s": [0.31, 0.3, 2.0, np.nan, 1.0], "emotion": "sad"})
        some.loc[4, "emotion"] = "angry"
        found = some.astype({"emotion": "category"})
        edges, counts = dataset_facts.duration_counts(found, ["sad", "angry"])
        np.testing.assert_allclose(edges, np.arange(0.3, 2.15, 0.1))
        assert list(np.flatnonzero(counts["sad"])) == [0, 17]
        assert counts["sad"][0] == 2
        assert list(np.flatnonzero(counts["angry"])) == [7]
        assert sum(int(one.sum()) for one in counts.values()) == 4
        none = found.assign(duration_s=np.nan)
        assert dataset_facts.duration_counts(none, ["sad"])[0].size == 0

    def test_balance_names_the_rarest_and_who_lacks_what(self, clips: Path) -> None:
        found = library.table(library.open_folder(clips))
        names = ["happy", "sad", "angry", "calm"]
        crossed = dataset_facts.class_by_speaker(dataset_facts.compact(found), names)
        assert crossed.to_dict("index") == {
            "happy": {"01": 1, "02": 0, "03": 1},
            "sad": {"01": 0, "02": 1, "03": 0},
            "angry": {"01": 2, "02": 1, "03": 0},
            "calm": {"01": 0, "02": 0, "03": 0},
        }
        assert dataset_facts.balance(10 * crossed) == (
            "Sad is rarest with 10 clips; the commonest emotion has 3.0 times as many. "
            "3 of 3 speakers lack some emotion."
        )

    def test_balance_counts_neither_unmapped_clips_nor_unknown_speakers(self) -> None:
        crossed = pd.DataFrame({"01": [20, 21, 90], "": [20, 21, 90]}, index=["sad", "angry", ""])
        even = "All emotions have about as many clips."
        assert dataset_facts.balance(crossed) == f"{even} Every known speaker has every emotion."
        assert dataset_facts.balance(crossed[["01"]]) == f"{even} Every speaker has every emotion."
        assert dataset_facts.balance(crossed[[""]]) == f"{even} Nobody says who speaks."
        assert dataset_facts.balance(crossed.loc[["sad", ""]]) == ""
        crossed.loc["sad", "01"] = 0
        assert dataset_facts.balance(crossed).endswith("1 of 1 known speaker lacks some emotion.")

    def test_clips_without_an_emotion_are_called_the_same_in_filters_and_charts(self) -> None:
        assert dataset_facts.word("emotion", "") == emotions.title("") == "Not mapped"
        assert dataset_facts.word("speaker", "") == dataset_facts.NOT_GIVEN

    def test_clips_of_one_length_are_remarked_on(self) -> None:
        rng = np.random.default_rng(0)
        natural = pd.DataFrame(
            {
                "duration_s": rng.uniform(3, 5, 60),
                "channel": "speech",
                "problems": "",
                "sampling_rate": 48_000,
            }
        )
        assert dataset_facts.remarks(natural) == []
        cut = natural.assign(duration_s=natural["duration_s"].clip(upper=3.5), sampling_rate=16_000)
        cut.loc[:2, "sampling_rate"] = 44_100
        lengths, rates = dataset_facts.remarks(cut)
        assert "speech clips last exactly 3.500 s" in lengths
        assert rates == "Sampling rates differ: most clips have 16 kHz, 3 clips another."

    def test_remark_on_song_goes_when_only_speech_is_shown(self) -> None:
        rng = np.random.default_rng(0)
        lengths = np.r_[rng.uniform(3, 5, 30), np.full(30, 4.0)]
        mixed = pd.DataFrame(
            {
                "duration_s": lengths,
                "channel": ["speech"] * 30 + ["song"] * 30,
                "problems": "",
                "sampling_rate": [48_000] * 30 + [44_100] * 30,
            }
        )
        assert len(dataset_facts.remarks(mixed, mixed)) == 2
        speech, song = mixed.iloc[:30], mixed.iloc[30:]
        assert dataset_facts.remarks(mixed, speech) == []
        (cut,) = dataset_facts.remarks(mixed, song)
        assert "song clips last exactly 4.000 s" in cut

    def test_speakers_are_in_counting_order(self) -> None:
        speakers = pd.DataFrame({"speaker": ["s10", "s2", "", "s1"]})
        assert dataset_facts.choices(speakers, "speaker") == ["s1", "s2", "s10", ""]

    def test_no_filter_returns_the_table_itself(self, clips: Path) -> None:
        found = library.table(library.open_folder(clips))
        assert Filters().apply(found) is found


def test_real_corpus_is_shown_whole(ravdess: Path) -> None:
    app = opened(ravdess)
    clips = len(list(ravdess.rglob("03-0[12]-*.*")))
    assert f"{clips:,} clips" in words(app)
    assert len(table(app)) == clips
    choose(app, "emotion", "angry")
    choose(app, "channel", "speech")
    assert set(table(app)["speaker"]) == set(library.table(library.entries()[0])["speaker"])


def test_hundred_thousand_clips_are_counted_and_filtered(
    clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = library.table(library.open_folder(clips))
    many = pd.concat([few] * 16_667, ignore_index=True).iloc[:100_000]
    many["speaker"] = (many.index // 100).astype(str)
    many["clip"] = many.index.astype(str) + ".wav"
    monkeypatch.setattr(library, "cached_table", lambda *_: many)
    app = page()
    assert "100,000 clips" in words(app)
    choose(app, "emotion", "sad")
    assert f"{(many['emotion'] == 'sad').sum():,} of 100,000 clips" in words(app)
    assert len(table(app)) == dataset_clips.PAGE_ROWS + 1  # and a row of the page after
