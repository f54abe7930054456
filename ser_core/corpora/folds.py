"""One fold of a split: which clips train, which choose the epoch, which are tested."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.emotions import order
from ser_core.errors import CorpusError
from ser_core.words import count

Mask = NDArray[np.bool_]

PARTS = ("train", "validation", "test")
GENDERS = ("female", "male", "")
MIXED = "speakers are mixed: this score says nothing about new voices"
"""What a score's words hold where somebody who is tested has trained or validated."""


@dataclass(frozen=True)
class Fold:
    """Clips of one fold by name; no clip stands in two parts.

    Attributes:
        train: clips to learn from.
        validation: clips that choose the epoch.
        test: clips to be scored.
        protocol: name of the protocol that made it.
        name: what is held out, such as "session 3"; "" where the fold's number says it all.
        train_speakers: who speaks in the clips to learn from, as far as it is known.
        validation_speakers: the same of the clips that choose the epoch.
        test_speakers: the same of the clips to be scored.
        speakers_apart: whether nobody who is tested also trains or validates. False where it is
            not known who speaks.
        notes: what has to be said with the split's scores, each one clause.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    protocol: str = ""
    name: str = ""
    train_speakers: tuple[str, ...] = ()
    validation_speakers: tuple[str, ...] = ()
    test_speakers: tuple[str, ...] = ()
    speakers_apart: bool = False
    notes: tuple[str, ...] = ()

    def clips(self, part: str) -> tuple[str, ...]:
        """Clips of "train", "validation" or "test"."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[part]

    @cached_property
    def key(self) -> str:
        """Digest of the clips of all parts: equal for equal folds."""
        digest = hashlib.sha256()
        for part in PARTS:
            digest.update("\n".join([part, *self.clips(part), ""]).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


class Draft(NamedTuple):
    """Which rows of a table train, validate and are tested in a fold; see `Fold` for the rest."""

    train: Mask
    validation: Mask
    test: Mask
    name: str = ""
    notes: Sequence[str] = ()


def make_folds(table: pd.DataFrame, protocol: str, drafts: Iterable[Draft]) -> list[Fold]:
    """Folds from masks over the rows of a table; speakers are looked up.

    Raises:
        CorpusError: a part is empty, or two share a clip.
    """
    clips, named = table["clip"].to_numpy(), people(table).to_numpy()
    voices = _voices(table).to_numpy()
    folds = []
    for draft in drafts:
        train, validation, test = _checked(draft, protocol)
        folds.append(
            Fold(
                train=tuple(clips[train]),
                validation=tuple(clips[validation]),
                test=tuple(clips[test]),
                protocol=protocol,
                name=draft.name,
                train_speakers=_known(named[train]),
                validation_speakers=_known(named[validation]),
                test_speakers=_known(named[test]),
                speakers_apart=set(voices[test]).isdisjoint(voices[train | validation]),
                notes=tuple(draft.notes),
            )
        )
    return folds


def _checked(draft: Draft, protocol: str) -> tuple[Mask, Mask, Mask]:
    train, validation, test = parts = draft[:3]
    empty = [part for part, mask in zip(PARTS, parts, strict=True) if not mask.any()]
    what = f"{protocol}, fold {draft.name!r}" if draft.name else protocol
    if empty:
        raise CorpusError(f"{what}: no clip is left for {' and '.join(empty)}")
    if (train & test).any() or (train & validation).any() or (validation & test).any():
        raise CorpusError(f"{what}: a clip stands in two parts")
    return parts


def _known(named: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(named) - {""}))


def column(table: pd.DataFrame, name: str) -> "pd.Series[str]":
    """A column of words; "" for every clip where the table has no such column."""
    if name in table:
        return table[name].fillna("").astype(str)
    return pd.Series("", table.index, dtype=str)


def people(table: pd.DataFrame) -> "pd.Series[str]":
    """Who speaks in each clip, by a name that is no other person's; "" where it is not known.

    Two corpora's "01" are two people: where a table has such names, all bear their corpus's.
    """
    speakers, corpora = column(table, "speaker"), column(table, "corpus")
    known = speakers.ne("")
    if not (corpora[known].groupby(speakers[known]).nunique() > 1).any():
        return speakers
    return (corpora + "/" + speakers).where(known, "")


def _voices(table: pd.DataFrame) -> "pd.Series[str]":
    """`people`, where those who are not known are one person in each corpus, to be careful."""
    named = people(table)
    return named.where(named.ne(""), "/" + column(table, "corpus"))


def genders(table: pd.DataFrame) -> dict[str, str]:
    """Gender of everybody whose name is known, in the order of the table."""
    named = people(table)
    first = ~named.duplicated() & named.ne("")
    return dict(zip(named[first], column(table, "gender")[first], strict=True))


def usable(table: pd.DataFrame) -> pd.DataFrame:
    """The clips that can be trained on or tested: sound ones that have an emotion."""
    chosen = table["emotion"].ne("") & column(table, "problems").eq("")
    return table if chosen.all() else table[chosen].reset_index(drop=True)


def split_notes(folds: Iterable[Fold]) -> list[str]:
    """The notes of all folds, each once, in order."""
    return list(dict.fromkeys(note for fold in folds for note in fold.notes))


def split_words(folds: Sequence[Fold]) -> str:
    """How many folds, and truthfully what their scores speak of.

    >>> split_words([Fold((), (), (), speakers_apart=True)] * 5)
    '5 speaker-independent folds'
    >>> split_words([Fold((), (), ())])
    '1 fold, speakers are mixed: this score says nothing about new voices'
    """
    if all(fold.speakers_apart for fold in folds):
        return count(len(folds), "speaker-independent fold")
    return f"{count(len(folds), 'fold')}, {MIXED}"


def untrained_labels(table: pd.DataFrame, fold: Fold) -> list[str]:
    """Labels that a fold tests without a training clip; such a fold cannot be scored."""
    emotions = table.set_index("clip")["emotion"]
    return order(set(emotions[list(fold.test)]) - set(emotions[list(fold.train)]))


def balance(table: pd.DataFrame, folds: Sequence[Fold]) -> pd.DataFrame:
    """What every part of every fold holds.

    Returns:
        A row for each fold and part: `fold` (from 1), `name`, `part`, `clips`, `duration_s`,
        `speakers`, then clips by gender (`female`, `male`, `unknown`), then a column for each
        emotion with its number of clips.
    """
    table = usable(table)
    emotions = order(set(table["emotion"]))
    rows = pd.Series(np.arange(len(table)), index=table["clip"])
    clip_gender, clip_emotion = column(table, "gender"), table["emotion"]
    named = people(table)
    found = []
    for number, fold in enumerate(folds, start=1):
        for part in PARTS:
            chosen = rows[list(fold.clips(part))].to_numpy()
            by_gender = clip_gender.iloc[chosen].value_counts()
            by_emotion = clip_emotion.iloc[chosen].value_counts()
            found.append(
                {
                    "fold": number,
                    "name": fold.name,
                    "part": part,
                    "clips": len(chosen),
                    "duration_s": float(table["duration_s"].iloc[chosen].sum())
                    if "duration_s" in table
                    else float("nan"),
                    "speakers": len(set(named.iloc[chosen]) - {""}),
                    **{each or "unknown": int(by_gender.get(each, 0)) for each in GENDERS},
                    **{emotion: int(by_emotion.get(emotion, 0)) for emotion in emotions},
                }
            )
    return pd.DataFrame(found)
