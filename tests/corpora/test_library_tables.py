"""Cached tables of corpora: what is read again, and what is not."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import soundfile

from ser_core.corpora import (
    COLUMNS,
    files,
    headers,
    library,
    table_cache,
)
from ser_core.corpora.library import CorpusEntry
from ser_core.corpora.ravdess import Ravdess
from ser_core.errors import CorpusError, TaskCancelled
from tests.corpora import made
from tests.corpora.library_clips import NAMES, write_clip


class TestTable:
    def test_cached_table_equals_a_fresh_one(self, clips: Path) -> None:
        entry = library.open_folder(clips)
        fresh = Ravdess().index(clips)
        assert tuple(fresh.columns) == COLUMNS
        pd.testing.assert_frame_equal(library.table(entry), fresh)

    def test_second_open_reads_no_clip(self, clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        entry = library.open_folder(clips)

        def forbidden(*_: object) -> None:
            raise AssertionError("a clip was opened")

        monkeypatch.setattr(soundfile, "info", forbidden)
        assert len(library.table(entry)) == len(NAMES)
        cached = library.cached_table(entry)
        assert cached is not None
        assert len(cached) == len(NAMES)

    def test_nothing_is_cached_before_the_first_read(self, clips: Path) -> None:
        assert library.cached_table(library.add("ravdess", clips)) is None

    def test_added_changed_and_deleted_clips_are_noticed(self, clips: Path) -> None:
        entry = library.open_folder(clips)
        write_clip(clips / "03-01-08-01-01-01-02.wav")
        assert library.cached_table(entry) is None
        assert len(library.table(entry)) == len(NAMES) + 1

        write_clip(clips / f"{NAMES[0]}.wav", duration_s=1.0)
        table = library.table(entry).set_index("clip")
        assert table.loc[f"{NAMES[0]}.wav", "duration_s"] == pytest.approx(1.0)

        (clips / f"{NAMES[0]}.wav").unlink()
        assert f"{NAMES[0]}.wav" not in set(library.table(entry)["clip"])

    def test_a_touched_clip_of_equal_size_is_noticed(self, clips: Path) -> None:
        entry = library.open_folder(clips)
        os.utime(clips / f"{NAMES[0]}.wav", (1, 1))
        assert library.cached_table(entry) is None

    def test_only_the_newest_table_is_kept(self, clips: Path, ser_home: Path) -> None:
        entry = library.open_folder(clips)
        write_clip(clips / "03-01-08-01-01-01-02.wav")
        library.table(entry)
        assert len(list((ser_home / "cache" / "index").iterdir())) == 1

    def test_folder_that_takes_long_to_list_is_not_waited_for(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = library.open_folder(clips)
        monkeypatch.setattr(files, "_TICK_FILES", 1)
        assert library.cached_table(entry, at_most_s=60) is not None
        assert library.cached_table(entry, at_most_s=-1) is None

    def test_one_walk_is_enough_to_open_a_folder(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        walked = []
        walk = files.walk
        monkeypatch.setattr(files, "walk", lambda *args: walked.append(args) or walk(*args))
        _, table = library.read_folder(clips)
        assert len(table) == len(NAMES)
        assert len(walked) == 1

    def test_hidden_files_change_nothing(self, clips: Path) -> None:
        entry = library.open_folder(clips)
        (clips / ".DS_Store").write_bytes(b"x")
        assert library.cached_table(entry) is not None

    def test_damaged_cache_is_made_again(self, clips: Path, ser_home: Path) -> None:
        entry = library.open_folder(clips)
        (path,) = (ser_home / "cache" / "index").iterdir()
        path.write_bytes(path.read_bytes()[:100])
        assert library.cached_table(entry) is None
        assert len(library.table(entry)) == len(NAMES)

    def test_missing_folder_is_named(self, clips: Path) -> None:
        entry = library.open_folder(clips)
        shutil.rmtree(clips)
        for read in (library.table, library.cached_table):
            with pytest.raises(CorpusError, match="my clips: no such folder"):
                read(entry)

    def test_folder_that_lost_its_clips_is_named(self, clips: Path) -> None:
        entry = library.open_folder(clips)
        for path in clips.iterdir():
            path.unlink()
        with pytest.raises(CorpusError, match="no RAVDESS clip found"):
            library.table(entry)

    def test_progress_counts_up_to_the_number_of_clips(self, clips: Path) -> None:
        seen: list[tuple[int, int]] = []
        library.open_folder(clips, progress=lambda done, total: seen.append((done, total)))
        assert seen[-1] == (len(NAMES), len(NAMES))

    def test_stopping_leaves_nothing_behind(self, clips: Path, ser_home: Path) -> None:
        def stop(done: int, total: int) -> None:
            raise TaskCancelled("stopped")

        with pytest.raises(TaskCancelled):
            library.open_folder(clips, progress=stop)
        assert library.entries() == []
        assert list((ser_home / "cache" / "index").iterdir()) == []


class TestHeaders:
    """Which files are opened again."""

    @pytest.fixture
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Names of the clips whose header was read."""
        seen: list[str] = []
        info = soundfile.info

        def watched(path: str) -> object:
            seen.append(Path(path).stem)
            return info(path)

        monkeypatch.setattr(soundfile, "info", watched)
        return seen

    def test_only_what_changed_is_read_anew(self, clips: Path, opened: list[str]) -> None:
        entry = library.open_folder(clips)
        assert sorted(opened) == sorted(NAMES)
        opened.clear()
        write_clip(clips / "03-01-08-01-01-01-02.wav")
        write_clip(clips / f"{NAMES[1]}.wav", duration_s=1.0)
        (clips / f"{NAMES[2]}.wav").unlink()
        table = library.table(entry).set_index("clip")
        assert sorted(opened) == sorted([NAMES[1], "03-01-08-01-01-01-02"])
        assert table.loc[f"{NAMES[0]}.wav", "duration_s"] == 0.5
        assert table.loc[f"{NAMES[1]}.wav", "duration_s"] == 1.0
        assert len(table) == 3

    def test_what_could_not_be_read_is_tried_again(self, clips: Path, opened: list[str]) -> None:
        (clips / f"{NAMES[0]}.wav").write_bytes(b"no sound")
        entry = library.open_folder(clips)
        opened.clear()
        write_clip(clips / "03-01-08-01-01-01-02.wav")
        library.table(entry)
        assert NAMES[0] in opened
        assert NAMES[1] not in opened

    def test_what_was_read_before_a_stop_is_kept(
        self, clips: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop_after_one(done: int, total: int) -> None:
            if total and done:
                raise TaskCancelled("stopped")

        monkeypatch.setattr(headers, "_AT_ONCE", 1)
        monkeypatch.setattr(headers, "_THREADS", 1)
        entry = library.add("ravdess", clips)
        with pytest.raises(TaskCancelled):
            library.table(entry, stop_after_one)
        before = len(opened)
        opened.clear()
        assert len(library.table(entry)) == len(NAMES)
        assert before >= 1
        assert len(opened) <= len(NAMES) - 1

    def test_a_damaged_cache_is_made_again(self, clips: Path, ser_home: Path) -> None:
        entry = library.open_folder(clips)
        (path,) = (ser_home / "cache" / "headers").iterdir()
        path.write_bytes(b"damaged")
        write_clip(clips / "03-01-08-01-01-01-02.wav")
        assert library.table(entry)["duration_s"].tolist() == [0.5] * 4

    def test_nothing_stays_of_a_corpus_that_was_removed(self, clips: Path, ser_home: Path) -> None:
        library.remove(library.open_folder(clips).id)
        assert list((ser_home / "cache" / "headers").iterdir()) == []

    def test_names_come_without_opening_a_clip(self, clips: Path, opened: list[str]) -> None:
        entry = library.add("ravdess", clips)
        table = library.names(entry)
        assert opened == []
        assert tuple(table.columns) == COLUMNS
        assert set(table["emotion"]) == {"angry", "happy", "sad"}
        assert table["duration_s"].isna().all()
        library.table(entry)
        assert library.names(entry)["duration_s"].tolist() == [0.5] * 3

    def test_table_is_told_of_while_it_is_read(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        entry = library.find_folder(clips)
        monkeypatch.setattr(table_cache, "_TELL_S", 0.0)
        monkeypatch.setattr(headers, "_AT_ONCE", 1)
        told: list[pd.DataFrame] = []
        whole = library.table(entry, partly=told.append)
        known = [int(one["duration_s"].notna().sum()) for one in told]
        assert known == sorted(known)
        assert known[0] < len(NAMES)
        first = told[0][told[0]["duration_s"].notna()]
        pd.testing.assert_frame_equal(first, whole.loc[first.index], check_dtype=False)
        assert (told[0].loc[told[0]["duration_s"].isna(), "sampling_rate"] == 0).all()

    def test_folder_is_found_without_opening_a_clip(
        self, clips: Path, opened: list[str], tmp_path: Path
    ) -> None:
        assert library.find_folder(clips) in library.entries()
        assert opened == []
        empty = tmp_path / "empty"
        empty.mkdir()
        with pytest.raises(CorpusError, match="no RAVDESS clip"):
            library.find_folder(empty, "ravdess")
        assert len(library.entries()) == 1

    def test_twenty_thousand_names_are_enough_to_fill_the_page(
        self, tmp_path: Path, opened: list[str]
    ) -> None:
        root = tmp_path / "large"
        (root / "AudioWAV").mkdir(parents=True)
        sentences = ("DFA", "IEO", "TSI", "WSI")
        for number in range(20_000):
            actor, rest = 1000 + number % 1000, number // 1000
            name = f"{actor}_{sentences[rest % 4]}_{('ANG', 'SAD', 'HAP', 'FEA', 'DIS')[rest // 4]}"
            (root / "AudioWAV" / f"{name}_XX.wav").touch()
        table = library.names(library.add("crema_d", root))
        assert len(table) == 20_000
        assert table["speaker"].nunique() == 1000
        assert opened == []


class TestCombined:
    @pytest.fixture
    def two(self, clips: Path, tmp_path: Path) -> tuple[CorpusEntry, CorpusEntry]:
        made.cafe(tmp_path / "cafe")
        return library.open_folder(clips), library.open_folder(tmp_path / "cafe")

    def test_two_corpora_make_one_table(self, two: tuple[CorpusEntry, CorpusEntry]) -> None:
        entry = library.add_combined(two)
        assert (entry.title, entry.corpora) == ("RAVDESS + CaFE", ("ravdess", "cafe"))
        table = library.table(entry)
        assert tuple(table.columns) == COLUMNS
        assert len(table) == len(NAMES) + 8
        assert set(table["corpus"]) == {"ravdess", "cafe"}
        assert set(table["language"]) == {"en", "fr"}
        assert table["clip"].is_unique
        assert {"ravdess/01", "cafe/01"} <= set(table["speaker"])
        cached = library.cached_table(entry)
        assert cached is not None
        pd.testing.assert_frame_equal(cached, table)
        assert len(library.names(entry)) == len(table)

    def test_it_is_listed_beside_its_parts_and_survives(
        self, two: tuple[CorpusEntry, CorpusEntry]
    ) -> None:
        entry = library.add_combined(two)
        assert library.entries() == [entry, two[1], two[0]]
        assert library.add_combined([entry, two[0]]).id == entry.id
        library.remove(entry.id)
        assert library.entries() == [two[1], two[0]]
        assert library.cached_table(two[0]) is not None

    def test_one_corpus_is_no_combination(self, two: tuple[CorpusEntry, CorpusEntry]) -> None:
        with pytest.raises(CorpusError, match="at least two corpora, got 1"):
            library.add_combined([two[0], two[0]])

    def test_it_is_anew_when_a_part_changes(
        self, two: tuple[CorpusEntry, CorpusEntry], clips: Path
    ) -> None:
        entry = library.add_combined(two)
        write_clip(clips / "03-01-08-01-01-01-02.wav")
        assert library.cached_table(entry) is None
        assert len(library.table(entry)) == len(NAMES) + 1 + 8

    def test_two_folders_of_one_corpus_have_the_same_people(
        self, clips: Path, tmp_path: Path
    ) -> None:
        shutil.copytree(clips, tmp_path / "again")
        write_clip(tmp_path / "again" / "03-01-08-01-01-01-01.wav")
        parts = [library.open_folder(clips), library.open_folder(tmp_path / "again")]
        table = library.table(library.add_combined(parts))
        assert table["clip"].is_unique
        assert set(table["speaker"]) == {"ravdess/01", "ravdess/02"}
        assert len(table[table["problems"] == ""]) == len(NAMES) + 1
        assert set(table["problems"].str[:21]) == {"", "same clip as ravdess/"}

    def test_two_folders_of_ones_own_have_other_people(self, tmp_path: Path) -> None:
        parts = []
        for name in ("ours", "theirs"):
            made.write_clips(tmp_path / name, ("angry/ann_1.wav", "sad/x.wav"))
            settings = {"speaker_pattern": "/(ann)"}
            root = tmp_path / name
            parts.append(library.open_folder(root, "labelled_folder", settings=settings))
        table = library.table(library.add_combined(parts))
        assert set(table["speaker"]) == {"", "labelled_folder/ann", "labelled_folder-2/ann"}
        assert set(table["problems"]) == {""}
