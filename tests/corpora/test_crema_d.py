"""CREMA-D in its published layout, votes of its listeners included."""

import json
from pathlib import Path

import pandas as pd
import pytest

from ser_core.corpora import CORPORA
from tests.corpora import made
from tests.corpora.read import by_name, index, notes


class TestCremaD:
    def test_names_as_documented(self, tmp_path: Path) -> None:
        clips = by_name(index("crema_d", made.crema_d(tmp_path)))
        assert {row["emotion"] for row in clips.values()} == {
            "angry", "fearful", "sad", "disgust", "happy", "neutral",
        }  # fmt: skip
        intensities = {name: row["intensity"] for name, row in clips.items()}
        assert intensities["1001_IEO_FEA_HI"] == "high"
        assert intensities["1002_IEO_DIS_MD"] == "medium"
        assert intensities["1002_IEO_SAD_LO"] == "low"
        assert intensities["1001_DFA_ANG_XX"] == intensities["1040_ITH_SAD_X"] == ""
        assert clips["1001_DFA_ANG_XX"]["statement"] == "Don't forget a jacket"
        assert {row["speaker"]: row["gender"] for row in clips.values()} == {
            "1001": "male", "1002": "female", "1003": "female", "1040": "male", "1091": "female",
        }  # fmt: skip
        assert {row["votes"] for row in clips.values()} == {""}

    def test_its_own_table_of_actors_is_believed(self, tmp_path: Path) -> None:
        root = made.crema_d(tmp_path)
        rows = [["ActorID", "Age", "Sex", "Race", "Ethnicity"], [1001, 51, "Female", "", ""]]
        made.write_table(root / "VideoDemographics.csv", rows)
        clips = by_name(index("crema_d", root))
        assert clips["1001_DFA_ANG_XX"]["gender"] == "female"
        assert clips["1002_IEO_SAD_LO"]["gender"] == "female"

    def test_votes_are_those_on_the_voice(self, tmp_path: Path) -> None:
        root = made.crema_d(tmp_path)
        rows = [
            ["", "A", "D", "F", "H", "N", "S", "fileName", "numResponses"],
            [100062, 6, 2, 0, 0, 1, 0, "1001_DFA_ANG_XX", 9],
            [200062, 0, 9, 0, 0, 0, 0, "1001_DFA_ANG_XX", 9],
            [104000, 0, 0, 0, 0, 1, 8, "1040_ITH_SAD_XX", 9],
        ]
        made.write_table(root / "processedResults" / "tabulatedVotes.csv", rows)
        clips = by_name(index("crema_d", root))
        assert json.loads(clips["1001_DFA_ANG_XX"]["votes"]) == {
            "anger": 6, "disgust": 2, "neutral": 1,
        }  # fmt: skip
        assert json.loads(clips["1040_ITH_SAD_X"]["votes"]) == {"neutral": 1, "sad": 8}
        assert clips["1003_TSI_HAP_XX"]["votes"] == ""

    def test_votes_are_counted_from_single_answers(self, tmp_path: Path) -> None:
        root = made.crema_d(tmp_path)
        rows = [
            ["", "queryType", "clipName", "respEmo"],
            [1, 1, "1001_DFA_ANG_XX", "A"],
            [2, 1, "1001_DFA_ANG_XX", "A"],
            [3, 1, "1001_DFA_ANG_XX", "N"],
            [4, 2, "1001_DFA_ANG_XX", "H"],
        ]
        made.write_table(root / "finishedResponses.csv", rows)
        clips = by_name(index("crema_d", root))
        assert json.loads(clips["1001_DFA_ANG_XX"]["votes"]) == {"anger": 2, "neutral": 1}

    def test_votes_that_cannot_be_read_are_left_out(self, tmp_path: Path) -> None:
        root = made.crema_d(tmp_path)
        rows = [
            ["", "A", "D", "F", "H", "N", "S", "fileName"],
            [100062, "6.0", "NA", "", "x", 2, 0, "1001_DFA_ANG_XX"],
            [104000, "NA", "NA", "NA", "NA", "NA", "NA", "1040_ITH_SAD_XX"],
        ]
        made.write_table(root / "processedResults" / "tabulatedVotes.csv", rows)
        clips = by_name(index("crema_d", root))
        assert json.loads(clips["1001_DFA_ANG_XX"]["votes"]) == {"anger": 6, "neutral": 2}
        assert clips["1040_ITH_SAD_X"]["votes"] == ""

    @pytest.mark.parametrize(
        "content", [b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n", b""]
    )
    def test_tables_that_were_not_fetched_are_done_without(
        self, tmp_path: Path, content: bytes
    ) -> None:
        root = made.crema_d(tmp_path)
        usual = index("crema_d", root)
        for name in ("VideoDemographics.csv", "tabulatedVotes.csv", "finishedResponses.csv"):
            (root / name).write_bytes(content)
        pd.testing.assert_frame_equal(index("crema_d", root), usual)
        rows = [["queryType", "clipName", "respEmo"], [1, "1001_DFA_ANG_XX", "A"]]
        made.write_table(root / "finishedResponses.csv", rows)
        clips = by_name(index("crema_d", root))
        assert json.loads(clips["1001_DFA_ANG_XX"]["votes"]) == {"anger": 1}

    def test_it_says_which_tables_are_missing_and_what_follows(self, tmp_path: Path) -> None:
        root = made.crema_d(tmp_path)
        (said,) = notes("crema_d", root)
        assert "VideoDemographics.csv, so genders are those of the published list" in said
        assert "tabulatedVotes.csv and finishedResponses.csv, so labels say what was acted" in said
        rows = [["queryType", "clipName", "respEmo"], [1, "1001_DFA_ANG_XX", "A"]]
        made.write_table(root / "finishedResponses.csv", rows)
        assert "listeners" not in notes("crema_d", root)[0]
        made.write_table(root / "VideoDemographics.csv", [["ActorID", "Sex"], [1001, "Female"]])
        assert notes("crema_d", root) == []

    def test_a_table_that_is_another_one_is_named_and_not_used(self, tmp_path: Path) -> None:
        root = made.crema_d(tmp_path)
        made.write_table(root / "VideoDemographics.csv", [["actor", "sex"], [1001, "f"]])
        assert set(index("crema_d", root).query("speaker == '1001'")["gender"]) == {"male"}
        corpus = CORPORA.get("crema_d")()
        said = corpus.notes(root, corpus.listing(root))[0]
        assert "VideoDemographics.csv: lacks the columns 'ActorID', 'Sex'" in said

    def test_of_an_actor_who_is_not_published_no_gender_is_known(self, tmp_path: Path) -> None:
        root = made.write_clips(tmp_path, ["1092_DFA_ANG_XX.wav"])
        assert index("crema_d", root)["gender"].tolist() == [""]
