"""A table (CSV, TSV) that maps files to labels, brought together with the clips that are there."""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ser_core.corpora import files
from ser_core.corpora.base import Facts
from ser_core.errors import CorpusError

ENDINGS = frozenset({".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif"})
"""Of sound files that a table may name."""

WESTERN = "cp1252"
"""The code page that a table which is not UTF-8 is taken for."""

_GENDERS = {"f": "female", "female": "female", "w": "female", "m": "male", "male": "male"}
_BLOCK = 2**20
_SAMPLE = 500  # rows that show which column is which


class Columns(NamedTuple):
    """Columns of a table of labels by what they say; "" for none."""

    file: str
    label: str
    speaker: str
    gender: str


class Matches:
    """Rows of a table brought together with clips."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.facts: dict[str, Facts] = {}
        self.missing: list[str] = []
        self.doubtful: list[str] = []
        self.contradictions: list[str] = []

    def add(self, called: str, facts: Facts, finder: "Finder") -> None:
        """What one row says of the file that it calls so."""
        clips = finder.find(called)
        if len(clips) != 1:
            (self.doubtful if clips else self.missing).append(called)
            return
        (clip,) = clips
        before = self.facts.setdefault(clip, facts)
        if before["label"] != facts["label"]:
            two = ", ".join(sorted({before["label"], facts["label"]}))
            self.facts[clip] = {**before, "problems": f"several labels in {self.table}: {two}"}
            self.contradictions.append(clip)

    def counts(self) -> dict[str, int]:
        """Clips by label; those with two count for none."""
        known = (facts for facts in self.facts.values() if not facts.get("problems"))
        counts = Counter(facts["label"] for facts in known if facts["label"])
        return dict(counts.most_common())


def matches(name: str, rows: pd.DataFrame, columns: Columns, finder: "Finder") -> Matches:
    """What a table says of each clip that it names."""
    found = Matches(name)
    for row in rows.to_dict("records"):
        facts: Facts = {"label": row[columns.label].strip()}
        if columns.speaker:
            facts["speaker"] = row[columns.speaker].strip()
        if columns.gender:
            facts["gender"] = _GENDERS.get(row[columns.gender].strip().lower(), "")
        found.add(row[columns.file], facts, finder)
    return found


class Finder:
    """Clips by what a table may call them: a path, here or on another machine, or a bare name."""

    def __init__(self, clips: Iterable[str]) -> None:
        self._by_name: dict[str, list[tuple[str, list[str]]]] = {}
        for clip in clips:
            parts = _parts(clip)
            self._by_name.setdefault(parts[-1], []).append((clip, parts))

    def find(self, called: str) -> list[str]:
        """The clips that share most of the path's end; one, none, or several to doubt between."""
        parts = _parts(called)
        close = self._by_name.get(parts[-1], []) if parts else []
        if len(close) < 2:
            return [clip for clip, _ in close]
        shared = [_shared_end(parts, other) for _, other in close]
        return [clip for (clip, _), n in zip(close, shared, strict=True) if n == max(shared)]

    def hits(self, values: Iterable[str]) -> int:
        """How many of the first values name a clip."""
        return sum(bool(self.find(value)) for value in islice(values, _SAMPLE))


def _parts(path: str) -> list[str]:
    r"""A path's parts in lower case, without the ending of a sound file.

    >>> _parts(r"C:\data\Angry\One.WAV"), _parts("one.two")
    (['c:', 'data', 'angry', 'one'], ['one.two'])
    """
    parts = [part for part in path.strip().lower().replace("\\", "/").split("/") if part]
    if parts:
        name, ending = files.split(parts[-1])
        parts[-1] = name if ending in ENDINGS else parts[-1]
    return parts


def _shared_end(one: Sequence[str], other: Sequence[str]) -> int:
    count = 0
    for a, b in zip(reversed(one), reversed(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def word(label: str) -> str:
    """A label as `labels.toml` writes it.

    >>> word(" Pleasant-Surprise ")
    'pleasant_surprise'
    """
    return re.sub(r"[\s-]+", "_", label.strip().lower())


def encoding(path: Path) -> str:
    """How a table's text is encoded: by its mark of order, else UTF-8 where it is that.

    Spreadsheets on Windows also save in the code page of Western Europe, which any bytes may be: it
    is the last guess, and whoever reads a table of one's own says that it was taken.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(2)
        if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            decoder.decode(start)
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return WESTERN
    return "utf-8-sig"


def delimiter(head: str) -> str:
    """What parts the columns of a table's first line."""
    return max(",;\t", key=head.count)


def load(path: Path, finder: Finder) -> pd.DataFrame:
    """A table as text; columns get numbers where its first row already names a clip.

    Raises:
        CorpusError: it cannot be read.
    """
    try:
        # Lines as the module csv reads them: `str.splitlines` would part a cell at U+2028 too.
        with path.open(encoding=encoding(path), errors="replace", newline="") as lines:
            parting = delimiter(lines.readline())
            lines.seek(0)
            rows = [row for row in csv.reader(lines, delimiter=parting) if any(row)]
    except (OSError, csv.Error) as error:
        raise CorpusError(f"{path}: cannot be read as a table ({error})") from None
    if not rows:
        return pd.DataFrame()
    first = [cell.strip() for cell in rows[0]]
    headed = not finder.hits(first)
    columns = first if headed else [f"column {n}" for n in range(1, len(first) + 1)]
    body = [(row + [""] * len(columns))[: len(columns)] for row in rows[headed:]]
    table = pd.DataFrame(body, columns=columns, dtype=object)
    return table.loc[:, ~table.columns.duplicated()]


def asked(name: str, rows: pd.DataFrame, wanted: str) -> str:
    """The column that was asked for; "" if none was.

    Raises:
        CorpusError: the table has no such column.
    """
    if wanted and wanted not in rows.columns:
        known = ", ".join(rows.columns)
        raise CorpusError(f"{name}: has no column {wanted!r}; its columns are {known}")
    return wanted


def file_column(name: str, rows: pd.DataFrame, finder: Finder) -> str:
    """The column that names most clips.

    Raises:
        CorpusError: no column names any.
    """
    hits = {str(column): finder.hits(rows[column]) for column in rows}
    if not any(hits.values()):
        raise CorpusError(
            f"{name}: no column names clips that are there; its columns are "
            f"{', '.join(hits) or 'none'}"
        )
    return max(hits, key=lambda column: hits[column])


def label_column(name: str, rows: pd.DataFrame, is_emotion: Callable[[str], bool]) -> str:
    """The column with the most words for emotions in it.

    Raises:
        CorpusError: no column has any.
    """
    hits = {str(c): sum(is_emotion(word(v)) for v in rows[c].head(_SAMPLE)) for c in rows}
    best = max(hits, key=lambda column: hits[column], default="")
    if not best or not hits[best]:
        raise CorpusError(
            f"{name}: no column looks like labels; name it with label_column, one of "
            f"{', '.join(hits) or 'none'}"
        )
    return best


def named(columns: Sequence[str], words: Sequence[str]) -> str:
    """The first column that is called by one of the words; "" for none."""
    by_word = {word(column): column for column in reversed(columns)}
    return next((by_word[word] for word in words if word in by_word), "")
