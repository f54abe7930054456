"""What a table of utterances says: facts, filters, balance. Nothing here draws."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.components.dataset_part import SameTable, SplitPart
from ser_core import emotions
from ser_core.corpora import CORPORA, quality
from ser_core.words import count as count  # noqa: PLC0414  (pages know it from here)

FACETS = (
    "corpus",
    "language",
    "emotion",
    "speaker",
    "gender",
    "intensity",
    "statement",
    "channel",
    "style",
    "session",
)
"""Columns to filter by, in the order shown."""

NOT_GIVEN = "not given"
_MANY = 20  # clips from which on a pattern is no chance
_WIDTHS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)  # of a bar of the histogram
_MOST_BARS = 40
_BIT_S = 1e-9


@dataclass(frozen=True)
class Filters:
    """What to show: any of the values within a column, all of the columns together.

    Attributes:
        values: the wanted values of a column; a column that is missing or empty filters nothing.
        duration_s: shortest and longest; clips whose length is not known do not pass.
        problems_only: whether only clips with a problem pass.
        says: what the statement has to contain, in any case; "" for anything.
        part: of a split.
        picked: names of the only clips to show, caught on the map; empty for any.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    duration_s: tuple[float, float] | None = None
    problems_only: bool = False
    says: str = ""
    part: SplitPart | None = None
    picked: tuple[str, ...] = ()

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows that pass, in their order."""
        passed = self.passing(table)
        return table if passed.all() else table[passed]

    def passing(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """Whether each row of a table that `compact` made passes."""
        passed = np.ones(len(table), bool)
        for column, wanted in self.values.items():
            if wanted:
                passed &= table[column].isin(wanted).to_numpy()
        if self.duration_s is not None:
            passed &= table["duration_s"].between(*self.duration_s).to_numpy()
        if self.problems_only:
            passed &= (table["problems"] != "").to_numpy()
        if self.says:
            passed &= _contains(table["statement"], self.says)
        if self.part is not None:
            passed &= self.part.passing(table)
        if self.picked:
            passed &= table["clip"].isin(self.picked).to_numpy()
        return passed

    def without(self, *names: str) -> "Filters":
        """All but the filters of some columns, or of "duration_s"."""
        values = {name: some for name, some in self.values.items() if name not in names}
        return replace(
            self, values=values, duration_s=None if "duration_s" in names else self.duration_s
        )

    @property
    def are_on(self) -> bool:
        """Whether any is."""
        others = (self.duration_s, self.problems_only, self.says, self.part, self.picked)
        return any((*self.values.values(), *others))


def _contains(statements: pd.Series, words: str) -> NDArray[np.bool_]:
    """Which statements contain the words; each different one is looked at once."""
    different = statements.cat.categories
    found = different.str.contains(words, case=False, regex=False)
    return np.isin(statements.cat.codes, np.flatnonzero(found))


def compact(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its facets as categories: filters and counts of 100 000 rows in a blink."""
    return table.astype(dict.fromkeys(FACETS, "category"))


def choices(table: pd.DataFrame, column: str) -> list[str]:
    """The values of a facet in the order to show them; "" (not given) comes last."""
    found = [str(value) for value in table[column].unique()]
    given = [value for value in found if value]
    ordered = emotions.order(given) if column == "emotion" else sorted(given, key=_natural)
    return ordered + [""] * ("" in found)


