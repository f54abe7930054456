"""Downloads from a server that misbehaves in every way known: here, never the real network."""

import io
import json
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from ser_core.corpora import CORPORA, download, transfer
from ser_core.corpora.download import DOWNLOADS, Download
from ser_core.errors import CorpusError, TaskCancelled, UnknownNameError
from ser_core.jobs.tasks import TaskRunner
from tests.corpora.serving import CLIPS, PAYLOAD, Server, entry_of, names

ROOT = Path(__file__).resolve().parent.parent.parent


def arrived(entry: Download) -> int:
    return entry.arrived_bytes


class TestHappyPath:
    def test_clips_stand_in_their_place_and_nothing_else_is_left(
        self, server: Server, entry: Download, ser_home: Path
    ) -> None:
        root = download.download(entry)
        assert root == ser_home / "corpora" / "ravdess"
        assert names(root) == sorted(f"speech/{name}" for name in CLIPS)
        assert entry.installed
        assert not entry.draft.exists()
        assert CORPORA.get("ravdess")().index(root)["clip"].size == len(CLIPS)

    def test_what_is_there_is_not_fetched_again(self, server: Server, entry: Download) -> None:
        download.download(entry)
        download.download(entry)
        assert server.asked == [""]

    def test_progress_counts_bytes_of_both_phases(self, server: Server, entry: Download) -> None:
        told: list[tuple[int, int]] = []
        download.download(entry, lambda done, total: told.append((done, total)))
        arriving = [done for done, total in told if total == entry.bytes]
        unpacking = [done for done, total in told if total == entry.unpacked_bytes]
        assert arriving == sorted(arriving)
        assert (arriving[0], arriving[-1]) == (0, entry.bytes)
        assert unpacking == sorted(unpacking)
        assert unpacking[-1] == entry.unpacked_bytes
        assert len(arriving) + len(unpacking) == len(told)

    def test_song_joins_the_speech_that_is_there(self, server: Server, entry: Download) -> None:
        download.download(entry)
        song = replace(entry, name="ravdess-song", part="song")
        assert download.download(song) == entry.root
        assert {name.split("/")[0] for name in names(entry.root)} == {"speech", "song"}

    def test_a_lost_clip_comes_back_and_what_the_user_added_stays(
        self, server: Server, entry: Download
    ) -> None:
        download.download(entry)
        lost = entry.folder / next(iter(CLIPS))
        lost.unlink()
        (entry.folder / "notes.txt").write_text("mine")
        other = entry.folder / list(CLIPS)[1]
        other.write_bytes(b"mine too")
        download.download(entry)
        assert other.read_bytes() == b"mine too"
        assert lost.stat().st_size == CLIPS[next(iter(CLIPS))]
        assert (entry.folder / "notes.txt").read_text() == "mine"


