"""Corpora that anybody may download, fetched, verified and unpacked in one call.

    entry = DOWNLOADS["ravdess-speech"]  # show entry.licence and entry.citation before the call
    root = download(entry, progress)     # SER_HOME/corpora/ravdess, for library.open_folder

Archives come from where their authors publish them, and are verified by size and, where one is
published, checksum. Stopped or killed at any time, a download leaves all clips of its archive or
none; what has arrived stays hidden in `SER_HOME/corpora/.downloads`, and the next call goes on from
there.

Why the transfer is our own (`ser_core.corpora.transfer`) and not pooch's: pooch starts a broken
download anew, cannot be stopped, and unpacks without looking at names.

Corpora that must be asked for say where in their reader, `CORPORA.get(name).obtain`.
"""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from ser_core import paths
from ser_core.corpora import CORPORA, Progress, archive, files, transfer
from ser_core.corpora.library import in_turn
from ser_core.errors import CorpusError, UnknownNameError, listed
from ser_core.words import count


@dataclass(frozen=True, kw_only=True)
class Download:
    """One archive of a corpus, with what people must be shown before they fetch it."""

    name: str
    corpus: str
    """Registered name of the corpus; all of its archives share one folder."""
    part: str
    """Folder of this archive below the corpus' own; empty where it is all of the corpus."""
    title: str
    contains: str
    terms: str
    """What else is to be known about the licence."""
    url: str
    bytes: int
    """Size of the archive."""
    md5: str
    """As published; empty where none is, then size, CRCs and the number of clips must do."""
    elsewhere: str = ""
    """Where else people find it, in words."""
    unpacked_bytes: int
    """About this much; the archive itself says it exactly once it is here."""
    clips: int

    @property
    def licence(self) -> str:
        """Licence of the corpus, and what it means."""
        return f"{CORPORA.get(self.corpus).licence}; {self.terms}"

    @property
    def checked(self) -> str:
        """How it is made sure that what arrived is what was published, and what cannot be."""
        if self.md5:
            return f"MD5 {self.md5}, as published"
        open_ = "" if self.url.startswith("https:") else ", and it comes over plain http"
        words = f"no checksum is published{open_}: size, the ZIP's own sums and clips are checked"
        return f"{words}; {self.elsewhere}" if self.elsewhere else words

    @property
    def citation(self) -> str:
        """The paper to cite."""
        return CORPORA.get(self.corpus).citation

    @property
    def page(self) -> str:
        """Where the authors publish it, for people to read."""
        return CORPORA.get(self.corpus).obtain

    @property
    def root(self) -> Path:
        """Folder of the corpus, as `library.open_folder` takes it."""
        return paths.home() / "corpora" / self.corpus

    @property
    def folder(self) -> Path:
        """Folder of what this archive holds."""
        return self.root / self.part

    @property
    def draft(self) -> Path:
        """Hidden folder of what is not finished yet."""
        return paths.home() / "corpora" / ".downloads" / self.name

    @property
    def installed(self) -> bool:
        """Whether all clips are there already."""
        return _count_clips(self.folder) >= self.clips

    @property
    def arrived_bytes(self) -> int:
        """How much of the archive an interrupted download has left, to go on from."""
        try:
            return min(_archive(self).stat().st_size, self.bytes)
        except OSError:
            return 0


_RAVDESS_FILES = "https://zenodo.org/records/1188976/files"
_RAVDESS_TERMS = "not for commercial use, name the authors, share what you make of it alike"

DOWNLOADS: dict[str, Download] = {
    entry.name: entry
    for entry in (
        Download(
            name="ravdess-speech",
            corpus="ravdess",
            part="speech",
            title="RAVDESS speech",
            contains="1,440 spoken clips of 24 actors, 8 emotions, English, 48 kHz WAV",
            terms=_RAVDESS_TERMS,
            url=f"{_RAVDESS_FILES}/Audio_Speech_Actors_01-24.zip?download=1",
            bytes=208_468_073,
            md5="bc696df654c87fed845eb13823edef8a",
            unpacked_bytes=525_000_000,
            clips=1440,
        ),
        Download(
            name="ravdess-song",
            corpus="ravdess",
            part="song",
            title="RAVDESS song",
            contains="1,012 sung clips of 23 actors, 6 emotions, English, 48 kHz WAV",
            terms=_RAVDESS_TERMS,
            url=f"{_RAVDESS_FILES}/Audio_Song_Actors_01-24.zip?download=1",
            bytes=225_505_317,
            md5="5411230427d67a21e18aa4d466e6d1b9",
            unpacked_bytes=480_000_000,
            clips=1012,
        ),
        Download(
            name="emodb",
            corpus="emodb",
            part="",
            title="EMO-DB",
            contains="535 spoken clips of 10 actors, 7 emotions, German, 16 kHz WAV",
            terms="audEERING's edition of the same clips is published as CC0 1.0",
            # The authors' own address, without encryption and without a published checksum.
            url="http://emodb.bilderbar.info/download/download.zip",
            bytes=40_567_066,
            md5="",
            elsewhere="another edition is at https://zenodo.org/records/7447302",
            unpacked_bytes=55_000_000,
            clips=535,
        ),
    )
}
"""What can be downloaded, by name."""


