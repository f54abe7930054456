"""What the leak meter has measured: arms side by side, in words, as a table, as files."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ser_core.evaluation.metrics import Interval, Scores, scores
from ser_core.training.leak_splits import ARMS
from ser_core.training.recipe import Recipe
from ser_core.words import clips_of, count

INTERVAL = "95 % bootstrap over speakers"


@dataclass(frozen=True)
class Arm:
    """What one arm came to.

    Attributes:
        training_rows: that each of its networks learned from.
        relatives: share of the tested clips of which a copy was learned from.
        heard: share of the tested clips whose speaker was learned from.
        originals: scores of the clips as they are.
        with_copies: scores of the clips and of their copies.
    """

    name: str
    training_rows: int
    relatives: float
    heard: float
    originals: Scores
    with_copies: Scores

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON document."""
        return {
            "arm": self.name,
            "title": ARMS[self.name],
            "training_rows": self.training_rows,
            "relatives_heard": self.relatives,
            "speakers_heard": self.heard,
            "originals": _plain(self.originals),
            "with_copies": _plain(self.with_copies),
        }


@dataclass(frozen=True)
class Reading:
    """All arms side by side.

    Attributes:
        corpus: its name, or the names of several.
        predictions: a row for each tested clip or copy of each arm, seed and fold.
        folder: where it is kept.
    """

    recipe: Recipe
    corpus: str
    arms: tuple[Arm, ...]
    folds: int
    seeds: tuple[int, ...]
    predictions: pd.DataFrame
    folder: Path

    @property
    def sentence(self) -> str:
        """What it comes to, in plain words."""
        first, random, apart = (arm.originals.uar.value for arm in self.arms)
        return (
            f"On voices that it has not heard, {self.recipe.name} has a UAR of {apart:.3f}; a "
            f"random split of clips {_shows(random, apart)}, and copies made before the split "
            f"{_shows(first, apart)}, with the same network, budget and number of training rows."
        )

    @property
    def clips(self) -> int:
        """How many were tested, each once for every seed."""
        return self.arms[0].originals.clips // len(self.seeds)

    @property
    def about(self) -> str:
        """What the figures are of; they stand nowhere without it."""
        tested = clips_of(self.clips, self.arms[0].originals.speakers)
        parts = [count(self.folds, "fold"), count(len(self.seeds), "seed")]
        parts.append(count(self.recipe.training.epochs, "epoch"))
        return f"{tested} of {self.corpus}; {', '.join(parts)}; in brackets: {INTERVAL}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for a JSON document."""
        return {
            "recipe": self.recipe.name,
            "corpus": self.corpus,
            "settings": self.recipe.model_dump(mode="json"),
            "folds": self.folds,
            "seeds": list(self.seeds),
            "clips": self.clips,
            "speakers": self.arms[0].originals.speakers,
            "interval": INTERVAL,
            "arms": [arm.as_dict() for arm in self.arms],
            "sentence": self.sentence,
            "folder": str(self.folder),
        }

    def markdown(self) -> str:
        """The figures as a table."""
        lines = [
            "| split | training rows | copies of tested clips learned from | tested speakers "
            "learned from | UAR, clips as they are | UAR, with their copies | WAR, clips as they "
            "are | WAR, with their copies |",
            "|:--|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for arm in self.arms:
            figures = [arm.originals.uar, arm.with_copies.uar]
            figures += [arm.originals.war, arm.with_copies.war]
            cells = [ARMS[arm.name], f"{arm.training_rows:,}"]
            cells += [f"{100 * share:.0f} %" for share in (arm.relatives, arm.heard)]
            lines.append(f"| {' | '.join([*cells, *map(with_ends, figures)])} |")
        return "\n".join(lines) + "\n"


def with_ends(score: Interval) -> str:
    """A score and its interval."""
    if np.isnan(score.low):
        return f"{score.value:.3f}"
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def _shows(value: float, apart: float) -> str:
    more = value - apart
    if more <= 0:
        return f"shows no more ({value:.3f})"
    return f"shows {value:.3f}, {more:.3f} too much"


def _plain(found: Scores) -> dict[str, Any]:
    return {
        "uar": found.uar.as_dict(),
        "war": found.war.as_dict(),
        "macro_f1": found.macro_f1.as_dict(),
    }


def write(reading: Reading, folder: Path) -> None:
    """Write figures (JSON and a table in Markdown) and predictions into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    document = json.dumps(reading.as_dict(), indent=1)
    put(folder / "leak-meter.json", document)
    put(folder / "leak-meter.md", f"{reading.markdown()}\n{reading.sentence}\n\n{reading.about}\n")
    put(folder / "predictions.csv", reading.predictions.to_csv(index=False))


def in_words(reading: Reading) -> Iterator[str]:
    """What a command prints: a line for each arm, and what it comes to."""
    for arm in reading.arms:
        yield (
            f"{ARMS[arm.name]}: UAR {with_ends(arm.originals.uar)} on clips as they are, "
            f"{with_ends(arm.with_copies.uar)} with their copies; WAR "
            f"{with_ends(arm.originals.war)} and {with_ends(arm.with_copies.war)}"
        )
        yield (
            f"  learned from {arm.training_rows:,} rows each; of {100 * arm.relatives:.0f} % of "
            f"the tested clips a copy was among them, of {100 * arm.heard:.0f} % the speaker"
        )
    yield reading.sentence
    yield reading.about


def arm_of(name: str, predictions: pd.DataFrame, labels: list[str], training_rows: int) -> Arm:
    """What an arm's predictions come to."""
    originals = predictions[predictions["copy"].eq(0)]
    return Arm(
        name,
        training_rows,
        float(originals["relative_heard"].mean()),
        float(originals["speaker_heard"].mean()),
        _scored(originals, labels),
        _scored(predictions, labels),
    )


def _scored(table: pd.DataFrame, labels: list[str]) -> Scores:
    """Seeds are pooled: a speaker is drawn with what was said of her or him under every seed."""
    true, predicted = table["emotion"].tolist(), table["predicted"].tolist()
    return scores(true, predicted, table["speaker"].tolist(), labels)


def put(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = file.with_name(f".{os.getpid()}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(file)
