"""Every corpus in its published layout: names to labels, speakers and what else they say."""

import json
import math
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from ser_core import emotions
from ser_core.corpora import COLUMNS, CORPORA, labels, library
from ser_core.errors import CorpusError
from tests.corpora import made
from tests.corpora.read import PUBLISHED, by_name, index, notes


def sound(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["problems"] == ""]


class TestEveryCorpus:
    @pytest.fixture(params=sorted(made.MAKERS))
    def corpus(self, request: pytest.FixtureRequest) -> str:
        return request.param

    @pytest.fixture
    def root(self, corpus: str, tmp_path: Path) -> Path:
        return made.MAKERS[corpus](tmp_path / "my corpus")

    def test_the_table_keeps_its_promises(self, corpus: str, root: Path) -> None:
        table = index(corpus, root)
        assert tuple(table.columns) == COLUMNS
        assert set(table["corpus"]) == {corpus}
        assert set(table["language"]) == {CORPORA.get(corpus).language}
        assert set(table["gender"]) <= {"male", "female"}
        assert table["clip"].is_unique
        assert table["clip"].tolist() == sorted(table["clip"], key=lambda clip: clip.split("/"))
        assert all(Path(path).is_file() for path in table["path"])
        assert table["speaker"].ne("").all()
        assert table["label"].ne("").all()
        assert table["duration_s"].between(0.39, 0.51).all()
        assert table["sampling_rate"].gt(0).all()

    def test_labels_are_those_of_the_table_of_labels(self, corpus: str, root: Path) -> None:
        table = index(corpus, root)
        meaning = labels.published(corpus)
        assert set(table["label"]) <= set(meaning)
        assert table["emotion"].tolist() == [meaning[label] for label in table["label"]]

    def test_names_alone_give_the_same_table(
        self, corpus: str, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = index(corpus, root)
        monkeypatch.setattr("soundfile.info", None)  # opening a clip would fail
        names = CORPORA.get(corpus)().names(root)
        told = [column for column in COLUMNS if column not in {"duration_s", "sampling_rate"}]
        pd.testing.assert_frame_equal(names[told], whole[told])
        assert names["duration_s"].isna().all()

    def test_it_is_found_out_from_its_files(self, corpus: str, root: Path) -> None:
        assert library.open_folder(root).name == corpus

    def test_no_other_corpus_takes_its_clips(self, corpus: str, root: Path) -> None:
        clips = index(corpus, root)["clip"]
        others = set(PUBLISHED) - {corpus} - ({"synthetic"} if corpus == "ravdess" else set())
        for other in others:
            assert not any(CORPORA.get(other).is_clip(clip) for clip in clips)

    def test_endings_in_capitals_flac_and_apples_files(self, corpus: str, root: Path) -> None:
        before = index(corpus, root)
        clip = Path(before["path"].iloc[0])
        made.write_text(clip.with_name(f"._{clip.name}"), "\0\5\x16\7")
        clip.rename(clip.with_suffix(".WAV"))
        other = Path(before["path"].iloc[1])
        made.write_clip(other.with_suffix(".flac"))
        other.unlink()
        after = index(corpus, root)
        facts = ["speaker", "gender", "label", "emotion", "statement"]
        assert len(after) == len(before)
        assert sorted(after[facts].to_numpy().tolist()) == sorted(before[facts].to_numpy().tolist())
        assert after["problems"].ne("").sum() == before["problems"].ne("").sum()

    def test_a_broken_clip_stays_with_its_problem(self, corpus: str, root: Path) -> None:
        clip = Path(sound(index(corpus, root))["path"].iloc[0])
        clip.write_bytes(b"")
        row = index(corpus, root).set_index("path").loc[str(clip)]
        assert (row["problems"], row["duration_s"]) == ("empty file", 0)

    def test_a_foreign_folder_is_named(self, corpus: str, tmp_path: Path) -> None:
        made.write_clip(tmp_path / "music" / "kick.wav")
        said = rf"no {CORPORA.get(corpus).title} clip found among 1 file; names look like .*1 other"
        with pytest.raises(CorpusError, match=said):
            index(corpus, tmp_path / "music")
        with pytest.raises(CorpusError, match="no such folder"):
            index(corpus, tmp_path / "gone")


@pytest.mark.parametrize("name", CORPORA.names())
def test_every_corpus_says_what_it_is(name: str) -> None:
    corpus = CORPORA.get(name)
    for part in ("title", "licence", "citation", "obtain", "content", "layout", "example"):
        assert getattr(corpus, part), part
    assert corpus.is_clip(corpus.example)
    assert not corpus.is_clip(str(Path(corpus.example).with_suffix(".txt")))


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_label_means_an_emotion_of_the_house_or_nothing(name: str) -> None:
    meaning = labels.published(name)
    assert meaning
    assert set(meaning.values()) - {""} <= set(emotions.KNOWN)


def test_emodb_as_documented(tmp_path: Path) -> None:
    clips = by_name(index("emodb", made.emodb(tmp_path)))
    assert {name: row["emotion"] for name, row in clips.items()} == {
        "03a01Fa": "happy", "03a01Nc": "neutral", "03a01Wa": "angry", "08b10La": "bored",
        "09a02Ea": "disgust", "16b09Ac": "fearful", "16a05Tb": "sad",
    }  # fmt: skip
    assert {row["speaker"]: row["gender"] for row in clips.values()} == {
        "03": "male", "08": "female", "09": "female", "16": "female",
    }  # fmt: skip
    assert clips["03a01Fa"]["statement"] == "Der Lappen liegt auf dem Eisschrank."
    assert (clips["03a01Fa"]["repetition"], clips["03a01Nc"]["repetition"]) == (1, 3)
    assert clips["03a01Fa"]["language"] == "de"


class TestTess:
    def test_copies_of_the_copy_are_counted_once(self, tmp_path: Path) -> None:
        table = index("tess", made.tess(tmp_path))
        assert len(table) == 16
        once = sound(table)
        assert len(once) == 8
        assert Counter(once["emotion"]) == Counter(
            ["angry", "disgust", "fearful", "surprised", "sad", "neutral", "happy", "surprised"]
        )
        assert set(table["problems"].str.split(" TESS").str[0]) == {"", "same clip as"}

    def test_speakers_words_and_the_misnamed_file(self, tmp_path: Path) -> None:
        clips = by_name(sound(index("tess", made.tess(tmp_path))))
        assert clips["OA_bite_neutral"]["speaker"] == "OAF"
        assert clips["OA_bite_neutral"]["statement"] == "Say the word bite"
        assert clips["YAF_dog_ps"]["label"] == "pleasant surprise"
        assert {row["speaker"] for row in clips.values()} == {"OAF", "YAF"}
        assert {row["gender"] for row in clips.values()} == {"female"}
        assert clips["YAF_dog_ps"]["sampling_rate"] == 24_414


class TestSavee:
    def test_folders_name_the_speakers(self, tmp_path: Path) -> None:
        table = index("savee", made.savee(tmp_path))
        assert set(table["problems"]) == {""}
        assert Counter(table["speaker"]) == {"DC": 7, "KL": 7}
        assert set(table["gender"]) == {"male"}
        first = table[table["speaker"] == "DC"]
        assert dict(zip(first["statement"], first["emotion"], strict=True)) == {
            "a01": "angry", "d02": "disgust", "f03": "fearful", "h04": "happy", "n30": "neutral",
            "sa05": "sad", "su15": "surprised",
        }  # fmt: skip

    def test_one_speakers_folder_may_be_opened(self, tmp_path: Path) -> None:
        table = index("savee", made.savee(tmp_path) / "AudioData" / "KL")
        assert set(table["speaker"]) == {"KL"}
        assert len(table) == 7

    def test_the_flat_copy(self, tmp_path: Path) -> None:
        table = index("savee", made.savee_flat(tmp_path))
        assert table["speaker"].tolist() == ["DC", "JE", "JK"]
        assert table["emotion"].tolist() == ["angry", "sad", "neutral"]

    def test_both_copies_count_once(self, tmp_path: Path) -> None:
        made.savee(tmp_path)
        table = index("savee", made.savee_flat(tmp_path))
        twins = table.loc[table["problems"] != "", "clip"].tolist()
        assert twins == ["AudioData/DC/a01.wav"]


def test_emovo_as_documented(tmp_path: Path) -> None:
    clips = by_name(index("emovo", made.emovo(tmp_path)))
    assert {name[:3]: row["emotion"] for name, row in clips.items()} == {
        "dis": "disgust", "gio": "happy", "neu": "neutral", "pau": "fearful", "rab": "angry",
        "sor": "surprised", "tri": "sad",
    }  # fmt: skip
    assert {row["speaker"]: row["gender"] for row in clips.values()} == {
        "f1": "female", "f2": "female", "m1": "male", "m2": "male", "m3": "male",
    }  # fmt: skip
    assert clips["sor-m3-d1"]["statement"] == "Sabato sera cosa farà?"
    assert clips["sor-m3-d1"]["language"] == "it"


class TestCafe:
    def test_as_documented(self, tmp_path: Path) -> None:
        clips = by_name(index("cafe", made.cafe(tmp_path)))
        assert {name: (row["emotion"], row["intensity"]) for name, row in clips.items()} == {
            "01-C-1-1": ("angry", "low"), "02-C-2-1": ("angry", "high"),
            "07-D-2-6": ("disgust", "high"), "03-J-1-3": ("happy", "low"),
            "06-N-4": ("neutral", ""), "12-P-2-2": ("fearful", "high"),
            "08-S-1-5": ("surprised", "low"), "09-T-1-1": ("sad", "low"),
        }  # fmt: skip
        assert (clips["01-C-1-1"]["gender"], clips["02-C-2-1"]["gender"]) == ("male", "female")
        assert clips["06-N-4"]["statement"] == "Quatre vieilles truies éléphantesques"
        assert clips["06-N-4"]["language"] == "fr"

    def test_both_sampling_rates_count_once(self, tmp_path: Path) -> None:
        root = made.cafe(tmp_path / "CaFE_48k").parent
        made.write_clip(root / "CaFE_192k_1" / "Colère" / "Faible" / "01-C-1-1.aiff", rate=192_000)
        table = index("cafe", root)
        assert len(table) == 9
        marked = table[table["problems"] != ""]
        assert marked["clip"].tolist() == ["CaFE_48k/Colère/Faible/01-C-1-1.wav"]
        assert table["sampling_rate"].iloc[0] == 192_000


class TestIemocap:
    @pytest.fixture
    def clips(self, tmp_path: Path) -> dict[str, dict[str, object]]:
        return by_name(index("iemocap", made.iemocap(tmp_path / "IEMOCAP_full_release")))

    def test_only_turns_are_clips(self, clips: dict[str, dict[str, object]]) -> None:
        assert len(clips) == 8
        assert "Ses01F_impro01" not in clips

    def test_labels_and_what_has_none(self, clips: dict[str, dict[str, object]]) -> None:
        found = {row["label"]: row["emotion"] for row in clips.values()}
        assert found == {
            "neu": "neutral", "fru": "frustrated", "xxx": "", "exc": "excited", "oth": "",
            "hap": "happy", "sad": "sad", "ang": "angry",
        }  # fmt: skip
        assert {row["problems"] for row in clips.values()} == {""}

    def test_who_speaks_is_not_who_wears_the_markers(
        self, clips: dict[str, dict[str, object]]
    ) -> None:
        turn = clips["Ses01F_impro01_M001"]
        assert (turn["speaker"], turn["gender"]) == ("Ses01M", "male")
        turn = clips["Ses05M_script01_1b_F012"]
        assert (turn["speaker"], turn["gender"]) == ("Ses05F", "female")
        assert len({row["speaker"] for row in clips.values()}) == 5

    def test_it_says_when_transcriptions_are_missing(self, tmp_path: Path) -> None:
        root = made.iemocap(tmp_path)
        assert notes("iemocap", root) == []
        for file in root.rglob("transcriptions/*.txt"):
            file.unlink()
        assert "what is said in a turn is not known" in notes("iemocap", root)[0]

    def test_session_and_style(self, clips: dict[str, dict[str, object]]) -> None:
        turn = clips["Ses03M_impro05a_M011"]
        assert (turn["session"], turn["style"]) == ("Session3", "improvised")
        assert clips["Ses01M_script01_1_M004"]["style"] == "scripted"

    def test_ratings_votes_and_words(self, clips: dict[str, dict[str, object]]) -> None:
        turn = clips["Ses01F_impro01_M001"]
        assert (turn["valence"], turn["arousal"], turn["dominance"]) == (2.0, 3.5, 3.5)
        # The actor's own choice (C-F1) is no rater's vote.
        assert json.loads(turn["votes"]) == {"Anger": 2, "Frustration": 2}
        assert json.loads(clips["Ses01F_impro01_F002"]["votes"])["Neutral state"] == 1
        assert clips["Ses01F_impro01_F000"]["statement"] == "Excuse me."

    def test_a_label_without_ratings_is_a_label_all_the_same(self, tmp_path: Path) -> None:
        root = made.iemocap(tmp_path)
        path = root / "Session3" / "dialog" / "EmoEvaluation" / "Ses03M_impro05a.txt"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("[1.5000, 2.0000, 2.0000]", "[-1.0000, nan, 2.0000]"))
        turn = by_name(index("iemocap", root))["Ses03M_impro05a_M011"]
        assert (turn["label"], turn["dominance"]) == ("sad", 2.0)
        assert math.isnan(turn["valence"])
        assert math.isnan(turn["arousal"])

    def test_one_session_may_be_opened(self, tmp_path: Path) -> None:
        table = index("iemocap", made.iemocap(tmp_path) / "Session3")
        assert len(table) == 2
        assert set(table["session"]) == {"Session3"}

    def test_a_turn_without_a_label_is_marked(self, tmp_path: Path) -> None:
        root = made.iemocap(tmp_path)
        (root / "Session3" / "dialog" / "EmoEvaluation" / "Ses03M_impro05a.txt").unlink()
        clips = by_name(index("iemocap", root))
        assert clips["Ses03M_impro05a_F010"]["problems"] == "no label in dialog/EmoEvaluation"
        assert clips["Ses03M_impro05a_F010"]["emotion"] == ""
        assert clips["Ses01F_impro01_F000"]["problems"] == ""

    def test_labels_that_may_not_be_read_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = made.iemocap(tmp_path)

        def refuse(*_: object, **__: object) -> str:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_text", refuse)
        with pytest.raises(CorpusError, match=r"\.txt: cannot be read \(Permission denied\)"):
            index("iemocap", root)

    def test_sound_without_any_label_is_refused(self, tmp_path: Path) -> None:
        root = made.iemocap(tmp_path)
        with pytest.raises(CorpusError, match="no labels in it; they stand in Session1/dialog/Emo"):
            index("iemocap", root / "Session1" / "sentences")
