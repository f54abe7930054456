"""Features that the user brings: found by the clip's name, read safely, and clear when not."""

import os
import pickle
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ser_core.errors import AudioError, ParameterError
from ser_core.features import EXTRACTORS, Extractor, Signal

SOUND = np.zeros(1600, np.float32)
CLIP = "corpus/Actor_01/03-01.wav"


def precomputed(path: Path | str, **settings: object) -> Extractor:
    return EXTRACTORS.create("precomputed", path=str(path), **settings)


def of(extractor: Extractor, clip: str | None = CLIP) -> np.ndarray:
    return extractor.of(Signal(SOUND, 16_000, Path(clip) if clip else None))


def save(path: Path, array: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array, allow_pickle=True)
    return path


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_says_what_it_is() -> None:
    cls = EXTRACTORS.get("precomputed")
    assert cls.by_name
    assert {"Shape", "Source:"} <= set((cls.__doc__ or "").split())
    assert all(field.description for field in cls.config_type.model_fields.values())


class TestArrays:
    @pytest.mark.parametrize("name", ["03-01.npy", "a/b/03-01.npy", "03-01.wav.npy", "03-01.NPY"])
    def test_a_clip_is_found_by_its_name_wherever_it_lies(self, tmp_path: Path, name: str) -> None:
        save(tmp_path / "other.npy", np.zeros(3))
        with (tmp_path / "draft").open("wb") as file:  # `np.save` would add .npy to .NPY
            np.save(file, np.arange(3))
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "draft").rename(tmp_path / name)
        features = of(precomputed(tmp_path))
        assert features.dtype == np.float32
        np.testing.assert_array_equal(features, [0, 1, 2])

    @pytest.mark.parametrize(
        ("shape", "saved", "expected"),
        [
            ("vector", (1, 1, 5), (5,)),
            ("frames", (7, 5), (7, 5)),
            ("frames", (1, 7, 5), (7, 5)),
            ("image", (4, 6), (4, 6, 1)),
            ("image", (4, 6, 2), (4, 6, 2)),
        ],
    )
    def test_shapes(
        self, tmp_path: Path, shape: str, saved: tuple[int, ...], expected: tuple[int, ...]
    ) -> None:
        values = np.arange(np.prod(saved), dtype=np.float16).reshape(saved)
        save(tmp_path / "03-01.npy", values)
        extractor = precomputed(tmp_path, shape=shape)
        assert extractor.kind == shape
        np.testing.assert_array_equal(of(extractor), values.reshape(expected))

    def test_frames_may_differ_in_number_and_nothing_else(self, tmp_path: Path) -> None:
        save(tmp_path / "a.npy", np.zeros((9, 5)))
        save(tmp_path / "03-01.npy", np.ones((7, 5)))
        save(tmp_path / "z.npy", np.ones((7, 6)))
        extractor = precomputed(tmp_path, shape="frames", hop_s=0.02)
        assert of(extractor).shape == (7, 5)
        assert of(extractor, "a.wav").shape == (9, 5)
        assert extractor.hop_s == 0.02
        with pytest.raises(AudioError, match=r"z.wav: shapes differ.*z.npy holds \(7, 6\), 03-01"):
            of(extractor, "z.wav")

    def test_time_between_frames_is_told_only_where_it_is_known(self, tmp_path: Path) -> None:
        assert precomputed(tmp_path, shape="frames").hop_s is None
        assert precomputed(tmp_path, hop_s=0.02).hop_s is None  # a vector

    @pytest.mark.parametrize(
        ("array", "words"),
        [
            (np.array([1.0, np.nan, np.inf]), "03-01.npy: 2 of 3 values are no finite numbers"),
            (np.array([1e300]), "1 of 1 values are no finite numbers"),
            (np.array(["a", "b"]), "numbers are needed, the file holds <U1"),
            (np.array([1j]), "numbers are needed, the file holds complex128"),
            (np.array([{"a": 1}], object), "pickled objects, which could run code"),
            (np.zeros((7, 5)), r"a vector \(num_features,\) is needed, the file holds \(7, 5\)"),
            (np.zeros(0), "not a NumPy array|is needed, the file holds"),
            (np.float32(1), r"is needed, the file holds \(\)"),
        ],
    )
    def test_what_cannot_be_a_vector_is_refused(
        self, tmp_path: Path, array: np.ndarray, words: str
    ) -> None:
        save(tmp_path / "03-01.npy", array)
        with pytest.raises(AudioError, match=words):
            of(precomputed(tmp_path))

    def test_pickles_are_never_loaded(self, tmp_path: Path) -> None:
        class Bomb:
            def __reduce__(self) -> tuple[object, tuple[str]]:
                return os.mkdir, (str(tmp_path / "exploded"),)

        (tmp_path / "03-01.npy").write_bytes(pickle.dumps(Bomb()))
        save(tmp_path / "b.npy", np.array([Bomb()], object))
        for clip in ("03-01.wav", "b.wav"):
            with pytest.raises(AudioError, match="never loaded"):
                of(precomputed(tmp_path), clip)
        assert not (tmp_path / "exploded").exists()

    def test_damaged_files_are_refused(self, tmp_path: Path) -> None:
        path = save(tmp_path / "03-01.npy", np.zeros(1000))
        whole = path.read_bytes()
        path.write_bytes(whole[:200])
        (tmp_path / "empty.npy").touch()
        huge = whole.replace(b"(1000,), }" + b" " * 13, b"(1" + b"0" * 16 + b",), }")
        assert huge != whole
        (tmp_path / "huge.npy").write_bytes(huge)
        (tmp_path / "header.npy").write_bytes(whole.replace(b"}", b" "))
        with (tmp_path / "zip.npy").open("wb") as file:
            np.savez(file, a=np.zeros(3))
        for clip in ("03-01.wav", "empty.wav", "huge.wav", "header.wav", "zip.wav"):
            with pytest.raises(AudioError, match="not a NumPy array of numbers"):
                of(precomputed(tmp_path), clip)


