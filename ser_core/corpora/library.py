"""The corpora the user has added: which folders they are in, and their tables, cached.

The list is one JSON file, `SER_HOME/corpora.json`, most recently opened first. Reading a corpus
means opening the header of every clip, so its table is kept in `SER_HOME/cache/index`, named by
what it was made from: the files' names, sizes and times, and the code that read them. Opening a
corpus again only lists its folder. The clips themselves are never written to.
"""

import contextlib
import hashlib
import inspect
import json
import math
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from ser_core import paths
from ser_core.corpora import COLUMNS, CORPORA, Corpus, Progress, files
from ser_core.errors import CorpusError, TaskCancelled

DEMO = "synthetic"
"""Registered name of the corpus that `demo` generates."""

_Record = dict[str, str]


@dataclass(frozen=True)
class CorpusEntry:
    """One corpus in one folder. `name` is registered in `CORPORA`, `title` is shown."""

    name: str
    title: str
    root: Path

    @property
    def id(self) -> str:
        """Short name, unique among corpora and folders, fit for file names and session keys."""
        return f"{self.name}-{hashlib.sha256(str(self.root).encode()).hexdigest()[:12]}"

    @property
    def synthetic(self) -> bool:
        """Whether nobody spoke these clips; pages must say so wherever they show them."""
        return self.name == DEMO


def entries() -> list[CorpusEntry]:
    """The corpora added so far, most recently opened first; their folders may be gone."""
    found = (_entry(record) for record in _read_list()[0])
    return [entry for entry in found if entry.name in CORPORA.names()]


def add(corpus_name: str, root: Path | str) -> CorpusEntry:
    """Put a corpus at the top of the list; one that is there already moves up.

    Raises:
        UnknownNameError: no such corpus is registered.
        CorpusError: the folder is missing or cannot be read.
    """
    corpus = CORPORA.get(corpus_name)
    entry = CorpusEntry(corpus_name, corpus.title, folder(root))
    _change_list(lambda records: [_record(entry), *_without(records, entry.id)])
    return entry


def remove(entry_id: str) -> None:
    """Forget a corpus and its cached table; the clips stay where they are."""
    _change_list(lambda records: _without(records, entry_id))
    for path in _tables(entry_id):
        path.unlink(missing_ok=True)


def open_folder(
    root: Path | str, corpus_name: str | None = None, progress: Progress | None = None
) -> CorpusEntry:
    """Read a folder's clips, cache the table and add the corpus to the list; see `read_folder`."""
    return read_folder(root, corpus_name, progress)[0]


def read_folder(
    root: Path | str, corpus_name: str | None = None, progress: Progress | None = None
) -> tuple[CorpusEntry, pd.DataFrame]:
    """Read a folder's clips, cache the table and add the corpus to the list.

    Args:
        root: what the user typed; quotes, `~` and surrounding blanks are understood.
        corpus_name: which corpus it is; None finds out from the file names.
        progress: called while the folder is walked and the clips are read.

    Returns:
        The corpus and its table.

    Raises:
        CorpusError: no such folder, or no clip of the corpus (of any known corpus) in it.
        UnknownNameError: no such corpus is registered.
    """
    path = folder(root)
    if corpus_name is None:
        name, found = _detect(path, progress)
    else:
        name, found = corpus_name, None
    made = _table(CorpusEntry(name, CORPORA.get(name).title, path), progress, found)
    return add(name, path), made


def table(entry: CorpusEntry, progress: Progress | None = None) -> pd.DataFrame:
    """The corpus's table of utterances (see `ser_core.corpora.base.COLUMNS`).

    Read from the cache unless files were added, changed or taken away since.

    Raises:
        CorpusError: the folder is missing, cannot be read, or holds no clip of the corpus.
        UnknownNameError: the corpus is not registered.
    """
    return _table(entry, progress)


def _table(
    entry: CorpusEntry, progress: Progress | None, found: files.Listing | None = None
) -> pd.DataFrame:
    """See `table`; `found` spares a second walk through the folder."""
    corpus = CORPORA.get(entry.name)
    if found is None:
        found = files.listing(folder(entry.root), corpus.is_clip, progress)
    path = _table_path(entry, corpus, found)
    cached = _read_table(path)
    if cached is not None:
        return cached
    try:
        fresh = corpus().index(entry.root, progress, found)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(f"{entry.root}: cannot be read ({reason})") from None
    _write_table(fresh, path, entry.id)
    return fresh


def cached_table(entry: CorpusEntry, at_most_s: float = math.inf) -> pd.DataFrame | None:
    """The corpus's table if it is cached and its files are unchanged, else None. No clip is opened.

    Args:
        entry: the corpus.
        at_most_s: how long the folder may be walked; None is returned when that is too short, as
            it may be on a slow drive.

    Raises:
        CorpusError: the folder is missing or cannot be read.
        UnknownNameError: the corpus is not registered.
    """
    corpus, until = CORPORA.get(entry.name), time.monotonic() + at_most_s

    def in_time(*_: int) -> None:
        if time.monotonic() > until:
            raise TaskCancelled("the folder takes long to list")

    try:
        found = files.listing(folder(entry.root), corpus.is_clip, in_time)
    except TaskCancelled:
        return None
    return _read_table(_table_path(entry, corpus, found))


def demo(progress: Progress | None = None, anew: bool = False) -> CorpusEntry:
    """Make the synthetic demo corpus under `SER_HOME/corpora`, once, and add it to the list.

    Args:
        progress: called with the clips made so far; may raise TaskCancelled.
        anew: make it again even if it is there, for a folder that lost clips.
    """
    from ser_core.corpora.synthetic import generate

    root = paths.folder("corpora") / DEMO
    with in_turn(paths.folder("corpora") / f"{DEMO}.lock", progress):
        if anew or not any(root.glob("*/*.wav")):
            shutil.rmtree(root, ignore_errors=True)
            generate(root, progress=progress)
    return open_folder(root, DEMO)


