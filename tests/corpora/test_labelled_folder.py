"""Folders of one's own: by folders, by tables of all kinds, and what is said of the rest."""

from pathlib import Path

import pandas as pd
import pytest

from ser_core.corpora import CORPORA, library
from ser_core.corpora.labelled_folder import LabelledFolder, LabelledFolderConfig
from ser_core.errors import CorpusError, ParameterError
from tests.corpora import made


def own(**settings: str) -> LabelledFolder:
    return LabelledFolder(LabelledFolderConfig.parse(settings))


def emotions(table: pd.DataFrame) -> dict[str, str]:
    return dict(zip(table["clip"], table["emotion"], strict=True))


@pytest.fixture
def flat(tmp_path: Path) -> Path:
    """Three clips in one folder, as recipe b has them."""
    return made.write_clips(tmp_path / "flat", ("wavs/one.wav", "wavs/two.wav", "wavs/three.wav"))


class TestFolders:
    def test_a_folder_an_emotion(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("Angry/a.wav", "happiness/b.flac", "sad/c.ogg", "sad/c.wav"))
        table = own().index(tmp_path)
        assert emotions(table) == {
            "Angry/a.wav": "angry", "happiness/b.flac": "happy", "sad/c.ogg": "sad",
            "sad/c.wav": "sad",
        }  # fmt: skip
        assert table["label"].tolist() == ["Angry", "happiness", "sad", "sad"]
        assert set(table["problems"]) == {""}
        assert set(table["speaker"]) == {""}

    def test_the_level_with_emotions_is_found_at_any_depth(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("train/angry/ann/1.wav", "test/stressed/bob/1.wav"))
        table = own().index(tmp_path)
        assert sorted(table["emotion"]) == ["angry", "stressed"]

    def test_folders_of_other_words_label_their_clips(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("No stress/a.wav", "stress/b.wav"))
        assert sorted(own().index(tmp_path)["emotion"]) == ["no_stress", "stress"]

    def test_clips_outside_are_marked(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("angry/a.wav", "loose.wav"))
        table = own().index(tmp_path).set_index("clip")
        assert table.loc["loose.wav", "problems"] == "in no folder that names an emotion"
        assert own().preview(tmp_path).clips_without_label == ["loose.wav"]

    def test_loose_clips_alone_are_refused(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("a.wav",))
        with pytest.raises(CorpusError, match=r"what its clips are labelled \(1 found\)"):
            own().index(tmp_path)

    def test_a_folder_without_sound_is_refused(self, tmp_path: Path) -> None:
        made.write_text(tmp_path / "angry" / "notes.txt", "none")
        for read in (own().index, own().preview):
            with pytest.raises(CorpusError, match=r"no sound found among 1 file; endings .*\.wav"):
                read(tmp_path)

    def test_the_speaker_is_read_from_the_path(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("angry/ann_1.wav", "angry/bob_1.wav", "sad/x.wav"))
        table = own(speaker_pattern=r"/(\w+)_\d", language="en").index(tmp_path)
        assert table["speaker"].tolist() == ["ann", "bob", ""]
        assert set(table["language"]) == {"en"}

    @pytest.mark.parametrize(("pattern", "said"), [("(", "no regular"), ("a", "needs one group")])
    def test_a_wrong_pattern_is_named(self, pattern: str, said: str) -> None:
        with pytest.raises(ParameterError, match=f"speaker_pattern: .*{said}"):
            own(speaker_pattern=pattern)