class TestFolder:
    def test_a_clip_without_features_is_named_with_where_they_were_looked_for(
        self, tmp_path: Path
    ) -> None:
        save(tmp_path / "a" / "other.npy", np.zeros(3))
        with pytest.raises(AudioError) as caught:
            of(precomputed(tmp_path))
        message = str(caught.value)
        assert message.startswith("03-01.wav: no features for it; looked for 03-01 with .npy in ")
        assert str(tmp_path) in message
        assert "1 found, such as a/other.npy" in message

    def test_two_files_for_a_clip_are_refused(self, tmp_path: Path) -> None:
        save(tmp_path / "a" / "03-01.npy", np.zeros(3))
        save(tmp_path / "b" / "03-01.npy", np.zeros(3))
        with pytest.raises(AudioError, match="more than one file for it.*a/03-01.npy, b/03-01.npy"):
            of(precomputed(tmp_path))

    def test_clips_of_one_name_are_told_apart_by_their_folders(self, tmp_path: Path) -> None:
        for number, emotion in enumerate(("angry", "happy")):
            save(tmp_path / "embeddings" / emotion / "1.npy", np.full(2, number))
        extractor = precomputed(tmp_path / "embeddings")
        assert of(extractor, "corpus/angry/1.wav").tolist() == [0, 0]
        assert of(extractor, "corpus/happy/1.wav").tolist() == [1, 1]
        with pytest.raises(AudioError, match="more than one"):
            of(extractor, "corpus/sad/1.wav")

    def test_a_place_without_features_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ParameterError, match="path: a folder or CSV .* got nothing"):
            of(EXTRACTORS.create("precomputed"))
        with pytest.raises(ParameterError, match="path: no such file or folder: .*gone"):
            of(precomputed(tmp_path / "gone"))
        with pytest.raises(ParameterError, match=r"path: no .npy file in .*shape=image"):
            of(precomputed(tmp_path))
        (tmp_path / "x.zip").touch()
        with pytest.raises(ParameterError, match=r"a file of .csv, .tsv, .txt is needed"):
            of(precomputed(tmp_path / "x.zip"))

    def test_links_to_nowhere_and_hidden_files_do_not_count(self, tmp_path: Path) -> None:
        (tmp_path / "03-01.npy").symlink_to(tmp_path / "gone.npy")
        save(tmp_path / ".03-01.npy", np.zeros(3))
        os.mkfifo(tmp_path / "a.npy")  # opening it would wait for ever
        save(tmp_path / "b.npy", np.ones(3))
        extractor = precomputed(tmp_path)
        with pytest.raises(AudioError, match="no features for it.*1 found, such as b.npy"):
            of(extractor)
        assert of(extractor, "b.wav").tolist() == [1, 1, 1]

    def test_a_recording_without_a_file_has_none(self, tmp_path: Path) -> None:
        save(tmp_path / "03-01.npy", np.zeros(3))
        with pytest.raises(AudioError, match="belong to clips with a file"):
            of(precomputed(tmp_path), None)

    def test_the_fingerprint_follows_the_files(self, tmp_path: Path) -> None:
        path = save(tmp_path / "03-01.npy", np.zeros(3))
        before = precomputed(tmp_path).fingerprint()
        assert precomputed(tmp_path).fingerprint() == before
        assert precomputed(tmp_path, shape="frames").fingerprint() != before
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
        touched = precomputed(tmp_path).fingerprint()
        save(tmp_path / "more.npy", np.zeros(3))
        assert len({before, touched, precomputed(tmp_path).fingerprint()}) == 3

    def test_the_folder_is_walked_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        walks = []
        scandir = os.scandir
        monkeypatch.setattr(os, "scandir", lambda path: walks.append(path) or scandir(path))
        for name in ("03-01", "b", "c"):
            save(tmp_path / f"{name}.npy", np.zeros(3))
        extractor = precomputed(tmp_path)
        extractor.fingerprint()
        for clip in ("03-01.wav", "b.wav", "c.wav"):
            of(extractor, clip)
        assert len(walks) == 1

    def test_ten_thousand_files_are_found_at_once(self, tmp_path: Path) -> None:
        first = save(tmp_path / "0.npy", np.zeros(3))
        for number in range(1, 10_000):
            os.link(first, tmp_path / f"{number}.npy")
        start = time.perf_counter()
        extractor = precomputed(tmp_path)
        for number in range(0, 10_000, 10):
            of(extractor, f"{number}.wav")
        assert time.perf_counter() - start < 5  # by name; a search for each clip takes minutes


