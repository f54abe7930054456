"""Soft labels: what share of the raters heard which emotion."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.corpora import labels as published_labels
from ser_core.errors import CorpusError

# Raters chose from lists of words; several are one emotion of the house.
_WORDS = {
    "anger": "angry",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "fear": "fearful",
    "surprise": "surprised",
    "neutral state": "neutral",
    "neutrality": "neutral",
    "excitement": "excited",
    "frustration": "frustrated",
    "boredom": "bored",
    "calmness": "calm",
}


def vote_shares(table: pd.DataFrame, labels: Sequence[str]) -> NDArray[np.float32]:
    """Share of the votes for each emotion, (num_clips, num_labels).

    Votes are counted as the clips' own labels are: where excited clips count as happy, so do votes
    for excited. Votes for what is not among the labels are left out.

    Returns:
        Rows that sum to 1; of NaN where nobody voted for any of the labels.

    Raises:
        CorpusError: that is so for every clip.
    """
    place = {label: column for column, label in enumerate(labels)}
    counts_as = _counts_as(table)
    shares = np.zeros((len(table), len(labels)), np.float32)
    for row, (corpus, votes) in enumerate(zip(table["corpus"], table["votes"], strict=True)):
        for word, number in json.loads(votes or "{}").items():
            emotion = _WORDS.get(word.lower(), word.lower())
            column = place.get(counts_as.get((str(corpus), emotion), emotion))
            if column is not None:
                shares[row, column] += number
    total = shares.sum(axis=1, keepdims=True)
    if not total.any():
        raise CorpusError(
            "training.soft_labels: no clip has votes of raters for any of the labels; take false"
        )
    return np.divide(shares, total, out=np.full_like(shares, np.nan), where=total > 0)


def _counts_as(table: pd.DataFrame) -> dict[tuple[str, str], str]:
    """What an emotion of the house counts as in this table, by corpus and emotion."""
    kinds = table[["corpus", "label", "emotion"]].astype(str).drop_duplicates()
    found = {}
    for corpus, label, emotion in kinds.itertuples(index=False):
        usual = published_labels.published(corpus).get(label)
        if usual:
            found[corpus, usual] = emotion
    return found
