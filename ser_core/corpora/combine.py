"""Several corpora as one table, in which no two people and no two clips have the same name."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ser_core.corpora.base import COLUMNS, CORPORA, Corpus
from ser_core.corpora.files import Progress
from ser_core.errors import ParameterError

SEPARATOR = "/"  # between a corpus and its speaker or clip
TOGETHER = "+"  # between corpora


@dataclass(frozen=True)
class Source:
    """A corpus in a folder, with the settings of its reader (none for published corpora)."""

    name: str
    root: Path
    settings: dict[str, Any] = field(default_factory=dict, hash=False)

    def corpus(self) -> Corpus:
        """Its reader.

        Raises:
            UnknownNameError: no such corpus is registered.
            ParameterError: a setting is not allowed.
        """
        kind = CORPORA.get(self.name)
        return kind(kind.config_type.parse(self.settings))


def sources(texts: Sequence[str], settings: Sequence[str] = ()) -> list[Source]:
    """Corpora from what a user typed.

    Args:
        texts: such as "ravdess=DIR".
        settings: such as "labelled_folder.label_column=emotion": corpus, setting, value. The second
            folder of one's own is `labelled_folder-2`, as in its clips' names.

    Raises:
        ParameterError: a text is of another form, or a setting is for a corpus that is not there.
        UnknownNameError: no such corpus is registered.
    """
    pairs = [_parted(text, "--corpus", "NAME=DIR such as ravdess=PATH") for text in texts]
    called = numbered([name for name, _ in pairs])
    chosen: dict[str, dict[str, Any]] = {name: {} for name in called}
    for text in settings:
        key, value = _parted(text, "--corpus-set", "NAME.KEY=VALUE")
        name, _, setting = key.partition(".")
        if name not in chosen or not setting:
            known = ", ".join(chosen)
            raise ParameterError(
                f"--corpus-set: expected NAME.KEY=VALUE with NAME among {known}, got {text!r}"
            )
        chosen[name][setting] = value
    found = [
        Source(name, Path(root), chosen[one])
        for one, (name, root) in zip(called, pairs, strict=True)
    ]
    for source in found:
        source.corpus()  # so that a mistake shows before any folder is read
    return found


def numbered(names: Sequence[str]) -> list[str]:
    """Corpora by names of their own, where one comes several times.

    >>> numbered(["labelled_folder", "tess", "labelled_folder"])
    ['labelled_folder', 'tess', 'labelled_folder-2']
    """
    times: Counter[str] = Counter()
    called = []
    for name in names:
        times[name] += 1
        called.append(name if times[name] == 1 else f"{name}-{times[name]}")
    return called


def _parted(text: str, option: str, form: str) -> tuple[str, str]:
    first, separator, second = text.partition("=")
    if not separator or not first or not second:
        raise ParameterError(f"{option}: expected {form}, got {text!r}")
    return first, second


def read(chosen: Sequence[Source], progress: Progress | None = None) -> pd.DataFrame:
    """The table of one corpus as it is, or that of several, combined.

    Raises:
        CorpusError: a folder is missing or holds no clip of its corpus.
    """
    tables = [(source.name, source.corpus().index(source.root, progress)) for source in chosen]
    return tables[0][1] if len(tables) == 1 else combine(tables)


def combine(tables: Sequence[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """One table of several corpora.

    Clips and speakers get the corpus in front: "ravdess/01" and "cafe/01" are two people. A second
    folder of one and the same published corpus has the same people and, under the same file names,
    the same clips, which then count once; a second folder of one's own has others, and is called
    "labelled_folder-2".

    Args:
        tables: name of the corpus and its table, each as its reader made it.
    """
    first: dict[tuple[str, str], str] = {}
    called = numbered([name for name, _ in tables])
    parts = [
        _renamed(name, table, one, first) for one, (name, table) in zip(called, tables, strict=True)
    ]
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _renamed(
    name: str, table: pd.DataFrame, called: str, first: dict[tuple[str, str], str]
) -> pd.DataFrame:
    corpus = CORPORA.get(name)
    people = name if corpus.published else called
    speakers = table["speaker"].astype(str)
    clips = [f"{called}{SEPARATOR}{clip}" for clip in table["clip"]]
    problems = table["problems"].astype(str).tolist()
    for place, clip in enumerate(table["clip"]):
        if problems[place] or not corpus.published:
            continue
        twin = first.setdefault((name, corpus.utterance(clip)), clips[place])
        if twin != clips[place]:
            problems[place] = f"same clip as {twin}"
    return table.assign(
        clip=clips,
        speaker=(people + SEPARATOR + speakers).where(speakers.ne(""), ""),
        problems=problems,
    )


def person(corpus: str, speaker: str) -> str:
    """A speaker's name that no other corpus has, whether the table is of one corpus or of several.

    >>> person("ravdess", "01"), person("ravdess", "ravdess/01"), person("cafe+tess", "tess/OAF")
    ('ravdess/01', 'ravdess/01', 'tess/OAF')
    """
    first = speaker.partition(SEPARATOR)[0]
    named = first == corpus or first.rpartition("-")[0] == corpus or TOGETHER in corpus
    return speaker if named else f"{corpus}{SEPARATOR}{speaker}"


def title(names: Sequence[str]) -> str:
    """What a combination is called: the titles of its corpora, each once.

    >>> title(["ravdess", "emodb"])
    'RAVDESS + EMO-DB'
    """
    return " + ".join(dict.fromkeys(CORPORA.get(name).title for name in names))


def key(names: Sequence[str]) -> str:
    """The name of a combination in runs and cards, whatever the order.

    >>> key(["ravdess", "emodb"])
    'emodb+ravdess'
    """
    return TOGETHER.join(sorted(set(names)))


def settings_text(settings: dict[str, Any]) -> str:
    """Settings as one text that names caches."""
    return json.dumps(settings, sort_keys=True, ensure_ascii=False) if settings else ""
