"""Length and sampling rate of many files, from their headers, read side by side."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pandas as pd
import soundfile

from ser_core.audio import MIN_DURATION_S
from ser_core.corpora.files import Progress

_AT_ONCE = 64  # files a thread takes: enough to make handing them out cheap
_THREADS = min(16, 4 * (os.cpu_count() or 1))  # what is waited for is the drive


class Header(NamedTuple):
    """What a file says of itself; 0 s at 0 Hz and a problem where it cannot be read."""

    duration_s: float
    sampling_rate: int
    problem: str


def read_one(path: str) -> Header:
    """The header of one file, or the problem with it."""
    try:
        info = soundfile.info(path)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        return Header(0.0, 0, _why(path, error))
    problem = ""
    if info.duration < MIN_DURATION_S:
        problem = f"too short: {info.duration:.2f} s, at least {MIN_DURATION_S} s are needed"
    return Header(info.duration, info.samplerate, problem)


def _why(path: str, error: Exception) -> str:
    try:
        if os.path.getsize(path) == 0:  # noqa: PTH202
            return "empty file"
    except OSError:
        return "the file went away"
    return f"not readable as audio ({error})"


def read(paths: Sequence[str], progress: Progress | None = None) -> list[Header]:
    """The headers of files, in their order.

    Args:
        paths: the files.
        progress: called with (read, all); it may raise TaskCancelled to stop.
    """
    found: list[Header] = []
    read_into(found, paths, progress)
    return found


def read_into(found: list[Header], paths: Sequence[str], progress: Progress | None = None) -> None:
    """As `read`, into a list that keeps what was read when `progress` stops the work."""
    parts = [paths[start : start + _AT_ONCE] for start in range(0, len(paths), _AT_ONCE)]
    with ThreadPoolExecutor(_THREADS) as threads:
        work = threads.map(_read_part, parts)
        try:
            if progress is not None:
                progress(0, len(paths))
            for part in work:
                found += part
                if progress is not None:
                    progress(len(found), len(paths))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _read_part(paths: Sequence[str]) -> list[Header]:
    return [read_one(path) for path in paths]


def fill(table: pd.DataFrame, found: Sequence[Header]) -> pd.DataFrame:
    """The table with the headers of its clips; problems known before stay."""
    known = table["problems"]
    problems = pd.Series([header.problem for header in found], index=table.index, dtype=known.dtype)
    return table.assign(
        duration_s=[header.duration_s for header in found],
        sampling_rate=[header.sampling_rate for header in found],
        problems=known.where(known.ne(""), problems),
    )
