"""Splits of a table of utterances: by a protocol's name, and what they hold."""

import pandas as pd

from ser_core.corpora.folds import Fold, balance, split_notes, split_words, usable
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.errors import CorpusError

__all__ = [
    "Fold",
    "balance",
    "protocol_folds",
    "split_notes",
    "split_words",
    "usable",
]


def protocol_folds(
    table: pd.DataFrame, protocol: str, num_folds: int, num_validation: int, seed: int
) -> list[Fold]:
    """Folds of a named protocol, of the clips that can be used.

    Args:
        table: utterances; those with problems or without an emotion are left out.
        protocol: a name of `PROTOCOLS`.
        num_folds: how many folds, where the protocol leaves it open.
        num_validation: speakers that choose the epoch, where the protocol holds out speakers.
        seed: of the draw, where the protocol draws.

    Raises:
        UnknownNameError: no such protocol; the message lists the known ones.
        ParameterError: a number is out of bounds.
        CorpusError: the table cannot be split so; the message says what is missing.
    """
    chosen = usable(table)
    twice = chosen.loc[chosen["clip"].duplicated(), "clip"]
    if not twice.empty:
        raise CorpusError(f"clip names must differ from each other, got {twice.iloc[0]!r} twice")
    open_to = PROTOCOLS.get(protocol).config_type.model_fields
    given = {"folds": num_folds, "validation_speakers": num_validation, "seed": seed}
    settings = {name: value for name, value in given.items() if name in open_to}
    return PROTOCOLS.create(protocol, **settings).folds(chosen)
