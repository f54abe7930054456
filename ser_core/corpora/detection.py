"""Which corpus a folder holds, and what a user may have typed for its path."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ser_core.corpora import CORPORA, Corpus, Progress, files
from ser_core.emotions import KNOWN
from ser_core.errors import CorpusError

DEMO = "synthetic"
"""Registered name of the corpus that `library.demo` generates."""

OWN = "labelled_folder"
"""Registered name of the reader of folders that are no published corpus."""


def folder(typed: Path | str) -> Path:
    """The absolute path of an existing folder, from what a user typed or pasted.

    Raises:
        CorpusError: nothing typed, no such folder, a file, or a folder that may not be listed.
    """
    text = str(typed).strip().strip("\"'").strip()
    if not text:
        raise CorpusError("Type the path of the folder that holds the clips")
    try:
        path = Path(text).expanduser().resolve()
        if path.is_file():
            raise CorpusError(f"{path}: this is a file; give the folder that holds the clips")
        if not path.is_dir():
            raise CorpusError(f"{path}: no such folder")
        with os.scandir(path):  # only to see whether it may be listed
            pass
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(f"{text}: cannot be read ({reason})") from None
    return path


def detect(root: Path, progress: Progress | None) -> tuple[str, files.Listing]:
    """The corpus that a folder holds, and the clips, after one walk through it.

    Of several corpora it is the one with the most clips. A folder without any is one of the
    user's own if it says what its clips are labelled.

    Raises:
        CorpusError: it holds no clip of any corpus known.
    """
    names = _candidates(root)
    kinds = [CORPORA.get(name) for name in names]
    found = files.listing(
        root,
        lambda path: any(kind.is_clip(path) for kind in kinds),
        progress,
        lambda path: any(kind.is_label_file(path) for kind in kinds),
    )
    own = [_own(root, kind, found) for kind in kinds]
    most = max(range(len(kinds)), key=lambda place: len(own[place].clips))
    if own[most].clips:
        return names[most], own[most]
    labelled = _labelled(root, progress) if found.whole else None
    if labelled is not None:
        return OWN, labelled
    # The demo's clips are made here; nobody has a folder of them elsewhere.
    known = ", ".join(
        CORPORA.get(name).title for name in CORPORA.names() if name not in (DEMO, OWN)
    )
    raise CorpusError(
        f"{root}: no clip of a known corpus among {found.count_others()}; known are {known}, in "
        "their published layout, and folders named by emotion or with a table of labels"
    )


def _labelled(root: Path, progress: Progress | None) -> files.Listing | None:
    """The clips of a folder of one's own that has words for emotions, in folders or in a table."""
    own = CORPORA.get(OWN)()
    found = own.listing(root, progress)
    try:
        return found if own.names(root, None, found)["emotion"].isin(KNOWN).any() else None
    except CorpusError:
        return None


def _own(root: Path, kind: type[Corpus], found: files.Listing) -> files.Listing:
    """What of a folder is this corpus'."""

    def mine(files_: tuple[files.File, ...], test: Callable[[str], bool]) -> tuple[files.File, ...]:
        return tuple(file for file in files_ if test(str(root / file.name)))

    return replace(
        found,
        clips=mine(found.clips, kind.is_clip),
        label_files=mine(found.label_files, kind.is_label_file),
    )


def _candidates(root: Path) -> list[str]:
    """Corpora that a folder may hold, those that refine another one first.

    The demo's file names also fit RAVDESS, and the other way round: its folder says that it is one.
    """
    names = [n for n in CORPORA.names() if n != OWN and (n != DEMO or _is_demo(root))]
    return sorted(names, key=lambda name: (-len(CORPORA.get(name).__mro__), name))


def _is_demo(root: Path) -> bool:
    try:
        text = (root / "README.txt").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return text.startswith(CORPORA.get(DEMO).title)
