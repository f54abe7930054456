"""What others reported, to stand beside what is measured here, and never to be mistaken for it."""

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ser_core.config import Config

_FILE = Path(__file__).parent / "reported.toml"

Measure = Literal["war", "uar", "macro_f1", "weighted_f1", "top_3"]
Share = float


class ReportedClass(Config):
    """Scores of one class, as a document has them."""

    precision: float | None = Field(None, ge=0, le=1)
    recall: float | None = Field(None, ge=0, le=1)
    f1: float | None = Field(None, ge=0, le=1)
    support: int | None = Field(None, ge=0)


class Reported(Config):
    """One published result. What its document does not say stays empty."""

    key: str
    title: str
    kind: Literal["recipe", "yardstick"]
    """A reference system that is a recipe here, or what scores are measured against."""
    recipe: str = ""
    """Name of the recipe here."""
    source: str
    """Where the figures stand."""
    corpus: str
    """Registered name; "" where the document does not say."""
    test: str
    """What was tested, in words."""
    protocol: str
    """As stated."""
    fault: str = ""
    """Why the figure is kinder than it looks; empty where nothing is known to be wrong."""
    speakers_apart: bool | None = None
    """Whether the tested speakers were kept out of training; None where it is not said."""
    features: str = ""
    architecture: str = ""
    clips: int | None = None
    speakers: int | None = None
    scores: dict[Measure, Share]
    """Shares in [0, 1]."""
    further: dict[str, float] = Field(default_factory=dict)
    """Other figures of the document, by what they are called there."""
    labels: tuple[str, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    """Clips; rows are what was acted, in the order of `labels`."""
    classes: dict[str, ReportedClass] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> "Reported":
        if not all(0 <= value <= 1 for value in self.scores.values()):
            raise ValueError("scores must be shares in [0, 1]")
        if self.confusion and {len(self.labels)} != {
            len(self.confusion),
            *map(len, self.confusion),
        }:
            raise ValueError("confusion must have a row and a column for each label")
        return self

    @property
    def marked(self) -> str:
        """The title with what it is: "… (reported)"."""
        return f"{self.title} (reported)"

    def counts(self) -> NDArray[np.int64] | None:
        """The published confusion matrix, rows acted; None where there is none."""
        return np.array(self.confusion, np.int64) if self.confusion else None


@lru_cache(maxsize=1)
def reported() -> tuple[Reported, ...]:
    """All reported results: the reference systems, then the yardsticks from low to high."""
    with _FILE.open("rb") as file:
        document = tomllib.load(file)
    return tuple(Reported.parse({"key": key, **entry}) for key, entry in document.items())


def beside(corpora: Iterable[str]) -> list[Reported]:
    """What was reported on the corpora of some runs."""
    known = set(corpora)
    return [one for one in reported() if one.corpus in known]


def lines(measure: str, corpus: str = "ravdess") -> list[tuple[str, float]]:
    """Reported results of a measure on a corpus, as lines to draw beside measured ones.

    Args:
        measure: "uar", "war", "macro_f1", "top_3".
        corpus: registered name.

    Returns:
        Titles, marked as reported, and shares in [0, 1], from low to high.
    """
    found = [
        (one.marked, one.scores[measure])
        for one in reported()
        if one.corpus == corpus and measure in one.scores
    ]
    return sorted(found, key=lambda pair: pair[1])
