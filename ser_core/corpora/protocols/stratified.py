"""Protocols that deal out clips, not speakers: every part has every emotion in the same share."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from ser_core.config import Config
from ser_core.corpora.folds import Draft, Fold, column, make_folds
from ser_core.corpora.protocols.base import PROTOCOLS, SplitProtocol
from ser_core.errors import CorpusError
from ser_core.words import count

Rows = NDArray[np.intp]

KEPT_APART = "clips: no clip stands in two parts."
NOT_APART = (
    "speakers, sentences, takes of one sentence, and copies of a clip that lie in the corpus as "
    "files of their own."
)


class StratifiedConfig(Config):
    """Settings of stratified splits."""

    validation_share: float = Field(
        0.1,
        gt=0,
        le=0.5,
        description="Share that chooses the epoch, of clips not tested",
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Of the draw of clips")


class HoldOutConfig(StratifiedConfig):
    """Settings of the stratified hold-out."""

    test_share: float = Field(0.2, gt=0, le=0.5, description="Share of all clips that is tested")


class KFoldConfig(StratifiedConfig):
    """Settings of stratified folds."""

    folds: int = Field(5, ge=2, le=100, description="Folds; fewer where clips are few")


@PROTOCOLS.register("stratified-holdout")
class StratifiedHoldOut(SplitProtocol):
    """One fold: a fifth of the clips is tested, a tenth of the others chooses the epoch."""

    title = "Stratified hold-out (80/20, then 90/10)"
    kept_apart = KEPT_APART
    not_apart = NOT_APART
    use = (
        "To repeat published scores that were made so. Speakers are mixed: the score says nothing "
        "about new voices, and is far too high for them."
    )
    source = (
        "Recipe b's split. Kohavi R (1995) A Study of Cross-Validation and Bootstrap for Accuracy "
        "Estimation and Model Selection. IJCAI, 1137-1143."
    )
    speakers_apart = False
    tested_once = False
    config_type: ClassVar[type[Config]] = HoldOutConfig

    def __init__(self, config: HoldOutConfig) -> None:
        self.config = config

    def folds(self, table: pd.DataFrame) -> list[Fold]:
        """See `SplitProtocol.folds`."""
        dealt, notes = dealt_clips(table, self.config.seed)
        test = share_of(dealt, self.config.test_share)
        draft = stratified_draft(table, dealt, test, self.config, notes)
        return make_folds(table, self.name, [draft])


@PROTOCOLS.register("stratified-kfold")
class StratifiedKFold(SplitProtocol):
    """Every clip is tested once, by a model that heard other clips of the same speaker."""

    title = "Stratified k-fold"
    kept_apart = KEPT_APART
    not_apart = NOT_APART
    use = (
        "Recordings of one or two people: how well a model hears the same voices in others of "
        "their recordings. Also to repeat published scores that were made so, and to measure "
        "beside speaker-independent folds how much they flatter. Speakers are mixed: the score "
        "says nothing about new voices."
    )
    source = (
        "Kohavi R (1995) A Study of Cross-Validation and Bootstrap for Accuracy Estimation and "
        "Model Selection. IJCAI, 1137-1143."
    )
    speakers_apart = False
    config_type: ClassVar[type[Config]] = KFoldConfig

    def __init__(self, config: KFoldConfig) -> None:
        self.config = config

    def folds(self, table: pd.DataFrame) -> list[Fold]:
        """See `SplitProtocol.folds`."""
        dealt, notes = dealt_clips(table, self.config.seed)
        number = min(self.config.folds, dealt.size)
        if number < self.config.folds:
            notes.append(f"folds reduced to {number}: only {count(dealt.size, 'clip')}")
        tests = [dealt[i::number] for i in range(number)]
        drafts = [stratified_draft(table, dealt, test, self.config, notes) for test in tests]
        return make_folds(table, self.name, drafts)


def dealt_clips(table: pd.DataFrame, seed: int) -> tuple[Rows, list[str]]:
    """Rows in an order in which every k-th is a stratified part; and what is to be said.

    Emotions follow each other, within them corpora and channels, within these the order is drawn.
    So a part that takes every k-th row has of each emotion, and of each of its corpora and
    channels, as many clips as it should, give or take one.

    A clip that is its emotion's only one is not dealt: it could not be tested, as nothing would
    train what it shows.

    Raises:
        CorpusError: fewer than four clips are left, or all show different emotions.
    """
    emotions = table["emotion"]
    counts = emotions.value_counts()
    single = sorted(counts.index[counts.eq(1)])
    strata = emotions + "|" + column(table, "corpus") + "|" + column(table, "channel")
    drawn = np.random.default_rng(seed).permutation(len(table))
    dealt = drawn[np.argsort(strata.to_numpy(str)[drawn], kind="stable")]
    dealt = dealt[~emotions.isin(single).to_numpy()[dealt]]
    if dealt.size < 4:
        raise CorpusError(
            "stratified splits need at least 4 clips, and 2 of each emotion; "
            f"got {count(dealt.size, 'such clip')}"
        )
    notes = []
    if single:
        notes.append(f"trained on but not tested, as there is one clip only: {', '.join(single)}")
    return dealt, notes


def share_of(rows: Rows, share: float) -> Rows:
    """Evenly spaced rows, as many as the share says (at least one)."""
    steps = np.floor(np.arange(rows.size + 1) * share + 1e-9)
    chosen = rows[np.diff(steps) > 0]
    return chosen if chosen.size else rows[:1]


def stratified_draft(
    table: pd.DataFrame,
    dealt: Rows,
    test: Rows,
    config: StratifiedConfig,
    notes: Sequence[str],
) -> Draft:
    """The fold that tests some of the rows dealt, and all others train or validate."""
    validation = stratified_share(table, dealt[~np.isin(dealt, test)], config.validation_share)
    rows = np.arange(len(table))
    tests, validates = np.isin(rows, test), np.isin(rows, validation)
    return Draft(~(tests | validates), validates, tests, "", notes)


def stratified_share(table: pd.DataFrame, dealt: Rows, share: float) -> Rows:
    """Some of the rows dealt, which leave at least one clip of each of their emotions.

    Raises:
        CorpusError: every emotion has one clip only.
    """
    emotions = table["emotion"].iloc[dealt]
    spare = dealt[emotions.duplicated().to_numpy()]
    if not spare.size:
        raise CorpusError(
            "too few clips: to train and to validate, some emotion needs 2 clips besides those "
            f"tested; got {count(dealt.size, 'clip')} of {count(emotions.nunique(), 'emotion')}"
        )
    return share_of(spare, share)
