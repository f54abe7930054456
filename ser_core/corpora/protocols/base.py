"""What a protocol is: a rule, with a name, by which a table is split into folds."""

from abc import ABC, abstractmethod
from typing import ClassVar

import pandas as pd

from ser_core.config import Config
from ser_core.corpora.folds import Fold
from ser_core.registry import Registry


class ProtocolConfig(Config):
    """Settings of a protocol that leaves nothing open."""


class SplitProtocol(ABC):
    """A rule that says which clips train, which choose the epoch and which are tested.

    Attributes:
        title: a few words.
        kept_apart: what no two parts of a fold share, in plain words.
        not_apart: what they may share.
        use: when it is the right one.
        source: the paper that it is from, or follows.
        speakers_apart: whether it promises that nobody who is tested also trains or validates.
        tested_once: whether it promises that every clip that may be tested is tested once.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    kept_apart: ClassVar[str]
    not_apart: ClassVar[str]
    use: ClassVar[str]
    source: ClassVar[str]
    speakers_apart: ClassVar[bool]
    tested_once: ClassVar[bool] = True
    config_type: ClassVar[type[Config]] = ProtocolConfig

    @abstractmethod
    def folds(self, table: pd.DataFrame) -> list[Fold]:
        """Split a table.

        Args:
            table: utterances that can be used, see `ser_core.corpora.folds.usable`. Columns
                `clip`, `speaker`, `gender` and `emotion` are needed; `corpus`, `language`,
                `session` and `channel` are used where they are there.

        Raises:
            CorpusError: it cannot be split so; the message says what is missing.
        """


PROTOCOLS: Registry[SplitProtocol] = Registry("protocol")
