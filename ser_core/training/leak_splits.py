"""The leak meter's three ways of splitting: rows, clips with their copies, or speakers apart."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ser_core.augment import generator

Rows = NDArray[np.intp]
ARMS = {
    "copies-first": "copies made before a random split",
    "random": "random split of clips",
    "speakers-apart": "speakers kept apart",
}
"""What is compared, in the order of how much leaks."""


class Part(NamedTuple):
    """Rows of one fold of an arm; a row is a clip or a copy of one."""

    train: Rows
    test: Rows


@dataclass(frozen=True)
class Pool:
    """Clips and all of their copies as rows: those of a clip follow one another, it comes first.

    Attributes:
        emotions: (num_clips,) number of each clip's emotion.
        speakers: (num_clips,) who speaks.
        versions: rows a clip, itself and its copies.
    """

    emotions: Rows
    speakers: NDArray[np.str_]
    versions: int

    @property
    def clip(self) -> Rows:
        """(num_rows,) which clip a row is of."""
        return np.repeat(np.arange(self.emotions.size), self.versions)

    def rows_of(self, clips: Rows) -> Rows:
        """All rows of some clips."""
        return (clips[:, None] * self.versions + np.arange(self.versions)).ravel()


def split(
    arm: str, pool: Pool, folds: int, seed: int, training_rows: int | None = None
) -> list[Part]:
    """The folds of an arm.

    Args:
        folds: 2 or more; at most as many as there are speakers, and clips of the rarest emotion.
        training_rows: how many to draw from those that may be trained on; all when None.

    Returns:
        A part for each fold, in the order of the folds.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    clip, clips = pool.clip, np.arange(pool.emotions.size)
    if arm == "speakers-apart":
        apart = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        tests = [test for _, test in apart.split(clips, pool.emotions, pool.speakers)]
    else:
        drawn = StratifiedKFold(folds, shuffle=True, random_state=seed)
        of_rows = arm == "copies-first"
        what = pool.emotions[clip] if of_rows else pool.emotions
        tests = [test for _, test in drawn.split(what, what)]
    parts = []
    for number, test in enumerate(tests):
        rows = test if arm == "copies-first" else pool.rows_of(test)
        train = np.setdiff1d(np.arange(clip.size), rows)
        if training_rows is not None:
            rng = generator(seed, number, arm)
            train = np.sort(rng.choice(train, training_rows, replace=False))
        parts.append(Part(train, rows))
    return parts
