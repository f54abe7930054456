"""Downloads from a server that misbehaves in every way known: here, never the real network."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from ser_core.corpora import CORPORA, download, transfer
from ser_core.corpora.download import DOWNLOADS, Download
from ser_core.errors import CorpusError, UnknownNameError
from tests.corpora.serving import CLIPS, PAYLOAD, Server, arrived, entry_of, names


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
