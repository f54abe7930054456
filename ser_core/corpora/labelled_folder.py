"""A folder of one's own: a folder an emotion, or a table (CSV, TSV) that maps files to labels.

Nothing has to be renamed. Which table, and which of its columns name files, labels and speakers, is
found from what matches the clips that are there, and can be said where that goes wrong; `preview`
shows what came of it. Labels that `labels.toml` knows by another word ("anger") become the house's
emotion, all others keep their name.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import ClassVar, cast

import pandas as pd
from pydantic import Field, field_validator

from ser_core.corpora import files, label_table, labels
from ser_core.corpora.base import CORPORA, Corpus, CorpusConfig, Facts
from ser_core.corpora.files import Listing, Progress
from ser_core.corpora.label_table import word
from ser_core.errors import CorpusError
from ser_core.words import count

_TABLES = (".csv", ".tsv")
_MOST_TABLES = 20  # looked into when nobody says which one it is
_MOST_BYTES = 100_000_000  # of such a table
_NAMED_SO = ("label", "emotion", "annotation")  # in the name of a table that should matter
_LABEL_WORDS = ("emotion", "emotions", "label", "labels", "class", "category", "target", "y")
_SPEAKER_WORDS = ("speaker", "speaker_id", "speakerid", "actor", "actor_id", "subject", "spk")
_GENDER_WORDS = ("gender", "sex")
_BY_FOLDERS = "folders"


class LabelledFolderConfig(CorpusConfig):
    """How a folder of one's own is read; what is left empty is found out."""

    table: str = Field(
        "", description="CSV or TSV below the folder that maps files to labels; 'folders' for none"
    )
    file_column: str = Field("", description="Column that names the files")
    label_column: str = Field("", description="Column with the labels")
    speaker_column: str = Field("", description="Column that says who speaks")
    gender_column: str = Field("", description="Column with the speaker's gender")
    speaker_pattern: str = Field(
        "", description=r"Regular expression on a clip's path whose group is the speaker: ^(\w+)_"
    )
    language: str = Field("", max_length=8, description="ISO 639-1 code of all clips, such as en")

    @field_validator("speaker_pattern")
    @classmethod
    def _one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"no regular expression ({error})") from None
        if pattern and groups != 1:
            raise ValueError(f"needs one group in parentheses, the speaker; it has {groups}")
        return pattern


@dataclass(frozen=True)
class Preview:
    """What a folder's labels come to, before it is read.

    Attributes:
        table: the table that labels the clips, below the folder; "" where folders do.
        tables: all tables to choose from.
        columns: the table's columns.
        file_column: the column that names the files; "" without a table, as are the next three.
        label_column: the column with the labels.
        speaker_column: the column with the speakers, "" for none.
        gender_column: the column with the genders, "" for none.
        rows: the first rows of the table as they stand.
        labels: clips with a label, by label.
        clips_without_label: clips that are not in the table, or in no folder of a label.
        rows_without_clip: what the table calls files that are not there.
        doubtful: what the table calls files that may be one of several.
        contradictions: clips that the table gives two labels.
        notes: tables that are named like one of labels and were not used, and why.
    """

    table: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    file_column: str
    label_column: str
    speaker_column: str
    gender_column: str
    rows: list[dict[str, str]]
    labels: dict[str, int]
    clips_without_label: list[str]
    rows_without_clip: list[str]
    doubtful: list[str]
    contradictions: list[str]
    notes: tuple[str, ...] = ()

    @property
    def matched(self) -> int:
        """Clips with a label."""
        return sum(self.labels.values())

    def sentence(self) -> str:
        """What matched and what did not, in words."""
        where = self.table or "the folders' names"
        labels = count(len(self.labels), "label")
        said = f"{where}: {count(self.matched, 'clip')} with {labels}"
        for found, thing, words in (
            (self.clips_without_label, "clip", "without a label"),
            (self.rows_without_clip, "row", "without a clip"),
            (self.doubtful, "row", "for which several clips may be meant"),
            (self.contradictions, "clip", "with two labels"),
        ):
            if found:
                said += f"; {count(len(found), thing)} {words}, such as {found[0]}"
        return "; ".join([said, *self.notes])


@dataclass(frozen=True)
class _Reading:
    """Facts by clip, and how they were come by."""

    facts: dict[str, Facts]
    preview: Preview


