"""The corpora the user has added: which folders they are in, and their tables, cached.

The list is one JSON file, `SER_HOME/corpora.json`, most recently opened first; several corpora
may be combined into one entry. The names of a corpus' files already tell labels and speakers
(`names`); durations take opening the header of every clip. So each header is kept in
`SER_HOME/cache/headers`, by the file's name, size and time, and the whole table in
`SER_HOME/cache/index`, named by what it was made from: the files, and the code and the labels
that read them. Opening a corpus again only lists its folder; a changed file costs its own header.
The clips themselves are never written to.
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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from ser_core import paths
from ser_core.corpora import COLUMNS, CORPORA, Corpus, Progress, combine, files, headers, labels
from ser_core.corpora.headers import Header
from ser_core.emotions import KNOWN
from ser_core.errors import CorpusError, TaskCancelled

DEMO = "synthetic"
"""Registered name of the corpus that `demo` generates."""

COMBINED = "combined"
"""`name` of an entry that stands for several corpora."""

OWN = "labelled_folder"
"""Registered name of the reader of folders that are no published corpus."""

_TELL_S = 2.0  # between two looks at a table that is being read

_Record = dict[str, Any]


@dataclass(frozen=True)
class CorpusEntry:
    """One corpus in one folder, or several that are combined.

    Attributes:
        name: as registered in `CORPORA`, or `COMBINED`.
        title: what is shown.
        root: the folder; that of the first part where several are combined.
        settings: of the reader; none for published corpora.
        parts: the corpora that are combined; none for a single one.
        label_choice: one of `labels.names()`, by which labels are to be read; "" for none.
        label_pairs: from a published label to what it counts as, on top of the choice.
    """

    name: str
    title: str
    root: Path
    settings: dict[str, Any] = field(default_factory=dict, hash=False)
    parts: tuple["CorpusEntry", ...] = ()
    label_choice: str = ""
    label_pairs: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def id(self) -> str:
        """Short name, unique among corpora and folders, fit for file names and session keys."""
        text = str(self.root) + combine.settings_text(self.settings)
        text += "".join(part.id for part in self.parts)
        return f"{self.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    @property
    def corpora(self) -> tuple[str, ...]:
        """Registered names of what it holds."""
        return tuple(part.name for part in self.parts) or (self.name,)

    def corpus(self) -> Corpus:
        """The reader of a single corpus."""
        return combine.Source(self.name, self.root, self.settings).corpus()

    @property
    def synthetic(self) -> bool:
        """Whether nobody spoke these clips; pages must say so wherever they show them."""
        return DEMO in self.corpora

    @property
    def labels(self) -> labels.Labels:
        """What its labels count as; tables are without it until it is applied.

        Raises:
            UnknownNameError: the choice is not known any more.
        """
        return labels.chosen(self.label_choice, self.label_pairs)

    def arguments(self) -> list[str]:
        """What makes a command read the same clips with the same labels."""
        parts = self.parts or (self,)
        found = [word for part in parts for word in ("--corpus", f"{part.name}={part.root}")]
        settings = {f"{p.name}.{key}={value}": None for p in parts for key, value in
                    p.settings.items()}  # fmt: skip
        found += [word for text in settings for word in ("--corpus-set", text)]
        found += ["--labels", self.label_choice] * bool(self.label_choice)
        pairs = [f"{label}={emotion}" for label, emotion in self.label_pairs.items()]
        return found + [word for text in pairs for word in ("--map", text)]


def entries() -> list[CorpusEntry]:
    """The corpora added so far, most recently opened first; their folders may be gone."""
    found = (_entry(record) for record in _read_list()[0])
    known = set(CORPORA.names())
    return [entry for entry in found if set(entry.corpora) <= known]


def add(corpus_name: str, root: Path | str, settings: dict[str, Any] | None = None) -> CorpusEntry:
    """Put a corpus at the top of the list; one that is there already moves up.

    Raises:
        UnknownNameError: no such corpus is registered.
        ParameterError: a setting is not allowed.
        CorpusError: the folder is missing or cannot be read.
    """
    corpus = CORPORA.get(corpus_name)
    entry = CorpusEntry(corpus_name, corpus.title, folder(root), settings or {})
    entry.corpus()
    return _add(entry)


def add_combined(parts: Sequence[CorpusEntry]) -> CorpusEntry:
    """Put the combination of several corpora at the top of the list; its parts stay in it.

    Raises:
        CorpusError: fewer than two different corpora or folders.
    """
    flat = [one for part in parts for one in (part.parts or (part,))]
    single = tuple({one.id: one for one in flat}.values())
    if len(single) < 2:
        raise CorpusError(f"combining takes at least two corpora, got {len(single)}")
    title = combine.title([one.name for one in single])
    return _add(CorpusEntry(COMBINED, title, single[0].root, {}, single))


def _add(entry: CorpusEntry) -> CorpusEntry:
    """To the top of the list; what its labels were chosen to count as stays."""
    added = entry

    def change(records: list[_Record]) -> list[_Record]:
        nonlocal added
        known = [one for one in map(_entry, records) if one.id == entry.id]
        for one in known:
            added = replace(entry, label_choice=one.label_choice, label_pairs=one.label_pairs)
        return [_record(added), *_without(records, entry.id)]

    _change_list(change)
    return added


def set_labels(entry: CorpusEntry, choice: str, pairs: dict[str, str]) -> CorpusEntry:
    """Say what the labels of a corpus in the list count as; kept in the list.

    Args:
        entry: the corpus.
        choice: one of `labels.names()`, or "".
        pairs: from a published label to what it counts as ("" leaves it out), on top.

    Raises:
        UnknownNameError: no such choice.
    """
    changed = replace(entry, label_choice=choice, label_pairs=dict(pairs))
    labels.chosen(choice, pairs)
    _change_list(
        lambda records: [
            _record(changed) if _entry(record).id == entry.id else record for record in records
        ]
    )
    return changed


def remove(entry_id: str) -> None:
    """Forget a corpus and what is cached of it; the clips stay where they are."""
    _change_list(lambda records: _without(records, entry_id))
    for path in (*_tables(entry_id), _headers_path(entry_id)):
        path.unlink(missing_ok=True)


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
    return _add(entry), made


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
    return _add(entry)


def _folder_of(
    root: Path | str,
    corpus_name: str | None,
    progress: Progress | None,
    settings: dict[str, Any] | None,
) -> tuple[CorpusEntry, files.Listing | None]:
    """The corpus in a folder, and its clips where it took a walk through the folder to know it."""
    path = folder(root)
    if corpus_name is None:
        name, found = _detect(path, progress)
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
    cached = _read_table(_table_path(entry, corpus, found))
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
    path = _table_path(entry, corpus, found)
    cached = _read_table(path)
    if cached is not None:
        return cached
    named = _named(entry, corpus, found, progress)

    def seen(read: list[Header]) -> None:
        if partly is not None:
            partly(headers.fill(named, read))

    whole = headers.fill(named, _headers(entry, found, named["path"].tolist(), progress, seen))
    _write_table(whole, path, entry.id)
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


# The list


def _list_path() -> Path:
    return paths.home() / "corpora.json"


def _entry(record: _Record) -> CorpusEntry:
    return CorpusEntry(
        record["name"],
        record["title"],
        Path(record["root"]),
        dict(record.get("settings", {})),
        tuple(_entry(part) for part in record.get("parts", ())),
        str(record.get("labels", "")),
        dict(record.get("map", {})),
    )


def _record(entry: CorpusEntry) -> _Record:
    record: _Record = {"name": entry.name, "title": entry.title, "root": str(entry.root)}
    if entry.settings:
        record["settings"] = entry.settings
    if entry.parts:
        record["parts"] = [_record(part) for part in entry.parts]
    if entry.label_choice:
        record["labels"] = entry.label_choice
    if entry.label_pairs:
        record["map"] = entry.label_pairs
    return record


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


def _table_path(entry: CorpusEntry, corpus: Corpus, found: files.Listing) -> Path:
    """Where the table made from these very clips by this very code is kept."""
    key = hashlib.sha256(_reader_source(type(corpus)))
    key.update(f"{COLUMNS}{corpus.config.fingerprint()}".encode())
    for name, size, modified in (*found.clips, *found.label_files):
        key.update(f"{name}\0{size}\0{modified}\n".encode("utf-8", "surrogateescape"))
    return paths.folder("cache", "index") / f"{entry.id}-{key.hexdigest()[:20]}.parquet"


def _tables(entry_id: str) -> Iterator[Path]:
    return paths.folder("cache", "index").glob(f"{entry_id}-*.parquet")


def _reader_source(corpus: type[Corpus]) -> bytes:
    """Source of what reads the corpus, labels included, so that a corrected one reads anew."""
    sources = [inspect.getsourcefile(cls) for cls in corpus.__mro__ if issubclass(cls, Corpus)]
    sources += [headers.__file__, str(labels.TABLE)]
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


# The cached headers


def _headers_path(entry_id: str) -> Path:
    return paths.folder("cache", "headers") / f"{entry_id}.parquet"


def _headers(
    entry: CorpusEntry,
    found: files.Listing,
    clips: list[str],
    progress: Progress | None,
    seen: Callable[[list[Header]], None],
) -> list[Header]:
    """Headers of the clips, in order; only those of files that are new or changed are read.

    What was read before the work was stopped is kept. `seen` gets what is there so far, now and
    then.
    """
    path = _headers_path(entry.id)
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
    _replace(path, pd.DataFrame(rows, columns=list(_HEADER_COLUMNS)).to_parquet)
