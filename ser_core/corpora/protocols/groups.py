"""Protocols that hold out one session, one corpus or one language at a time."""

from typing import ClassVar

import numpy as np
import pandas as pd
from pydantic import Field

from ser_core.config import Config
from ser_core.corpora.folds import Draft, Fold, Mask, column, genders, make_folds, people
from ser_core.corpora.protocols.base import PROTOCOLS, SplitProtocol
from ser_core.corpora.protocols.speakers import HeldOutConfig, genders_in_turn
from ser_core.corpora.protocols.stratified import dealt_clips, stratified_share
from ser_core.errors import CorpusError
from ser_core.words import count

_VALIDATION_SHARE = 0.1  # of the training clips, where nobody can be held out to validate


class GroupConfig(HeldOutConfig):
    """Settings of protocols that hold out one group at a time."""

    seed: int = Field(
        0, ge=0, lt=2**32, description="Of the draw of validation clips, where speakers are unknown"
    )


class LeaveOneGroupOut(SplitProtocol):
    """A fold for each group: it is tested, all others train and validate.

    Validation speakers are taken from the groups that follow, genders in turn. Clips that belong
    to no group only train.
    """

    config_type: ClassVar[type[Config]] = GroupConfig
    group: ClassVar[str]
    """The column that says which group a clip belongs to."""
    empties_groups: ClassVar[bool] = False
    """Whether validation may take all speakers of a group, so that none of it is trained on."""

    def __init__(self, config: GroupConfig) -> None:
        self.config = config

    def folds(self, table: pd.DataFrame) -> list[Fold]:
        """See `SplitProtocol.folds`."""
        groups = self.groups(table)
        names = sorted(set(groups) - {""})
        if len(names) < 2:
            raise CorpusError(self._too_few(names))
        notes = []
        outside = int(groups.eq("").sum())
        if outside:
            clips = f"clip without a {self.group} is", f"clips without a {self.group} are"
            notes.append(f"{count(outside, *clips)} trained on and never tested")
        drafts = [
            self._draft(table, groups, [*names[i:], *names[:i]], notes) for i in range(len(names))
        ]
        return make_folds(table, self.name, drafts)

    def groups(self, table: pd.DataFrame) -> "pd.Series[str]":
        """The group that each clip belongs to; "" for none."""
        return column(table, self.group)

    def _too_few(self, names: list[str]) -> str:
        got = f"one, {names[0]}" if names else "none"
        return f"{self.name} needs more than one {self.group} among the clips, got {got}"

    def _draft(
        self, table: pd.DataFrame, groups: "pd.Series[str]", names: list[str], notes: list[str]
    ) -> Draft:
        """The fold that tests the first of the groups named."""
        tested, *others = names
        test = groups.eq(tested).to_numpy()
        validation, more = self._validation(table, groups, test, others)
        train = ~(test | validation)
        more += _mixed(table, test, train | validation)
        what = f"{self.group} {tested}"
        return Draft(train, validation, test, what, [*notes, *more])

    def _validation(
        self, table: pd.DataFrame, groups: "pd.Series[str]", test: Mask, others: list[str]
    ) -> tuple[Mask, list[str]]:
        """Clips of held-out speakers, or drawn ones where nobody can be held out."""
        named = people(table)
        chosen = self._speakers(table, groups, set(named[test]), others)
        if chosen:
            fewer = [f"validation speakers reduced to {len(chosen)} in some folds"]
            few = len(chosen) < self.config.validation_speakers
            return named.isin(chosen).to_numpy() & ~test, fewer if few else []
        rest = np.flatnonzero(~test)
        dealt, _ = dealt_clips(table.iloc[rest], self.config.seed)
        drawn = rest[stratified_share(table.iloc[rest], dealt, _VALIDATION_SHARE)]
        return np.isin(np.arange(len(table)), drawn), [
            "validation clips are drawn from those of the training speakers: nobody could be held "
            "out to validate"
        ]

    def _speakers(
        self, table: pd.DataFrame, groups: "pd.Series[str]", tested: set[str], others: list[str]
    ) -> list[str]:
        """Who validates: of the next groups first, and never all that there are to train on."""
        named, known = people(table), genders(table)
        home = groups[~named.duplicated()].set_axis(named[~named.duplicated()])
        there = [name for name in known if name not in tested]
        order = [name for group in others for name in there if home[name] == group]
        left = {group: sum(home[name] == group for name in there) for group in others}
        chosen: list[str] = []
        for name in genders_in_turn(order, known):
            full = len(chosen) == min(self.config.validation_speakers, len(there) - 1)
            if full:
                break
            if self.empties_groups or left[home[name]] > 1:
                left[home[name]] -= 1
                chosen.append(name)
        return chosen


@PROTOCOLS.register("leave-one-session-out")
class LeaveOneSessionOut(LeaveOneGroupOut):
    """A fold for each recording session, as is usual on IEMOCAP."""

    title = "Leave one session out"
    kept_apart = (
        "recording sessions, and with them speakers where everybody comes to one session, as in "
        "IEMOCAP."
    )
    not_apart = "rooms, microphones and scripts."
    use = "IEMOCAP: in a session two speakers are heard in each other's microphones."
    source = (
        "Busso C, Bulut M, Lee C-C, et al. (2008) IEMOCAP: interactive emotional dyadic motion "
        "capture database. Language Resources and Evaluation 42(4): 335-359."
    )
    speakers_apart = False
    group = "session"
    empties_groups = True

    def groups(self, table: pd.DataFrame) -> "pd.Series[str]":
        """Sessions; of several corpora that number theirs alike, each with its corpus."""
        sessions, corpora = super().groups(table), column(table, "corpus")
        known = sessions.ne("")
        if corpora[known].nunique() < 2:
            return sessions
        return (corpora + "/" + sessions).where(known, "")


@PROTOCOLS.register("leave-one-corpus-out")
class LeaveOneCorpusOut(LeaveOneGroupOut):
    """A fold for each corpus: what is left of a score where everything else changes too."""

    title = "Leave one corpus out"
    kept_apart = "corpora, and with them speakers, rooms, microphones and, mostly, sentences."
    not_apart = "languages, where two corpora speak the same."
    use = (
        "Several corpora at once: how well a model does on recordings made elsewhere. Labels must "
        "be mapped so that every emotion tested is trained on."
    )
    source = (
        "Schuller B, Vlasenko B, Eyben F, et al. (2010) Cross-Corpus Acoustic Emotion Recognition: "
        "Variances and Strategies. IEEE Transactions on Affective Computing 1(2): 119-131."
    )
    speakers_apart = True
    group = "corpus"


@PROTOCOLS.register("leave-one-language-out")
class LeaveOneLanguageOut(LeaveOneGroupOut):
    """A fold for each language."""

    title = "Leave one language out"
    kept_apart = "languages, and with them sentences and, as nobody is in two corpora, speakers."
    not_apart = "rooms and microphones, where one corpus has several languages."
    use = (
        "Corpora in several languages: how well a model does on a language that it has never "
        "heard. Labels must be mapped so that every emotion tested is trained on."
    )
    source = (
        "Feraru SM, Schuller D, Schuller B (2015) Cross-language acoustic emotion recognition: An "
        "overview and some tendencies. ACII, 125-131."
    )
    speakers_apart = False
    group = "language"


def _mixed(table: pd.DataFrame, test: Mask, heard: Mask) -> list[str]:
    """Says who stands on both sides, which only clips with known speakers can tell."""
    named = people(table)
    both = sorted(set(named[test]) & set(named[heard]) - {""})
    return [f"speakers are mixed: {', '.join(both)} are tested and trained on"] if both else []
