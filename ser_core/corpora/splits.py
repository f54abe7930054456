"""Splits of a table of utterances that keep speakers apart."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from ser_core.errors import CorpusError, UnknownNameError

SPEAKER_INDEPENDENT = "speaker-independent"
RAVDESS_20 = "ravdess-20"

RAVDESS_20_FOLDS = (
    ("01", "02", "03", "04"),
    ("05", "06", "07", "08"),
    ("10", "11", "12", "13"),
    ("15", "16", "17", "18"),
    ("20", "21", "23", "24"),
)
"""Test speakers of the five folds that the shipped model's scores come from: 20 RAVDESS actors."""

PROTOCOLS = (SPEAKER_INDEPENDENT, RAVDESS_20)
"""Names of the protocols: folds dealt out by gender, or the five folds named above."""


@dataclass(frozen=True)
class Fold:
    """Speakers of one fold; no speaker stands in two of the parts."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def protocol_folds(
    table: pd.DataFrame, protocol: str, num_folds: int, num_validation: int
) -> list[Fold]:
    """Folds of a named protocol.

    Raises:
        UnknownNameError: no such protocol; the message lists the known ones.
        CorpusError: the corpus has too few speakers, or not those that the protocol names.
    """
    if protocol not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise UnknownNameError(f"protocol {protocol!r} is not known; known: {known}")
    named = RAVDESS_20_FOLDS if protocol == RAVDESS_20 else None
    return speaker_folds(table, num_folds, named, num_validation)


def speaker_folds(
    table: pd.DataFrame,
    num_folds: int = 5,
    test_speakers: Sequence[Sequence[str]] | None = None,
    num_validation: int = 2,
) -> list[Fold]:
    """Speaker-independent folds: every speaker is tested once, and never in the fold it validates.

    Args:
        table: utterances with `speaker` and `gender`.
        num_folds: how many folds; fewer when there are fewer speakers, three for three.
        test_speakers: test speakers of each fold; None deals them out by gender in turn.
        num_validation: validation speakers, taken from the next folds' test speakers, genders in
            turn; fewer when a fold would be left with nobody to train on.

    Raises:
        CorpusError: fewer than three speakers, or a fold names a speaker that is not there.
    """
    genders = _genders(table)
    if len(genders) < 3:
        raise CorpusError(
            "speaker-independent folds need at least 3 speakers (to train, to validate, to test), "
            f"got {len(genders)}"
        )
    if test_speakers is None:
        dealt = sorted(genders, key=lambda s: (genders[s], s))
        count = min(num_folds, len(dealt))
        while len(dealt) - math.ceil(len(dealt) / count) < 2:
            count += 1  # every fold needs somebody to train on and somebody to validate on
        groups = [dealt[i::count] for i in range(count)]
    else:
        groups = [list(group) for group in test_speakers]
        _check_known(groups, genders)
    return [_fold(groups, i, genders, num_validation) for i in range(len(groups))]


def _genders(table: pd.DataFrame) -> dict[str, str]:
    pairs = table[["speaker", "gender"]].drop_duplicates("speaker")
    return dict(zip(pairs["speaker"], pairs["gender"], strict=True))


def _check_known(groups: list[list[str]], genders: dict[str, str]) -> None:
    missing = sorted({s for group in groups for s in group} - set(genders))
    if missing:
        raise CorpusError(
            f"test_speakers: {', '.join(missing)} not in the corpus; it has "
            f"{', '.join(sorted(genders))}"
        )


def _fold(groups: list[list[str]], i: int, genders: dict[str, str], num_validation: int) -> Fold:
    test = groups[i]
    others = [s for step in range(1, len(groups)) for s in groups[(i + step) % len(groups)]]
    others += sorted(set(genders) - {s for group in groups for s in group})
    count = min(num_validation, len(others) - 1)
    validation = _genders_in_turn(others, genders)[:count]
    train = [s for s in others if s not in validation]
    return Fold(tuple(sorted(train)), tuple(validation), tuple(test))


def _genders_in_turn(speakers: list[str], genders: dict[str, str]) -> list[str]:
    """The same speakers, one of each gender after another, else in the order given."""
    seen: Counter[str] = Counter()
    rank = {}
    for speaker in speakers:
        rank[speaker] = seen[genders[speaker]]
        seen[genders[speaker]] += 1
    return sorted(speakers, key=lambda s: rank[s])
