"""What a network is to say of each clip: its emotion, and whatever else is learned."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.errors import CorpusError
from ser_core.models.base import EMOTION
from ser_core.training.config import Task
from ser_core.training.votes import vote_shares

Array = NDArray[np.float32]
_DIMENSIONS = ("valence", "arousal", "dominance")


@dataclass(frozen=True)
class Head:
    """One task of a network.

    Attributes:
        name: of the head and of the table's column.
        classes: what it tells apart, in the order of its outputs; none for a dimension.
    """

    name: str
    classes: tuple[str, ...]

    @property
    def size(self) -> int:
        """Its outputs."""
        return len(self.classes) or 1


@dataclass(frozen=True)
class Targets:
    """Targets of a table's clips, in its order.

    Attributes:
        heads: `emotion` first.
        values: (num_clips, sum of the heads' sizes): classes as shares that sum to 1, dimensions as
            they were rated; NaN where it is not known.
        votes: (num_clips, num_emotions) shares of the raters' votes, which are learned in place of
            the one emotion where there are some; NaN elsewhere.
    """

    heads: tuple[Head, ...]
    values: Array
    votes: Array | None = None

    @property
    def labels(self) -> list[str]:
        """The emotions, in the order of their outputs."""
        return list(self.heads[0].classes)

    @property
    def sizes(self) -> dict[str, int]:
        """Outputs of each head."""
        return {head.name: head.size for head in self.heads}

    @property
    def emotions(self) -> NDArray[np.intp]:
        """(num_clips,) column of each clip's emotion."""
        return np.asarray(self.values[:, : self.heads[0].size].argmax(axis=1))

    @property
    def learned(self) -> Array:
        """`values` with the votes in them."""
        if self.votes is None:
            return self.values
        emotions = self.values[:, : self.heads[0].size]
        voted = np.where(np.isnan(self.votes), emotions, self.votes)
        return np.concatenate([voted, self.values[:, self.heads[0].size :]], axis=1)

    def by_head(self, values: Array) -> dict[str, Array]:
        """Rows of `values` taken apart by head."""
        stops = np.cumsum([head.size for head in self.heads])
        parts = np.split(values, stops[:-1], axis=1)
        return {head.name: part for head, part in zip(self.heads, parts, strict=True)}


def emotion_targets(emotions: Sequence[str], labels: Sequence[str]) -> Targets:
    """Targets of networks that learn emotions only."""
    head = Head(EMOTION, tuple(labels))
    return Targets((head,), _one_hot(emotions, labels))


def make_targets(
    table: pd.DataFrame, labels: Sequence[str], tasks: Sequence[Task] = (), soft: bool = False
) -> Targets:
    """Targets of a table of utterances.

    Args:
        labels: the emotions, in the order of their outputs.
        tasks: what else is to be learned.
        soft: whether the raters' votes are learned.

    Raises:
        CorpusError: of a task, or of votes, nothing is known to learn from.
    """
    targets = emotion_targets(table[EMOTION].tolist(), labels)
    heads, values = list(targets.heads), [targets.values]
    for task in tasks:
        known = table[task].notna() & table[task].ne("")
        classes = () if task in _DIMENSIONS else tuple(sorted(set(table[task][known].astype(str))))
        if not known.any() or len(classes) == 1:
            raise CorpusError(
                f"training.heads: {task} cannot be learned, the corpus knows "
                f"{'only ' + classes[0] if classes else 'it of no clip'}; leave it out"
            )
        heads.append(Head(task, classes))
        column = table[task].to_list()
        values.append(_one_hot(column, classes) if classes else _column(column))
    votes = vote_shares(table, labels) if soft else None
    return Targets(tuple(heads), np.concatenate(values, axis=1), votes)


def _one_hot(names: Sequence[str], classes: Sequence[str]) -> Array:
    """(len(names), len(classes)); rows of NaN for names that are no class."""
    place = {name: column for column, name in enumerate(classes)}
    rows = np.full((len(names), len(classes)), np.nan, np.float32)
    for row, name in enumerate(names):
        if name in place:
            rows[row] = 0
            rows[row, place[name]] = 1
    return rows


def _column(values: Sequence[float]) -> Array:
    return np.array(values, np.float32)[:, None]
