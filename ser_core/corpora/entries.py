"""The list of corpora that the user has added: which folders they are in, and their labels.

It is one JSON file, `SER_HOME/corpora.json`, most recently opened first; several corpora may be
combined into one entry.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from ser_core import paths
from ser_core.corpora import CORPORA, Corpus, combine, labels, table_cache
from ser_core.corpora.detection import DEMO, folder
from ser_core.errors import CorpusError

COMBINED = "combined"
"""`name` of an entry that stands for several corpora."""

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
        called = combine.numbered([part.name for part in parts])
        for one, part in zip(called, parts, strict=True):
            for key, value in part.settings.items():
                found += ["--corpus-set", f"{one}.{key}={value}"]
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
    return put_first(entry)


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
    return put_first(CorpusEntry(COMBINED, title, single[0].root, {}, single))


def put_first(entry: CorpusEntry) -> CorpusEntry:
    """Put a corpus at the top of the list; what its labels were chosen to count as stays."""
    added = entry

    def change(records: list[_Record]) -> list[_Record]:
        nonlocal added
        known = [one for one in map(_entry, records) if one.id == entry.id]
        for one in known:
            added = replace(entry, label_choice=one.label_choice, label_pairs=one.label_pairs)
        return [_record(added), *_without(records, entry.id)]

    _change_list(change)
    return added


def add_last(entry: CorpusEntry) -> None:
    """Put a corpus at the end of the list, if it is not in it: what is open stays open."""

    def change(records: list[_Record]) -> list[_Record]:
        known = any(_entry(record).id == entry.id for record in records)
        return records if known else [*records, _record(entry)]

    _change_list(change)


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
    table_cache.forget(entry_id)


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
        table_cache.replace_file(path, lambda part: part.write_text(text + "\n", encoding="utf-8"))