@contextlib.contextmanager
def in_turn(lock: Path, progress: Progress | None) -> Iterator[None]:
    """One process at a time below this lock file; who waits calls `progress`, which may stop it."""
    turn = FileLock(lock)
    while not turn.is_locked:
        try:
            turn.acquire(timeout=0.2)
        except Timeout:
            if progress is not None:
                progress(0, 0)
    try:
        yield
    finally:
        turn.release()


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


def _detect(root: Path, progress: Progress | None) -> tuple[str, files.Listing]:
    """The corpus that a folder holds, and the clips, after one walk through it.

    Raises:
        CorpusError: it holds no clip of any corpus known.
    """
    names = _candidates(root)
    kinds = [CORPORA.get(name) for name in names]
    found = files.listing(root, lambda name: any(kind.is_clip(name) for kind in kinds), progress)
    for name, kind in zip(names, kinds, strict=True):
        own = [file for file in found.clips if kind.is_clip(Path(file.name).name)]
        if own:
            return name, replace(found, clips=tuple(own))
    # The demo's clips are made here; nobody has a folder of them elsewhere.
    known = [CORPORA.get(name) for name in CORPORA.names() if name != DEMO]
    titles, examples = (
        " or ".join(sorted({getattr(kind, part) for kind in known}))
        for part in ("title", "example")
    )
    raise CorpusError(
        f"{root}: no {titles} clip among {found.count_others()}; names look like {examples}"
    )


def _candidates(root: Path) -> list[str]:
    """Corpora that a folder may hold, those that refine another one first.

    The demo's file names also fit RAVDESS, and the other way round: its folder says that it is one.
    """
    names = [name for name in CORPORA.names() if name != DEMO or _is_demo(root)]
    return sorted(names, key=lambda name: (-len(CORPORA.get(name).__mro__), name))


def _is_demo(root: Path) -> bool:
    try:
        text = (root / "README.txt").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return text.startswith(CORPORA.get(DEMO).title)


# The list


def _list_path() -> Path:
    return paths.home() / "corpora.json"


def _entry(record: _Record) -> CorpusEntry:
    return CorpusEntry(record["name"], record["title"], Path(record["root"]))


def _record(entry: CorpusEntry) -> _Record:
    return {"name": entry.name, "title": entry.title, "root": str(entry.root)}


def _without(records: list[_Record], entry_id: str) -> list[_Record]:
    return [record for record in records if _entry(record).id != entry_id]


def _read_list() -> tuple[list[_Record], bool]:
    """The records, and whether the file could be understood (a missing one is simply empty)."""
    try:
        corpora: Any = json.loads(_list_path().read_text(encoding="utf-8"))["corpora"]
        return [_record(_entry(record)) for record in corpora], True
    except FileNotFoundError:
        return [], True
    except (OSError, ValueError, KeyError, TypeError):
        return [], False


def _change_list(change: Callable[[list[_Record]], list[_Record]]) -> None:
    """Read, change and replace the list, one process at a time.

    A list that cannot be understood is set aside, not overwritten: it may have been edited by hand.
    """
    path = paths.folder() / _list_path().name
    with FileLock(path.with_suffix(".lock")):
        records, understood = _read_list()
        if not understood:
            path.replace(path.with_suffix(".damaged.json"))
        text = json.dumps({"corpora": change(records)}, indent=2, ensure_ascii=False)
        _replace(path, lambda part: part.write_text(text + "\n", encoding="utf-8"))


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside `path`, then rename, so that nobody ever reads half a file.

    Raises:
        CorpusError: the disk is full, or the folder may not be written to.
    """
    part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
    try:
        write(part)
        part.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise CorpusError(f"{path}: cannot be written ({reason})") from None
    finally:
        part.unlink(missing_ok=True)


# The cached tables


def _table_path(entry: CorpusEntry, corpus: type[Corpus], found: files.Listing) -> Path:
    """Where the table made from these very clips by this very code is kept."""
    key = hashlib.sha256(_reader_source(corpus))
    key.update(str(COLUMNS).encode())
    for name, size, modified in found.clips:
        key.update(f"{name}\0{size}\0{modified}\n".encode("utf-8", "surrogateescape"))
    return paths.folder("cache", "index") / f"{entry.id}-{key.hexdigest()[:20]}.parquet"


def _tables(entry_id: str) -> Iterator[Path]:
    return paths.folder("cache", "index").glob(f"{entry_id}-*.parquet")


def _reader_source(corpus: type[Corpus]) -> bytes:
    """Source of the classes that read the corpus, so that a corrected reader reads anew."""
    sources = (inspect.getsourcefile(cls) for cls in corpus.__mro__ if issubclass(cls, Corpus))
    return b"".join(Path(source).read_bytes() for source in sources if source)


def _read_table(path: Path) -> pd.DataFrame | None:
    """The table, or None when there is none or it is damaged (it can be made again)."""
    try:
        found = pd.read_parquet(path)
    except (OSError, ValueError):
        return None
    return found if tuple(found.columns) == COLUMNS else None


def _write_table(made: pd.DataFrame, path: Path, entry_id: str) -> None:
    """Keep the table and drop what was made from the files as they were before."""
    outdated = [other for other in _tables(entry_id) if other != path]
    _replace(path, made.to_parquet)
    for other in outdated:
        other.unlink(missing_ok=True)
