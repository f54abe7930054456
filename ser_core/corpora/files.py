"""Which files of a folder are clips: one walk through it, which may be stopped at any time."""

import contextlib
import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ser_core.errors import CorpusError
from ser_core.words import count

Progress = Callable[[int, int], None]
"""Called with (done, total), a total of 0 where it is not known yet; it may raise TaskCancelled to
stop the work."""

MOST_OTHERS = 100_000
"""Files of another kind after which a folder that has shown no clip is given up."""

MISNAMED = "the file's name, or a folder's, is not UTF-8: rename it"
"""What is wrong with a clip whose name no table can hold."""

_TICK_FILES = 200
_TICK_S = 0.5  # a slow drive may need this long for a few files


class File(NamedTuple):
    """One clip: its name below the folder, its size in bytes, when it was changed (ns)."""

    name: str
    size: int
    modified_ns: int


@dataclass(frozen=True)
class Listing:
    """What is in a folder: the clips and the files with labels, sorted, and how many other files,
    by lower-case ending.
    """

    clips: tuple[File, ...]
    others: Counter[str]
    whole: bool = True  # False: given up after MOST_OTHERS other files without a clip
    label_files: tuple[File, ...] = ()
    misnamed: frozenset[str] = frozenset()  # of the clips' names, those that no file goes by

    def count_others(self) -> str:
        """How many files are no clips, in words.

        >>> Listing((), Counter({".txt": 1072})).count_others()
        '1,072 files'
        """
        number = self.others.total()
        words = count(number, "file")
        return words if self.whole else f"the first {words}; give the folder that holds the clips"


def walk(root: Path, progress: Progress | None = None) -> Iterator[os.DirEntry[str]]:
    """Every file below `root` that is not hidden, those near the root first; links to folders
    are not followed, folders that may not be listed are passed over.

    Args:
        root: an existing folder.
        progress: called with (entries seen, 0) every few hundred entries or half a second; it may
            raise TaskCancelled to stop the walk.
    """
    seen, told = 0, time.monotonic()
    waiting = deque([os.fspath(root)])
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.popleft()) as entries:
            for entry in entries:
                seen += 1
                if seen % _TICK_FILES == 0 or time.monotonic() - told > _TICK_S:
                    told = time.monotonic()
                    if progress is not None:
                        progress(seen, 0)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif not entry.name.startswith(".") and _is_file(entry):
                    yield entry


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link that leads round in a circle, or to where one may not look
        return False


def listing(
    root: Path,
    is_clip: Callable[[str], bool],
    progress: Progress | None = None,
    is_label_file: Callable[[str], bool] = lambda path: False,  # noqa: ARG005
) -> Listing:
    """The clips below `root`, found by their file names in one walk.

    A folder that shows no clip among its first `MOST_OTHERS` files is given up: somebody opened
    a whole drive.

    Args:
        root: the folder.
        is_clip: whether a file is a clip, from its path.
        progress: see `walk`.
        is_label_file: whether a file that is no clip holds labels.

    A clip whose name is not UTF-8 (old archives hold such) is listed by its `printable` name, under
    which nothing can open it, and is among `misnamed`.

    Raises:
        CorpusError: `root` is missing or a file, or its own path is not UTF-8.
    """
    whole = str(root.resolve())
    if printable(whole) != whole:
        raise CorpusError(f"{printable(whole)}: the folder's name is not UTF-8; rename it")
    if root.is_file():
        raise CorpusError(f"{root}: this is a file; give the folder that holds the clips")
    if not root.is_dir():
        raise CorpusError(f"{root}: no such folder")
    clips: list[File] = []
    label_files: list[File] = []
    misnamed: set[str] = set()
    others: Counter[str] = Counter()
    below = len(os.path.join(root, ""))  # `root` and what parts it from the names below
    for number, entry in enumerate(walk(root, progress)):
        if not clips and number >= MOST_OTHERS:
            return Listing((), others, whole=False)
        clip, name = is_clip(entry.path), printable(entry.path[below:])
        right = name == entry.path[below:]
        if not clip and not (right and is_label_file(entry.path)):
            others[split(name)[1]] += 1
            continue
        with contextlib.suppress(OSError):  # gone since it was listed
            stat = entry.stat()
            file = File(name, stat.st_size, stat.st_mtime_ns)
            (clips if clip else label_files).append(file)
            misnamed |= set() if right else {name}
    return Listing(
        _sorted(clips), others, label_files=_sorted(label_files), misnamed=frozenset(misnamed)
    )


def printable(name: str) -> str:
    r"""A file's name as text that can be written anywhere; bytes that are not UTF-8 as numbers.

    >>> printable("Colère"), printable("Col\udce8re")
    ('Colère', 'Col\\xe8re')
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "backslashreplace").decode().replace(r"\udc", r"\x")
    return name


def _sorted(found: list[File]) -> tuple[File, ...]:
    return tuple(sorted(found, key=lambda file: file.name.split(os.sep)))  # noqa: PTH206  (faster)


def split(path: str) -> tuple[str, str]:
    """A file's name without its folder, and its ending in lower case.

    >>> split("corpus/OAF_Fear/OAF_back_fear.WAV")
    ('OAF_back_fear', '.wav')
    """
    name, ending = os.path.splitext(os.path.basename(path))  # noqa: PTH119, PTH122
    return name, ending.lower()


def stem(path: str) -> str:
    """A file's name without folder and ending."""
    return split(path)[0]


def parent(path: str) -> str:
    """The name of the folder that a file is in.

    >>> parent("AudioData/DC/a01.wav")
    'DC'
    """
    return os.path.basename(os.path.dirname(path))  # noqa: PTH119, PTH120
