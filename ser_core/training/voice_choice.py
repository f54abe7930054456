"""Chooses a voice stage's settings within training speakers, and hears test speakers with it."""

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ser_core.evaluation.metrics import confusion, uar
from ser_core.training.voice_stage import Array, Heard, Rows, Stage, StageSettings, fit_stage

HALF_ANSWERS_S = (2.0, 4.0, 8.0)
HALF_SOUND_S = (1.0,)
PENALTIES = (0.0003, 0.003, 0.03)
KNOWN = tuple(
    StageSettings(*each) for each in itertools.product(HALF_ANSWERS_S, HALF_SOUND_S, PENALTIES)
)
"""Settings of a stage that knows a voice."""

ALONE = tuple(StageSettings(math.inf, math.inf, penalty) for penalty in PENALTIES)
"""Settings of the same stage without a voice: what it is worth in itself."""


def choose(
    heard: Heard, folds: Sequence[int], tested: NDArray[np.bool_], tried: Sequence[StageSettings]
) -> StageSettings:
    """The settings with the best UAR when some folds' speakers are heard in turn.

    Args:
        folds: whose speakers may be looked at.
        tested: (num_clips,), the clips that a speaker is tested on.
        tried: settings.
    """
    scores = []
    for settings in tried:
        rows, said = [], []
        for fold in folds:
            stage = fit_stage(heard, speakers(heard, set(folds) - {fold}), settings)
            own = np.flatnonzero((heard.column("fold") == fold) & tested)
            rows.append(own)
            said.append(predict_enrolled(stage, heard, own, first_groups(heard)))
        scores.append(score(heard, np.concatenate(rows), np.concatenate(said)))
    return tried[int(np.argmax(scores))]


def speakers(heard: Heard, folds: set[int]) -> list[str]:
    """Who speaks in the clips of some folds."""
    names = zip(heard.column("speaker"), heard.column("fold"), strict=True)
    return sorted({name for name, fold in names if fold in folds})


def first_groups(heard: Heard) -> dict[str, Rows]:
    """The clips that each speaker enrols with in a test."""
    names = dict.fromkeys(heard.column("speaker"))
    return {name: groups[0] for name in names if (groups := heard.groups(name))}


def predict_enrolled(stage: Stage, heard: Heard, rows: Rows, enrolled: Mapping[str, Rows]) -> Array:
    """Probabilities (len(rows), num_labels) of clips, each speaker with the clips of her own."""
    spoken = heard.column("speaker")[rows]
    found = np.empty((len(rows), len(heard.labels)))
    for name in np.unique(spoken):
        group, own = enrolled[name], spoken == name
        voice_s = float(heard.voice_s[group].sum())
        found[own] = stage.predict(heard, rows[own], heard.ordinary(group), voice_s)
    return found


def score(heard: Heard, rows: Rows, probabilities: Array) -> float:
    """UAR of clips."""
    true = heard.column("emotion")[rows].tolist()
    said = [heard.labels[each] for each in probabilities.argmax(axis=1)]
    return float(uar(confusion(true, said, list(heard.labels))))