class TestPictures:
    def picture(self, path: Path, mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.new(mode, size)
        image.paste((255, 0, 0) if mode == "RGB" else 65_535 if mode == "I;16" else 255,
                    (0, 0, size[0] // 2, size[1]))  # fmt: skip
        image.save(path)
        return path

    def test_pictures_are_brought_to_one_size(self, tmp_path: Path) -> None:
        self.picture(tmp_path / "angry" / "03-01.png")
        self.picture(tmp_path / "happy" / "b.JPG", size=(300, 300))
        extractor = precomputed(tmp_path, shape="image", height=16, width=32)
        image = of(extractor)
        assert image.shape == of(extractor, "b.wav").shape == (16, 32, 3)
        assert image.dtype == np.float32
        np.testing.assert_array_equal(image[8, 4], [1, 0, 0])  # the left half is red
        np.testing.assert_array_equal(image[8, 28], [0, 0, 0])
        assert extractor.feature_names() == ("red", "green", "blue")

    @pytest.mark.parametrize("mode", ["L", "P", "I;16"])
    def test_grey_pictures_of_any_depth(self, tmp_path: Path, mode: str) -> None:
        self.picture(tmp_path / "03-01.png", mode if mode != "P" else "L")
        if mode == "P":
            with Image.open(tmp_path / "03-01.png") as image:
                image.convert("P").save(tmp_path / "03-01.png")
        grey = of(precomputed(tmp_path, shape="image", colour="grey"))
        assert grey.shape == (128, 128, 1)
        assert (grey[64, 10, 0], grey[64, 120, 0]) == (1, 0)
        rgb = of(precomputed(tmp_path, shape="image"))
        assert rgb.shape == (128, 128, 3)
        assert rgb[64, 10].tolist() == [1, 1, 1]

    def test_what_is_no_picture_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "03-01.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"x" * 50)
        with pytest.raises(AudioError, match="03-01.png: not readable as a picture"):
            of(precomputed(tmp_path, shape="image"))


class TestTable:
    def test_the_row_of_the_clip_without_labels(self, tmp_path: Path) -> None:
        path = write(
            tmp_path / "features.csv",
            ",filename,emotion,speaker,mean,spread,remark",
            "0,Actor_01/03-01.wav,angry,1,0.5,2,good",
            "1,Actor_01/03-02.wav,sad,1,0.25,4,",
        )
        extractor = precomputed(path)
        assert of(extractor).tolist() == [0.5, 2]
        assert of(extractor, "03-02.flac").tolist() == [0.25, 4]
        assert extractor.feature_names() == ("mean", "spread")
        note = extractor.notes()[0]
        assert "emotion (a label), speaker (a label), remark (text)" in note
        assert "row number (row numbers)" in note

    def test_a_table_without_titles(self, tmp_path: Path) -> None:
        """As recipe a's: values, then the picture's file name, then the label."""
        path = write(tmp_path / "t.csv", "0.5,2,3,03-01.png,angry", "0.25,4,5,03-02.png,angry")
        extractor = precomputed(path)
        assert of(extractor).tolist() == [0.5, 2, 3]
        assert extractor.feature_names() == ("column 1", "column 2", "column 3")
        for column in ("4", 4):  # the command line reads numbers as numbers
            by_number = precomputed(path, name_column=column)
            assert of(by_number, "03-02.wav").tolist() == [0.25, 4, 5]

    def test_names_that_look_like_numbers_keep_their_zeros(self, tmp_path: Path) -> None:
        path = write(tmp_path / "t.csv", "file,x", "001,1", "01,2")
        assert of(precomputed(path), "001.wav").tolist() == [1]
        assert of(precomputed(path), "01.wav").tolist() == [2]

    @pytest.mark.parametrize("separator", [";", "\t"])
    def test_other_separators(self, tmp_path: Path, separator: str) -> None:
        lines = ("take,x,y", "03-01,1,2", "b,3,4")
        path = write(tmp_path / "t.tsv", *(line.replace(",", separator) for line in lines))
        assert of(precomputed(path)).tolist() == [1, 2]  # the only column of distinct words

    def test_columns_by_choice(self, tmp_path: Path) -> None:
        path = write(tmp_path / "t.csv", "a,b,x,y", "03-01,q,1,2", "r,03-01,3,4")
        assert of(precomputed(path, name_column="a")).tolist() == [1, 2]
        assert of(precomputed(path, name_column="B")).tolist() == [3, 4]
        chosen = precomputed(path, name_column="a", drop_columns="x")
        assert chosen.feature_names() == ("y",)
        assert "x (as you set)" in chosen.notes()[0]
        with pytest.raises(ParameterError, match="no column 'c'; its columns are a, b, x, y"):
            of(precomputed(path, name_column="c"))
        with pytest.raises(ParameterError, match="looks like the clips' file names.*a, b, x, y"):
            of(precomputed(path))

    def test_rows_that_cannot_be_used_are_named(self, tmp_path: Path) -> None:
        lines = ("file,x,y", "03-01.wav,1,", "b.wav,oops,2", "c.wav,1,inf", "d.wav,1,2",
                 "d.flac,1,2", "e.wav,1,1e300", "f.wav,3,4")  # fmt: skip
        extractor = precomputed(write(tmp_path / "t.csv", *lines))
        assert of(extractor, "f.wav").tolist() == [3, 4]
        for clip, words in (
            ("03-01.wav", "03-01.wav: no finite number in line 2 of t.csv: y"),
            ("b.wav", "no finite number in line 3 of t.csv: x"),
            ("c.wav", "line 4 of t.csv: y"),
            ("d.wav", "d.wav: more than one row in t.csv: lines 5 and 6"),
            ("e.wav", "line 7 of t.csv: y"),
            ("gone.wav", r"gone.wav: no features for it; looked for gone in .*t.csv \(7 found"),
        ):
            with pytest.raises(AudioError, match=words):
                of(extractor, clip)

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "cannot be read as CSV"),
            (b"file,x\n", "has no row below its titles"),
            (b"file,emotion\na,angry\n", "no column of numbers"),
            (b"1,2\n3,4\n", "no column that looks like the clips' file names"),
            (b"\xff\xfe\x00a,b\n", "cannot be read as CSV"),
            (b"file,x\na,1\nb,2,3,4\n", "cannot be read as CSV"),
        ],
    )
    def test_what_is_no_table_is_refused(self, tmp_path: Path, content: bytes, words: str) -> None:
        (tmp_path / "t.csv").write_bytes(content)
        with pytest.raises(ParameterError, match=words):
            of(precomputed(tmp_path / "t.csv"))

    def test_a_table_holds_vectors(self, tmp_path: Path) -> None:
        path = write(tmp_path / "t.csv", "file,x", "03-01,1")
        with pytest.raises(ParameterError, match="shape: a CSV holds a vector a clip"):
            of(precomputed(path, shape="frames"))

    def test_the_fingerprint_follows_the_table(self, tmp_path: Path) -> None:
        path = write(tmp_path / "t.csv", "file,x", "03-01,1")
        before = precomputed(path).fingerprint()
        write(path, "file,x", "03-01,12")
        assert precomputed(path).fingerprint() != before