def _natural(value: str) -> list[tuple[int, str]]:
    """Sorts speaker 2 before speaker 10."""
    return [(int(part or 0) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", value)]


def word(column: str, value: str) -> str:
    """A value of a facet as it is shown.

    >>> word("emotion", "happy"), word("gender", "female"), word("intensity", "")
    ('Happy', 'female', 'not given')
    >>> word("emotion", "")
    'Not mapped'
    """
    if column == "emotion":
        return emotions.title(value)
    if not value:
        return NOT_GIVEN
    if column == "corpus":
        return CORPORA.get(value).title if value in CORPORA.names() else value
    return value


def speaker(name: str) -> str:
    """Who speaks, in words; empty where nobody says so.

    >>> speaker("07"), speaker("")
    ('speaker 07', '')
    """
    return f"speaker {name}" if name else ""


def facts(table: pd.DataFrame, shown: pd.DataFrame) -> list[str]:
    """Clips, speakers and length, each with its unit: of what is shown, and of how much.

    Args:
        table: all clips of the corpus.
        shown: those that pass the filters.
    """
    found = [_of(f"{len(shown):,}", count(len(table), "clip"))]
    speakers = people(table)
    known = _of(f"{people(shown):,}", count(speakers, "speaker"))
    found.append(known if speakers else "speakers unknown")
    if table["duration_s"].notna().all():
        seconds = float(shown["duration_s"].sum()), float(table["duration_s"].sum())
        found.append(_of(length(seconds[0]), length(seconds[1])))
    return found


def _of(part: str, whole: str) -> str:
    """A part of a whole; the whole alone where it is all.

    >>> _of("1", "12 clips"), _of("12", "12 clips"), _of("8.2 s", "8.2 s")
    ('1 of 12 clips', '12 clips', '8.2 s')
    """
    return whole if f"{whole} ".startswith(f"{part} ") else f"{part} of {whole}"


def people(table: pd.DataFrame) -> int:
    """How many speakers are known by name."""
    named = table["speaker"].unique()
    return len(named) - ("" in named)


def remarks(table: pd.DataFrame, shown: pd.DataFrame | None = None) -> list[str]:
    """What is odd about the corpus as a whole, without its clips being opened.

    Args:
        table: all clips of the corpus.
        shown: those that pass the filters; what concerns none of them is not said.
    """
    return list(_remarks(SameTable(table), None if shown is None else SameTable(shown)))


@lru_cache(2)
def _remarks(table: SameTable, shown: SameTable | None) -> tuple[str, ...]:
    return tuple(quality.remarks(table.table, None if shown is None else shown.table))


def length(seconds: float) -> str:
    """How much sound there is.

    >>> length(8.25), length(500), length(8714)
    ('8.2 s', '8.3 min', '2.4 h')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"


def emotion_counts(table: pd.DataFrame, names: Iterable[str]) -> dict[str, int]:
    """Clips of each of the given emotions, in that order; 0 where there are none."""
    counted = table["emotion"].value_counts()
    return {name: int(counted.get(name, 0)) for name in names}


def class_by_speaker(table: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Clips of each emotion (rows, as given) by each speaker in the table (columns).

    Args:
        table: as `compact` makes it.
        names: emotions to count; others are passed over.
    """
    speakers = choices(table, "speaker")
    row = table["emotion"].cat.set_categories(names).cat.codes.to_numpy(np.int64)
    column = table["speaker"].cat.set_categories(speakers).cat.codes.to_numpy(np.int64)
    cell = (row * len(speakers) + column)[row >= 0]
    cells = np.bincount(cell, minlength=len(names) * len(speakers))
    return pd.DataFrame(cells.reshape(len(names), -1), index=names, columns=speakers)


def duration_counts(
    table: pd.DataFrame, names: list[str], like: pd.DataFrame | None = None
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.int64]]]:
    """How many clips of each emotion are how long.

    Args:
        table: as `compact` makes it.
        names: emotions to count.
        like: the clips whose lengths set the steps, so that bars keep their places when filters
            change; None for those of the table.

    Returns:
        Edges of the steps in seconds, round numbers, and for each emotion the clips in each step.
        No edges where no length is known.
    """
    known = (table if like is None else like)["duration_s"].dropna()
    if known.empty:
        return np.zeros(0), {}
    low, high = float(known.min()), float(known.max())
    width = next((w for w in _WIDTHS_S if (high - low) / w <= _MOST_BARS), _WIDTHS_S[-1])
    # A little up, so that 0.3 s, which is three times 0.1 s less a bit, is in the step from 0.3 s.
    first, last = (int((length_s + _BIT_S) / width) for length_s in (low, high))
    edges = width * np.arange(first, last + 2, dtype=np.float64)
    codes = table["emotion"].cat.set_categories(names).cat.codes.to_numpy(np.int64)
    lengths = table["duration_s"].to_numpy()
    counted = (codes >= 0) & (lengths == lengths)
    step = ((lengths[counted] + _BIT_S) / width).astype(np.int64) - first
    steps = len(edges) - 1
    cell = codes[counted] * steps + step.clip(0, steps - 1)
    cells = np.bincount(cell, minlength=len(names) * steps).reshape(len(names), steps)
    return edges, dict(zip(names, cells, strict=True))


def balance(crossed: pd.DataFrame) -> str:
    """A sentence or two on how evenly the clips are spread; empty for few clips or one emotion.

    Args:
        crossed: clips by emotion (rows) and speaker (columns), see `class_by_speaker`; clips
            without an emotion ("") do not count, and "" is no speaker.
    """
    mapped = crossed[crossed.index != ""]
    totals = mapped.sum(axis=1)
    totals = totals[totals > 0]
    if len(totals) < 2 or totals.sum() < _MANY:
        return ""
    ratio = totals.max() / totals.min()
    spread = "All emotions have about as many clips."
    if ratio >= 1.1:
        rarest = emotions.title(str(totals.idxmin()))
        spread = (
            f"{rarest} is rarest with {count(int(totals.min()), 'clip')}; "
            f"the commonest emotion has {ratio:.1f} times as many."
        )
    by_speaker = mapped.loc[totals.index]
    lacking = by_speaker.loc[:, by_speaker.columns != ""].eq(0).any()
    if lacking.empty:
        return f"{spread} Nobody says who speaks."
    thing = "known speaker" if "" in by_speaker.columns else "speaker"
    if not lacking.any():
        return f"{spread} Every {thing} has every emotion."
    verb = "lacks" if lacking.sum() == 1 else "lack"
    return f"{spread} {lacking.sum():,} of {count(len(lacking), thing)} {verb} some emotion."


def problem_list(table: pd.DataFrame) -> pd.DataFrame:
    """Clips with a problem and the sentence that says which, sorted by clip."""
    return table.loc[table["problems"] != "", ["clip", "problems"]]
