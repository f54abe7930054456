"""Splits of a table of utterances: by a protocol's name, and what they hold."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from ser_core.corpora.folds import (
    PARTS,
    Fold,
    balance,
    split_notes,
    split_words,
    untrained_labels,
    usable,
)
from ser_core.corpora.labels import unusable
from ser_core.corpora.leaks import LeakCheck, leak_check
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.errors import CorpusError

__all__ = [
    "Fold",
    "LeakCheck",
    "balance",
    "describe_split",
    "leak_check",
    "protocol_folds",
    "split_notes",
    "split_words",
    "untrained_labels",
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


def describe_split(table: pd.DataFrame, folds: Sequence[Fold], check: LeakCheck) -> dict[str, Any]:
    """A split as plain values, for a JSON document.

    Args:
        table: what was split.
        folds: at least one.
        check: the leak check of these folds.

    Returns:
        `protocol`, its `title`, what is `kept_apart` and `not_apart`, `words` (see `split_words`),
        `speakers_apart`, `clips` that can be used, how many are `left_out` and their
        `left_out_reasons`, `notes`; `folds` with `fold` (from 1), `name`, `untrained` (labels that
        are tested but not trained) and, for "train", "validation" and "test", `clips`,
        `duration_s`, `speakers`, `genders`, `emotions`; and `leaks` with `leaks`, `sentence`,
        `table` and `clips`.
    """
    protocol, chosen = PROTOCOLS.get(folds[0].protocol), usable(table)
    held = {(row["fold"], row["part"]): row for row in balance(chosen, folds).to_dict("records")}
    return {
        "protocol": folds[0].protocol,
        "title": protocol.title,
        "kept_apart": protocol.kept_apart,
        "not_apart": protocol.not_apart,
        "words": split_words(folds),
        "speakers_apart": all(fold.speakers_apart for fold in folds),
        "clips": len(chosen),
        "left_out": len(table) - len(chosen),
        "left_out_reasons": unusable(table),
        "notes": split_notes(folds),
        "folds": [
            {
                "fold": number,
                "name": fold.name,
                "untrained": untrained_labels(chosen, fold),
                **{part: _describe_part(held[number, part], fold, part) for part in PARTS},
            }
            for number, fold in enumerate(folds, start=1)
        ],
        "leaks": {
            "leaks": check.leaks,
            "sentence": check.sentence,
            "table": check.table.to_dict("records"),
            "clips": check.clips.to_dict("records"),
        },
    }


def _describe_part(held: Mapping[Hashable, Any], fold: Fold, part: str) -> dict[str, Any]:
    speakers = {
        "train": fold.train_speakers,
        "validation": fold.validation_speakers,
        "test": fold.test_speakers,
    }[part]
    facts = ("fold", "name", "part", "clips", "duration_s", "speakers")
    genders = ("female", "male", "unknown")
    emotions = [str(name) for name in held if name not in {*facts, *genders}]
    return {
        "clips": int(held["clips"]),
        "duration_s": round(float(held["duration_s"]), 2),
        "speakers": list(speakers),
        "genders": {name: int(held[name]) for name in genders},
        "emotions": {name: int(held[name]) for name in emotions},
    }