class TestBrokenTransfers:
    def test_only_the_rest_is_asked_for_after_a_break(
        self, server: Server, entry: Download
    ) -> None:
        server.breaks = [100_000, 50_000]
        download.download(entry)
        assert server.asked == ["", "bytes=100000-", "bytes=150000-"]
        assert server.conditions == ["", '"first"', '"first"']
        assert server.sent == entry.bytes
        assert entry.installed

    def test_a_later_call_goes_on_where_the_first_gave_up(
        self, server: Server, entry: Download
    ) -> None:
        server.breaks = [70_000, 0, 0, 0, 0]
        with pytest.raises(CorpusError, match=r"(early|broke off).*; 70,000 of .* are kept"):
            download.download(entry)
        assert arrived(entry) == 70_000
        assert not entry.root.exists()
        server.breaks, server.asked = [], []
        download.download(entry)
        assert server.asked == ["bytes=70000-"]

    def test_a_file_changed_meanwhile_comes_anew(self, server: Server, entry: Download) -> None:
        server.breaks = [70_000, 0, 0, 0, 0]
        with pytest.raises(CorpusError):
            download.download(entry)
        server.version, server.sent = '"second"', 0
        download.download(entry)
        assert server.sent == entry.bytes
        assert entry.installed

    @pytest.mark.parametrize("version", ['W/"weak"', ""])
    def test_resumes_without_a_mark_of_the_version(
        self, server: Server, entry: Download, version: str
    ) -> None:
        server.version, server.breaks = version, [100_000]
        download.download(entry)
        assert server.asked == ["", "bytes=100000-"]
        assert server.conditions == ["", ""]

    def test_a_server_without_ranges_starts_again(self, server: Server, entry: Download) -> None:
        server.ranges, server.breaks = False, [100_000]
        download.download(entry)
        assert server.asked == ["", "bytes=100000-"]
        assert server.sent == 100_000 + entry.bytes
        assert entry.installed

    def test_a_server_without_ranges_that_always_breaks_is_given_up(
        self, server: Server, entry: Download
    ) -> None:
        server.ranges, server.breaks = False, [100_000] * 50
        with pytest.raises(CorpusError, match="are kept, try again later"):
            download.download(entry)
        assert len(server.asked) == 5  # one, and then no byte more in four tries

    def test_a_wrong_part_is_thrown_away(self, server: Server, entry: Download) -> None:
        server.breaks = [100_000]
        server.once = [{}, {"Content-Range": f"bytes 5-9/{entry.bytes}"}]
        download.download(entry)
        assert server.asked == ["", "bytes=100000-", ""]
        assert entry.installed

    def test_more_on_disk_than_the_server_has_begins_anew(
        self, server: Server, entry: Download
    ) -> None:
        whole, server.payload = server.payload, server.payload[:1000]
        entry.draft.mkdir(parents=True)
        part = entry.draft / f"{entry.name}.zip"
        part.write_bytes(b"x" * 5000)
        with pytest.raises(CorpusError, match="the server offers 1,000 bytes"):
            download.download(entry)
        server.payload = whole
        part.write_bytes(b"x" * (entry.bytes + 1))
        download.download(entry)
        assert entry.installed

    @pytest.mark.parametrize("status", [500, 503, 429])
    def test_passing_refusals_are_tried_again(
        self, server: Server, entry: Download, status: int
    ) -> None:
        server.answers = [status, status]
        download.download(entry)
        assert len(server.asked) == 3

    def test_the_server_may_say_how_long_to_wait(
        self, server: Server, entry: Download, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(transfer, "_wait", lambda pause_s, tell: pauses.append(pause_s))
        server.answers, server.refusals = [429, 503, 503], {"Retry-After": "7"}
        download.download(entry)
        assert pauses == [7, 7, 7]

    def test_an_hour_is_too_long_to_wait(
        self, server: Server, entry: Download, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(transfer, "_wait", lambda pause_s, tell: pauses.append(pause_s))
        server.answers, server.refusals = [429], {"Retry-After": "3600"}
        download.download(entry)
        assert pauses == [120]

    def test_lasting_refusals_are_said(self, server: Server, entry: Download) -> None:
        server.answers = [500] * 9
        with pytest.raises(CorpusError, match="the server answers 500 Internal Server Error"):
            download.download(entry)
        assert len(server.asked) == 4

    @pytest.mark.parametrize("status", [404, 403, 410])
    def test_what_is_not_there_is_not_tried_again(
        self, server: Server, entry: Download, status: int
    ) -> None:
        server.answers = [status] * 9
        with pytest.raises(CorpusError, match=f"the server answers {status} "):
            download.download(entry)
        assert len(server.asked) == 1

    def test_nobody_listens(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(CorpusError, match="127.0.0.1 cannot be reached; is this machine onl"):
            download.download(entry_of(server, url="http://127.0.0.1:9/speech.zip"))

    def test_a_sign_in_page_costs_nothing_that_has_arrived(
        self, server: Server, entry: Download
    ) -> None:
        server.breaks = [70_000, 0, 0, 0, 0]
        with pytest.raises(CorpusError):
            download.download(entry)
        server.ranges, server.headers = False, {"Content-Type": "text/html; charset=utf-8"}
        with pytest.raises(CorpusError, match="does this network want a sign-in"):
            download.download(entry)
        assert arrived(entry) == 70_000


class TestLies:
    @pytest.mark.parametrize("more", [-1, 1, 10_000_000])
    def test_another_size_is_refused_before_a_byte_is_kept(
        self, server: Server, entry: Download, more: int
    ) -> None:
        server.headers = {"Content-Length": str(entry.bytes + more)}
        with pytest.raises(CorpusError, match=rf"offers {entry.bytes + more:,} bytes, the publ"):
            download.download(entry)
        assert arrived(entry) == 0

    def test_another_size_is_refused_when_going_on(self, server: Server, entry: Download) -> None:
        server.breaks = [70_000, 0, 0, 0, 0]
        with pytest.raises(CorpusError):
            download.download(entry)
        server.headers = {"Content-Range": f"bytes 70000-{entry.bytes}/{entry.bytes + 1}"}
        with pytest.raises(CorpusError, match="the published file has"):
            download.download(entry)
        assert arrived(entry) == 0

    def test_more_than_announced_is_refused(self, server: Server) -> None:
        server.headers = {"Content-Length": ""}
        with pytest.raises(CorpusError, match="the server sends more than the 200,000 bytes"):
            download.download(entry_of(server, bytes=200_000))
        assert not names(download.paths.home() / "corpora" / ".downloads" / "ravdess-speech")

    def test_a_wrong_checksum_removes_the_file(self, server: Server, entry: Download) -> None:
        false = replace(entry, md5="0" * 32)
        with pytest.raises(CorpusError, match=r"not the published archive .*it was removed"):
            download.download(false)
        assert arrived(entry) == 0
        assert not entry.root.exists()
        download.download(entry)
        assert entry.installed

    def test_without_a_checksum_damage_is_found_all_the_same(self, server: Server) -> None:
        entry = entry_of(server, md5="")
        middle = len(PAYLOAD) // 2
        server.payload = PAYLOAD[:middle] + b"damage" + PAYLOAD[middle + 6 :]
        with pytest.raises(CorpusError, match=r"this archive is damaged .*it was removed"):
            download.download(entry)
        assert not entry.root.exists()
        server.payload = PAYLOAD
        download.download(entry)
        assert entry.installed

    def test_clips_are_counted(self, server: Server) -> None:
        with pytest.raises(CorpusError, match="4 clips in the archive, 5 expected"):
            download.download(entry_of(server, clips=5))
        assert not (download.paths.home() / "corpora" / "ravdess").exists()


class TestStopping:
    def test_a_trickle_is_stopped_at_once_and_gone_on_with(
        self, server: Server, entry: Download
    ) -> None:
        server.piece, server.pace_s = 500, 0.02

        told: set[int] = set()

        def stop(done: int, total: int) -> None:
            told.add(done)
            if done >= 2000:
                raise TaskCancelled("stopped")

        began = time.monotonic()
        with pytest.raises(TaskCancelled):
            download.download(entry, stop)
        assert time.monotonic() - began < 2
        there = arrived(entry)
        assert 2000 <= there < entry.bytes
        assert len(told) > 2  # each drop is on the disk as it comes
        server.piece, server.pace_s, server.asked = 1 << 14, 0.0, []
        download.download(entry)
        assert server.asked == [f"bytes={there}-"]

    def test_a_silent_server_can_be_left(self, server: Server, entry: Download) -> None:
        server.go_on.clear()
        until = time.monotonic() + 0.3

        def stop(done: int, total: int) -> None:
            if time.monotonic() > until:
                raise TaskCancelled("stopped")

        with pytest.raises(TaskCancelled):
            download.download(entry, stop)
        assert time.monotonic() < until + 1

    def test_a_pause_between_tries_can_be_left(
        self, server: Server, entry: Download, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(transfer, "PAUSES_S", (60.0,))
        server.answers = [503] * 9

        def stop(done: int, total: int) -> None:
            if server.asked:
                raise TaskCancelled("stopped")

        with pytest.raises(TaskCancelled):
            download.download(entry, stop)

    def test_stopped_while_unpacking(self, server: Server, entry: Download) -> None:
        def stop(done: int, total: int) -> None:
            if total == entry.unpacked_bytes:
                raise TaskCancelled("stopped")

        with pytest.raises(TaskCancelled):
            download.download(entry, stop)
        assert not entry.root.exists()
        assert not list(entry.draft.rglob("*.wav"))
        server.asked = []
        download.download(entry)
        assert server.asked == []  # the archive was whole
        assert entry.installed


class TestTaskRunner:
    """As a page does it: stop, then again."""

    def test_stopped_then_finished(self, server: Server, entry: Download) -> None:
        runner = TaskRunner()
        key, work = f"download:{entry.name}", lambda progress: download.download(entry, progress)
        server.piece, server.pace_s = 500, 0.02
        runner.start(key, "Download RAVDESS speech", work)
        while arrived(entry) < 2000:
            time.sleep(0.01)
        runner.stop(key)
        stopped = runner.wait(key, 5)
        assert stopped is not None
        assert (stopped.state, stopped.total) == ("stopped", entry.bytes)
        server.piece, server.pace_s = 1 << 14, 0.0
        runner.start(key, "Download RAVDESS speech", work)
        done = runner.wait(key, 5)
        assert done is not None
        assert (done.state, done.result, done.error) == ("done", entry.root, "")
        assert done.done == done.total == entry.unpacked_bytes


class TestSpace:
    def test_too_small_a_disk_is_named_before_the_start(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(download.shutil, "disk_usage", lambda _: SimpleNamespace(free=90e6))
        with pytest.raises(
            CorpusError, match=r"needs 733 MB \(208 MB to download, 525 MB unp.* and 90 MB are free"
        ):
            download.download(DOWNLOADS["ravdess-speech"])
        assert server.asked == []

    def test_what_has_arrived_needs_no_more_room(
        self, server: Server, entry: Download, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        free = SimpleNamespace(free=entry.unpacked_bytes + 1000)
        entry.draft.mkdir(parents=True)
        (entry.draft / f"{entry.name}.zip").write_bytes(PAYLOAD[:-1000])
        monkeypatch.setattr(download.shutil, "disk_usage", lambda _: free)
        download.download(entry)
        assert server.asked == [f"bytes={entry.bytes - 1000}-"]

    def test_a_disk_that_filled_up_meanwhile(
        self, server: Server, entry: Download, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def room(path: Path) -> SimpleNamespace:
            return SimpleNamespace(free=0 if arrived(entry) == entry.bytes else 1e9)

        monkeypatch.setattr(download.shutil, "disk_usage", room)
        with pytest.raises(CorpusError, match="unpacking needs 240,000 bytes, and 0 are free"):
            download.download(entry)
        assert arrived(entry) == entry.bytes
        assert not entry.root.exists()

    def test_a_home_that_cannot_be_written(self, entry: Download, ser_home: Path) -> None:
        ser_home.write_text("a file where a folder should be")
        with pytest.raises(CorpusError, match="cannot be written"):
            download.download(entry)


def test_a_hostile_archive_from_the_network_is_removed(server: Server, ser_home: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        info = zipfile.ZipInfo("x")
        info.filename = "../../../evil.wav"  # as given: the constructor would mend it
        file.writestr(info, b"content")
    server.payload = made.getvalue()
    with pytest.raises(CorpusError, match=r"RAVDESS speech: .* leads out of the folder"):
        download.download(entry_of(server))
    assert not names(ser_home / "corpora" / ".downloads" / "ravdess-speech")
    assert not list(ser_home.parent.rglob("evil.wav"))


KILLED = """
import dataclasses, json, os, signal, sys
from ser_core.corpora import download
facts = json.loads(sys.argv[1])
entry = dataclasses.replace(download.DOWNLOADS["ravdess-speech"], **facts["entry"])
def progress(done, total):
    if total == facts["total"] and done >= facts["at"]:
        os.kill(os.getpid(), signal.SIGKILL)
download.download(entry, progress)
"""


def run(entry: Download, total: int = -1, at: int = 0) -> "subprocess.Popen[bytes]":
    """Downloads in a process of its own, which kills itself at that point of the progress."""
    changed = ("url", "bytes", "md5", "unpacked_bytes", "clips")
    facts = {"total": total, "at": at, "entry": {key: getattr(entry, key) for key in changed}}
    return subprocess.Popen([sys.executable, "-c", KILLED, json.dumps(facts)], cwd=ROOT)


class TestProcesses:
    def test_killed_while_it_arrives(self, server: Server, entry: Download) -> None:
        assert run(entry, entry.bytes, at=100_000).wait(30) == -signal.SIGKILL
        there = arrived(entry)
        assert 100_000 <= there < entry.bytes
        assert not entry.root.exists()
        server.asked = []
        download.download(entry)
        assert server.asked == [f"bytes={there}-"]
        assert entry.installed

    def test_killed_while_it_is_unpacked(self, server: Server, entry: Download) -> None:
        assert run(entry, entry.unpacked_bytes, at=100_000).wait(30) == -signal.SIGKILL
        assert not entry.root.exists()
        assert list(entry.draft.rglob("*.wav"))  # hidden, and begun anew
        server.asked = []
        download.download(entry)
        assert server.asked == []
        assert names(entry.folder) == sorted(CLIPS)

    def test_a_second_process_waits_and_fetches_nothing(
        self, server: Server, entry: Download
    ) -> None:
        server.go_on.clear()
        other = run(entry)
        until = time.monotonic() + 20
        while not server.asked and time.monotonic() < until:
            time.sleep(0.01)

        def waiting(done: int, total: int) -> None:
            told.append((done, total))
            server.go_on.set()

        told: list[tuple[int, int]] = []
        download.download(entry, waiting)
        assert other.wait(20) == 0
        assert set(told) == {(0, 0)}
        assert server.asked == [""]
        assert entry.installed

    def test_who_waits_can_be_stopped(self, server: Server, entry: Download) -> None:
        def stop(done: int, total: int) -> None:
            raise TaskCancelled("stopped")

        entry.draft.mkdir(parents=True)
        held = FileLock(entry.draft.with_name(f"{entry.name}.lock"))
        with held, pytest.raises(TaskCancelled):
            download.download(entry, stop)
        assert server.asked == []


class TestFacts:
    @pytest.mark.parametrize("name", DOWNLOADS)
    def test_what_is_shown_before_the_click(self, name: str) -> None:
        entry = DOWNLOADS[name]
        assert entry.name == name
        for text in (entry.title, entry.contains, entry.licence, entry.citation):
            assert text.strip() == text != ""
        assert entry.page.startswith("http")
        assert entry.url.startswith("https://zenodo.org/records/1188976/") or not entry.md5
        assert entry.bytes < entry.unpacked_bytes

    def test_archives_do_not_share_a_folder_or_draft(self) -> None:
        folders = {entry.folder for entry in DOWNLOADS.values()}
        drafts = {entry.draft for entry in DOWNLOADS.values()}
        assert len(folders) == len(drafts) == len(DOWNLOADS)

    def test_other_corpora_are_named(self) -> None:
        assert [entry.part for entry in download.downloads_of("ravdess")] == ["speech", "song"]
        with pytest.raises(UnknownNameError, match="known: ravdess, emodb; did you mean ravdess"):
            download.downloads_of("ravdes")


def test_what_cannot_be_verified_is_said_where_it_is_offered() -> None:
    for known in DOWNLOADS.values():
        if known.url.startswith("https:") and known.md5:
            assert known.md5 in known.checked
        else:
            assert "no checksum is published, and it comes over plain http" in known.checked
