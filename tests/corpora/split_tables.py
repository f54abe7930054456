"""Tables of clips that the protocols are tried on."""

import math
from collections import Counter
from collections.abc import Sequence

import pandas as pd

from ser_core.corpora.folds import Fold

ACTORS = [f"{number:02}" for number in range(1, 25)]


PRESENT = [actor for actor in ACTORS if actor not in {"09", "14", "19", "22"}]


EMOTIONS = ["neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised"]


def made(
    speakers: Sequence[str],
    corpus: str = "made",
    language: str = "en",
    emotions: Sequence[str] = ("angry", "calm", "sad"),
    clips: int = 3,
    session: str = "",
) -> pd.DataFrame:
    """Some clips of each emotion by each speaker; odd numbers are men."""
    rows = [
        {
            "clip": f"{corpus}/{session}{speaker}-{emotion}-{number}.wav",
            "corpus": corpus,
            "language": language,
            "speaker": speaker,
            "gender": "male" if int(speaker[-2:]) % 2 else "female",
            "emotion": emotion,
            "statement": f"statement {number % 2}",
            "session": session,
            "channel": "speech",
            "duration_s": 2.0,
            "problems": "",
        }
        for speaker in speakers
        for emotion in emotions
        for number in range(clips)
    ]
    return pd.DataFrame(rows)


def together(*tables: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(tables, ignore_index=True)


def ravdess_table(actors: Sequence[str] = ACTORS, song: bool = True) -> pd.DataFrame:
    """Labels of RAVDESS as published: 60 clips of speech each, 44 of song but none by actor 18."""
    speech = together(
        *(made(actors, "ravdess", "en", [emotion], 4 if emotion == "neutral" else 8)
          for emotion in EMOTIONS)
    )  # fmt: skip
    if not song:
        return speech
    singers = [actor for actor in actors if actor != "18"]
    sung = together(
        *(made(singers, "ravdess", "en", [emotion], 4 if emotion == "neutral" else 8)
          for emotion in EMOTIONS[:6])
    )  # fmt: skip
    sung = sung.assign(channel="song", clip="song/" + sung["clip"])
    return together(speech, sung)


def several_corpora() -> pd.DataFrame:
    """Three corpora, two languages, five sessions in one of them, and two people called 01."""
    pairs = [("1", "2"), ("3", "4"), ("5", "6"), ("7", "8"), ("9", "10")]
    sessions = together(
        *(
            made([f"{i}{man:0>2}", f"{i}{woman:0>2}"], "dyads", session=f"{i}")
            for i, (man, woman) in enumerate(pairs, start=1)
        )
    )
    return together(
        sessions,
        made(["01", "02", "03", "04"], "german", "de"),
        made(["01", "02", "03"], "ravdess", "en"),
    )


def unequal_speakers() -> pd.DataFrame:
    """Ten speakers, the first with twelve times the clips of the last, some without an emotion."""
    names = [f"{number:02}" for number in range(1, 11)]
    tables = [made([name], clips=max(1, 12 - 2 * i)) for i, name in enumerate(names)]
    table = together(*tables)
    return table[~(table["speaker"].isin(["09", "10"]) & table["emotion"].eq("sad"))].reset_index(
        drop=True
    )


def as_before(
    table: pd.DataFrame, num_folds: int, num_validation: int
) -> list[tuple[set[str], set[str], set[str]]]:
    """The dealing that all scores so far come from, written down once more."""
    pairs = table[["speaker", "gender"]].drop_duplicates("speaker")
    gender = dict(zip(pairs["speaker"], pairs["gender"], strict=True))
    dealt = sorted(gender, key=lambda s: (gender[s], s))
    count = min(num_folds, len(dealt))
    while len(dealt) - math.ceil(len(dealt) / count) < 2:
        count += 1
    return named_as_before(gender, [dealt[i::count] for i in range(count)], num_validation)


def named_as_before(
    gender: dict[str, str], groups: Sequence[Sequence[str]], num_validation: int
) -> list[tuple[set[str], set[str], set[str]]]:
    folds = []
    for i, test in enumerate(groups):
        others = [s for step in range(1, len(groups)) for s in groups[(i + step) % len(groups)]]
        others += sorted(set(gender) - {s for group in groups for s in group})
        seen: Counter[str] = Counter()
        rank = {}
        for s in others:
            rank[s] = seen[gender[s]]
            seen[gender[s]] += 1
        validation = sorted(others, key=lambda s: rank[s])[: min(num_validation, len(others) - 1)]
        folds.append((set(others) - set(validation), set(validation), set(test)))
    return folds


def sides(folds: Sequence[Fold]) -> list[tuple[set[str], set[str], set[str]]]:
    return [
        (set(f.train_speakers), set(f.validation_speakers), set(f.test_speakers)) for f in folds
    ]


TABLES = {
    "ravdess": ravdess_table(),
    "ravdess without four actors": ravdess_table(PRESENT),
    "several corpora": several_corpora(),
    "unequal speakers": unequal_speakers(),
    "one gender": made(["01", "03", "05", "07"]),
    "three speakers": made(["01", "02", "03"]),
    "two speakers": made(["01", "02"]),
    "nobody known": made(["01", "02", "03"]).assign(speaker="", gender=""),
    "some not known": together(
        made(["01", "02", "03", "04"]), made(["05"]).assign(speaker="", gender="")
    ),
    "a session each speaker comes back to": together(
        made(["01", "02"], session="1"), made(["01", "02"], session="2")
    ),
    "a rare emotion": together(
        made(["01", "02", "03"]), made(["02"], emotions=["disgust"], clips=1)
    ),
    "six clips": made(["01", "02", "03"], emotions=["angry", "sad"], clips=1),
    "two clips": made(["01"], emotions=["sad"], clips=2),
}


ONE_KIND = set(TABLES) - {"several corpora"}


FEW_SPEAKERS = {
    *("two speakers", "nobody known", "two clips", "a session each speaker comes back to")
}


NO_ACTORS = set(TABLES) - {"ravdess", "ravdess without four actors", "several corpora"}


REFUSED = {
    "emobox": NO_ACTORS,
    "leave-one-corpus-out": ONE_KIND,
    "leave-one-language-out": ONE_KIND,
    "leave-one-session-out": ONE_KIND - {"a session each speaker comes back to"},
    "loso": FEW_SPEAKERS,
    "luna-jimenez": NO_ACTORS,
    "ravdess-20": NO_ACTORS | {"several corpora"},
    "speaker-independent": FEW_SPEAKERS,
    "stratified-holdout": {"two clips"},
    "stratified-kfold": {"two clips"},
}
"""Which tables a protocol cannot split."""


ACCEPTED = [(name, which) for name in REFUSED for which in TABLES if which not in REFUSED[name]]