def downloads_of(corpus: str) -> list[Download]:
    """The archives of a corpus, the first being the one to start with.

    Raises:
        UnknownNameError: it cannot be downloaded; the message says which can, or where to ask.
    """
    found = [entry for entry in DOWNLOADS.values() if entry.corpus == corpus]
    if not found:
        names = dict.fromkeys(entry.corpus for entry in DOWNLOADS.values())
        raise UnknownNameError(f"corpus {corpus!r} cannot be downloaded; {listed(corpus, names)}")
    return found


def download(entry: Download, progress: Progress | None = None) -> Path:
    """Bring an archive's clips to their place, unless they are there already.

    Another process that is downloading the same is waited for. Files of the user's in the corpus'
    folder are left as they are.

    Args:
        entry: what to download, of `DOWNLOADS`.
        progress: called with bytes done and in all, first while the archive arrives, then while it
            is unpacked; (0, 0) while another process is waited for. It may raise TaskCancelled:
            what has arrived stays, for the next call to go on from.

    Returns:
        Folder of the corpus, `entry.root`.

    Raises:
        CorpusError: too little space, no connection, or not the archive that was published.
        TaskCancelled: raised by `progress` to stop.
    """
    try:
        entry.draft.mkdir(parents=True, exist_ok=True)
        with in_turn(entry.draft.with_name(f"{entry.name}.lock"), progress):
            if not entry.installed:
                entry.draft.mkdir(parents=True, exist_ok=True)  # who was first has removed it
                _bring(entry, progress)
            shutil.rmtree(entry.draft, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CorpusError(f"{entry.folder}: cannot be written ({reason})") from None
    return entry.root


def _bring(entry: Download, progress: Progress | None) -> None:
    unpacked = entry.draft / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)  # of a process that was killed
    _require_room(entry)
    transfer.fetch(entry.url, _archive(entry), entry.bytes, progress)
    _verify(entry)
    try:
        archive.unpack(
            _archive(entry),
            unpacked,
            most_bytes=2 * entry.unpacked_bytes,
            most_files=10 * entry.clips,
            progress=progress,
        )
        _require_clips(entry, unpacked)
    except archive.RefusedArchive as error:
        shutil.rmtree(unpacked, ignore_errors=True)
        transfer.discard(_archive(entry))
        raise CorpusError(f"{entry.title}: {error}; it was removed, see {entry.page}") from None
    except BaseException:
        shutil.rmtree(unpacked, ignore_errors=True)
        raise
    _settle(unpacked, entry.folder)


def _archive(entry: Download) -> Path:
    return entry.draft / f"{entry.name}.zip"


def _require_room(entry: Download) -> None:
    """Raises CorpusError where the disk cannot hold the archive and what it unpacks to."""
    missing = entry.bytes - entry.arrived_bytes
    needed = missing + entry.unpacked_bytes
    free = shutil.disk_usage(entry.draft).free
    if free < needed:
        raise CorpusError(
            f"{entry.title} needs {megabytes(needed)} ({megabytes(missing)} to download, "
            f"{megabytes(entry.unpacked_bytes)} unpacked), and {megabytes(free)} are free on the "
            f"disk of {paths.home()}; make room or set SER_HOME to a folder on another disk"
        )


def _verify(entry: Download) -> None:
    """Raises CorpusError, and removes the archive, when its checksum is another than published."""
    if not entry.md5:
        return
    with _archive(entry).open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != entry.md5:
        transfer.discard(_archive(entry))
        raise CorpusError(
            f"{entry.title}: what arrived is not the published archive (MD5 {found}, published "
            f"{entry.md5}); it was removed, so download it again, or compare with {entry.page}"
        )


def _require_clips(entry: Download, folder: Path) -> None:
    found = _count_clips(folder)
    if found != entry.clips:
        there = count(found, "clip")
        raise archive.RefusedArchive(f"{there} in the archive, {entry.clips:,} expected")


def _settle(unpacked: Path, folder: Path) -> None:
    """Move all to its place in one step; where a folder stands already, only what it misses."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if not folder.exists():
        unpacked.rename(folder)
        return
    for path in sorted(unpacked.rglob("*")):
        place = folder / path.relative_to(unpacked)
        if path.is_dir():
            place.mkdir(parents=True, exist_ok=True)
        elif not place.exists():
            path.rename(place)


def _count_clips(folder: Path) -> int:
    if not folder.is_dir():
        return 0
    return sum(entry.name.lower().endswith(".wav") for entry in files.walk(folder))


def megabytes(number: int) -> str:
    """A size for people.

    >>> megabytes(208_468_073)
    '208 MB'
    """
    return f"{number / 1e6:,.0f} MB" if number >= 1e6 else f"{number / 1e3:,.0f} kB"
