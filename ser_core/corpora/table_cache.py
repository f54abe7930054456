"""Tables and headers of corpora, kept on disk below `SER_HOME/cache`.

Each header is kept in `headers` by the file's name, size and time, and the whole table in `index`,
named by what it was made from: the files, and the code and the labels that read them.
"""

import hashlib
import inspect
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

from ser_core import paths
from ser_core.corpora import COLUMNS, Corpus, Progress, files, headers, label_table, labels
from ser_core.corpora.headers import Header
from ser_core.errors import CorpusError

_TELL_S = 2.0  # between two looks at a table that is being read


def forget(entry_id: str) -> None:
    """Drop what is kept of a corpus."""
    for path in (*_tables(entry_id), _headers_path(entry_id)):
        path.unlink(missing_ok=True)


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
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


# Tables


def table_path(entry_id: str, corpus: Corpus, found: files.Listing) -> Path:
    """Where the table made from these very clips by this very code is kept."""
    key = hashlib.sha256(_reader_source(type(corpus)))
    key.update(f"{COLUMNS}{corpus.config.fingerprint()}".encode())
    for name, size, modified in (*found.clips, *found.label_files):
        key.update(f"{name}\0{size}\0{modified}\n".encode("utf-8", "surrogateescape"))
    return paths.folder("cache", "index") / f"{entry_id}-{key.hexdigest()[:20]}.parquet"


def _tables(entry_id: str) -> Iterator[Path]:
    return paths.folder("cache", "index").glob(f"{entry_id}-*.parquet")


def _reader_source(corpus: type[Corpus]) -> bytes:
    """Source of what reads the corpus, labels included, so that a corrected one reads anew."""
    sources = [inspect.getsourcefile(cls) for cls in corpus.__mro__ if issubclass(cls, Corpus)]
    sources += [files.__file__, headers.__file__, label_table.__file__, str(labels.TABLE)]
    return b"".join(Path(source).read_bytes() for source in sources if source)


def read_table(path: Path) -> pd.DataFrame | None:
    """The table, or None when there is none or it is damaged (it can be made again)."""
    try:
        found = pd.read_parquet(path)
    except (OSError, ValueError):
        return None
    return found if tuple(found.columns) == COLUMNS else None


def write_table(made: pd.DataFrame, path: Path, entry_id: str) -> None:
    """Keep the table and drop what was made from the files as they were before."""
    outdated = [other for other in _tables(entry_id) if other != path]
    replace_file(path, made.to_parquet)
    for other in outdated:
        other.unlink(missing_ok=True)


# Headers


def _headers_path(entry_id: str) -> Path:
    return paths.folder("cache", "headers") / f"{entry_id}.parquet"


def read_headers(
    entry_id: str,
    found: files.Listing,
    clips: list[str],
    progress: Progress | None,
    seen: Callable[[list[Header]], None],
) -> list[Header]:
    """Headers of the clips, in order; only those of files that are new or changed are read.

    What was read before the work was stopped is kept. `seen` gets what is there so far, now and
    then.
    """
    path = _headers_path(entry_id)
    known = _read_headers(path)
    new = [place for place, file in enumerate(found.clips) if file not in known]
    read: list[Header] = []
    told = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told
        if progress is not None:
            progress(done, total)
        if time.monotonic() - told > _TELL_S:
            fresh = {found.clips[place]: header for place, header in zip(new, read, strict=False)}
            seen([known.get(file) or fresh.get(file, headers.UNREAD) for file in found.clips])
            told = time.monotonic()

    try:
        headers.read_into(read, [clips[place] for place in new], tell)
    finally:
        known |= {found.clips[place]: header for place, header in zip(new, read, strict=False)}
        if read:
            _write_headers(path, {file: known[file] for file in found.clips if file in known})
    return [known[file] for file in found.clips]


_HEADER_COLUMNS = (*files.File._fields, *Header._fields)


def _read_headers(path: Path) -> dict[files.File, Header]:
    """Headers by name, size and time of their file; none where the cache is damaged."""
    try:
        kept = pd.read_parquet(path)[list(_HEADER_COLUMNS)]
    except (OSError, ValueError, KeyError):
        return {}
    columns = [kept[column].tolist() for column in _HEADER_COLUMNS]
    return {files.File(*row[:3]): Header(*row[3:]) for row in zip(*columns, strict=True)}


def _write_headers(path: Path, known: dict[files.File, Header]) -> None:
    """Keep what could be read; a file that could not be may be readable next time."""
    rows = [(*file, *header) for file, header in known.items() if header.sampling_rate]
    replace_file(path, pd.DataFrame(rows, columns=list(_HEADER_COLUMNS)).to_parquet)
