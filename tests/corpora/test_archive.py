"""Archives that are damaged, too large or hostile: refused before anything is written."""

import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ser_core.corpora import archive
from tests.corpora.serving import PAYLOAD, names

Forge = Callable[[zipfile.ZipFile], None]


def named(*entries: str) -> Forge:
    def write(file: zipfile.ZipFile) -> None:
        for name in entries:
            info = zipfile.ZipInfo("x")
            info.filename = name  # as given: the constructor would mend it
            file.writestr(info, b"" if name.endswith("/") else b"content")

    return write


def of_kind(kind: int, name: str = "clip.wav") -> Forge:
    def write(file: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, (kind | 0o644) << 16
        file.writestr(info, b"/etc/passwd")

    return write


def bomb(file: zipfile.ZipFile) -> None:
    file.writestr(zipfile.ZipInfo("zeros.wav"), bytes(2_000_000), zipfile.ZIP_DEFLATED)


HOSTILE = {
    "absolute": (named("/tmp/evil.wav"), "absolute path"),
    "drive": (named("C:/evil.wav"), "absolute path"),
    "share": (named("//host/share/evil.wav"), "absolute path"),
    "up": (named("../evil.wav"), "leads out"),
    "up within": (named("a/../../evil.wav"), "leads out"),
    "backslash": (named("..\\evil.wav"), "leads out"),
    "nul": (named("evil.wav\0.txt"), "no name for a file"),
    "line": (named("evil\n.wav"), "no name for a file"),
    "device name": (named("Actor_01/aux.wav"), "'Actor_01/aux.wav' in it is a name that Windows"),
    "device name as folder": (named("COM1/clip.wav"), "that Windows does not allow"),
    "device name and blanks": (named("nul .tar.gz"), "that Windows does not allow"),
    "raised digit": (named("lpt\u00b3.wav"), "that Windows does not allow"),
    "dot at the end": (named("clips./clip.wav"), "that Windows does not allow"),
    "blank at the end": (named("clip.wav "), "that Windows does not allow"),
    "question mark": (named("what?.wav"), "that Windows does not allow"),
    "quote": (named('a"b.wav'), "that Windows does not allow"),
    "link": (of_kind(stat.S_IFLNK), "is a link"),
    "character device": (of_kind(stat.S_IFCHR), "is a device"),
    "block device": (of_kind(stat.S_IFBLK), "is a device"),
    "pipe": (of_kind(stat.S_IFIFO), "is a device"),
    "folder as file": (of_kind(stat.S_IFDIR), "a file and a folder at once"),
    "case": (named("a/clip.wav", "A/CLIP.wav"), "are one on some systems"),
    "case of folders": (named("Actor/1.wav", "actor/2.wav"), "are one on some systems"),
    "accents": (named("caf\u00e9.wav", "cafe\u0301.wav"), "are one on some systems"),
    "file as folder": (named("a", "a/clip.wav"), "are one on some systems"),
    "twice": (named("clip.wav", "clip.wav"), "are one on some systems"),
    "many": (named(*(f"{number}.wav" for number in range(101))), "101 files in it, at most 100"),
    "large": (bomb, "unpacks to 2,000,008 bytes, at most 1,000,000"),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_hostile_archives_are_refused_before_anything_is_written(kind: str, tmp_path: Path) -> None:
    forge, said = HOSTILE[kind]
    path, folder = tmp_path / "in" / "hostile.zip", tmp_path / "in" / "out"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("first.wav", b"harmless")
        forge(file)
    if kind == "many":
        with zipfile.ZipFile(path, "w") as file:
            forge(file)
    with pytest.raises(archive.RefusedArchive, match=said):
        archive.unpack(path, folder, most_bytes=1_000_000, most_files=100)
    assert names(tmp_path) == ["in/hostile.zip"]


def test_a_size_that_the_archive_understates_is_found(tmp_path: Path) -> None:
    """A bomb whose own list says that it is small."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w") as file:
        bomb(file)
    forged = path.read_bytes().replace(struct.pack("<L", 2_000_000), struct.pack("<L", 1000))
    path.write_bytes(forged)
    with pytest.raises(archive.RefusedArchive, match="is damaged"):
        archive.unpack(path, tmp_path / "out", most_bytes=1_000_000, most_files=100)
    assert sum(p.stat().st_size for p in (tmp_path / "out").rglob("*")) <= 1000


def test_a_size_that_the_archive_overstates_is_found(tmp_path: Path) -> None:
    path = tmp_path / "short.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(zipfile.ZipInfo("zeros.wav"), bytes(1000), zipfile.ZIP_DEFLATED)
    forged = path.read_bytes().replace(struct.pack("<L", 1000), struct.pack("<L", 5000))
    path.write_bytes(forged)
    with pytest.raises(archive.RefusedArchive, match="zeros.wav is shorter than it says"):
        archive.unpack(path, tmp_path / "out", most_bytes=1_000_000, most_files=100)


def test_a_password_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "secret.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("clip.wav", b"content")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(archive.RefusedArchive, match="needs a password"):
        archive.unpack(path, tmp_path / "out", most_bytes=1000, most_files=10)


@pytest.mark.parametrize("content", [b"", b"no archive", PAYLOAD[:5000], PAYLOAD[5000:]])
def test_what_is_no_archive_is_called_damaged(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(content)
    with pytest.raises(archive.RefusedArchive, match="is damaged"):
        archive.unpack(path, tmp_path / "out", most_bytes=10**9, most_files=10)
