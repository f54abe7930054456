"""Features that the user brings as one table, a row for each clip."""

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ser_core.errors import AudioError, ParameterError
from ser_core.features.own_files import stem
from ser_core.features.signal import Array

if TYPE_CHECKING:
    import pandas as pd

_NAME_TITLES = (
    *("filename", "file_name", "file", "path", "filepath", "file_path", "clip", "clip_id"),
    *("audio", "audio_path", "wav", "wav_file", "utterance", "utterance_id", "name", "id"),
)
_LABEL_TITLES = {
    *("label", "labels", "emotion", "emotions", "class", "target"),
    *("speaker", "speaker_id", "actor", "actor_id", "gender", "sex", "split", "fold"),
}
_SAMPLE_ROWS = 50
_SHOWN = 12  # column titles in a message


class _Content(NamedTuple):
    """A table as it was understood."""

    titles: tuple[str, ...]
    values: Array  # (num_rows, num_features)
    rows: dict[str, list[int]]  # by a clip's name
    left_out: dict[str, str]  # title → why
    first_line: int  # of the data, counted from 1


class OwnTable:
    """A CSV file with the features of one clip in each row.

    Columns are separated by comma, semicolon or tab; a first row of mostly numbers is taken for
    data, so the table may do without titles. All columns of numbers are features but labels, row
    numbers and those that the user leaves out.

    Args:
        path: an existing file.
        name_column: title or number, from 1, of the column with the clips' file names; guessed
            from titles and contents when empty.
        drop_columns: titles of columns that are no features.
    """

    def __init__(self, path: Path, name_column: str = "", drop_columns: tuple[str, ...] = ()):
        self.path, self._name_column, self._drop_columns = path, name_column, drop_columns
        stat = path.stat()
        text = f"{path.name} {stat.st_size} {stat.st_mtime_ns}"
        self.state = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

    def features(self, clip: Path) -> Array:
        """The row of a clip, shape (num_features,).

        Raises:
            AudioError: no row, more than one, or a value that is no finite number.
            ParameterError: the table cannot be used.
        """
        content = self._content
        rows = content.rows.get(stem(clip.name), [])
        if not rows:
            raise AudioError(
                f"{clip.name}: no features for it; looked for {stem(clip.name)} in {self.path} "
                f"({len(content.values):,} found, such as {next(iter(content.rows), '')})"
            )
        if len(rows) > 1:
            lines = " and ".join(str(row + content.first_line) for row in rows[:3])
            raise AudioError(f"{clip.name}: more than one row in {self.path.name}: lines {lines}")
        values = content.values[rows[0]]
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            titles = _some([content.titles[i] for i in bad])
            line = rows[0] + content.first_line
            raise AudioError(
                f"{clip.name}: no finite number in line {line} of {self.path.name}: {titles}"
            )
        return values

    def names(self) -> tuple[str, ...]:
        """Titles of the features' columns."""
        return self._content.titles

    def notes(self) -> list[str]:
        """Which columns were left out, and why."""
        left_out = self._content.left_out
        if not left_out:
            return []
        words = _some([f"{title} ({why})" for title, why in left_out.items()])
        return [f"left out of {self.path.name}: {words}"]

    @cached_property
    def _content(self) -> _Content:
        try:
            return self._read()
        except (OSError, ValueError) as error:  # pandas' errors are ValueErrors
            if isinstance(error, ParameterError):
                raise
            reason = str(error).strip().splitlines()[0]
            raise ParameterError(
                f"path: {self.path.name} cannot be read as CSV ({reason})"
            ) from None

    def _read(self) -> _Content:
        import pandas as pd

        form = {"sep": _separator(self.path), "header": None, "encoding": "utf-8-sig"}
        sample = pd.read_csv(self.path, nrows=_SAMPLE_ROWS, dtype=str, **form)  # type: ignore[call-overload]
        titled = _numeric_share(sample.iloc[0]) < 0.5
        titles = _titles(sample.iloc[0] if titled else None, sample.shape[1])
        sample = sample.iloc[1:] if titled else sample
        if sample.empty:
            raise ParameterError(f"path: {self.path.name} has no row below its titles")
        key = self._key(titles, sample)
        table = pd.read_csv(  # type: ignore[call-overload]
            self.path, skiprows=int(titled), dtype={key: str}, low_memory=False, **form
        )
        return self._understood(table, titles, key, 1 + int(titled))

    def _key(self, titles: list[str], sample: "pd.DataFrame") -> int:
        """Which column holds the clips' file names."""
        wanted = self._name_column.strip().lower()
        lower = [title.lower() for title in titles]
        if wanted in lower:
            return lower.index(wanted)
        if wanted.isdigit() and 0 < int(wanted) <= len(titles):
            return int(wanted) - 1
        if wanted:
            raise ParameterError(
                f"name_column: {self.path.name} has no column {self._name_column!r}; its columns "
                f"are {_some(titles)}"
            )
        guess = _guess(lower, sample)
        if guess is None:
            raise ParameterError(
                f"name_column: {self.path.name} has no column that looks like the clips' file "
                f"names; name it, by title or number; its columns are {_some(titles)}"
            )
        return guess

    def _understood(
        self, table: "pd.DataFrame", titles: list[str], key: int, first_line: int
    ) -> _Content:
        import pandas as pd

        dropped = {title.strip().lower() for title in self._drop_columns}
        left_out: dict[str, str] = {}
        columns: dict[str, Array] = {}
        for place, title in enumerate(titles):
            numbers = pd.to_numeric(table[place], errors="coerce")
            why = _reason(title, float(numbers.notna().mean()), bool(table[place].isna().all()))
            why = "as you set" if title.lower() in dropped else why
            if place == key:
                continue
            if why:
                left_out[title] = why
            else:
                with np.errstate(over="ignore"):  # told with the clip
                    columns[title] = numbers.to_numpy(np.float32, na_value=np.nan)
        if not columns:
            raise ParameterError(f"path: {self.path.name} has no column of numbers to use")
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(table[key].fillna("")):
            rows.setdefault(stem(str(name)), []).append(row)
        values = np.stack(list(columns.values()), axis=1)
        return _Content(tuple(columns), values, rows, left_out, first_line)


