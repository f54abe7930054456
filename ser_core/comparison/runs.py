"""A finished run: what it was asked to do, and what it answered to every test clip."""

import hashlib
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ser_core.comparison.history import Epochs
from ser_core.comparison.noise import NoiseScore

FACTS = ("gender", "intensity", "statement", "duration_s")
"""Columns of a corpus that clips are grouped by."""

SNR = "snr_db"
"""Column of a table of clips with their signal-to-noise ratios, where they were measured."""


@dataclass(frozen=True)
class FinishedRun:
    """One run and what it predicted.

    Attributes:
        run_id: "" for a folder that no store knows.
        seeds: of the training.
        labels: in house order.
        predictions: clip, speaker, fold, emotion, predicted, and one column a label; a row for each
            test clip. `with_facts` adds what the corpus knows of the clips.
        left_out: clips that took no part, by reason.
        history: of each fold; empty where nothing was kept.
        parameters: settings, flat: `training.epochs`.
        metrics: what the store was told.
        started: Unix seconds; None for a folder that no store knows.
        ended: the same.
        leaks: what makes its scores too high, a clause each; empty where nothing is known to.
        members: titles of the runs that an ensemble was made of; empty for a run that was trained.
        root: folder of its corpus when it was trained, several joined by ", "; "" where not known.
        noise: scores of its folds under added noise; empty where they were not heard under any.
    """

    run_id: str
    name: str
    recipe: str
    protocol: str
    corpus: str
    seeds: tuple[str, ...]
    labels: list[str]
    predictions: pd.DataFrame
    left_out: dict[str, int]
    history: list[Epochs] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    started: float | None = None
    ended: float | None = None
    members: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    root: str = ""
    noise: list[NoiseScore] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What it is called, told apart from others of its name."""
        return f"{self.name} · {self.run_id[:8]}" if self.run_id else self.name

    @property
    def slug(self) -> str:
        """The title as part of a file's name."""
        kept = "".join(char if char.isalnum() or char in "-_" else "-" for char in self.name)
        return f"{kept}-{self.run_id[:8]}" if self.run_id else kept

    @property
    def folds(self) -> int:
        """In how many folds its clips were tested."""
        return int(self.predictions["fold"].nunique())

    @property
    def times_tested(self) -> int:
        """How often a clip was tested at most; more than once where several seeds were trained."""
        return int(self.predictions["clip"].value_counts().max())

    @property
    def architecture(self) -> str:
        """Registered name of the network or baseline; "" where it is not known."""
        return self.parameters.get("architecture.name", "")

    @property
    def features(self) -> str:
        """What the network gets to see: "log_mel", "functionals of mfcc", "a + b" for two inputs.

        "" where it is not known.
        """
        names = {key: name for key, name in self.parameters.items() if _FEATURE.fullmatch(key)}
        return " + ".join(
            " of ".join([name, *_within(self.parameters, key)])
            for key, name in sorted(names.items())
        )

    @property
    def epochs(self) -> float | None:
        """How many were trained, as a mean over the folds; None where nothing was kept."""
        lengths = [len(fold) for fold in self.history if fold]
        return statistics.mean(lengths) if lengths else None

    @property
    def training_s(self) -> float | None:
        """Seconds in epochs, of all folds together; else from the run's start to its end."""
        times = [epoch.get("seconds") for fold in self.history for epoch in fold]
        if times and None not in times:
            return float(sum(map(float, filter(None, times))))
        if self.started is None or self.ended is None:
            return None
        return self.ended - self.started

    @property
    def num_parameters(self) -> int | None:
        """Weights of one fold's network; None where it was not kept."""
        number = self.metrics.get("parameters")
        return None if number is None else int(number)

    @cached_property
    def digest(self) -> str:
        """Names its predictions: runs that answered the same have the same."""
        table = self.predictions
        digest = hashlib.blake2b(repr(self.labels).encode(), digest_size=16)
        for name in table:
            if name not in (*FACTS, SNR) or f"predicted_{name}" in table:
                digest.update(f"{name}\n".encode())
                digest.update(_content(table[name].to_numpy()))
        return digest.hexdigest()

    def with_facts(self, table: pd.DataFrame) -> "FinishedRun":
        """The run with what a corpus' table knows of its clips: `FACTS`, and `SNR` where it is."""
        there = [*FACTS, *([SNR] if SNR in table else [])]
        known = table.set_index("clip")[there]
        known = known[~known.index.duplicated()]
        new = [name for name in there if name not in self.predictions]
        return replace(self, predictions=self.predictions.join(known[new], on="clip"))


def _content(values: NDArray[Any]) -> bytes:
    """Numbers as they are, anything else as words."""
    if values.dtype.kind in "biuf":
        return values.tobytes()
    return "\0".join(map(str, values.tolist())).encode()


_FEATURE = re.compile(r"features(\.(?!settings)\w+)?\.name")


def _within(parameters: dict[str, str], key: str) -> Iterator[str]:
    """Names of the extractors that another one is made of."""
    start = re.escape(f"{key.removesuffix('.name')}.settings.")
    inner = re.compile(rf"{start}\w+\.name")
    yield from (parameters[name] for name in sorted(filter(inner.fullmatch, parameters)))
