"""Emotion labels: their order, words and colours, the same on every page and in every figure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Emotion:
    """One label. `colour` keeps apart from its neighbours for colour-blind eyes, on light and dark."""

    name: str
    title: str
    colour: str


# Okabe & Ito (2008), "Color Universal Design", with the yellow darkened so that it shows on white.
_ALL = (
    Emotion("neutral", "Neutral", "#8C8C8C"),
    Emotion("calm", "Calm", "#56B4E9"),
    Emotion("happy", "Happy", "#E69F00"),
    Emotion("sad", "Sad", "#0072B2"),
    Emotion("angry", "Angry", "#D55E00"),
    Emotion("fearful", "Fearful", "#CC79A7"),
    Emotion("disgust", "Disgust", "#009E73"),
    Emotion("surprised", "Surprised", "#C9B700"),
)

EMOTIONS: dict[str, Emotion] = {emotion.name: emotion for emotion in _ALL}
"""Every emotion by name, in the order used for tables, bars and confusion matrices."""


def order(names: "list[str] | set[str]") -> list[str]:
    """The given names in house order; names that are not known come last, sorted.

    >>> order({"angry", "neutral", "bored"})
    ['neutral', 'angry', 'bored']
    """
    known = list(EMOTIONS)
    return sorted(names, key=lambda n: (known.index(n), "") if n in EMOTIONS else (len(known), n))


def colour(name: str) -> str:
    """Hex colour of an emotion; grey for a name that is not known."""
    return EMOTIONS[name].colour if name in EMOTIONS else "#8C8C8C"


def title(name: str) -> str:
    """The word shown for an emotion."""
    return EMOTIONS[name].title if name in EMOTIONS else name.capitalize()
