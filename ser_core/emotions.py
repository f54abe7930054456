"""Emotion labels: their order, words and colours, the same on every page and in every figure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Emotion:
    """One label: its name in tables and files, the word people read, and its colour."""

    name: str
    title: str
    colour: str


# From the hues of Okabe & Ito (2008), "Color Universal Design", moved as little as it takes for
# every pair to stay apart (CIEDE2000 ≥ 10.8) to normal, protanope, deuteranope and tritanope
# eyes, and for 3:1 contrast on the light and on the dark page. tests/test_emotions.py holds both.
_ALL = (
    Emotion("neutral", "Neutral", "#8C8C8D"),
    Emotion("calm", "Calm", "#009DE8"),
    Emotion("happy", "Happy", "#C48A00"),
    Emotion("sad", "Sad", "#006FB9"),
    Emotion("angry", "Angry", "#CA5C4B"),
    Emotion("fearful", "Fearful", "#B27AAD"),
    Emotion("disgust", "Disgust", "#029868"),
    Emotion("surprised", "Surprised", "#746E00"),
)

EMOTIONS: dict[str, Emotion] = {emotion.name: emotion for emotion in _ALL}
"""The eight emotions of RAVDESS and of the shipped model by name, in the order used for tables,
bars and confusion matrices."""

# Labels that other corpora have beyond the eight. There is no room for fifteen colours that every
# eye tells apart, so only those that occur in one published corpus are kept apart (CIEDE2000 ≥ 10
# to all four kinds of eyes): bored from what EMO-DB has, excited and frustrated from what IEMOCAP
# has. Elsewhere some come close: excited to calm, amused to surprised, other to frustrated.
_FURTHER = (
    Emotion("excited", "Excited", "#8983FE"),
    Emotion("frustrated", "Frustrated", "#90547A"),
    Emotion("bored", "Bored", "#656962"),
    Emotion("amused", "Amused", "#487900"),
    Emotion("contempt", "Contempt", "#C0189E"),
    Emotion("other", "Other", "#5B6A70"),
)

KNOWN: dict[str, Emotion] = EMOTIONS | {emotion.name: emotion for emotion in _FURTHER}
"""The eight and the further ones, in order."""


def order(names: Iterable[str]) -> list[str]:
    """The given names in house order; names that are not known come last, sorted.

    >>> order({"angry", "zest", "neutral", "bored"})
    ['neutral', 'angry', 'bored', 'zest']
    """
    known = list(KNOWN)
    return sorted(names, key=lambda n: (known.index(n), "") if n in KNOWN else (len(known), n))


def colour(name: str) -> str:
    """Hex colour of an emotion; that of neutral for a name that is not known."""
    return KNOWN[name if name in KNOWN else "neutral"].colour


def title(name: str) -> str:
    """The word shown for an emotion; a name that is not known speaks for itself.

    A clip whose label was mapped to no emotion has the name "".
    """
    if not name:
        return "Not mapped"
    return KNOWN[name].title if name in KNOWN else name.capitalize()
