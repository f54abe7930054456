"""What the chosen models hear in a clip, worked out once for each clip and choice."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from pages.components import state, tasks
from pages.components.live_input import Clip

if TYPE_CHECKING:
    from ser_core.inference import Prediction, Predictor, Segment
    from ser_core.inference.timeline_files import Timeline

LONG_S = 7.0  # of a shorter clip there is no course over time worth a picture
WORDS_S = 20.0  # a longer clip takes long enough to hear for the page to say that it listens
_HEARD_AGAIN_S = 60.0  # of a longer clip, hearing each segment as a whole would take too long


@dataclass(frozen=True, eq=False)
class Hearing:
    """What models heard in a clip, in the order of the models: the one that was chosen first.

    Attributes:
        timelines: what was heard when, in a clip of LONG_S and more; else none.
        copies: in how many changed versions it was heard too.
    """

    predictors: "tuple[Predictor, ...]"
    predictions: "list[Prediction]"
    timelines: "list[Timeline]"
    copies: int


def hear(predictors: "tuple[Predictor, ...]", clip: Clip, copies: int = 0) -> Hearing:
    """What is heard; of a long clip, with words meanwhile.

    Args:
        predictors: the model that was chosen, then those beside it.
        clip: what is heard.
        copies: in how many changed versions too, by models that can make some.

    Raises:
        AudioError: there is nothing in the clip that can be heard.
    """
    mark = (clip.mark, copies, *predictors)
    kept: tuple[object, Hearing] | None = st.session_state.get(state.LIVE_PREDICTION)
    if kept is not None and kept[0] == mark:
        return kept[1]
    with listening(clip.duration_s):
        found = _heard(predictors, clip, copies)
    st.session_state[state.LIVE_PREDICTION] = (mark, found)
    return found


def listening(duration_s: float) -> AbstractContextManager[None]:
    """Says what takes time while a long clip is heard; nothing for a short one."""
    if duration_s <= WORDS_S:
        return nullcontext()
    return st.spinner(f"Listening to {tasks.duration(duration_s)} of sound")


def _heard(predictors: "tuple[Predictor, ...]", clip: Clip, copies: int) -> Hearing:
    from ser_core.inference import predict_all

    sound = clip.waveform, clip.sampling_rate
    predictions = [
        replace(each, notes=[*each.notes, *predictor.remarks(*sound)])
        for predictor, each in zip(predictors, predict_all(predictors, *sound, copies), strict=True)
    ]
    timelines = []
    if clip.duration_s >= LONG_S:
        from ser_core.inference.timeline_files import Timeline

        segments = _segments(predictors, predictions, clip, copies)
        timelines = [
            Timeline(predictor.name, clip.duration_s, prediction.windows, own)
            for predictor, prediction, own in zip(predictors, predictions, segments, strict=True)
        ]
    return Hearing(predictors, predictions, timelines, copies)


def _segments(
    predictors: "tuple[Predictor, ...]", predictions: "list[Prediction]", clip: Clip, copies: int
) -> "list[list[Segment]]":
    from ser_core.inference.streaming import segments_from, segments_of_all

    sound = clip.waveform, clip.sampling_rate
    if clip.duration_s <= _HEARD_AGAIN_S:
        return segments_of_all(predictors, *sound, copies=copies)
    return [
        segments_from(predictor, prediction.windows, *sound)
        for predictor, prediction in zip(predictors, predictions, strict=True)
    ]
