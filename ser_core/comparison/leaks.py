"""What a leaky split adds: one network under several splits, as the leak meter or runs have it."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ser_core import paths
from ser_core.comparison.ablation import by_protocol
from ser_core.comparison.results import Results
from ser_core.comparison.table import measures_of
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.evaluation.intervals import Floats, Interval

_READING = "leak-meter.json"
_MEASURES = ("uar", "war", "macro_f1")


@dataclass(frozen=True)
class Leak:
    """One network under several splits.

    Attributes:
        name: of its recipe.
        splits: from the one that leaks most to the one that keeps speakers apart.
        scores: by measure ("uar", "war", "macro_f1"), one for each split.
        sentence: what it comes to, where the leak meter said so; "" otherwise.
    """

    name: str
    splits: tuple[str, ...]
    scores: dict[str, tuple[Interval, ...]]
    sentence: str = ""


def readings() -> list[Leak]:
    """What the leak meter has measured in this home, newest first; damaged files are passed over.

    Its splits share features, network, budget and number of training rows.
    """
    files = (paths.home() / "runs" / "leak-meter").glob(f"*/{_READING}")
    found = []
    for file in sorted(files, key=lambda file: -file.stat().st_mtime):
        try:
            found.append(_reading(json.loads(file.read_text(encoding="utf-8"))))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return found


def of_runs(results: Sequence[Results]) -> list[Leak]:
    """Runs of one network and corpus under several protocols.

    Of several runs under one protocol the newest counts. Other than the leak meter's, their numbers
    of folds and of training clips may differ.
    """
    known = {id(one.run): one for one in results}
    found = []
    for group in by_protocol([one.run for one in results]):
        newest = {run.protocol: known[id(run)] for run in group.runs}
        splits = sorted(newest, key=_kept_apart)
        measured = [measures_of(newest[split]) for split in splits]
        scores = {name: tuple(each[name] for each in measured) for name in _MEASURES}
        found.append(Leak(group.runs[0].name, tuple(splits), scores))
    return found


def side_by_side(
    leaks: Iterable[Leak], measure: str = "uar"
) -> list[tuple[tuple[str, ...], dict[str, Floats]]]:
    """Networks under the same splits together, as `ser_core.figures.leak_figure` takes them.

    Returns:
        Splits, and for each network `(num_splits, 3)`: value, low and high.
    """
    found: dict[tuple[str, ...], dict[str, Floats]] = {}
    for leak in leaks:
        series = found.setdefault(leak.splits, {})
        ends = [[one.value, one.low, one.high] for one in leak.scores[measure]]
        series.setdefault(leak.name, np.array(ends))
    return list(found.items())


def _reading(document: dict[str, Any]) -> Leak:
    arms = document["arms"]
    scores = {name: tuple(_interval(arm["originals"][name]) for arm in arms) for name in _MEASURES}
    splits = tuple(str(arm["title"]) for arm in arms)
    return Leak(str(document["recipe"]), splits, scores, str(document["sentence"]))


def _interval(ends: dict[str, float | None]) -> Interval:
    value, low, high = (ends[name] for name in ("value", "low", "high"))
    return Interval(*(math.nan if end is None else end for end in (value, low, high)))


def _kept_apart(protocol: str) -> tuple[bool, str]:
    """Protocols that mix speakers come first."""
    known = protocol in PROTOCOLS.names()
    return known and PROTOCOLS.get(protocol).speakers_apart, protocol
