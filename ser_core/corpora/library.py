"""The corpora the user has added, and their tables: cached, and read again where files changed.

The names of a corpus' files already tell labels and speakers (`names`); durations take opening the
header of every clip (`table`). Opening a corpus again only lists its folder; a changed file costs
its own header. The clips themselves are never written to.

The list of corpora is in `ser_core.corpora.entries`, what is kept on disk in `table_cache`, and how
a folder is recognised in `detection`; what others need of them stands here too.
"""

import contextlib
import math
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from ser_core import paths
from ser_core.corpora import CORPORA, Corpus, Progress, combine, files, headers, table_cache
from ser_core.corpora.detection import DEMO, OWN, detect, folder
from ser_core.corpora.entries import (
    COMBINED,
    CorpusEntry,
    add,
    add_combined,
    entries,
    put_first,
    remove,
    set_labels,
)
from ser_core.corpora.headers import Header
from ser_core.errors import CorpusError, TaskCancelled

__all__ = [
    "COMBINED",
    "DEMO",
    "OWN",
    "CorpusEntry",
    "add",
    "add_combined",
    "cached_table",
    "demo",
    "entries",
    "find_folder",
    "folder",
    "in_turn",
    "names",
    "open_folder",
    "read_folder",
    "remove",
    "set_labels",
    "table",
]


def open_folder(
    root: Path | str,
    corpus_name: str | None = None,
    progress: Progress | None = None,
    settings: dict[str, Any] | None = None,
) -> CorpusEntry:
    """Read a folder's clips, cache the table and add the corpus to the list; see `read_folder`."""
    return read_folder(root, corpus_name, progress, settings)[0]


def read_folder(
    root: Path | str,
    corpus_name: str | None = None,
    progress: Progress | None = None,
    settings: dict[str, Any] | None = None,
) -> tuple[CorpusEntry, pd.DataFrame]:
    """Read a folder's clips, cache the table and add the corpus to the list.

    Args:
        root: what the user typed; quotes, `~` and surrounding blanks are understood.
        corpus_name: which corpus it is; None finds out from the file names.
        progress: called while the folder is walked and the clips are read.
        settings: of the reader of a folder of one's own.

    Returns:
        The corpus and its table.

    Raises:
        CorpusError: no such folder, or no clip of the corpus (of any known corpus) in it.
        UnknownNameError: no such corpus is registered.
    """
    entry, found = _folder_of(root, corpus_name, progress, settings)
    made = _table(entry, progress, found)
    return put_first(entry), made


def find_folder(
    root: Path | str,
    corpus_name: str | None = None,
    progress: Progress | None = None,
    settings: dict[str, Any] | None = None,
) -> CorpusEntry:
    """Add the corpus in a folder to the list as `read_folder` does, without opening its clips.

    Raises:
        CorpusError: no such folder, or no clip of the corpus (of any known corpus) in it.
        UnknownNameError: no such corpus is registered.
    """
    entry, found = _folder_of(root, corpus_name, progress, settings)
    if found is None:
        found = entry.corpus().listing(entry.root, progress)
    if not found.clips:
        raise CorpusError(entry.corpus().no_clip(entry.root, found))
    entry.corpus().reader(entry.root, found)  # so that a missing file of labels shows now
    return put_first(entry)


def _folder_of(
    root: Path | str,
    corpus_name: str | None,
    progress: Progress | None,
    settings: dict[str, Any] | None,
) -> tuple[CorpusEntry, files.Listing | None]:
    """The corpus in a folder, and its clips where it took a walk through the folder to know it."""
    path = folder(root)
    if corpus_name is None:
        name, found = detect(path, progress)
    else:
        name, found = corpus_name, None
    return CorpusEntry(name, CORPORA.get(name).title, path, settings or {}), found


def table(
    entry: CorpusEntry,
    progress: Progress | None = None,
    partly: Callable[[pd.DataFrame], None] | None = None,
) -> pd.DataFrame:
    """The corpus's table of utterances (see `ser_core.corpora.base.COLUMNS`).

    Read from the cache unless files were added, changed or taken away since.

    Args:
        entry: the corpus.
        progress: called while the folder is walked and the clips are read.
        partly: called every few seconds with the table as far as it is read, durations NaN where
            it is not; only for a single corpus.

    Raises:
        CorpusError: the folder is missing, cannot be read, or holds no clip of the corpus.
        UnknownNameError: the corpus is not registered.
    """
    if not entry.parts:
        return _table(entry, progress, partly=partly)
    return combine.combine([(part.name, _table(part, progress)) for part in entry.parts])


def names(entry: CorpusEntry, progress: Progress | None = None) -> pd.DataFrame:
    """The table as far as file names and label files tell it, which is quick.

    Durations are NaN and sampling rates 0 unless the whole table is cached; `table`, in the
    background, fills them in.

    Raises:
        CorpusError: the folder is missing, cannot be read, or holds no clip of the corpus.
        UnknownNameError: the corpus is not registered.
    """
    if entry.parts:
        return combine.combine([(part.name, names(part, progress)) for part in entry.parts])
    corpus = entry.corpus()
    found = corpus.listing(folder(entry.root), progress)
    cached = table_cache.read_table(table_cache.table_path(entry.id, corpus, found))
    return _named(entry, corpus, found, progress) if cached is None else cached


def _named(
    entry: CorpusEntry, corpus: Corpus, found: files.Listing, progress: Progress | None
) -> pd.DataFrame:
    try:
        return corpus.names(entry.root, progress, found)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise CorpusError(f"{entry.root}: cannot be read ({reason})") from None


def _table(
    entry: CorpusEntry,
    progress: Progress | None,
    found: files.Listing | None = None,
    partly: Callable[[pd.DataFrame], None] | None = None,
) -> pd.DataFrame:
    """See `table`, for a single corpus; `found` spares a second walk through the folder."""
    corpus = entry.corpus()
    if found is None:
        found = corpus.listing(folder(entry.root), progress)
    path = table_cache.table_path(entry.id, corpus, found)
    cached = table_cache.read_table(path)
    if cached is not None:
        return cached
    named = _named(entry, corpus, found, progress)

    def seen(read: list[Header]) -> None:
        if partly is not None:
            partly(headers.fill(named, read))

    whole = headers.fill(
        named, table_cache.read_headers(entry.id, found, named["path"].tolist(), progress, seen)
    )
    table_cache.write_table(whole, path, entry.id)
    return whole


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
    until = time.monotonic() + at_most_s
    parts = []
    for part in entry.parts or (entry,):
        table = _cached(part, until)
        if table is None:
            return None
        parts.append((part.name, table))
    return combine.combine(parts) if entry.parts else parts[0][1]


def _cached(entry: CorpusEntry, until: float) -> pd.DataFrame | None:
    corpus = entry.corpus()

    def in_time(*_: int) -> None:
        if time.monotonic() > until:
            raise TaskCancelled("the folder takes long to list")

    try:
        found = corpus.listing(folder(entry.root), in_time)
    except TaskCancelled:
        return None
    return table_cache.read_table(table_cache.table_path(entry.id, corpus, found))


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