@CORPORA.register("labelled_folder")
class LabelledFolder(Corpus):
    """Any folder of clips whose folders, or a table, say what they are labelled."""

    title: ClassVar[str] = "A folder of your own"
    language: ClassVar[str] = ""
    licence: ClassVar[str] = "your own, or that of whoever recorded the clips"
    citation: ClassVar[str] = "None is known: the clips are your own, or those of a third party."
    obtain: ClassVar[str] = "record or collect it"
    content: ClassVar[str] = (
        "Any clips. Say who speaks (`speaker_column` or `speaker_pattern`) wherever you can: "
        "without it no split can keep speakers apart, and scores come out too high."
    )
    layout: ClassVar[str] = """
angry/one.wav
    a folder an emotion, at any depth
all_labels.csv
    or a table with a column of files and one of labels, more where there are more
"""
    example: ClassVar[str] = "angry/one.wav"
    endings: ClassVar[frozenset[str]] = label_table.ENDINGS
    published: ClassVar[bool] = False
    config_type: ClassVar[type[CorpusConfig]] = LabelledFolderConfig

    @classmethod
    def is_clip(cls, path: str) -> bool:
        """Whether the file is sound."""
        return bool(cls._stem(path))

    @classmethod
    def is_label_file(cls, path: str) -> bool:
        """Whether the file is a table."""
        return files.split(path)[1] in _TABLES

    @classmethod
    def utterance(cls, clip: str) -> str:
        """The clip itself: equal names mean nothing here."""
        return clip

    def emotions(self, published: pd.Series) -> pd.Series:
        """The house's emotion where there is one; other labels keep their name."""
        known = labels.published(self.name)
        words = {label: word(label) for label in published.unique()}
        return published.map({label: known.get(word, word) for label, word in words.items()})

    def reader(self, root: Path, found: Listing) -> Callable[[str], Facts]:
        """Labels from the table or from the folders.

        Raises:
            CorpusError: neither says anything, or a table or column that was named is not there.
        """
        facts = self._read(root, found).facts
        return lambda clip: facts[clip]

    def notes(self, root: Path, found: Listing) -> list[str]:
        """What matched and what did not."""
        return [self.preview(root, found).sentence()]

    def preview(
        self, root: Path, listing: Listing | None = None, progress: Progress | None = None
    ) -> Preview:
        """What matches and what does not, without opening a clip.

        Raises:
            CorpusError: as `reader`, or the folder is missing or holds no sound.
        """
        found = self.listing(root, progress) if listing is None else listing
        if not found.clips:
            raise CorpusError(self.no_clip(root, found))
        return self._read(root, found).preview

    @classmethod
    def no_clip(cls, root: Path, found: Listing) -> str:
        """What to say of a folder without sound."""
        endings = ", ".join(sorted(cls.endings))
        return f"{root}: no sound found among {found.count_others()}; endings known are {endings}"

    @property
    def _config(self) -> LabelledFolderConfig:
        return cast("LabelledFolderConfig", self.config)

    def _read(self, root: Path, found: Listing) -> _Reading:
        clips = [Path(file.name).as_posix() for file in found.clips]
        tables = tuple(Path(file.name).as_posix() for file in found.label_files)
        notes: list[str] = []
        reading = self._by_table(root, clips, tables, notes)
        folders = self._by_folders(clips, tables)
        if reading is None or (not self._asks_for_table and self._better(folders, reading)):
            reading = folders
        if not reading.preview.matched:
            raise CorpusError(
                f"{root}: nothing says what its clips are labelled ({len(clips):,} found); put "
                "them into folders named by emotion, or add a table (CSV) with a column of files "
                "and one of " + "; ".join(["labels", *notes])
            )
        table = reading.preview.table
        if table and label_table.encoding(root / table) == label_table.WESTERN:
            notes.append(
                f"{table} is not UTF-8 and was read as Windows' code page 1252: if words look "
                "wrong, save it as UTF-8"
            )
        preview = replace(reading.preview, notes=tuple(notes))
        return _Reading({clip: self._complete(clip, reading) for clip in clips}, preview)

    @property
    def _asks_for_table(self) -> bool:
        config = self._config
        return bool(config.table or config.file_column or config.label_column)

    def _better(self, folders: _Reading, table: _Reading) -> bool:
        """Whether more clips are in folders named by emotion than are in the table."""
        known = labels.published(self.name)
        counts = folders.preview.labels.items()
        return sum(n for label, n in counts if word(label) in known) > table.preview.matched

    def _complete(self, clip: str, reading: _Reading) -> Facts:
        """What the pattern and the settings add."""
        facts = {"language": self._config.language, **reading.facts[clip]}
        if self._config.speaker_pattern:
            match = re.search(self._config.speaker_pattern, clip)
            facts["speaker"] = (match[1] or "") if match else ""
        return facts

    # By a table

    def _by_table(
        self, root: Path, clips: Sequence[str], tables: tuple[str, ...], notes: list[str]
    ) -> _Reading | None:
        """As the table says that was named, else the one that names most clips; None for none.

        What could not be used though it is named like a table of labels is added to `notes`.
        """
        wanted = self._config.table
        if wanted.lower() == _BY_FOLDERS:
            return None
        finder = label_table.Finder(clips)
        if wanted:
            if wanted not in tables:
                known = ", ".join(tables) or "none"
                raise CorpusError(f"table {wanted!r} is not in {root}; tables there: {known}")
            rows = label_table.load(root / wanted, finder)
            return self._from_rows(wanted, tables, rows, clips, finder)
        for name, rows in self._likely(root, tables, finder, notes):
            try:
                return self._from_rows(name, tables, rows, clips, finder)
            except CorpusError as error:  # a table of something else that happens to name clips
                if self._asks_for_table:
                    raise
                notes += _note(name, str(error))
        return None

    @staticmethod
    def _likely(
        root: Path, tables: tuple[str, ...], finder: label_table.Finder, notes: list[str]
    ) -> list[tuple[str, pd.DataFrame]]:
        """Tables that name clips, those that name most of them first."""
        found = []
        for name in sorted(tables, key=lambda name: (name.count("/"), name))[:_MOST_TABLES]:
            try:
                if (root / name).stat().st_size > _MOST_BYTES:
                    notes += _note(name, f"{name}: larger than {_MOST_BYTES // 10**6} MB")
                    continue
                rows = label_table.load(root / name, finder)
                best = label_table.file_column(name, rows, finder)
            except (CorpusError, OSError) as error:  # nobody said that this one matters
                notes += _note(name, str(error))
                continue
            found.append((finder.hits(rows[best]), name, rows))
        found.sort(key=lambda one: -one[0])
        return [(name, rows) for _, name, rows in found]

    def _from_rows(
        self,
        name: str,
        tables: tuple[str, ...],
        rows: pd.DataFrame,
        clips: Sequence[str],
        finder: label_table.Finder,
    ) -> _Reading:
        columns = self._columns(name, rows, finder)
        found = label_table.matches(name, rows, columns, finder)
        preview = Preview(
            table=name,
            tables=tables,
            columns=tuple(map(str, rows.columns)),
            file_column=columns.file,
            label_column=columns.label,
            speaker_column=columns.speaker,
            gender_column=columns.gender,
            rows=[{str(k): v for k, v in row.items()} for row in rows.head(5).to_dict("records")],
            labels=found.counts(),
            clips_without_label=[c for c in clips if not found.facts.get(c, {}).get("label")],
            rows_without_clip=found.missing,
            doubtful=found.doubtful,
            contradictions=found.contradictions,
        )
        unlabelled: Facts = {"label": "", "problems": f"no label in {name}"}
        facts_of = {clip: found.facts.get(clip, unlabelled) for clip in clips}
        for facts in facts_of.values():
            if not facts["label"]:
                facts.setdefault("problems", f"no label in {name}")
        return _Reading(facts_of, preview)

    def _columns(
        self, name: str, rows: pd.DataFrame, finder: label_table.Finder
    ) -> label_table.Columns:
        """Those that were named, else those that are found."""
        config = self._config
        asked = partial(label_table.asked, name, rows)
        file = asked(config.file_column) or label_table.file_column(name, rows, finder)
        others = [str(column) for column in rows if column != file]
        known = labels.published(self.name)
        return label_table.Columns(
            file,
            asked(config.label_column)
            or label_table.named(others, _LABEL_WORDS)
            or label_table.label_column(name, rows[others], known.__contains__),
            asked(config.speaker_column) or label_table.named(others, _SPEAKER_WORDS),
            asked(config.gender_column) or label_table.named(others, _GENDER_WORDS),
        )

    # By folders

    def _by_folders(self, clips: Sequence[str], tables: tuple[str, ...]) -> _Reading:
        """The level of folders whose names are emotions labels; without any, the clips' own."""
        known = labels.published(self.name)
        paths = {clip: clip.split("/")[:-1] for clip in clips}
        levels: Counter[int] = Counter()
        for parts in paths.values():
            levels.update(level for level, part in enumerate(parts) if word(part) in known)
        facts: dict[str, Facts] = {}
        for clip, parts in paths.items():
            label = _at_level(parts, levels)
            facts[clip] = {"label": label}
            if not label:
                facts[clip]["problems"] = "in no folder that names an emotion"
        counts = Counter(fact["label"] for fact in facts.values() if fact["label"])
        without = [clip for clip, fact in facts.items() if not fact["label"]]
        preview = Preview(
            "", tables, (), "", "", "", "", [], dict(counts.most_common()), without, [], [], []
        )
        return _Reading(facts, preview)


def _note(table: str, reason: str) -> list[str]:
    """What to say of a table that was not used: nothing, unless its name promises labels.

    >>> _note("all_labels.csv", "all_labels.csv: is empty"), _note("prices.csv", "…")
    (['not used: all_labels.csv: is empty'], [])
    """
    stem = files.split(table)[0].lower()
    return [f"not used: {reason}"] if any(word in stem for word in _NAMED_SO) else []


def _at_level(parts: Sequence[str], levels: Counter[int]) -> str:
    if not levels:
        return parts[-1] if parts else ""
    level = levels.most_common(1)[0][0]
    return parts[level] if level < len(parts) else ""
