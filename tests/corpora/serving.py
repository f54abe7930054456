"""A local server that sends an archive, and misbehaves in every way asked of it."""

import io
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from ser_core.corpora import transfer
from ser_core.corpora.download import DOWNLOADS, Download

CLIPS = {f"Actor_0{actor}/03-01-05-01-01-01-0{actor}.wav": 60_000 for actor in (1, 2, 3, 4)}


def packed(sizes: dict[str, int] = CLIPS) -> bytes:
    """A ZIP file of noise, which cannot be made smaller."""
    rng, made = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, size in sizes.items():
            file.writestr(name, rng.bytes(size))
    return made.getvalue()


PAYLOAD = packed()


@dataclass
class Server:
    """What the local server does, and what it was asked."""

    address: str = ""
    payload: bytes = PAYLOAD
    ranges: bool = True
    version: str = '"first"'
    headers: dict[str, str] = field(default_factory=dict)  # sent instead of the true ones
    once: list[dict[str, str]] = field(default_factory=list)  # the same, request by request
    answers: list[int] = field(default_factory=list)  # status of the next requests; then 200
    refusals: dict[str, str] = field(default_factory=dict)  # headers of such answers
    breaks: list[int] = field(default_factory=list)  # bytes after which the next ones end
    pace_s: float = 0.0  # between pieces
    piece: int = 1 << 14
    go_on: threading.Event = field(default_factory=threading.Event)  # waited for before each piece
    asked: list[str] = field(default_factory=list)  # Range of each request
    conditions: list[str] = field(default_factory=list)  # If-Range of each request
    sent: int = 0

    def __post_init__(self) -> None:
        self.go_on.set()


class Handler(BaseHTTPRequestHandler):
    script: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        script = self.script
        wanted, condition = self.headers.get("Range", ""), self.headers.get("If-Range", "")
        script.asked.append(wanted)
        script.conditions.append(condition)
        status = script.answers.pop(0) if script.answers else 200
        if status != 200:
            self.send_response(status)
            for name, value in {"Content-Length": "0", **script.refusals}.items():
                self.send_header(name, value)
            self.end_headers()
            return
        same = condition in ("", script.version)
        start = int(wanted[6:-1]) if wanted and script.ranges and same else 0
        if start >= len(script.payload):
            self.send_error(416)
            return
        body = script.payload[start:]
        once = script.once.pop(0) if script.once else {}
        self.send_response(206 if start else 200)
        headers = {"Content-Length": str(len(body)), "ETag": script.version}
        if start:
            span = f"bytes {start}-{len(script.payload) - 1}/{len(script.payload)}"
            headers["Content-Range"] = span
        for name, value in (headers | script.headers | once).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.send_body(body[: script.breaks.pop(0)] if script.breaks else body)
        self.close_connection = True

    def send_body(self, body: bytes) -> None:
        for at in range(0, len(body), self.script.piece):
            self.script.go_on.wait(20)
            piece = body[at : at + self.script.piece]
            self.script.sent += len(piece)  # before they can be read, and a test look at the count
            try:
                self.wfile.write(piece)
            except OSError:  # the other side has gone
                return
            time.sleep(self.script.pace_s)


@contextmanager
def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Run the server; downloads go to it without a pause between tries."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "PAUSES_S", (0.0, 0.0, 0.0))
    script = Server()
    handler = type("Scripted", (Handler,), {"script": script})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        script.address = f"http://127.0.0.1:{running.server_port}/speech.zip"
        yield script
        script.go_on.set()
        running.shutdown()
        thread.join()


def entry_of(server: Server, **changes: object) -> Download:
    facts = {
        "url": server.address,
        "bytes": len(server.payload),
        "md5": md5(server.payload).hexdigest(),
        "unpacked_bytes": sum(CLIPS.values()),
        "clips": len(CLIPS),
    }
    return replace(DOWNLOADS["ravdess-speech"], **{**facts, **changes})  # type: ignore[arg-type]


def names(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def arrived(entry: Download) -> int:
    return entry.arrived_bytes
