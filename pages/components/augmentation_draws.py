"""Eight draws of one chain, to listen through: how wide is what it makes of a clip?"""

from dataclasses import dataclass
from html import escape
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
from pages.components.emotion import chip
from pages.components.live_input import plain
from ser_core.errors import SerError

if TYPE_CHECKING:
    from ser_core.inference import Prediction

DRAWS = 8


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
    clip = result.clip
    try:
        with st.spinner(f"Drawing {DRAWS} versions"):
            draws = [draw(result, number) for number in range(DRAWS)]
            heard = [_heard(result, where, each) for each in draws]
    except SerError as error:
        st.warning(plain(str(error)), icon=":material/warning:")
        return
    versions = [Version("Original", clip.waveform, _word(_heard_before(result, where)))]
    versions += [
        Version(
            f"{number}", each.after, "; ".join(part for part in (_word(what), each.said) if part)
        )
        for number, (each, what) in enumerate(zip(draws, heard, strict=True), start=1)
    ]
    ab_player(versions, clip.sampling_rate, "augment-draws")
    st.markdown(_summary(heard, clip.acted, _heard_before(result, where)))
    for number, (each, what) in enumerate(zip(draws, heard, strict=True), start=1):
        _row(number, each, what)


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
    rate = result.clip.sampling_rate
    return augmentation_heard.heard(where.predictor, drawn.after, rate, drawn.mark)


def _heard_before(result: Result, where: Place) -> "Prediction | str | None":
    clip = result.clip
    return _heard(result, where, Drawn(0, 0, clip.waveform, "", clip.mark))


def _word(what: "Prediction | str | None") -> str:
    if what is None or isinstance(what, str):
        return what or ""
    return f"heard as {what.emotion} {what.probabilities[what.emotion]:.2f}"


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


def _row(number: int, drawn: Drawn, what: "Prediction | str | None") -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        turn = f", copy {drawn.copy + 1}" if drawn.copy else ""
        heard = ""
        if what is not None and not isinstance(what, str):
            share = what.probabilities[what.emotion]
            heard = f"{chip(what.emotion)} {share:.2f} · {what.sure} · "
        elif what:
            heard = f"not heard: {escape(what)} · "
        st.html(
            f"<b>{number}</b> · {heard}{escape(drawn.said)} "
            f'<span style="opacity:.7">· seed {drawn.seed}{turn}</span>',
            width="stretch",
        )
        if number > 1:
            st.button(
                "Take this one", key=f"augment_take_{number}", type="tertiary", on_click=_take,
                args=(drawn.seed, drawn.copy),
            )  # fmt: skip


def _take(seed: int, copy: int) -> None:
    st.session_state[state.AUGMENT_SEED] = seed
    st.session_state[COPY] = copy + 1
