"""What "Your voice" says, apart from how it is drawn."""

from collections.abc import Mapping
from typing import Any

SENTENCE = (
    "The north wind and the sun were disputing which was the stronger, when a traveller came "
    "along wrapped in a warm cloak. They agreed that the one who first made the traveller take "
    "his cloak off should be considered stronger than the other."
)
"""To be read aloud in ten to fifteen seconds; after Aesop, used for phonetic samples."""

ASK = (
    "Wrong about you? Speak for about **ten seconds** as you usually do, in no particular mood: "
    "answers then go by how you sound. Use the microphone and the room that you will be heard in. "
    "Say anything, in your own language, or read this:\n\n"
    f"> {SENTENCE}"
)
PRIVACY = (
    "Stays in the memory of this session, and is gone with it: nothing is written to disk or sent "
    "elsewhere, unless you save it."
)
SWITCH = "Off: hear as if your voice were not known. Nothing is deleted."
_HOW = "`python -m ser_core voice RUN --corpus NAME=DIR --model NAME`"


def title(able: bool) -> str:
    """Of the expander. It does not tell how much is in hand: with another title it would close.

    >>> title(True), title(False)
    ('Your voice: have answers go by how you sound', 'Your voice: not for this model')
    """
    what = "have answers go by how you sound" if able else "not for this model"
    return f"Your voice: {what}"


def in_hand(voice_s: float, least_s: float, wanted_s: float) -> str:
    """How much speech there is, and how much is wanted.

    >>> print(in_hand(3.2, 5, 10))
    3 of 10 s of speech in hand; from 5 s on it is used
    >>> print(in_hand(12.0, 5, 10))
    12 s of speech in hand: that is plenty
    """
    if voice_s >= wanted_s:
        return f"{voice_s:.0f} s of speech in hand: that is plenty"
    used = "it is used already" if voice_s >= least_s else f"from {least_s:.0f} s on it is used"
    return f"{voice_s:.0f} of {wanted_s:.0f} s of speech in hand; {used}"


def more(voice_s: float, wanted_s: float) -> str:
    """Above the recorder, where some speech is in hand.

    >>> more(3.2, 10), more(12.0, 10)
    ('Some more makes it steadier:', 'No more is needed. To add some all the same:')
    """
    if voice_s < wanted_s:
        return "Some more makes it steadier:"
    return "No more is needed. To add some all the same:"


def without_stage(facts: Mapping[str, Any] | None) -> str:
    """Why a model cannot go by a voice."""
    if facts is not None and not facts.get("helps"):
        return (
            "This model cannot go by a voice. It was tried, and did not clearly help: "
            f"{_arms(facts)}."
        )
    return (
        "This model cannot go by a voice: it was made without the part that could. A run that was "
        f"trained with `--keep-folds` gives one: {_HOW}."
    )


def worth(facts: Mapping[str, Any]) -> str:
    """What knowing a voice was worth on people the networks had never heard, from a card.

    >>> score = {"value": 0.6, "low": 0.5, "high": 0.7}
    >>> better = {"uar": {"value": 0.7, "low": 0.6, "high": 0.8}}
    >>> gain = {"value": 0.1, "low": 0.05, "high": 0.15}
    >>> facts = {"without": {"uar": score}, "with": better, "difference": gain, "variants": []}
    >>> worth({**facts, "clips": 600, "speakers": 20, "voice_s": 3.6}).split(";")[0]
    'What it brings: UAR 0.60 [0.50, 0.70] without, 0.70 [0.60, 0.80] with'
    """
    known = f"On {facts['clips']:,} clips of {facts['speakers']} speakers whom the fold networks "
    said = [
        f"What it brings: {_arms(facts)}.",
        f"{known}had never heard, each known from {facts['voice_s']:.0f} s of neutral speech; "
        "95 % intervals over speakers.",
    ]
    said += [
        f"Where they were known by other sentences only: {each['uar']:.2f}."
        for each in facts.get("variants", ())
        if each["words"] == OTHER_SENTENCES
    ]
    if not facts.get("own_run", True):
        said.append("It was learned from the fold networks of another run of the same recipe.")
    return " ".join(said)


OTHER_SENTENCES = "only sentences other than the one tested"


def _arms(facts: Mapping[str, Any]) -> str:
    gain = facts["difference"]
    value, low, high = (100 * gain[part] for part in ("value", "low", "high"))
    more = f"{abs(value):.1f} points {'more' if value >= 0 else 'less'} [{low:.1f}, {high:.1f}]"
    return f"UAR {_score(facts['without'])} without, {_score(facts['with'])} with; {more}"


def _score(arm: Mapping[str, Any]) -> str:
    score = arm["uar"]
    return f"{score['value']:.2f} [{score['low']:.2f}, {score['high']:.2f}]"
