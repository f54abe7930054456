"""Walking a folder: what counts as a clip, when to stop, when to give up."""

import os
from pathlib import Path

import pytest

from ser_core.corpora import CORPORA, files, library, quality
from ser_core.errors import CorpusError, TaskCancelled
from ser_core.jobs.tasks import TaskRunner
from tests.corpora.made import write_clip

CLIP = "03-01-05-01-02-01-12.wav"


def is_clip(path: str) -> bool:
    return Path(path).name == CLIP


def stop(done: int, total: int) -> None:
    raise TaskCancelled("stopped")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder of 900 files that are no clips, in 30 folders, three deep."""
    root = tmp_path / "tree"
    for number in range(30):
        where = root / f"a{number % 3}" / f"b{number}" / "c"
        where.mkdir(parents=True)
        for name in range(30):
            (where / f"{name}.txt").touch()
    return root


@pytest.mark.parametrize(
    "read",
    [
        lambda root: files.listing(root, is_clip, stop),
        lambda root: CORPORA.get("ravdess")().index(root, stop),
        lambda root: library.open_folder(root, progress=stop),
        lambda root: library.open_folder(root, "ravdess", stop),
    ],
    ids=["listing", "index", "detected", "chosen"],
)
def test_a_walk_without_any_clip_can_be_stopped(tree: Path, read: object) -> None:
    with pytest.raises(TaskCancelled):
        read(tree)  # type: ignore[operator]
    assert library.entries() == []


def test_a_walk_reports_what_it_has_seen_and_no_total(tree: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = files.listing(tree, is_clip, lambda done, total: seen.append((done, total)))
    assert found.others.total() == 900
    assert len(seen) >= 4
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {0}


def test_a_slow_drive_is_reported_on_before_many_files_were_seen(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_TICK_S", -1)
    with pytest.raises(TaskCancelled):
        next(files.walk(tree / "a0" / "b0" / "c", stop))


def test_the_task_of_a_walk_takes_reports_without_a_total(tree: Path) -> None:
    runner = TaskRunner()
    runner.start("walk", "Reading", lambda report: files.listing(tree, is_clip, report))
    ended = runner.wait("walk", timeout_s=60)
    assert ended is not None
    assert (ended.state, ended.total, ended.remaining_s) == ("done", 0, None)


def test_a_vast_folder_without_a_clip_is_given_up(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_OTHERS", 500)
    found = files.listing(tree, is_clip)
    assert not found.whole
    assert found.others.total() == 500
    expected = "no .* among the first 500 files; give the folder that holds"
    for name in (None, "ravdess"):
        with pytest.raises(CorpusError, match=expected):
            library.open_folder(tree, name)


def test_a_vast_folder_with_a_clip_is_walked_to_its_end(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_OTHERS", 500)
    (tree / CLIP).write_bytes(b"x")
    found = files.listing(tree, is_clip)
    assert [file.name for file in found.clips] == [CLIP]
    assert (found.whole, found.others.total()) == (True, 900)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_to_folders_and_to_nothing_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.wav").symlink_to(tmp_path / "circle.wav")
    (tmp_path / CLIP).touch()
    found = files.listing(tmp_path, lambda name: name.endswith(".wav"))
    assert [file.name for file in found.clips] == [CLIP]
    assert found.others.total() == 0


def test_clips_are_in_the_order_of_their_folders(tmp_path: Path) -> None:
    for where in ("a b", "a", "a/z", "B"):
        (tmp_path / where).mkdir()
        (tmp_path / where / CLIP).touch()
    found = files.listing(tmp_path, is_clip)
    folders = [Path(file.name).parent.as_posix() for file in found.clips]
    assert folders == ["B", "a", "a/z", "a b"]


def test_a_name_that_is_not_utf_8_marks_its_clip_and_no_other(tmp_path: Path) -> None:
    root = tmp_path / "cafe"
    write_clip(root / "Joie" / "01-J-1-1.wav")
    folder = root / os.fsdecode(b"Col\xe8re")  # as old archives are unpacked
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    write_clip(root / "01-C-1-1.wav").rename(folder / "01-C-1-1.wav")
    for table in (CORPORA.get("cafe")().index(root), library.table(library.open_folder(root))):
        problems = dict(zip(table["clip"], table["problems"], strict=True))
        assert problems == {r"Col\xe8re/01-C-1-1.wav": files.MISNAMED, "Joie/01-J-1-1.wav": ""}
        assert quality.check(table).counts()["unreadable"] == 1
    assert library.cached_table(library.entries()[0]) is not None
    with pytest.raises(CorpusError, match="not UTF-8; rename it"):
        files.listing(folder, is_clip)