def _separator(path: Path) -> str:
    with path.open(encoding="utf-8-sig") as file:
        line = file.readline()
    return max((",", ";", "\t"), key=line.count)


def _numeric_share(cells: "pd.Series[str]") -> float:
    import pandas as pd

    return float(pd.to_numeric(cells, errors="coerce").notna().mean())


def _titles(row: "pd.Series[str] | None", count: int) -> list[str]:
    """Titles of the columns, each once; numbers where there is none."""
    given = [""] * count if row is None else [str(cell).strip() for cell in row.fillna("")]
    titles: list[str] = []
    for number, title in enumerate(given, start=1):
        known = title and title not in titles and not (title == "Unnamed: 0" and number == 1)
        if known:
            titles.append(title)
        elif row is not None and number == 1:
            titles.append("row number")  # what pandas writes without a title
        else:
            titles.append(f"{title} column {number}".strip())
    return titles


def _guess(titles: list[str], sample: "pd.DataFrame") -> int | None:
    """The column of file names: by its title, by file endings in it, or the only one of names."""
    texts = [place for place in range(len(titles)) if _numeric_share(sample[place]) < 0.5]
    for title in _NAME_TITLES:
        if title in titles and (titles.index(title) in texts or title.startswith(("file", "clip"))):
            return titles.index(title)
    for place in texts:
        cells = sample[place].fillna("").astype(str)
        if sum(stem(cell) != cell for cell in cells) > len(cells) / 2:
            return place
    distinct = [place for place in texts if sample[place].is_unique]
    return distinct[0] if len(distinct) == 1 else None


def _reason(title: str, numeric_share: float, empty: bool) -> str:
    """Why a column is no feature; empty if it is one."""
    if title.lower() in _LABEL_TITLES:
        return "a label"
    if title == "row number":
        return "row numbers"
    if empty:
        return "empty"
    return "text" if numeric_share < 0.5 else ""


def _some(words: list[str]) -> str:
    """The first words of a long list."""
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
