"""Protocols that keep speakers apart: k folds of speakers, and one fold a speaker."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from ser_core.config import Config
from ser_core.corpora.folds import Draft, Fold, column, genders, make_folds, people
from ser_core.corpora.protocols.base import PROTOCOLS, SplitProtocol
from ser_core.errors import CorpusError
from ser_core.words import count

Groups = list[list[str]]

_UNEQUAL = 2.0  # a speaker with so many times the clips of another makes the corpus unequal
_SHOWN = 8  # names in a note
_WORTH_IT = 0.05  # share of clips that another dealing must put right to be taken


class HeldOutConfig(Config):
    """Settings of a protocol that holds out validation speakers."""

    validation_speakers: int = Field(
        2, ge=1, le=100, description="Speakers that choose the epoch, apart from all others"
    )


class SpeakerFoldsConfig(HeldOutConfig):
    """Settings of folds of speakers."""

    folds: int = Field(5, ge=2, le=100, description="Folds; fewer where speakers are few")


@PROTOCOLS.register("speaker-independent")
class SpeakerIndependent(SplitProtocol):
    """Every speaker is tested once, and never in a fold in which he or she trains or validates.

    Speakers are dealt out in turn, women first, so that every fold has as many of each gender as
    can be. Where some have far more clips than others, or lack an emotion, and this leaves folds
    uneven, the largest speakers go first, each to the fold that needs her or him most.
    """

    title = "Speaker-independent k-fold"
    kept_apart = "speakers: who is tested never trains and never chooses the epoch."
    not_apart = "sentences, rooms and microphones."
    use = "The usual choice: how well a model does on voices that it has never heard."
    source = (
        "Schuller B, Steidl S, Batliner A (2009) The INTERSPEECH 2009 Emotion Challenge. "
        "Interspeech, 312-315."
    )
    speakers_apart = True
    config_type: ClassVar[type[Config]] = SpeakerFoldsConfig

    def __init__(self, config: SpeakerFoldsConfig) -> None:
        self.config = config

    def folds(self, table: pd.DataFrame) -> list[Fold]:
        """See `SplitProtocol.folds`."""
        groups, notes = deal_speakers(table, self.config.folds)
        return speaker_folds(table, groups, self.config.validation_speakers, self.name, notes)


@PROTOCOLS.register("loso")
class LeaveOneSpeakerOut(SplitProtocol):
    """A fold for each speaker."""

    title = "Leave one speaker out (LOSO)"
    kept_apart = "speakers: who is tested never trains and never chooses the epoch."
    not_apart = "sentences, rooms and microphones."
    use = (
        "Corpora with few speakers: it trains on as many voices as can be, at the price of one "
        "training a speaker."
    )
    source = (
        "Schuller B, Vlasenko B, Eyben F, Rigoll G, Wendemuth A (2009) Acoustic emotion "
        "recognition: A benchmark comparison of performances. ASRU, 552-557."
    )
    speakers_apart = True
    config_type: ClassVar[type[Config]] = HeldOutConfig

    def __init__(self, config: HeldOutConfig) -> None:
        self.config = config

    def folds(self, table: pd.DataFrame) -> list[Fold]:
        """See `SplitProtocol.folds`."""
        groups = [[speaker] for speaker in sorted(_enough_speakers(table))]
        names = [f"speaker {group[0]}" for group in groups]
        return speaker_folds(table, groups, self.config.validation_speakers, self.name, names=names)


def speaker_folds(
    table: pd.DataFrame,
    groups: Sequence[Sequence[str]],
    num_validation: int,
    protocol: str,
    notes: Sequence[str] = (),
    names: Sequence[str] = (),
) -> list[Fold]:
    """Folds from the speakers that each of them tests.

    Validation speakers are taken from the next folds' test speakers, genders in turn, then from
    those whom no fold tests; fewer where nobody would be left to train on.

    Raises:
        CorpusError: a fold leaves fewer than two speakers, to train and to validate.
    """
    known, named = genders(table), people(table)
    tested = {speaker for group in groups for speaker in group}
    notes = [*notes, *_unknown_speakers(named), *_never_tested(sorted(set(known) - tested))]
    drafts = []
    for i, test in enumerate(groups):
        others = [s for step in range(1, len(groups)) for s in groups[(i + step) % len(groups)]]
        others += sorted(set(known) - tested)
        if len(others) < 2:
            raise CorpusError(
                f"{protocol}: a fold that tests {', '.join(test)} leaves "
                f"{count(len(others), 'speaker')}, and needs 2, to train and to validate"
            )
        number = min(num_validation, len(others) - 1)
        fewer = [f"validation speakers reduced to {number}: only {len(others)} are not tested"]
        validation = genders_in_turn(others, known)[:number]
        train = [speaker for speaker in others if speaker not in validation]
        drafts.append(
            Draft(
                named.isin(train).to_numpy(),
                named.isin(validation).to_numpy(),
                named.isin(list(test)).to_numpy(),
                names[i] if names else "",
                [*notes, *(fewer if number < num_validation else [])],
            )
        )
    return make_folds(table, protocol, drafts)


def deal_speakers(table: pd.DataFrame, num_folds: int) -> tuple[Groups, list[str]]:
    """Test speakers of each fold, and what there is to say about it.

    Raises:
        CorpusError: fewer than three speakers.
    """
    known = _enough_speakers(table)
    dealt = sorted(known, key=lambda speaker: (known[speaker], speaker))
    number = min(num_folds, len(dealt))
    while len(dealt) - math.ceil(len(dealt) / number) < 2:
        number += 1  # every fold needs somebody to train on and somebody to validate on
    notes = []
    if number < num_folds:
        notes.append(f"folds reduced to {number}: only {len(dealt)} speakers")
    elif number > num_folds:
        notes.append(f"{number} folds instead of {num_folds}: with {len(dealt)} speakers, a larger "
                     "fold would leave nobody to train or to validate on")  # fmt: skip
    groups = [dealt[i::number] for i in range(number)]
    if _about_equal(table):
        return groups, notes
    cells = _cells(table)
    other = _dealt_by_need(cells, number)
    if _unevenness(cells, other) < _unevenness(cells, groups) - _WORTH_IT:
        return other, [*notes, "speakers are dealt out by their clips, which are unequal"]
    return groups, notes


def genders_in_turn(speakers: Sequence[str], known: dict[str, str]) -> list[str]:
    """The same speakers, one of each gender after another, else in the order given."""
    seen: Counter[str] = Counter()
    rank = {}
    for speaker in speakers:
        rank[speaker] = seen[known[speaker]]
        seen[known[speaker]] += 1
    return sorted(speakers, key=lambda s: rank[s])


def _enough_speakers(table: pd.DataFrame) -> dict[str, str]:
    known = genders(table)
    if len(known) < 3:
        raise CorpusError(
            "speaker-independent folds need at least 3 speakers (to train, to validate, to test), "
            f"got {len(known)}; stratified-kfold does without, but says nothing about new voices"
        )
    return known


def _unknown_speakers(named: "pd.Series[str]") -> list[str]:
    number = int(named.eq("").sum())
    them = "it" if number == 1 else "them"
    said = f"{count(number, 'clip')} left out: nobody knows who speaks in {them}"
    return [said] if number else []


def _never_tested(speakers: Sequence[str]) -> list[str]:
    shown = ", ".join(speakers) if len(speakers) <= _SHOWN else f"{len(speakers)} speakers"
    return [f"never tested, as the folds do not name them: {shown}"] if speakers else []


def _cells(table: pd.DataFrame) -> pd.DataFrame:
    """Clips of each speaker (rows) by emotion and by gender (columns), for each corpus."""
    named, corpus = people(table), column(table, "corpus")
    known = named.ne("")
    kinds = [corpus + "|" + kind for kind in (table["emotion"], column(table, "gender"))]
    return pd.concat([pd.crosstab(named[known], kind[known]) for kind in kinds], axis=1)


def _unevenness(cells: pd.DataFrame, groups: Groups) -> float:
    """Share of clips that would have to change folds for emotions and genders to be even.

    0 where every fold has an equal part of each; at most 1.
    """
    folds = np.stack([cells.loc[group].to_numpy().sum(axis=0) for group in groups])
    return float(np.abs(folds - folds.mean(axis=0)).sum() / 2 / folds.sum())


def _about_equal(table: pd.DataFrame) -> bool:
    """Whether all speakers have about as many clips, and some of every emotion."""
    emotions = pd.crosstab(people(table), table["emotion"]).drop(index="", errors="ignore")
    clips = emotions.sum(axis=1)
    return bool(clips.max() <= _UNEQUAL * clips.min() and (emotions > 0).all(axis=None))


def _dealt_by_need(cells: pd.DataFrame, count: int) -> Groups:
    """Speakers dealt by their clips, the largest first, each to the fold that lacks most of them.

    Each column counts as a share of all clips of its kind, so that rare emotions count too; one
    more column, of ones, keeps the numbers of speakers even.
    """
    shares: NDArray[np.float64] = (cells / cells.sum()).to_numpy() / cells.shape[1]
    shares = np.column_stack([shares, np.full(len(cells), 1 / len(cells))])
    load = np.zeros((count, shares.shape[1]))
    groups: Groups = [[] for _ in range(count)]
    for row in np.lexsort((np.arange(len(cells)), -cells.sum(axis=1).to_numpy())):
        # What the sum of squares would grow by: least where the fold lacks what this speaker has.
        needs = load @ shares[row]
        fold = int(np.flatnonzero(needs <= needs.min() + 1e-12)[0])
        load[fold] += shares[row]
        groups[fold].append(cells.index[row])
    return [sorted(group) for group in groups]
