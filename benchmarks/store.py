"""What the feature store costs: two cores against one, a second run against the first, memory.

Clips are those of RAVDESS where SER_RAVDESS names its folder, else synthetic voices. Each
figure is taken in a process of its own, with one thread to multiply matrices.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks.common import ROOT, describe, environment, table, verdict

CORES_GOAL, AGAIN_GOAL, MEMORY_GOAL = 1.7, 50, 1.15
EXTRACTORS = ("log_mel", "mfcc", "chroma", "f0")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=2_400, help="clips of the timed runs")
    parser.add_argument("--runs", type=int, default=3, help="runs of each kind")
    parser.add_argument("--few", type=int, default=2_000, help="clips of the first memory run")
    parser.add_argument("--many", type=int, default=10_000, help="clips of the second memory run")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.jobs)))
        return
    with TemporaryDirectory() as scratch:
        clips = find_clips(Path(scratch), options.clips)
        print(f"{len(clips)} clips, {', '.join(EXTRACTORS)} in one pass")
        show_speed(Path(scratch), clips, options.runs)
        show_memory(Path(scratch), clips, options.few, options.many)


def find_clips(scratch: Path, count: int) -> list[Path]:
    """Clips of RAVDESS, speech and song, or synthetic ones."""
    place = os.environ.get("SER_RAVDESS")
    if place:
        return sorted(Path(place).rglob("03-0[12]-*"))[:count]
    from ser_core.corpora.synthetic import generate

    generate(scratch / "synthetic")
    return sorted((scratch / "synthetic").rglob("*.wav"))[:count]


def show_speed(scratch: Path, clips: list[Path], runs: int) -> None:
    one, two, again = [], [], []
    for _ in range(runs + 1):
        one.append(extract(scratch, clips, jobs=1, keep=False)["seconds"])
        two.append(extract(scratch, clips, jobs=2, keep=True)["seconds"])
        again.append(extract(scratch, clips, jobs=2, keep=False)["seconds"])
    one, two, again = one[1:], two[1:], again[1:]  # the first of each warmed the disk up
    cores = statistics.median(one) / statistics.median(two)
    reread = statistics.median(two) / statistics.median(again)
    rows = [
        ("one core", describe(one, "s"), "1.00×", ""),
        ("two cores", describe(two, "s"), *verdict(cores, CORES_GOAL, at_least=True)),
        ("a second time", describe(again, "s"), *verdict(reread, AGAIN_GOAL, at_least=True)),
    ]
    table(f"Extraction, median and range of {runs}", ("", "time", "faster", "goal"), rows)


def show_memory(scratch: Path, clips: list[Path], few: int, many: int) -> None:
    """Copies of the clips under other names, each different in its last byte."""
    peaks = {}
    for count in (few, many):
        folder = scratch / f"clips-{count}"
        copies = multiply(clips, count, folder)
        peaks[count] = extract(scratch, copies, jobs=2, keep=False)
        shutil.rmtree(folder)
    rows = [
        (f"{count:,} clips", f"{peak['own_mb']:.0f} MB", f"{peak['worker_mb']:.0f} MB")
        for count, peak in peaks.items()
    ]
    growth = peaks[many]["own_mb"] / peaks[few]["own_mb"]
    worker = peaks[many]["worker_mb"] / peaks[few]["worker_mb"]
    rows.append(
        (
            "ratio",
            ", ".join(verdict(growth, MEMORY_GOAL)),
            ", ".join(verdict(worker, MEMORY_GOAL)),
        )
    )
    heads = ("while extracting", "this process", "largest worker")
    table("Peak of private memory (files read by memory map not counted)", heads, rows)


def multiply(clips: list[Path], count: int, folder: Path) -> list[Path]:
    folder.mkdir()
    copies = []
    for number in range(count):
        original = clips[number % len(clips)]
        copy = folder / f"{number:06}{original.suffix}"
        copy.write_bytes(original.read_bytes() + number.to_bytes(4, "little"))
        copies.append(copy)
    return copies


def extract(scratch: Path, clips: list[Path], jobs: int, keep: bool) -> dict[str, float]:
    """Seconds and peak memory of one request, in a fresh process.

    Args:
        keep: leave the features there for the next call.
    """
    listing = scratch / "clips.json"
    listing.write_text(json.dumps([str(clip) for clip in clips]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, __file__, "--measure", str(listing), "--jobs", str(jobs)],
        cwd=ROOT,
        env={**environment(scratch / "home"), **ONE_THREAD},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    if not keep:
        shutil.rmtree(scratch / "home", ignore_errors=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def measure(listing: Path, jobs: int) -> dict[str, float]:
    """What `extract` runs in the fresh process."""
    from ser_core.features import EXTRACTORS as REGISTRY
    from ser_core.features.store import FeatureStore, Request

    clips = json.loads(listing.read_text(encoding="utf-8"))
    requests = [Request(REGISTRY.create(name)) for name in EXTRACTORS]
    with Peak() as peak:
        began = time.perf_counter()
        features = FeatureStore().fetch(clips, requests, jobs=jobs)
        seconds = time.perf_counter() - began
    assert len(features[0]) == len(clips)
    return {"seconds": seconds, "own_mb": peak.own / 2**20, "worker_mb": peak.worker / 2**20}


class Peak:
    """Largest private memory of this process and of any child, looked at five times a second."""

    def __init__(self) -> None:
        self.own = self.worker = 0
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Peak":
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()

    def _look(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.2):
            self.own = max(self.own, private(own))
            self.worker = max([self.worker, *map(private, own.children(recursive=True))])


def private(process: psutil.Process) -> int:
    try:
        uss: int = process.memory_full_info().uss
    except psutil.Error:  # it has just ended
        return 0
    return uss


if __name__ == "__main__":
    main()
