"""`download` on the command line: what is shown, asked and said."""

import io
import json
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from ser_core.__main__ import main
from ser_core.commands import download as command_line
from ser_core.corpora import CORPORA
from ser_core.corpora.download import DOWNLOADS, Download
from tests.corpora.serving import Server


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def local(self, entry: Download, monkeypatch: pytest.MonkeyPatch) -> None:
        song = replace(entry, name="ravdess-song", part="song", title="RAVDESS song")
        monkeypatch.setitem(DOWNLOADS, "ravdess-speech", entry)
        monkeypatch.setitem(DOWNLOADS, "ravdess-song", song)

    @pytest.fixture
    def answer(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        def at_terminal(text: str) -> None:
            terminal = io.StringIO(text)
            monkeypatch.setattr(terminal, "isatty", lambda: True)
            monkeypatch.setattr(sys, "stdin", terminal)

        return at_terminal

    def test_licence_first_then_folder_and_next_command(
        self, entry: Download, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["download", "ravdess", "--yes"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert "CC BY-NC-SA 4.0" in "\n".join(lines[:4])
        assert lines[-2] == f"RAVDESS speech: 4 clips, downloaded, in {entry.folder}"
        assert lines[-1] == f"next: python -m ser_core index ravdess {entry.root}"

    def test_nobody_to_ask_is_refused_with_a_hint(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
        assert main(["download", "ravdess"]) == 1
        said = capsys.readouterr()
        assert "--yes" in said.err
        assert "CC BY-NC-SA" in said.out
        assert server.asked == []

    @pytest.mark.parametrize(("text", "status"), [("y\n", 0), ("YES\n", 0), ("\n", 1), ("", 1)])
    def test_the_answer_decides(
        self, server: Server, answer: Callable[[str], None], text: str, status: int
    ) -> None:
        answer(text)
        assert main(["download", "ravdess"]) == status
        assert bool(server.asked) == (status == 0)

    def test_json_is_one_document(
        self, entry: Download, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["download", "ravdess", "--all", "--yes", "--json"]) == 0
        said = capsys.readouterr()
        documents = json.loads(said.out)
        assert [document["name"] for document in documents] == ["ravdess-speech", "ravdess-song"]
        assert all(document["installed"] for document in documents)
        assert documents[0]["root"] == str(entry.root)
        assert "CC BY-NC-SA" in said.err

    def test_what_is_there_is_not_asked_about(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        main(["download", "ravdess", "--song", "--yes"])
        monkeypatch.setattr(sys, "stdin", io.StringIO())
        assert main(["download", "ravdess", "--song"]) == 0
        assert "was there already" in capsys.readouterr().out
        assert len(server.asked) == 1

    def test_the_list_says_what_there_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["download"]) == 0
        words = capsys.readouterr().out
        assert all(name in words for name in DOWNLOADS)
        assert main(["download", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert [entry["name"] for entry in document["downloads"]] == list(DOWNLOADS)

    def test_a_corpus_to_be_asked_for_says_where(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reader = type("Asked", (), {"obtain": "Ask for it at https://example.org."})
        monkeypatch.setattr(CORPORA, "_classes", {**CORPORA._classes, "asked": reader})
        assert main(["download", "asked"]) == 1
        assert "Ask for it at https://example.org." in capsys.readouterr().err
        main(["download", "--json"])
        assert json.loads(capsys.readouterr().out)["elsewhere"]["asked"] == reader.obtain

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [(["nothing"], "known: ravdess, emodb"), (["emodb", "--song"], "emodb has no song")],
    )
    def test_mistakes_are_named(
        self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["download", *arguments]) == 1
        assert said in capsys.readouterr().err

    def test_demo_voices_are_made_here(
        self, server: Server, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["download", "synthetic"]) == 0
        first, following = capsys.readouterr().out.splitlines()
        assert first.startswith("Synthetic demo voices: 360 clips, in ")
        assert main(shlex.split(following.removeprefix("next: python -m ser_core "))) == 0
        capsys.readouterr()
        assert main(["download", "synthetic", "--json"]) == 0
        (document,) = json.loads(capsys.readouterr().out)
        assert document["corpus"] == "synthetic"
        assert main(["download", "synthetic", "--song"]) == 1
        assert server.asked == []

    def test_the_line_at_a_terminal(
        self, entry: Download, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        now = iter(range(0, 1000, 10))
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        monkeypatch.setattr(command_line.time, "monotonic", lambda: next(now))
        show = command_line.progress_of(replace(entry, bytes=200_000_000))
        show(0, 0)
        show(50_000_000, 200_000_000)
        show(100_000_000, 200_000_000)
        show(200_000_000, 200_000_000)
        show(200_000_000, 200_000_000)
        show(1_000_000, 500_000_000)
        lines = [line.rstrip() for line in capsys.readouterr().err.split("\r")[1:]]
        assert lines == [
            "RAVDESS speech: waiting for another process",
            "RAVDESS speech: 50 MB of 200 MB downloaded",
            "RAVDESS speech: 100 MB of 200 MB downloaded, 20 s left",
            "RAVDESS speech: 200 MB of 200 MB downloaded",
            "RAVDESS speech: 1 MB of 500 MB unpacked",
        ]

    def test_ctrl_c_says_that_nothing_is_lost(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(command_line, "progress_of", lambda _: interrupt)
        assert main(["download", "ravdess", "--yes"]) == 130
        assert "goes on from there" in capsys.readouterr().out
