"""Downloads that are stopped, killed or out of space, and go on."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from ser_core.corpora import download, transfer
from ser_core.corpora.download import DOWNLOADS, Download
from ser_core.errors import CorpusError, TaskCancelled
from ser_core.jobs.tasks import TaskRunner
from tests.corpora.serving import CLIPS, PAYLOAD, Server, arrived, names

ROOT = Path(__file__).resolve().parent.parent.parent


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
