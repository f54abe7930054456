"""One file fetched over HTTP: it goes on where it broke off, and can be stopped at any moment."""

import contextlib
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from ser_core.corpora.base import Progress
from ser_core.errors import CorpusError

PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""Waits before the next try; after one failure more without a new byte, the transfer fails."""

_TIMEOUT_S = (10, 30)  # to connect; without a byte
_LONGEST_PAUSE_S = 120.0  # even where the server asks for more
_TICK_S = 0.2  # how soon a stop is noticed
_PIECE = 1 << 16  # bytes
_PASSING = {408, 425, 429, 500, 502, 503, 504}  # answers that may be another one a moment later


def fetch(url: str, part: Path, size: int, progress: Progress | None = None) -> None:
    """Bring the file `part` to its full size; what is there of it already is not fetched again.

    Whatever ends this early leaves what has arrived, for the next call to go on from. The server's
    mark of the file's version (ETag or date) is kept beside it, so that halves of two versions are
    never joined where the server gives such a mark.

    Args:
        url: http or https.
        part: the file, there in part or not at all.
        size: its full size in bytes.
        progress: called with (bytes there, size), several times a second also while nothing
            arrives; it may raise TaskCancelled.

    Raises:
        CorpusError: the server cannot be reached, refuses, or offers a file of another size; or
            the disk is full.
    """
    tell = _Telling(part, size, progress)
    if _size(part) > size:
        discard(part)
    most, failures = _size(part), 0
    while _size(part) < size:
        try:
            tell()
            _attempt(url, part, size, tell)
        except _BrokenOff as broken:
            failures = 0 if _size(part) > most else failures + 1
            most = max(most, _size(part))
            if failures > len(PAUSES_S):
                raise CorpusError(_gave_up(url, part, size, str(broken))) from None
            _wait(broken.pause_s or PAUSES_S[max(failures, 1) - 1], tell)
        except OSError as error:
            raise CorpusError(f"{part}: cannot be written ({error.strerror or error})") from None
    tell()


class _BrokenOff(Exception):
    """The transfer ended early; another try may go on."""

    def __init__(self, reason: str, pause_s: float | None = None) -> None:
        super().__init__(reason)
        self.pause_s = pause_s


@dataclass(frozen=True)
class _Telling:
    """Reports what has arrived."""

    part: Path
    size: int
    progress: Progress | None

    def __call__(self) -> None:
        if self.progress is not None:
            self.progress(_size(self.part), self.size)


def _gave_up(url: str, part: Path, size: int, reason: str) -> str:
    kept = f"; {_size(part):,} of {size:,} bytes are kept, try again later" if _size(part) else ""
    return f"{url}: {reason}{kept}"


def _attempt(url: str, part: Path, size: int, tell: _Telling) -> None:
    """One request for what is missing."""
    with _Stream(url, _headers(part)) as stream:
        _accept(stream.head(tell), url, part, size)
        with part.open("ab") as file:
            for piece in stream.pieces(tell):
                if file.tell() + len(piece) > size:
                    file.close()
                    discard(part)
                    raise CorpusError(
                        f"{url}: the server sends more than the {size:,} bytes of the published "
                        f"file; what had arrived was removed"
                    )
                file.write(piece)
                file.flush()  # so that nothing is lost to a kill
                tell()
    if _size(part) < size:
        raise _BrokenOff("the connection ended early")


def _headers(part: Path) -> dict[str, str]:
    """What to ask for: the rest, provided that the file is still the same one."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "ser-studio"}
    if _size(part):
        headers["Range"] = f"bytes={_size(part)}-"
        with contextlib.suppress(OSError):
            headers["If-Range"] = _mark(part).read_text(encoding="ascii")
    return headers


@dataclass(frozen=True)
class _Head:
    status: int
    reason: str
    headers: Mapping[str, str]  # names in any case

    @property
    def length(self) -> int | None:
        """Bytes that are to come, where the server says so."""
        text = self.headers.get("Content-Length", "")
        return int(text) if text.isdecimal() else None

    @property
    def version(self) -> str:
        """What tells this version of the file from others, fit for If-Range; may be empty."""
        tag = self.headers.get("ETag", "")
        strong = tag if tag.startswith('"') else ""
        version = strong or self.headers.get("Last-Modified", "")
        return version if version.isascii() and version.isprintable() else ""

    @property
    def pause_s(self) -> float | None:
        """How long the server asks us to wait."""
        text = self.headers.get("Retry-After", "")
        return min(float(text), _LONGEST_PAUSE_S) if text.isdecimal() else None

    def span(self) -> tuple[int, int | None]:
        """First byte and full size of the file, of an answer in part; -1 where it does not say."""
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", self.headers.get("Content-Range", ""))
        if found is None:
            return -1, None
        return int(found[1]), None if found[2] == "*" else int(found[2])


