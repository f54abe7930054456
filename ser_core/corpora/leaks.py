"""What stands on both sides of a split and should not: the leak check of any folds.

Four kinds of things are looked for between the parts of each fold: speakers, statements, the same
audio under two names, and augmented copies of one recording. A statement that is said on both
sides is reported but is no leak by itself: actors read the same sentences in most corpora.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import store
from ser_core.corpora.folds import PARTS, Fold, column, people
from ser_core.corpora.measures import sounds
from ser_core.words import count

SIDES = (("test", "train"), ("test", "validation"), ("validation", "train"))
"""Which parts of a fold are compared. The first pair taints scores, the second the epoch chosen,
the third makes that choice too hopeful."""

KINDS = ("clip", "speaker", "statement", "audio", "copy")
"""What is compared: the clip itself, who speaks, what is said, the bytes of the file, and the
recording that augmented copies were made from."""

_TOO_LATE = "which chooses too late an epoch"

Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

# Words that name what was done to a recording, as they end the names of augmented copies.
_DONE = (
    *("aug", "augmented", "augmentation", "noise", "noisy", "white[_-]?noise", "pitch", "pitched"),
    *("pitch[_-]?shift", "pitch[_-]?shifted", "shift", "shifted", "stretch", "stretched"),
    *("time[_-]?stretch", "time[_-]?stretched", "speed", "tempo", "gain", "volume", "reverb"),
    *("echo", "copy", "orig", "original", "mixup", "cutmix"),
)
_AMOUNT = r"(?:[\s_.+-]*\d+(?:\.\d+)?(?:x|st|db)?)?"
_WORDS = rf"[\s_.-]+(?:{'|'.join(_DONE)}){_AMOUNT}"
_NUMBER = r"\s*\(\d+\)"
_WORDED = re.compile(rf"(?:{_WORDS})+$", re.IGNORECASE)
_NUMBERED = re.compile(rf"{_NUMBER}$")
_COPY = re.compile(rf"(?:{_WORDS}|{_NUMBER})+$", re.IGNORECASE)


@dataclass(frozen=True)
class LeakCheck:
    """What the check found.

    Attributes:
        leaks: whether anything that is tested was heard before: a clip, a speaker, audio or a
            relative of an augmented copy.
        sentence: the outcome in words.
        table: a row for each fold, pair of `SIDES` and kind of `KINDS` that could be compared:
            `fold` (from 1), `what`, `side`, `other_side`, `shared` and `of` (how many of the
            different things on the side stand on the other too), `clips` (clips of the side that
            this concerns) and `examples`.
        clips: the pairs to listen to: `fold`, `what` ("clip", "audio" or "copy"), `side`, `clip`,
            `other_side`, `other_clip`; one row for each clip of the side that is concerned.
    """

    leaks: bool
    sentence: str
    table: pd.DataFrame
    clips: pd.DataFrame


def leak_check(
    table: pd.DataFrame,
    folds: Sequence[Fold],
    compare_audio: bool = True,
    progress: store.Progress | None = None,
) -> LeakCheck:
    """Compare the parts of every fold.

    Augmented copies are known by the column `parent` (the clip that each was made from) where the
    table has one, and by names that end as copies' names do: `a_noise.wav` and `a_pitch2.wav` of
    one speaker and emotion are relatives of `a.wav`. `a (1).wav` is one only where `a.wav` is in
    the table: Windows' Explorer numbers different files so, too.

    Args:
        table: utterances with `clip`, `speaker` and `emotion`; `corpus`, `statement`, `path` and
            `parent` are used where they are there.
        folds: any folds of it.
        compare_audio: whether to compare clips by their samples. Digests are kept: each clip is
            opened once, ever, but the first time that takes as long as reading the corpus.
        progress: told how many files are read; it may raise TaskCancelled.

    Raises:
        AudioError: a file may not be read.
    """
    place = pd.Series(np.arange(len(table)), index=table["clip"])
    rows = [{part: place[list(fold.clips(part))].to_numpy() for part in PARTS} for fold in folds]
    values = _values(table, compare_audio, progress)
    codes: dict[str, Codes] = {what: pd.factorize(v)[0] for what, v in values.items()}
    for what, known in values.items():
        codes[what][known.eq("").to_numpy()] = -1
    found, pairs = [], []
    for number, parts in enumerate(rows, start=1):
        for side, other in SIDES:
            for what, code in codes.items():
                heads = {"fold": number, "what": what, "side": side, "other_side": other}
                found.append(heads | _counts(code, values[what], parts[side], parts[other]))
                if what in {"clip", "audio", "copy"}:
                    pairs += [
                        heads | pair for pair in _pairs(table, code, parts[side], parts[other])
                    ]
    heads_of_pairs = ["fold", "what", "side", "clip", "other_side", "other_clip"]
    leaks, sentence = _words(codes, rows)
    return LeakCheck(
        leaks, sentence, pd.DataFrame(found), pd.DataFrame(pairs, columns=heads_of_pairs)
    )


def _values(
    table: pd.DataFrame, compare_audio: bool, progress: store.Progress | None
) -> "dict[str, pd.Series[str]]":
    """For each kind what it is compared by, clip by clip; "" where that is not known."""
    values = {
        "clip": column(table, "clip"),
        "speaker": people(table),
        "statement": column(table, "statement"),
        "copy": recordings(table),
    }
    if compare_audio and "path" in table:
        values["audio"] = _digests(table, progress)
    return {what: values[what] for what in KINDS if what in values}


def _digests(table: pd.DataFrame, progress: store.Progress | None) -> "pd.Series[str]":
    """Digest of each clip's samples; "" where the file is gone or silent."""
    paths = column(table, "path")
    there = [row for row, path in enumerate(paths) if path and Path(path).is_file()]
    digests = np.full(len(table), "", dtype=object)
    digests[there] = sounds(paths.iloc[there].tolist(), progress)
    return pd.Series(digests, table.index, dtype=str)


