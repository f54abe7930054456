"""How long a corpus takes to index: names at once, headers in the background, changes alone.

Claims: the names of 100 000 clips in at most 10 s; opening the corpus again, and reading it after a
few files changed, in a small part of the first reading. What it is measured against: `os.walk` and
`soundfile.info` on every file, one after another, which is what reading a corpus amounts to.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ser_core.corpora import library

SENTENCES = ("IEO", "TIE", "IOM", "IWW", "TAI", "MTI", "IWL", "ITH", "DFA", "ITS", "TSI", "WSI")
EMOTIONS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
LEVELS = ("XX", "LO", "MD", "HI")
CHANGED = 10  # files touched before the third reading
GOAL_S = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=100_000, help="empty files with clip names")
    parser.add_argument("--clips", type=int, default=5_000, help="files with sound in them")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        os.environ["SER_HOME"] = f"{folder}/home"
        names_at_once(Path(folder, "names"), options.names, options.runs)
        headers_by_file(Path(folder, "clips"), options.clips, options.runs)


def names_at_once(root: Path, count: int, runs: int) -> None:
    """Labels and speakers of files whose names alone are there."""
    for path in clip_paths(root, count):
        path.touch()
    entry = library.add("crema_d", root)
    walked = timed(lambda: plain_walk(root), runs)
    named = timed(lambda: library.names(entry), runs)
    print(f"{count:,} names: {told(named)}, goal {GOAL_S * count / 100_000:g} s at most")
    print(f"  os.walk and os.stat alone: {told(walked)}; {ratio(named, walked)} of that")


def headers_by_file(root: Path, count: int, runs: int) -> None:
    """Whole tables: read first, read again, and read after a few files changed."""
    silence = np.zeros(6_400, np.float32)
    for path in clip_paths(root, count):
        soundfile.write(path, silence, 16_000)
    entry = library.add("crema_d", root)
    plain = timed(lambda: plain_index(root), runs)

    def first() -> None:
        library.remove(entry.id)
        library.table(entry)

    def changed() -> None:
        for path in list((root / "AudioWAV").iterdir())[:CHANGED]:
            os.utime(path)
        library.table(entry)

    whole, again, few = timed(first, runs), timed(lambda: library.table(entry), runs), []
    few = timed(changed, runs)
    per_thousand = statistics.median(whole) / count * 1000
    print(f"{count:,} clips: {told(whole)} to index, {per_thousand:.2f} s per 1 000 files")
    print(f"  os.walk and soundfile.info: {told(plain)}; {ratio(whole, plain)} of that")
    print(f"  opened again: {told(again)}; {ratio(again, whole)} of the first time")
    print(f"  after {CHANGED} files changed: {told(few)}; {ratio(few, whole)} of the first time")


def clip_paths(root: Path, count: int) -> list[Path]:
    """Names as CREMA-D has them, in one folder as there."""
    folder = root / "AudioWAV"
    folder.mkdir(parents=True)
    kinds = [(s, e, level) for s in SENTENCES for e in EMOTIONS for level in LEVELS]
    return [
        folder / f"{1000 + number // len(kinds)}_{'_'.join(kinds[number % len(kinds)])}.wav"
        for number in range(count)
    ]


def plain_walk(root: Path) -> int:
    return sum(
        os.stat(os.path.join(where, name)).st_size
        for where, _, names in os.walk(root)
        for name in names
    )


def plain_index(root: Path) -> list[float]:
    return [
        soundfile.info(os.path.join(where, name)).duration
        for where, _, names in os.walk(root)
        for name in names
    ]


def timed(work: Callable[[], object], runs: int) -> list[float]:
    """Seconds of each run."""
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        took.append(time.perf_counter() - start)
    return took


def told(seconds: list[float]) -> str:
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}–{max(seconds):.2f})"


def ratio(one: list[float], other: list[float]) -> str:
    return f"{statistics.median(one) / statistics.median(other):.2f}×"


if __name__ == "__main__":
    main()