class TestTables:
    @pytest.mark.parametrize(
        "called",
        ["{}.wav", "{}", "wavs/{}.wav", "/kaggle/input/x/wavs/{}.WAV", r"C:\data\wavs\{}.wav"],
    )
    def test_files_are_found_however_they_are_called(self, flat: Path, called: str) -> None:
        rows = [[called.format(name), label] for name, label in (("one", "anger"), ("two", "joy"))]
        made.write_table(flat / "all_labels.csv", [["filename", "emotion"], *rows])
        table = own().index(flat)
        assert emotions(table) == {
            "wavs/one.wav": "angry", "wavs/three.wav": "", "wavs/two.wav": "happy",
        }  # fmt: skip
        assert table.set_index("clip").loc["wavs/three.wav", "problems"] == (
            "no label in all_labels.csv"
        )

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_speakers_and_genders_come_along(self, flat: Path, delimiter: str) -> None:
        rows = [["path", "Speaker ID", "sex", "label"], ["one.wav", "ann", "F", "sad"]]
        name = "labels.tsv" if delimiter == "\t" else "labels.csv"
        made.write_table(flat / name, rows, delimiter)
        row = own().index(flat).set_index("clip").loc["wavs/one.wav"]
        assert (row["speaker"], row["gender"], row["emotion"]) == ("ann", "female", "sad")

    def test_a_table_without_a_head_and_with_a_mark_of_order(self, flat: Path) -> None:
        text = "﻿one.wav,happy\ntwo.wav,sad\nthree.wav,happy\n"
        (flat / "labels.csv").write_text(text, encoding="utf-8")
        preview = own().preview(flat)
        assert preview.columns == ("column 1", "column 2")
        assert preview.labels == {"happy": 2, "sad": 1}

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
    def test_tables_as_spreadsheets_write_them(self, flat: Path, encoding: str) -> None:
        mark = "\ufeff" if encoding == "utf-16-be" else ""
        text = f"{mark}filename\temotion\r\none.wav\tanger\r\ntwo.wav\tsad\r\n"
        (flat / "all_labels.csv").write_bytes(text.encode(encoding))
        preview = own().preview(flat)
        assert (preview.columns, preview.notes) == (("filename", "emotion"), ())
        assert preview.labels == {"anger": 1, "sad": 1}

    def test_a_table_that_is_not_utf_8_is_read_as_windows_saves_it_and_says_so(
        self, flat: Path
    ) -> None:
        text = "file,emotion\none.wav,Ärger\n"
        (flat / "labels.csv").write_bytes(text.encode("cp1252"))
        preview = own().preview(flat)
        assert preview.labels == {"Ärger": 1}
        assert "labels.csv is not UTF-8 and was read as Windows' code page 1252" in (
            preview.sentence()
        )

    def test_a_cell_may_hold_any_line_that_is_none_of_csv(self, flat: Path) -> None:
        text = 'file,emotion,said\none.wav,sad,well\u2028no\ntwo.wav,calm,"a\nb"\n'
        (flat / "labels.csv").write_text(text, encoding="utf-8")
        preview = own().preview(flat)
        assert preview.labels == {"sad": 1, "calm": 1}
        assert [row["said"] for row in preview.rows] == ["well\u2028no", "a\nb"]

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            ("file,emotion\none.wav,sad\n".encode("utf-16-le"), "no column names clips"),
            (b"x" * 200_000, "cannot be read as a table"),
            (b"", "no column names clips"),
        ],
    )
    def test_a_table_of_labels_that_is_not_used_is_named(
        self, flat: Path, content: bytes, why: str
    ) -> None:
        (flat / "all_labels.csv").write_bytes(content)
        (flat / "prices.csv").write_bytes(content)
        preview = own().preview(flat)
        assert preview.table == ""
        (note,) = preview.notes
        assert "all_labels.csv: " in note
        assert why in note
        assert note in preview.sentence()
        assert own(table="folders").preview(flat).notes == ()

    def test_columns_can_be_said(self, flat: Path) -> None:
        rows = [
            ["clip", "emotion", "heard"],
            ["one.wav", "sad", "bored"],
            ["two.wav", "sad", "sad"],
        ]
        made.write_table(flat / "t.csv", rows)
        assert own().preview(flat).label_column == "emotion"
        table = own(label_column="heard").index(flat)
        assert emotions(table)["wavs/one.wav"] == "bored"
        with pytest.raises(
            CorpusError, match=r"t\.csv: has no column 'x'; its columns are clip, e"
        ):
            own(label_column="x").index(flat)
        with pytest.raises(CorpusError, match=r"table 'u\.csv' is not in .*tables there: t\.csv"):
            own(table="u.csv").index(flat)

    def test_folders_can_be_preferred_to_a_table(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("angry/a.wav",))
        made.write_table(tmp_path / "t.csv", [["file", "label"], ["a.wav", "sad"]])
        assert own().index(tmp_path)["emotion"].tolist() == ["sad"]
        assert own(table="folders").index(tmp_path)["emotion"].tolist() == ["angry"]

    def test_a_table_about_something_else_does_not_matter(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("angry/a.wav",))
        made.write_table(tmp_path / "prices.csv", [["item", "price"], ["bread", 3]])
        assert own().index(tmp_path)["emotion"].tolist() == ["angry"]

    def test_a_table_of_features_is_not_one_of_labels(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("angry/a.wav", "sad/b.wav"))
        rows = [["filename", "mean", "deviation"], ["a.wav", 0.1, 0.2], ["b.wav", 0.3, 0.1]]
        made.write_table(tmp_path / "features.csv", rows)
        assert sorted(own().index(tmp_path)["emotion"]) == ["angry", "sad"]
        with pytest.raises(CorpusError, match="no column looks like labels; name it with label_c"):
            own(table="features.csv").index(tmp_path)

    def test_tables_that_are_none_do_not_matter(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("angry/a.wav",))
        (tmp_path / "empty.csv").touch()
        (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 40)
        (tmp_path / "wide.csv").write_text("x" * 200_000 + ",b\n1,2\n")
        (tmp_path / "folder.csv").mkdir()
        assert own().index(tmp_path)["emotion"].tolist() == ["angry"]
        with pytest.raises(CorpusError, match=r"wide\.csv: cannot be read as a table"):
            own(table="wide.csv").index(tmp_path)

    def test_a_table_of_a_few_clips_does_not_outdo_the_folders(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("angry/a.wav", "sad/b.wav", "sad/c.wav"))
        made.write_table(tmp_path / "checked.csv", [["file", "label"], ["a.wav", "sad"]])
        assert sorted(own().index(tmp_path)["emotion"]) == ["angry", "sad", "sad"]

    def test_equal_names_go_by_their_folders_or_stay_in_doubt(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("ann/1.wav", "bob/1.wav"))
        rows = [["file", "label"], ["/old/ann/1.wav", "sad"], ["1.wav", "happy"]]
        made.write_table(tmp_path / "t.csv", rows)
        preview = own().preview(tmp_path)
        assert preview.labels == {"sad": 1}
        assert preview.doubtful == ["1.wav"]
        assert preview.clips_without_label == ["bob/1.wav"]

    def test_the_preview_says_what_matched_and_what_did_not(self, flat: Path) -> None:
        rows = [["f", "label"], ["one", "sad"], ["gone", "sad"], ["two", "sad"], ["two", "calm"]]
        made.write_table(flat / "t.csv", rows)
        preview = own().preview(flat)
        assert preview.rows_without_clip == ["gone"]
        assert preview.contradictions == ["wavs/two.wav"]
        assert preview.rows[0] == {"f": "one", "label": "sad"}
        said = preview.sentence()
        assert said.startswith("t.csv: 1 clip with 1 label; 1 clip without a label, such as wavs")
        assert "1 row without a clip, such as gone" in said
        problems = own().index(flat).set_index("clip")["problems"]
        assert problems["wavs/two.wav"] == "several labels in t.csv: calm, sad"


