"""What published labels mean, and which of them to train and score on: `labels.toml` says both."""

import difflib
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

SAME_CLIP = "same clip as "
"""How the problem of a clip begins that another file stands for too."""

PROBLEM = "problem with the clip"
"""Why a clip is left out that no model can hear."""

_SLIP = 0.8  # how alike two words are of which one is taken for a misspelling

TABLE = Path(__file__).with_name("labels.toml")
"""The table of labels, to read and to edit."""


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def published(corpus: str) -> dict[str, str]:
    """The house's emotion for every label that a corpus publishes; "" where it has none."""
    return dict(_tables()["published"].get(corpus, {}))


@cache
def _words_of_corpora() -> frozenset[str]:
    """Every label that some corpus publishes, and every emotion of the house."""
    labels = (label for known in _tables()["published"].values() for label in known)
    return frozenset({*KNOWN, *labels})


@dataclass(frozen=True)
class Labels:
    """Which emotions count as which.

    Attributes:
        name: what to call it in reports; "" where everything stays as it is.
        pairs: from an emotion of the house, or a published label, to what it counts as ("" leaves
            it out).
        only: whether emotions that are not listed are left out too; otherwise they stay.
        asked: which of the pairs a user typed; what they count as has to be known.
        file: the file that the other pairs are from; "" for none.
    """

    name: str = ""
    pairs: Mapping[str, str] = field(default_factory=dict)
    only: bool = False
    asked: frozenset[str] = frozenset()
    file: str = ""

    def apply(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table with `emotion` mapped; it is "" in rows that do not take part.

        Raises:
            ParameterError: a pair names what no clip of the table has, or was typed and counts
                as what is no emotion of the house, of the table or of the choice; a pair of a file
                names what no corpus has, or counts as what an emotion is nearly called.
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
        """A choice made for many corpora may name what one of them lacks; who types a pair not."""
        here = {*table["label"].astype(str), *table["emotion"].astype(str)} - {""}
        anywhere = here | _words_of_corpora() if self.file else set(self.pairs)
        for name in self.pairs:
            own = not self.only or name in self.asked
            if name not in (here if own else anywhere):
                said = "no clip has this label" if own else "neither this corpus nor any has it"
                raise ParameterError(f"{self._pair(name)}: {said}; {listed(name, order(here))}")
            self._check_close(name, here)

    def _check_close(self, name: str, here: set[str]) -> None:
        """A file may name emotions of its own, but none that is but a slip away from another."""
        to, known = self.pairs[name], order({*KNOWN, *here})
        if not self.file or name in self.asked or not to or to in known:
            return
        if close := difflib.get_close_matches(to, known, n=1, cutoff=_SLIP):
            raise ParameterError(
                f"{self._pair(name)}: no such emotion; did you mean {close[0]}? (a new one needs a "
                "name less like it)"
            )

    def _check_asked(self, table: pd.DataFrame) -> None:
        """A mistyped emotion would else become a class of its own."""
        chosen = {to for name, to in self.pairs.items() if name not in self.asked}
        own = {*table["label"].astype(str), *table["emotion"].astype(str), *chosen} - {""}
        known = order({*KNOWN, *own})
        for name in sorted(self.asked):
            emotion = self.pairs[name]
            if emotion and emotion not in known:
                raise ParameterError(
                    f"{self._pair(name)}: no such emotion; {listed(emotion, known)} "
                    "(a .toml file of labels may name others)"
                )

    def _pair(self, name: str) -> str:
        """A pair as it was written, and where."""
        where = "map" if name in self.asked or not self.file else f"{self.file}, [map]"
        return f"{where} {name}={self.pairs[name]}"

    def words(self) -> str:
        """What is changed, for people; "" where everything stays as it is.

        >>> Labels("two", {"calm": "neutral", "sad": "sad", "bored": ""}, only=True).words()
        'two: calm counts as neutral, bored is left out, whatever is not named is left out'
        """
        parts = [
            f"{name} counts as {to}" if to else f"{name} is left out"
            for name, to in self.pairs.items()
            if name != to
        ]
        parts += ["whatever is not named is left out"] * self.only
        return f"{self.name}: {', '.join(parts)}" if self.only else ", ".join(parts)

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
    return Labels(name, {**base.pairs, **own}, base.only, frozenset(own), base.file)


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
        reason = getattr(error, "strerror", None) or str(error)
        raise ParameterError(f"{path}: not a readable table of labels ({reason})") from None
    if not isinstance(found, dict) or not all(isinstance(word, str) for word in found.values()):
        raise ParameterError(f'{path}: [map] must hold pairs such as excited = "happy"')
    return Labels(path.stem, found, only=True, file=str(path))


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
    return {unmapped(label): count for label, count in counts.most_common()}


def unmapped(label: str) -> str:
    """Why a clip with this label, as published, has no emotion.

    >>> unmapped("xxx"), unmapped("")
    ("label 'xxx' is not mapped to an emotion", 'no label')
    """
    return f"label {label!r} is not mapped to an emotion" if label else "no label"


def unusable(table: pd.DataFrame) -> dict[str, int]:
    """How many clips training and scores leave out, by reason: problems first, then labels.

    >>> unusable(pd.DataFrame({"label": ["xxx", "sad", "sad"], "emotion": ["", "sad", "sad"],
    ...                        "problems": ["empty file", "same clip as a.wav", ""]}))
    {'problem with the clip': 1, 'another file is the same clip': 1}
    """
    problems = table["problems"].astype(str)
    twice = problems.str.startswith(SAME_CLIP)
    counts = {
        PROBLEM: int((problems.ne("") & ~twice).sum()),
        "another file is the same clip": int(twice.sum()),
    }
    found = {reason: number for reason, number in counts.items() if number}
    return found | left_out(table[problems.eq("")])