def recordings(table: pd.DataFrame) -> "pd.Series[str]":
    """For augmented copies and what they were made from, one name a recording; "" for all others.

    >>> clips = ["a.wav", "copies/a_noise.wav", "a_pitch_-2.wav", "b.wav"]
    >>> table = pd.DataFrame({"clip": clips, "speaker": "01", "emotion": "sad"})
    >>> (recordings(table) != "").tolist()
    [True, True, True, False]
    """
    clips, parents = column(table, "clip"), column(table, "parent")
    stems = clips.map(lambda clip: Path(clip).stem.lower())
    # Files of two emotions or speakers may bear one name, each in its folder: no relatives.
    whose = column(table, "corpus") + "|" + people(table) + "|" + column(table, "emotion") + "|"
    there = set(whose + stems)
    named = [_base(stem, owner, there) for stem, owner in zip(stems, whose, strict=True)]
    bases = pd.Series(named, table.index, dtype=stems.dtype)
    family = whose + bases
    by_clip = dict(zip(clips, family, strict=True))
    declared = parents.ne("")
    family = family.where(~declared, parents.map(by_clip).fillna(parents))
    copies = bases.ne(stems) | declared
    several = family.map(family.value_counts()).gt(1)
    return family.where(several & family.isin(set(family[copies])), "")


def _base(stem: str, owner: str, there: Set[str]) -> str:
    """What a copy was made from, by its name; a number in brackets goes where the base is there.

    >>> _base("a (1)_noise", "", {"a"}), _base("a (1)_noise", "", {"a (1)", "a (2)"})
    ('a', 'a (1)')
    """
    whole = _COPY.sub("", stem)
    while True:
        shorter = _WORDED.sub("", stem)
        if shorter == stem:
            shorter = _NUMBERED.sub("", stem)
            if not {owner + shorter, owner + whole} & there:
                return stem
        if shorter in ("", stem):
            return stem
        stem = shorter


def _present(code: Codes, rows: Codes) -> Flags:
    """Which things stand in some rows: a flag for each code. What is not known is not there."""
    flags = np.zeros(code.max(initial=-1) + 2, dtype=bool)  # the last one is that of code -1
    flags[code[rows]] = True
    flags[-1] = False
    return flags


def _counts(
    code: Codes, values: "pd.Series[str]", side: Codes, other: Codes
) -> dict[str, int | str]:
    here = _present(code, side)
    both = here & _present(code, other)
    concerned = side[both[code[side]]]
    shown = list(dict.fromkeys(values.iloc[concerned[:200]]))[:3]
    return {
        "shared": int(both.sum()),
        "of": int(here.sum()),
        "clips": len(concerned),
        "examples": ", ".join(shown),
    }


def _pairs(table: pd.DataFrame, code: Codes, side: Codes, other: Codes) -> list[dict[str, str]]:
    """Each clip of a side with the first clip of the other that shares its code."""
    both = _present(code, side) & _present(code, other)
    first: dict[int, str] = {}
    clips = table["clip"].to_numpy()
    for row in other[both[code[other]]]:
        first.setdefault(int(code[row]), clips[row])
    return [
        {"clip": clips[row], "other_clip": first[int(code[row])]} for row in side[both[code[side]]]
    ]


