"""Eight draws of one chain, to listen through: how wide is what it makes of a clip?"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components import augmentation_heard, augmentation_work, state
from pages.components import augmentation_kept as kept
from pages.components.ab_player import Version, ab_player
from pages.components.augmentation_chain import COPY
from pages.components.augmentation_result import Place, Result, said
from pages.components.augmentation_work import Roll
from pages.components.live_input import plain
from ser_core.errors import SerError

if TYPE_CHECKING:
    from ser_core.inference import Prediction

DRAWS = 8
_LONG_S = 10.0  # of sound, for which drawing takes more than about a second


@dataclass(frozen=True)
class Drawn:
    """One of the draws.

    Attributes:
        seed: of it.
        copy: of it, from 0.
        after: (num_samples,) what came out.
        said: what every step drew.
        mark: tells it from others.
    """

    seed: int
    copy: int
    after: NDArray[np.float32]
    said: str
    mark: object


def show(result: Result, where: Place) -> None:
    """A player of the clip and eight draws, each with its parameters and what is heard in it."""
    try:
        draws, heard = _made(result, where)
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    before = _heard_before(result, where)
    st.markdown(_summary(heard, result.clip.acted, before))
    versions = [Version("Original", result.clip.waveform, _word(before))]
    versions += [_version(each, what) for each, what in zip(draws, heard, strict=True)]
    ab_player(
        versions,
        result.clip.sampling_rate,
        "augment-draws",
        on_action=lambda place: take(draws[place - 1]),
    )
    st.caption("Take goes on with a draw: its seed becomes that of the page.")


def _made(result: Result, where: Place) -> "tuple[list[Drawn], list[Prediction | str | None]]":
    """All draws and what is heard in them, one by one.

    Each is kept as soon as it is there, and anything that is clicked is followed before the next
    one: of a long sound all together take seconds.

    Raises:
        SerError: a step cannot act.
    """
    draws: list[Drawn] = []
    heard: list[Prediction | str | None] = []
    long = result.clip.duration_s > _LONG_S
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        shown = st.progress(0.0, "Drawing") if long else None
        if long:
            st.button("Stop", key="augment_stop", icon=":material/stop:", on_click=_stop)
    with nullcontext() if long else st.spinner(f"Drawing {DRAWS} versions"):
        for number in range(DRAWS):
            if shown is not None:
                shown.progress(number / DRAWS, f"Draw {number + 1} of {DRAWS}")
            draws.append(draw(result, number))
            heard.append(_heard(result, where, draws[-1]))
    place.empty()
    return draws, heard


def _stop() -> None:
    """Callback: back to the one draw in hand."""
    st.session_state[state.AUGMENT_VIEW] = "hear"


def _version(drawn: Drawn, what: "Prediction | str | None") -> Version:
    """A draw in the player, called by its seed: the digits there count from the original."""
    note = "; ".join(part for part in (_word(what), drawn.said) if part)
    return Version(f"Seed {drawn.seed}", drawn.after, note, "Take")


def draw(result: Result, number: int) -> Drawn:
    """The draw of a later seed; in turns, of the next copy.

    Raises:
        SerError: a step cannot act.
    """
    edited, clip = result.edited, result.clip
    seed = edited.seed + number
    copy = (edited.copy + number) % _turns(result) if edited.draft.use == "turns" else 0
    roll = Roll(seed, copy, clip.acted, edited.locks)
    steps = augmentation_work.drawn(edited.draft, roll)
    mark = (clip.mark, repr(augmentation_work.document(steps)))

    def make() -> NDArray[np.float32]:
        return augmentation_work.applied(clip.waveform, clip.sampling_rate, steps)

    return Drawn(seed, copy, kept.once(("draw", mark), make), said(steps), mark)


def _turns(result: Result) -> int:
    return max(1, result.edited.draft.copies or len(result.edited.draft.acting()))


def _heard(result: Result, where: Place, drawn: Drawn) -> "Prediction | str | None":
    if where.predictor is None:
        return None
    return augmentation_heard.heard(where.predictor, drawn.after, result.clip, drawn.mark)


def _heard_before(result: Result, where: Place) -> "Prediction | str | None":
    clip = result.clip
    return _heard(result, where, Drawn(0, 0, clip.waveform, "", clip.mark))


def _word(what: "Prediction | str | None") -> str:
    if what is None or isinstance(what, str):
        return what or ""
    return f"heard as {what.emotion} {what.probabilities[what.emotion]:.2f}, {what.sure}"


def _summary(
    heard: "list[Prediction | str | None]", acted: str, before: "Prediction | str | None"
) -> str:
    """How often the label holds, in one sentence."""
    if before is None or isinstance(before, str):
        return ""
    held = sum(
        not isinstance(each, str | None) and each.emotion == before.emotion for each in heard
    )
    wrong = (
        f" It is wrong before already: {acted} was acted."
        if acted not in ("", before.emotion)
        else ""
    )
    return f"The model hears **{before.emotion}** in {held} of {len(heard)} draws.{wrong}"


def take(drawn: Drawn) -> None:
    """Go on with a draw: callback."""
    st.session_state[state.AUGMENT_SEED] = drawn.seed
    st.session_state[COPY] = drawn.copy + 1
