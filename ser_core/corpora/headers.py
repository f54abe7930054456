"""Length and sampling rate of many files, from their headers, side by side on a slow drive."""

import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pandas as pd
import soundfile

from ser_core.audio import MIN_DURATION_S
from ser_core.corpora.files import Progress

_AT_ONCE = 64  # files a thread takes: enough to make handing them out cheap
_SLOW_S = 0.0005  # a file on a drive that has to be waited for; one in memory takes a tenth
_THREADS = 16  # what is waited for is the drive, not the processor


_POINTER = b"version https://git-lfs"  # CREMA-D, cloned without git-lfs, holds these for sound


class Header(NamedTuple):
    """What a file says of itself; 0 s at 0 Hz and a problem where it cannot be read."""

    duration_s: float
    sampling_rate: int
    problem: str


UNREAD = Header(math.nan, 0, "")
"""Stands for the header of a file that was not opened yet."""


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
        with open(path, "rb") as file:  # noqa: PTH123
            start = file.read(len(_POINTER))
    except FileNotFoundError:
        return "the file went away"
    except OSError as refused:
        return f"cannot be read ({refused.strerror or refused})"
    if not start:
        return "empty file"
    if start == _POINTER:
        return "the sound was not fetched: run git lfs pull where it was cloned"
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
    if progress is not None:
        progress(0, len(paths))
    with ThreadPoolExecutor(_THREADS) as threads:
        try:
            for part in _read_parts(parts, threads):
                found += part
                if progress is not None:
                    progress(len(found), len(paths))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def _read_parts(
    parts: Sequence[Sequence[str]], threads: ThreadPoolExecutor
) -> Iterator[list[Header]]:
    """One after another while the drive answers at once, else side by side.

    Where nothing has to be waited for, threads only get into each other's way.
    """
    for place, part in enumerate(parts):
        start = time.perf_counter()
        read = _read_part(part)
        slow = (time.perf_counter() - start) / len(part) > _SLOW_S
        yield read
        if slow:
            yield from threads.map(_read_part, parts[place + 1 :])
            return


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
