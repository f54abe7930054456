"""Unpacking an archive from the network: every name is checked before the first file is written."""

import errno
import shutil
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from ser_core.corpora.base import Progress
from ser_core.errors import CorpusError


class RefusedArchive(CorpusError):
    """The archive is damaged, or not what it should be: it is of no use and can be removed."""


_PIECE = 1 << 20  # bytes

# What Windows keeps for devices, whatever ending follows, and does not allow in names (Microsoft,
# "Naming Files, Paths, and Namespaces"); the raised digits count as digits there.
_DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"}
_DEVICES |= {port + digit for port in ("COM", "LPT") for digit in "0123456789\u00b9\u00b2\u00b3"}
_SIGNS = frozenset('<>:"|?*')
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a way of packing that is not known here
    RuntimeError,
    ValueError,
)


def unpack(
    path: Path, folder: Path, most_bytes: int, most_files: int, progress: Progress | None = None
) -> None:
    """Unpack a ZIP file into a new folder.

    Nothing is written unless all of its names are harmless, on every system: relative, without
    "..", plain files and folders only, none that Windows reserves, no two of them one file where
    case does not count.

    Args:
        path: the ZIP file.
        folder: where to; it is made.
        most_bytes: more than this unpacked is refused.
        most_files: more entries than this are refused.
        progress: called with (bytes written, bytes in all); it may raise TaskCancelled.

    Raises:
        RefusedArchive: the file is damaged, or something in it is not as it should be.
        CorpusError: the disk is full.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            plan = _checked(archive.infolist(), path.name, most_bytes, most_files)
            total = sum(info.file_size for info, _ in plan)
            _require_room(folder, total)
            done = 0
            for info, name in plan:
                for written in _write(archive, info, folder / name):
                    done += written
                    if progress is not None:
                        progress(done, total)
    except _BROKEN as error:
        raise RefusedArchive(f"{path.name}: this archive is damaged ({error})") from None
    except OSError as error:
        if error.errno == errno.EINVAL:  # an entry is said to stand before the file's start
            raise RefusedArchive(f"{path.name}: this archive is damaged") from None
        reason = error.strerror or str(error)
        raise CorpusError(f"{folder}: cannot be written ({reason})") from None


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> Iterator[int]:
    """Write one entry; yields the bytes written. The reader checks length and CRC."""
    if info.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(info) as source, target.open("xb") as file:
        while piece := source.read(_PIECE):
            file.write(piece)
            yield len(piece)
        if file.tell() != info.file_size:
            raise zipfile.BadZipFile(f"{info.filename} is shorter than it says")


def _checked(
    infos: list[zipfile.ZipInfo], archive: str, most_bytes: int, most_files: int
) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """The entries with their harmless names.

    Raises:
        RefusedArchive: one of them is not, or they are too many or too large together.
    """
    refused = f"{archive}: this archive is refused"
    if len(infos) > most_files:
        raise RefusedArchive(
            f"{refused}: {len(infos):,} files in it, at most {most_files:,} belong"
        )
    total = sum(info.file_size for info in infos)
    if total > most_bytes:
        raise RefusedArchive(
            f"{refused}: it unpacks to {total:,} bytes, at most {most_bytes:,} are expected"
        )
    plan = [(info, PurePosixPath(info.orig_filename)) for info in infos]
    for info, name in plan:
        fault = _fault(info, name)
        if fault:
            raise RefusedArchive(f"{refused}: {info.orig_filename!r} in it {fault}")
    twins = _twins(plan)
    if twins:
        raise RefusedArchive(
            f"{refused}: {twins[0]!r} and {twins[1]!r} in it are one on some systems"
        )
    return plan


def _fault(info: zipfile.ZipInfo, name: PurePosixPath) -> str:
    """What is wrong with an entry; empty when nothing is."""
    text = info.orig_filename
    if PureWindowsPath(text).anchor or ":" in text:  # "/" is an anchor there too
        return "is an absolute path"
    if ".." in name.parts or "\\" in text:
        return "leads out of the folder"
    if not name.parts or not text.isprintable():
        return "is no name for a file"
    if any(_reserved(part) for part in name.parts):
        return "is a name that Windows does not allow"
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link" if kind == stat.S_IFLNK else "is a device"
    if (kind == stat.S_IFDIR) != info.is_dir() and kind != 0:
        return "is a file and a folder at once"
    if info.flag_bits & 0x1:
        return "needs a password"
    return ""


def _reserved(part: str) -> bool:
    """Whether Windows refuses a file or folder of this name, or takes it for another one.

    >>> _reserved("aux.wav"), _reserved("one. "), _reserved("what?"), _reserved("auxiliary.wav")
    (True, True, True, False)
    """
    device = part.partition(".")[0].rstrip().upper()
    return device in _DEVICES or part.endswith((".", " ")) or not _SIGNS.isdisjoint(part)


def _twins(
    plan: list[tuple[zipfile.ZipInfo, PurePosixPath]],
) -> tuple[str, str] | None:
    """Two paths that would become one: only their case or the coding of their accents differs, one
    comes twice, or a file is used as a folder too.
    """
    folders: dict[str, PurePosixPath] = {}
    files: dict[str, PurePosixPath] = {}
    for info, name in plan:
        above = list(name.parents)[:-1]
        for folder in [*above, name] if info.is_dir() else above:
            known = folders.setdefault(_folded(folder), folder)
            if known != folder:
                return str(known), str(folder)
        if not info.is_dir():
            known = files.setdefault(_folded(name), name)
            if known is not name:
                return str(known), str(name)
    for key in folders.keys() & files.keys():
        return str(folders[key]), str(files[key])
    return None


def _folded(name: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(name)).casefold())


def _require_room(folder: Path, needed: int) -> None:
    """Raises CorpusError where the disk has not enough space left."""
    above = next(parent for parent in folder.parents if parent.exists())
    free = shutil.disk_usage(above).free
    if free < needed:
        raise CorpusError(
            f"{folder}: unpacking needs {needed:,} bytes, and {free:,} are free on this disk"
        )
