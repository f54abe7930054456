"""What the model hears before and after: one plain sentence, and all classes as pairs of bars."""

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import augmentation_kept as kept
from pages.components.augmentation_voice import Voice
from pages.components.live_input import Clip, plain
from ser_core import emotions
from ser_core.errors import AudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ser_core.inference import Prediction, Predictor

_ROW = "display:grid;grid-template-columns:5.6em 1fr 6.6em;gap:.6em;align-items:center"
_TRACK = "background:color-mix(in srgb,currentColor 9%,transparent);border-radius:2px"
_BAR = "display:block;height:{height};border-radius:2px;min-width:1px"
_PALE = "opacity:.45"


def heard(
    predictor: "Predictor", waveform: "NDArray[np.float32]", voice: Voice, mark: object
) -> "Prediction | str":
    """What the model hears in a sound, or why it cannot, once for each `mark`.

    Args:
        predictor: the model.
        waveform: (num_samples,).
        voice: what it was made of; the model prepares the sound only where this is as recorded.
        mark: tells the sound from others.
    """

    def make() -> "Prediction | str":
        try:
            if voice.prepared:
                return predictor.predict_voice(waveform)
            return predictor.predict(waveform, voice.sampling_rate)
        except AudioError as error:
            return str(error).removeprefix("the recording: ").removesuffix(".")

    return kept.once(("heard", id(predictor), mark), make)


def verdict(before: "Prediction | str", after: "Prediction | str", acted: str) -> str:
    """Whether the label still holds, to this model, in one plain sentence.

    Args:
        before: what was heard in the clip, or why nothing could be.
        after: the same of what came out.
        acted: the emotion that the corpus says was acted; "" where it is not known.
    """
    if isinstance(before, str):
        return f"The model cannot hear the clip itself: {plain(before)}."
    if isinstance(after, str):
        return f"The label may no longer hold: what came out cannot be heard ({plain(after)})."
    one, other = _word(before.emotion), _word(after.emotion)
    course = (
        f"{before.probabilities[before.emotion]:.2f} → {after.probabilities[before.emotion]:.2f}"
    )
    sure = _sure(before, after)
    if acted and before.emotion != acted:
        then = "and still does" if other == one else f"and **{other}** after"
        if after.emotion == acted:
            then = f"and, rightly, **{other}** after"
        return (
            f"The model is wrong about this clip before anything is done: it hears **{one}** where "
            f"**{_word(acted)}** was acted, {then} ({sure}). It says little about the label here."
        )
    if before.emotion == after.emotion:
        return f"Still heard as **{one}**, {course} ({sure})."
    return (
        f"The label may no longer hold: heard as **{one}** before and **{other}** after, with "
        f"{after.probabilities[after.emotion]:.2f}; {one} {course} ({sure})."
    )


def _word(name: str) -> str:
    return emotions.title(name).lower()


def _sure(before: "Prediction", after: "Prediction") -> str:
    if before.sure == after.sure:
        return f"{before.sure} both times"
    return f"{before.sure} before, {after.sure} after"


def say(
    predictor: "Predictor", before: "Prediction | str", after: "Prediction | str", clip: Clip
) -> str:
    """Write the sentence, and what may be wrong with what came out; HTML of the bars."""
    same = isinstance(before, str) or isinstance(after, str) or before.emotion == after.emotion
    icon = ":material/hearing:" if same else ":material/warning:"
    st.markdown(f"{icon} {verdict(before, after, _known(predictor, clip))}", help=_HELP)
    if clip.corpus and clip.corpus == predictor.card.get("corpus"):
        st.caption(
            f":material/info: The model learned from {plain(clip.corpus)}, perhaps from this clip."
        )
    if isinstance(before, str) or isinstance(after, str):
        return ""
    for note in after.notes:
        if note not in before.notes:
            st.caption(f":material/info: After: {note}")
    return paired_bars(before.probabilities, after.probabilities)


_HELP = (
    "A model is no judge of what a voice expresses: it hears what it has learned. Sure, fairly "
    "sure and not sure come from how often its fold models were right at such a probability."
)


def _known(predictor: "Predictor", clip: Clip) -> str:
    """What was acted, if the model has a word for it."""
    return clip.acted if clip.acted in predictor.labels else ""


def paired_bars(before: Mapping[str, float], after: Mapping[str, float]) -> str:
    """HTML: for each emotion a pale bar of before over a full one of after, and both numbers."""
    names = emotions.order(list(before))
    rows = "".join(_pair(name, before[name], after[name]) for name in names)
    key = (
        f'<div style="{_ROW};font-size:.8em;opacity:.75"><span></span><span>pale: before, '
        'full: after</span><span style="text-align:right">before → after</span></div>'
    )
    label = "Probability of each emotion before and after"
    return f'<div role="list" aria-label="{label}">{key}{rows}</div>'


def _pair(name: str, before: float, after: float) -> str:
    colour = emotions.colour(name)
    bars = "".join(
        f'<span style="{_BAR.format(height=height)};width:{100 * value:.1f}%;'
        f'background:{colour};{more}"></span>'
        for value, height, more in ((before, ".32em", _PALE), (after, ".5em", ""))
    )
    return (
        f'<div role="listitem" style="{_ROW};line-height:1.5">'
        f"<span>{escape(emotions.title(name))}</span>"
        f'<span style="{_TRACK}">{bars}</span>'
        '<span style="text-align:right;font-variant-numeric:tabular-nums">'
        f"{before:.2f} → {after:.2f}</span></div>"
    )


def shares_bar(shares: Mapping[str, float], what: str) -> str:
    """HTML: shares that sum to 1 as one stacked bar in the emotion colours, with words below."""
    names = emotions.order(list(shares))
    cells = "".join(
        f'<span style="width:{100 * shares[name]:.1f}%;background:{emotions.colour(name)}"></span>'
        for name in names
    )
    words = " · ".join(
        f'<span style="white-space:nowrap"><span style="display:inline-block;width:.7em;'
        f'height:.7em;border-radius:2px;background:{emotions.colour(name)}"></span> '
        f"{escape(emotions.title(name))} {shares[name]:.2f}</span>"
        for name in names
    )
    return (
        f'<div role="img" aria-label="{escape(what)}">'
        f'<div style="display:flex;height:1em;border-radius:3px;overflow:hidden">{cells}</div>'
        f'<div style="margin-top:.3em">{words}</div></div>'
    )
