"""What one pass over a clip's samples tells: level, clipping, and a digest of how it sounds.

Every clip is opened once; what was measured is kept by the clip's content, so that it is never
opened again for it.
"""

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import soundfile
from numpy.typing import NDArray

from ser_core import paths
from ser_core.audio import SILENCE_PEAK
from ser_core.store import Clip, ClipStore, Progress

CLIPPED_AT = 0.999  # of full scale
RUN = 3  # samples in a row at full scale are no peak any more
_BLOCK = 2**18


class Measures(NamedTuple):
    """What one pass over a clip's samples tells; full scale is 1.

    Attributes:
        readable: 1, or 0 where the file is no sound.
        whole: 1, or 0 where some samples are no numbers; they count as 0 below.
        samples: how many, of each channel.
        channels: how many.
        peak: half the distance from the lowest to the highest sample.
        rms: root of the mean square.
        mean: of all samples.
        clipped: samples that stand in runs of three and more at full scale.
        digest_high, digest_low: of the decoded samples, 48 bits each.
    """

    readable: float
    whole: float
    samples: float
    channels: float
    peak: float
    rms: float
    mean: float
    clipped: float
    digest_high: float
    digest_low: float


UNREADABLE = Measures(*[0.0] * len(Measures._fields))
"""Stands for a file that is no sound."""


class _Measuring:
    """The product that the store keeps for each clip."""

    def fingerprint(self) -> str:
        return hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:32]

    def key(self, clip: Clip) -> bytes:
        return clip.key

    def compute(self, clip: Clip) -> NDArray[np.float64]:
        return np.array(measure(clip.path), np.float64)

    def about(self) -> dict[str, Any]:
        return {"measures": Measures._fields}


def measured(table: pd.DataFrame) -> int:
    """How many clips of a table a report need not open, as they were measured before."""
    return _store().count(table["path"].tolist(), _Measuring())


def measures(files: list[str], progress: Progress | None) -> Iterator[Measures]:
    """Measures of files that are there, in their order; `progress` may stop the work."""
    (arrays,) = _store().fetch(files, [_Measuring()], progress)
    return (Measures(*array.tolist()) for array in arrays)


def sounds(files: list[str], progress: Progress | None = None) -> list[str]:
    """A digest of what each file sounds like, equal for copies in any lossless format.

    Args:
        files: sound files that are there.
        progress: called with clips opened and clips to open; it may stop the work.

    Returns:
        One for each file; "" for those that cannot be heard.
    """
    return [
        f"{found.digest_high:.0f}-{found.digest_low:.0f}"
        if found.samples and found.peak >= SILENCE_PEAK
        else ""
        for found in measures(files, progress)
    ]


def _store() -> ClipStore:
    return ClipStore(paths.home() / "cache" / "quality")


def measure(path: Path) -> Measures:
    """Measure one sound file, block by block; see `Measures`."""
    try:
        with soundfile.SoundFile(path) as file:
            return _measure(file)
    except (soundfile.LibsndfileError, RuntimeError, OSError):
        return UNREADABLE


def _measure(file: soundfile.SoundFile) -> Measures:
    digest = hashlib.blake2b(digest_size=12)
    count, total, squares, low, high, clipped = 0, 0.0, 0.0, math.inf, -math.inf, 0
    whole = True
    while (block := file.read(_BLOCK, dtype="float32", always_2d=True)).size:
        digest.update(block.tobytes())
        whole = whole and bool(np.isfinite(block).all())
        block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0)
        count += len(block)
        total += float(block.sum(dtype=np.float64))
        squares += float(np.square(block, dtype=np.float64).sum())
        low, high = min(low, float(block.min())), max(high, float(block.max()))
        clipped += _clipped(block)
    values = max(1, count * file.channels)
    code = digest.digest()
    return Measures(
        readable=1.0,
        whole=float(whole),
        samples=float(count),
        channels=float(file.channels),
        peak=max(0.0, high - low) / 2,
        rms=float(np.sqrt(squares / values)),
        mean=total / values,
        clipped=float(clipped),
        digest_high=float(int.from_bytes(code[:6], "big")),
        digest_low=float(int.from_bytes(code[6:], "big")),
    )


def _clipped(block: NDArray[np.float32]) -> int:
    """Samples in runs of `RUN` and more at full scale, in the channel that has most."""
    at_full = np.abs(block) >= CLIPPED_AT
    if not at_full.any():
        return 0
    edges = np.diff(np.pad(at_full, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    most = 0
    for channel in edges.T:
        runs = np.flatnonzero(channel == -1) - np.flatnonzero(channel == 1)
        most = max(most, int(runs[runs >= RUN].sum()))
    return most
