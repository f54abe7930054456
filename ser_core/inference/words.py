"""What a model says beside the emotion, and how sure changed versions leave it, in plain words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ser_core.inference.prediction import Further, Prediction

LOWEST, HIGHEST = 1.0, 5.0  # of valence, arousal and dominance, as corpora have them

_TITLES = {"gender": "Voice", "intensity": "Intensity"}
_ENDS = {
    "valence": ("unpleasant", "pleasant"),
    "arousal": ("calm", "excited"),
    "dominance": ("weak", "strong"),
}


@dataclass(frozen=True)
class Said:
    """What one head says.

    Attributes:
        head: its name, such as `gender`.
        title: what people call it.
        words: the answer in a few words.
        share: how far it is from the lower end of its scale to the upper, or the probability of the
            answer; in [0, 1].
        ends: what the two ends of the scale mean; none for classes.
    """

    head: str
    title: str
    words: str
    share: float
    ends: tuple[str, str] | None = None


def said_besides(further: Mapping[str, Further]) -> list[Said]:
    """What the heads beside emotion say, in their order.

    >>> for one in said_besides({"gender": {"female": 0.8, "male": 0.2}, "valence": 3.42}):
    ...     print(f"{one.title}: {one.words}")
    Voice: female 0.80
    Valence: 3.4 of 1 (unpleasant) to 5 (pleasant)
    """
    return [_said(head, answer) for head, answer in further.items()]


def _said(head: str, answer: Further) -> Said:
    title = _TITLES.get(head, head.capitalize())
    if isinstance(answer, Mapping):
        best = max(answer, key=lambda name: answer[name])
        return Said(head, title, f"{best} {answer[best]:.2f}", answer[best])
    ends = _ENDS.get(head, ("low", "high"))
    words = f"{answer:.1f} of {LOWEST:g} ({ends[0]}) to {HIGHEST:g} ({ends[1]})"
    share = min(1.0, max(0.0, (answer - LOWEST) / (HIGHEST - LOWEST)))
    return Said(head, title, words, share, ends)


def versions_words(prediction: Prediction) -> str:
    """How many versions were heard and how far they differ; empty where only the recording was.

    >>> rows = [{"happy": 0.6, "sad": 0.4}, {"happy": 0.3, "sad": 0.7}, {"happy": 0.8, "sad": 0.2}]
    >>> print(versions_words(Prediction("happy", {}, [], 1.0, "sure", [], versions=rows)))
    heard 3 times, as it is and in 2 changed versions: 2 of 3 say happy, from 0.30 to 0.80
    """
    versions = prediction.versions
    if not versions:
        return ""
    number, best = len(versions), prediction.emotion
    agree = sum(max(each, key=lambda label: each[label]) == best for each in versions)
    shares = [each[best] for each in versions]
    changed = f"{number - 1} changed {'version' if number == 2 else 'versions'}"
    return (
        f"heard {number} times, as it is and in {changed}: {agree} of {number} say {best}, "
        f"from {min(shares):.2f} to {max(shares):.2f}"
    )


def agreement_words(answers: Mapping[str, str]) -> str:
    """Where models agree on a recording, in a sentence.

    Args:
        answers: the label of each model by its name; "" of one that is not sure.

    >>> agreement_words({"one": "happy", "two": "happy", "three": "sad"})
    '2 of 3 models hear happy; three hears sad.'
    >>> agreement_words({"one": "happy", "two": "happy"})
    'Both models hear happy.'
    >>> agreement_words({"one": "happy", "two": ""})
    'one hears happy; two is not sure.'
    """
    by_label: dict[str, list[str]] = {}
    for name, label in answers.items():
        by_label.setdefault(label, []).append(name)
    if len(by_label) == 1:
        who = "Both models" if len(answers) == 2 else f"All {len(answers)} models"
        (label,) = by_label
        return f"{who} hear {label}." if label else f"{who} are not sure."
    ranked = sorted(by_label.items(), key=lambda each: (not each[0], -len(each[1])))
    return "; ".join(_some(label, names, len(answers)) for label, names in ranked) + "."


def _some(label: str, names: Sequence[str], number: int) -> str:
    who = names[0] if len(names) == 1 else f"{len(names)} of {number} models"
    if label:
        return f"{who} {'hears' if len(names) == 1 else 'hear'} {label}"
    return f"{who} {'is' if len(names) == 1 else 'are'} not sure"
