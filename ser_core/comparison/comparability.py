"""May two runs be compared? Only scores of the same test are: clips, labels, protocol, corpus."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from ser_core.comparison.runs import FinishedRun

_MOST_IN_MEMORY = 512


@dataclass(frozen=True)
class Key:
    """What a run was tested by; two runs with equal keys were tested in the same way.

    Attributes:
        clips: names the tested clips.
        truth: names the clips with their labels.
        folds: names which clips were tested together, "" where clips were tested several times.
        times_tested: how often a clip was tested at most.
    """

    corpus: str
    protocol: str
    clips: str
    truth: str
    folds: str
    num_folds: int
    times_tested: int

    @property
    def mark(self) -> str:
        """A few characters that stand for it in a table."""
        return hashlib.blake2b(repr(self).encode(), digest_size=2).hexdigest()


def key_of(run: FinishedRun) -> Key:
    """What a run was tested by."""
    return Key(run.corpus, run.protocol, *_names(_Predictions(run)))


def comparable(one: FinishedRun, other: FinishedRun) -> bool:
    """Whether two runs were tested on the same clips under one protocol, each clip once."""
    return not why_not(one, other)


def why_not(one: FinishedRun, other: FinishedRun) -> str:
    """What keeps two runs from being compared, to stand after "because"; "" for nothing."""
    first, second = key_of(one), key_of(other)
    if first.protocol != second.protocol:
        return f"their protocols differ ({first.protocol} and {second.protocol})"
    if first.corpus != second.corpus:
        return (
            f"their corpora differ ({first.corpus or 'unknown'} and {second.corpus or 'unknown'})"
        )
    if first.clips != second.clips:
        return f"they were tested on different clips or labels ({_clips(one, other)})"
    if first.truth != second.truth:
        return "they were tested on different clips or labels (the same clips, labelled otherwise)"
    if not first.times_tested == second.times_tested == 1:
        return "clips were tested several times, by several seeds or as copies"
    return ""


def caution(one: FinishedRun, other: FinishedRun) -> str:
    """What to bear in mind where two runs are compared, in sentences; "" for nothing."""
    if why_not(one, other):
        return ""
    said = [
        f"{run.title} leaks, so that its scores are too high: {'; '.join(run.leaks)}."
        for run in (one, other)
        if run.leaks
    ]
    return " ".join([*said, *_other_folds(key_of(one), key_of(other))])


def _other_folds(first: Key, second: Key) -> Iterator[str]:
    if first.folds != second.folds:
        number = (
            f"{first.num_folds} and {second.num_folds} of them"
            if first.num_folds != second.num_folds
            else "as many, drawn otherwise"
        )
        yield (
            f"Their folds differ ({number}): a clip was answered by networks that had learned from "
            "other clips, so part of the difference may come from the folds."
        )


def groups(runs: Sequence[FinishedRun]) -> list[list[FinishedRun]]:
    """Runs that may be compared with one another, the largest group first."""
    found: list[list[FinishedRun]] = []
    for run in runs:
        home = next((group for group in found if comparable(group[0], run)), None)
        if home is None:
            found.append([run])
        else:
            home.append(run)
    return sorted(found, key=len, reverse=True)


class _Predictions:
    """A run, told apart by what it predicted."""

    def __init__(self, run: FinishedRun) -> None:
        self.table, self._digest = run.predictions, run.digest

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Predictions) and self._digest == other._digest


@lru_cache(maxsize=_MOST_IN_MEMORY)
def _names(predictions: _Predictions) -> tuple[str, str, str, int, int]:
    """Names of the clips, of the clips with their labels and of the folds; folds, times tested."""
    table = predictions.table
    columns = (table[name].tolist() for name in ("clip", "emotion", "fold"))
    rows = sorted(zip(*columns, strict=True), key=lambda row: str(row[0]))
    pairs = [(str(clip), str(emotion)) for clip, emotion, _ in rows]
    # A fold is known by its clips, whatever its number.
    folds = pd.factorize(np.array([fold for _, _, fold in rows]))[0]
    times = max(Counter(clip for clip, _ in pairs).values())
    if times > 1:
        pairs = sorted(set(pairs))
    return (
        _digest(clip for clip, _ in pairs),
        _digest(map("\0".join, pairs)),
        _digest(map(str, folds)) if times == 1 else "",
        int(folds.max()) + 1,
        times,
    )


def _digest(words: Iterable[str]) -> str:
    return hashlib.blake2b("\n".join(words).encode(), digest_size=8).hexdigest()


def _clips(one: FinishedRun, other: FinishedRun) -> str:
    first, second = set(one.predictions["clip"]), set(other.predictions["clip"])
    return f"{len(first):,} and {len(second):,}, {len(first & second):,} in both"
