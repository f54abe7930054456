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
    before = _heard_before(result, where)
    # The original comes last, so that the digit keys are the numbers of the draws.
    versions = [
        Version(f"Draw {number}", each.after, "; ".join(filter(None, (_word(what), each.said))))
        for number, (each, what) in enumerate(zip(draws, heard, strict=True), start=1)
    ]
    versions.append(Version("Original", clip.waveform, _word(before)))
    ab_player(versions, clip.sampling_rate, "augment-draws")
    st.markdown(_summary(heard, clip.acted, before))
    st.html(f'<div style="{_CHIPS}">{"".join(map(_chip, range(1, DRAWS + 1), heard))}</div>')
    with st.container(horizontal=True, gap="small"):
        for number, each in enumerate(draws[1:], start=2):
            st.button(
                f"Take {number}", key=f"augment_take_{number}", on_click=_take,
                args=(each.seed, each.copy), help=f"Go on with this draw: seed {each.seed}",
            )  # fmt: skip


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


_CHIPS = "display:flex;flex-wrap:wrap;gap:.2rem 1.2rem"


def _chip(number: int, what: "Prediction | str | None") -> str:
    """HTML: what is heard in a draw."""
    if what is None:
        return ""
    if isinstance(what, str):
        return f"<span><b>{number}</b> not heard: {escape(what)}</span>"
    share = what.probabilities[what.emotion]
    words = f"{chip(what.emotion)} {share:.2f}, {escape(what.sure)}"
    return f'<span style="white-space:nowrap"><b>{number}</b> {words}</span>'


def _take(seed: int, copy: int) -> None:
    st.session_state[state.AUGMENT_SEED] = seed
    st.session_state[COPY] = copy + 1