class TestLibrary:
    def test_a_labelled_folder_is_found_out(self, tmp_path: Path) -> None:
        made.write_clips(tmp_path, ("angry/a.wav", "sad/b.wav"))
        assert library.open_folder(tmp_path).name == "labelled_folder"

    def test_settings_are_kept_with_the_entry(self, flat: Path) -> None:
        rows = [["clip", "acted", "heard"], ["one.wav", "sad", "bored"], ["two.wav", "sad", "sad"]]
        made.write_table(flat / "t.csv", rows)
        acted = library.open_folder(flat, "labelled_folder", settings={"label_column": "acted"})
        heard = library.open_folder(flat, "labelled_folder", settings={"label_column": "heard"})
        assert acted.id != heard.id
        assert library.entries() == [heard, acted]
        assert emotions(library.table(library.entries()[0]))["wavs/one.wav"] == "bored"
        assert emotions(library.table(acted))["wavs/one.wav"] == "sad"

    def test_a_changed_table_of_labels_is_noticed(self, flat: Path) -> None:
        made.write_table(flat / "t.csv", [["f", "label"], ["one.wav", "sad"]])
        entry = library.open_folder(flat, "labelled_folder")
        made.write_table(flat / "t.csv", [["f", "label"], ["one.wav", "angry"]])
        assert library.cached_table(entry) is None
        assert emotions(library.table(entry))["wavs/one.wav"] == "angry"

    def test_a_setting_that_does_not_exist_is_named(self, flat: Path) -> None:
        with pytest.raises(ParameterError, match=r"label_colum is not known.*did you mean"):
            library.add("labelled_folder", flat, {"label_colum": "x"})


def test_unknown_labels_keep_their_name() -> None:
    labels = pd.Series(["Anger", "sleepy", "Very Tense", ""])
    assert CORPORA.get("labelled_folder")().emotions(labels).tolist() == [
        "angry", "sleepy", "very_tense", "",
    ]  # fmt: skip