def _words(codes: dict[str, Codes], rows: list[dict[str, Codes]]) -> tuple[bool, str]:
    """Whether there is a leak, and the sentence."""
    heard = [np.concatenate([parts["train"], parts["validation"]]) for parts in rows]
    leaked = {what: _over_folds(code, rows, heard) for what, code in codes.items()}
    statements = leaked.pop("statement")
    phrases = [_phrase(what, *counts) for what, counts in leaked.items() if counts[0]]
    if phrases:
        one = len(phrases) == 1 and phrases[0].startswith("1 ")
        words = f"leaks: {_listed(phrases)} {'stands' if one else 'stand'} on both sides"
    else:
        names = {"speaker": "no speaker", "audio": "no audio", "copy": "no augmented copy"}
        checked = [name for what, name in names.items() if what == "copy" or what in codes]
        if not leaked["speaker"][1]:
            checked.remove("no speaker")
        words = f"no leak: {_listed(checked)} stands on both sides"
    are = "is" if statements[0] == 1 else "are"
    said = f"{statements[0]:,} of {count(statements[1], 'statement')} {are} said on both"
    more = [said] * bool(statements[0])
    return bool(phrases), "; ".join([words, *more, *_caveats(codes, rows, leaked["speaker"][0])])


def _caveats(codes: dict[str, Codes], rows: list[dict[str, Codes]], mixed: int) -> list[str]:
    """What the check could not see, and who validates and trains though no test is concerned."""
    voices = codes["speaker"]
    tested = np.unique(np.concatenate([parts["test"] for parts in rows]))
    unknown = int((voices[tested] < 0).sum())
    sides = [
        _present(voices, parts["validation"]) & _present(voices, parts["train"]) for parts in rows
    ]
    both = int(np.any(sides, axis=0).sum())
    return [
        *([f"nobody knows who speaks in {unknown} of the tested clips"] if unknown else []),
        *([] if "audio" in codes else ["audio was not compared"]),
        *([_also_validate(both)] if both and not mixed else []),
        *_validated_and_trained(codes, rows),
    ]


def _validated_and_trained(codes: dict[str, Codes], rows: list[dict[str, Codes]]) -> list[str]:
    """Samples that choose the epoch and are trained on: no score is tainted, but the choice is."""
    swapped = [{**parts, "test": parts["validation"]} for parts in rows]
    trained = [parts["train"] for parts in rows]
    found = {
        what: _over_folds(codes[what], swapped, trained)
        for what in ("clip", "audio", "copy")
        if what in codes
    }
    phrases = [_phrase(what, *counts) for what, counts in found.items() if counts[0]]
    if not phrases:
        return []
    one = len(phrases) == 1 and phrases[0].startswith("1 ")
    stand = "stands" if one else "stand"
    return [f"{_listed(phrases)} {stand} in training and validation, {_TOO_LATE}"]


def _also_validate(speakers: int) -> str:
    return count(speakers, "speaker validates and trains", "speakers validate and train")


def _over_folds(
    code: Codes, rows: list[dict[str, Codes]], heard: list[Codes]
) -> tuple[int, int, int]:
    """Things that are tested and heard in one fold, things tested, and tested clips concerned."""
    shared = _present(code, code[:0])
    tested = shared.copy()
    clips = np.zeros(len(code), dtype=bool)
    for parts, others in zip(rows, heard, strict=True):
        here = _present(code, parts["test"])
        both = here & _present(code, others)
        tested |= here
        shared |= both
        clips[parts["test"][both[code[parts["test"]]]]] = True
    return int(shared.sum()), int(tested.sum()), int(clips.sum())


def _phrase(what: str, shared: int, tested: int, clips: int) -> str:
    """How much leaks of one kind.

    >>> _phrase("speaker", 24, 24, 1440), _phrase("audio", 11, 1440, 12), _phrase("copy", 1, 1, 1)
    ('24 of 24 speakers', "12 clips' audio", '1 augmented copy')
    """
    if what == "speaker":
        return f"{shared:,} of {count(tested, 'speaker')}"
    words = {
        "clip": ("clip itself", "clips themselves"),
        "audio": ("clip's audio", "clips' audio"),
        "copy": ("augmented copy", "augmented copies"),
    }
    return count(clips, *words[what])


def _listed(words: Sequence[str]) -> str:
    """Words in a row.

    >>> _listed(["a", "b", "c"]), _listed(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
