"""What published labels mean, and which of them to train and score on: `labels.toml` says both."""

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from ser_core.emotions import KNOWN, order
from ser_core.errors import ParameterError, UnknownNameError, listed

TABLE = Path(__file__).with_name("labels.toml")
"""The table of labels, to read and to edit."""


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def published(corpus: str) -> dict[str, str]:
    """The house's emotion for every label that a corpus publishes; "" where it has none."""
    return dict(_tables()["published"].get(corpus, {}))


@dataclass(frozen=True)
class Labels:
    """Which emotions count as which.

    Attributes:
        name: what to call it in reports; "" where everything stays as it is.
        pairs: from an emotion of the house, or a published label, to what it counts as ("" leaves
            it out).
        only: whether emotions that are not listed are left out too; otherwise they stay.
        asked: which of the pairs a user typed; what they count as has to be known.
    """

    name: str = ""
    pairs: Mapping[str, str] = field(default_factory=dict)
    only: bool = False
    asked: frozenset[str] = frozenset()

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with `emotion` mapped; it is "" in rows that do not take part.

        Raises:
            ParameterError: a pair names what no clip of the table has, or was typed and counts
                as what is no emotion of the house, of the table or of the choice.
        """
        self._check(table)
        self._check_asked(table)
        if not self.pairs and not self.only:
            return table
        kinds = table[["label", "emotion"]].astype(str).drop_duplicates()
        counts_as = {
            (label, emotion): self._counts_as(label, emotion)
            for label, emotion in kinds.itertuples(index=False)
        }
        pairs = zip(table["label"].astype(str), table["emotion"].astype(str), strict=True)
        return table.assign(emotion=[counts_as[pair] for pair in pairs])

    def _counts_as(self, label: str, emotion: str) -> str:
        """A published label is more exact than the emotion that it stands for."""
        for name in (label, emotion):
            if name in self.pairs:
                return self.pairs[name]
        return "" if self.only else emotion

    def _check(self, table: pd.DataFrame) -> None:
        if self.only:  # a choice made for many corpora may name what one of them lacks
            return
        known = sorted(({*table["label"].astype(str), *table["emotion"].astype(str)}) - {""})
        for name in self.pairs:
            if name not in known:
                raise ParameterError(f"--map {name}: no clip has this label; {listed(name, known)}")

    def _check_asked(self, table: pd.DataFrame) -> None:
        """A mistyped emotion would else become a class of its own."""
        chosen = {to for name, to in self.pairs.items() if name not in self.asked}
        own = {*table["label"].astype(str), *table["emotion"].astype(str), *chosen} - {""}
        known = order({*KNOWN, *own})
        for name in sorted(self.asked):
            emotion = self.pairs[name]
            if emotion and emotion not in known:
                raise ParameterError(
                    f"--map {name}={emotion}: no such emotion; {listed(emotion, known)} "
                    "(a .toml file for --labels may name others)"
                )

    def as_dict(self) -> dict[str, Any]:
        """What a card or a run keeps of it."""
        return {"name": self.name, "map": dict(self.pairs), "only_these": self.only}


def names() -> list[str]:
    """The choices that `labels.toml` has."""
    return sorted(_tables()["choices"])


def title(name: str) -> str:
    """What a named choice is, in words."""
    return str(_tables()["choices"][name]["title"])


def choose(name_or_file: str | None = None, pairs: Sequence[str] = ()) -> Labels:
    """A choice of labels from what a user asks for.

    Args:
        name_or_file: one of `names()`, or a TOML file with a table `[map]`; None keeps all labels.
        pairs: texts such as "excited=happy", which come on top; "bored=" leaves out.

    Raises:
        UnknownNameError: no such choice.
        ParameterError: the file or a pair cannot be read.
    """
    return chosen(name_or_file, dict(_pair(text) for text in pairs))


def chosen(name_or_file: str | None, own: Mapping[str, str]) -> Labels:
    """A choice of labels, with pairs on top; see `choose`.

    Raises:
        UnknownNameError: no such choice.
        ParameterError: the file cannot be read.
    """
    base = _load(name_or_file) if name_or_file else Labels()
    if not own:
        return base
    name = ", ".join(filter(None, [base.name, *(f"{a}={b}" for a, b in own.items())]))
    return Labels(name, {**base.pairs, **own}, base.only, frozenset(own))


def _load(name_or_file: str) -> Labels:
    if not name_or_file.lower().endswith(".toml"):
        known = _tables()["choices"]
        if name_or_file not in known:
            said = f"{listed(name_or_file, sorted(known))}; or name a .toml file"
            raise UnknownNameError(f"labels {name_or_file!r} are not known; {said}")
        return Labels(name_or_file, known[name_or_file]["map"], only=True)
    path = Path(name_or_file)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))["map"]
    except KeyError:
        raise ParameterError(f"{path}: has no table [map] of labels") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path}: not a readable table of labels ({error})") from None
    if not isinstance(found, dict) or not all(isinstance(word, str) for word in found.values()):
        raise ParameterError(f'{path}: [map] must hold pairs such as excited = "happy"')
    return Labels(path.stem, found, only=True)


def _pair(text: str) -> tuple[str, str]:
    label, separator, emotion = text.partition("=")
    if not separator or not label.strip():
        raise ParameterError(f"--map: expected LABEL=EMOTION such as excited=happy, got {text!r}")
    return label.strip(), emotion.strip()


def left_out(table: pd.DataFrame) -> dict[str, int]:
    """How many clips have no emotion to train or score on, by label as published.

    >>> left_out(pd.DataFrame({"label": ["xxx", "ang", "xxx"], "emotion": ["", "angry", ""]}))
    {"label 'xxx' is not mapped to an emotion": 2}
    """
    counts = Counter(table.loc[table["emotion"] == "", "label"].astype(str))
    return {
        f"label {label!r} is not mapped to an emotion": count
        for label, count in counts.most_common()
    }
