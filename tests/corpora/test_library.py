"""The list of corpora: what survives, what is noticed, what is said."""

import json
import multiprocessing
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from ser_core import paths
from ser_core.corpora import (
    CORPORA,
    Progress,
    library,
    synthetic,
)
from ser_core.corpora.ravdess import Ravdess
from ser_core.errors import CorpusError, TaskCancelled, UnknownNameError
from tests.corpora.library_clips import NAMES, write_clip


class TestOpening:
    def test_corpus_is_detected_and_listed(self, clips: Path) -> None:
        entry = library.open_folder(clips)
        assert (entry.name, entry.title, entry.root) == ("ravdess", "RAVDESS", clips)
        assert library.entries() == [entry]

    @pytest.mark.parametrize("wrap", ["{}", " {} ", '"{}"', "'{}'\n", "{}/"])
    def test_pasted_paths_are_understood(self, clips: Path, wrap: str) -> None:
        assert library.open_folder(wrap.format(clips)).root == clips

    def test_home_is_expanded(self, clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(clips.parent))
        monkeypatch.setenv("USERPROFILE", str(clips.parent))
        assert library.open_folder("~/my clips").root == clips

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", "Type the path"),
            ("/nowhere/at/all", "no such folder"),
            ("/\0", "cannot be read"),
            ("~nobody-of-that-name/x", "no such folder|cannot be read"),
        ],
    )
    def test_bad_folders_are_named(self, typed: str, said: str) -> None:
        with pytest.raises(CorpusError, match=said):
            library.open_folder(typed)
        assert library.entries() == []

    def test_a_file_is_not_a_folder(self, clips: Path) -> None:
        with pytest.raises(CorpusError, match="this is a file; give the folder"):
            library.open_folder(clips / f"{NAMES[0]}.wav")

    def test_folder_of_other_sounds_is_refused_and_not_listed(self, tmp_path: Path) -> None:
        write_clip(tmp_path / "kick.wav")
        with pytest.raises(CorpusError, match="no clip of a known corpus among 1 file; .*RAVDESS"):
            library.open_folder(tmp_path)
        assert library.entries() == []

    def test_chosen_corpus_gives_its_own_reason(self, tmp_path: Path) -> None:
        write_clip(tmp_path / "kick.wav")
        with pytest.raises(CorpusError, match="no RAVDESS clip found"):
            library.open_folder(tmp_path, "ravdess")

    def test_unknown_corpus_lists_the_known(self, clips: Path) -> None:
        with pytest.raises(UnknownNameError, match=r"known: .*ravdess"):
            library.open_folder(clips, "no-such")

    def test_refined_corpus_wins_over_the_one_it_refines(
        self, clips: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Marked(Ravdess):
            title = "Marked"

        monkeypatch.setattr(CORPORA, "_classes", {**CORPORA._classes, "marked": Marked})
        assert library.open_folder(clips).name == "marked"

    def test_demo_is_told_from_what_it_imitates(self, synthetic_corpus: Path) -> None:
        entry = library.open_folder(synthetic_corpus)
        assert entry.name == "synthetic"
        assert entry.synthetic


class TestDemo:
    def test_demo_is_made_once_and_listed(
        self, synthetic_corpus: Path, ser_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = []

        def copy(root: Path, seed: int = 0, progress: Progress | None = None) -> None:
            made.append(root)
            shutil.copytree(synthetic_corpus, root)

        monkeypatch.setattr(synthetic, "generate", copy)
        entry = library.demo()
        assert entry.root == ser_home / "corpora" / "synthetic"
        assert library.entries() == [entry]
        assert len(library.table(entry)) == len(list(entry.root.rglob("*.wav")))
        assert library.demo() == entry
        assert len(made) == 1
        library.demo(anew=True)
        assert len(made) == 2
        for clip in entry.root.rglob("*.wav"):
            clip.unlink()
        assert len(library.table(library.demo())) == 360

    def test_waiting_for_another_process_can_be_stopped(self) -> None:
        def stop(done: int, total: int) -> None:
            raise TaskCancelled("stopped")

        held = FileLock(paths.folder("corpora") / "synthetic.lock")
        with held, pytest.raises(TaskCancelled):
            library.demo(stop)

    def test_stopping_leaves_no_demo(self) -> None:
        def stop(done: int, total: int) -> None:
            raise TaskCancelled("stopped")

        with pytest.raises(TaskCancelled):
            library.demo(stop)
        assert library.entries() == []
        assert not (paths.home() / "corpora" / "synthetic").exists()


class TestList:
    def test_last_opened_comes_first_without_doubles(self, clips: Path, tmp_path: Path) -> None:
        other = shutil.copytree(clips, tmp_path / "other")
        first, second = library.add("ravdess", clips), library.add("ravdess", other)
        assert library.entries() == [second, first]
        library.add("ravdess", clips)
        assert library.entries() == [first, second]

    def test_same_folder_has_one_id_and_other_folders_another(
        self, clips: Path, tmp_path: Path
    ) -> None:
        other = shutil.copytree(clips, tmp_path / "other")
        assert library.add("ravdess", clips).id == library.add("ravdess", f"{clips}/").id
        assert library.add("ravdess", clips).id != library.add("ravdess", other).id

    def test_folder_that_went_away_stays_listed(self, clips: Path) -> None:
        entry = library.add("ravdess", clips)
        shutil.rmtree(clips)
        assert library.entries() == [entry]

    def test_remove_forgets_the_corpus_but_not_the_clips(self, clips: Path, ser_home: Path) -> None:
        entry = library.open_folder(clips)
        library.remove(entry.id)
        assert library.entries() == []
        assert list((ser_home / "cache" / "index").iterdir()) == []
        assert len(list(clips.glob("*.wav"))) == len(NAMES)

    def test_damaged_list_is_set_aside_not_lost(self, clips: Path, ser_home: Path) -> None:
        ser_home.mkdir()
        (ser_home / "corpora.json").write_text('{"corpora": [{"na')
        assert library.entries() == []
        entry = library.add("ravdess", clips)
        assert library.entries() == [entry]
        assert (ser_home / "corpora.damaged.json").read_text() == '{"corpora": [{"na'

    def test_corpus_no_longer_registered_is_passed_over(self, clips: Path, ser_home: Path) -> None:
        entry = library.add("ravdess", clips)
        text = (ser_home / "corpora.json").read_text()
        records = json.loads(text)["corpora"]
        records.append({"name": "gone", "title": "Gone", "root": "/x"})
        (ser_home / "corpora.json").write_text(json.dumps({"corpora": records}))
        assert library.entries() == [entry]

    def test_two_processes_lose_no_entry(self, clips: Path, tmp_path: Path) -> None:
        folders = [shutil.copytree(clips, tmp_path / f"copy {n}") for n in range(12)]
        spawn = multiprocessing.get_context("spawn")
        workers = [spawn.Process(target=_add_all, args=(folders[n::2],)) for n in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
            assert worker.exitcode == 0
        assert {entry.root for entry in library.entries()} == set(folders)

    def test_home_that_cannot_be_written_is_a_clear_error(
        self, clips: Path, ser_home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_text", full)
        with pytest.raises(CorpusError, match=r"corpora\.json: cannot be written \(No space left"):
            library.add("ravdess", clips)
        assert not list(ser_home.glob("*.part"))


def _add_all(folders: list[Path]) -> None:
    for folder in folders:
        library.add("ravdess", folder)