def _accept(head: _Head, url: str, part: Path, size: int) -> None:
    """Make `part` ready for what is to come, or say why it cannot be used."""
    if head.status in _PASSING:
        raise _BrokenOff(f"the server answers {head.status} {head.reason}".strip(), head.pause_s)
    if head.status == 206:
        _accept_rest(head, url, part, size)
    elif head.status == 200:
        _accept_whole(head, url, part, size)
    elif head.status == 416:  # it has less than we hold: another version
        discard(part)
        raise _BrokenOff("the server cannot continue the file")
    else:
        answer = f"{head.status} {head.reason}".strip()
        raise CorpusError(f"{url}: the server answers {answer}")


def _accept_rest(head: _Head, url: str, part: Path, size: int) -> None:
    first, full = head.span()
    if full not in (None, size):
        discard(part)
        raise CorpusError(_other_size(url, full, size))
    if first != _size(part):
        discard(part)
        raise _BrokenOff("the server sent another part of the file than was asked for")


def _accept_whole(head: _Head, url: str, part: Path, size: int) -> None:
    """All of it comes, from the start: the first request, or a server that knows no parts."""
    if head.headers.get("Content-Type", "").startswith("text/html"):
        # A network's sign-in page, or a maintenance notice: what has arrived before stays good.
        raise _BrokenOff("a web page came instead of the file; does this network want a sign-in?")
    if head.length not in (None, size):
        raise CorpusError(_other_size(url, head.length, size))
    discard(part)
    if head.version:
        _mark(part).write_text(head.version, encoding="ascii")


def _other_size(url: str, offered: int | None, size: int) -> str:
    return (
        f"{url}: the server offers {offered:,} bytes, the published file has {size:,}; "
        f"it was not downloaded"
    )


class _Stream:
    """An answer that is read in a thread of its own.

    So whoever waits for it can be stopped at once, even while a name is looked up or a server is
    silent. The thread ends with its next byte or its timeout.
    """

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._items: queue.Queue[_Head | bytes | _BrokenOff] = queue.Queue(maxsize=32)
        self._left = threading.Event()
        self._thread = threading.Thread(
            target=self._read, args=(url, headers), name="download", daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._left.set()

    def head(self, idle: Callable[[], None]) -> _Head:
        """Status and headers; `idle` is called while they are waited for."""
        item = self._next(idle)
        assert isinstance(item, _Head)
        return item

    def pieces(self, idle: Callable[[], None]) -> Iterator[bytes]:
        """The body, as it arrives."""
        while piece := self._next(idle):
            assert isinstance(piece, bytes)
            yield piece

    def _next(self, idle: Callable[[], None]) -> _Head | bytes:
        while True:
            try:
                item = self._items.get(timeout=_TICK_S)
            except queue.Empty:
                idle()
                continue
            if isinstance(item, _BrokenOff):
                raise item
            return item

    def _read(self, url: str, headers: dict[str, str]) -> None:
        """The thread: whatever happens, the last item says that nothing more comes."""
        import requests

        try:
            with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
                head = _Head(response.status_code, response.reason or "", response.headers)
                if not self._put(head):
                    return
                while piece := response.raw.read1(_PIECE, decode_content=False):
                    if not self._put(piece):
                        return
            self._put(b"")
        except Exception as error:
            self._put(_BrokenOff(_in_words(error, url)))

    def _put(self, item: _Head | bytes | _BrokenOff) -> bool:
        """Hand over; False when nobody waits any more."""
        while not self._left.is_set():
            with contextlib.suppress(queue.Full):
                self._items.put(item, timeout=_TICK_S)
                return True
        return False


def _in_words(error: Exception, url: str) -> str:
    """What went wrong on the way, without the library's own names."""
    import requests

    host = urlsplit(url).hostname or url
    if isinstance(error, requests.exceptions.SSLError):
        return f"the certificate of {host} cannot be trusted"
    if isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error):
        return f"{host} does not answer"
    if isinstance(error, requests.exceptions.ConnectionError):
        return f"{host} cannot be reached; is this machine online?"
    if isinstance(error, requests.exceptions.RequestException | OSError):
        return "the connection broke off"
    return f"the connection broke off ({type(error).__name__})"


def _wait(pause_s: float, tell: Callable[[], None]) -> None:
    until = time.monotonic() + pause_s
    while (left := until - time.monotonic()) > 0:
        tell()
        time.sleep(min(left, _TICK_S))


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def _mark(part: Path) -> Path:
    return part.with_name(f"{part.name}.version")


def discard(part: Path) -> None:
    """Remove what has arrived; the file first, so that it never stands without its mark."""
    part.unlink(missing_ok=True)
    _mark(part).unlink(missing_ok=True)
