"""Live: what does the model hear in a recording, how sure is it, and why?"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from html import escape
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import (
    clip_view,
    entry,
    layout,
    live_answer,
    live_input,
    live_microphone,
    live_streaming,
    live_timeline,
    live_trust,
    models,
    state,
    tasks,
)
from pages.components.emotion import chip
from pages.components.live_input import Clip, Refused
from ser_core.errors import AudioError, SerError

if TYPE_CHECKING:
    from ser_core.inference import Prediction, Predictor

_USE = (
    "Learned from acted speech: it says how a voice sounds, not what a person feels. It is no lie "
    "detector and no diagnosis. In the European Union, AI that infers emotions at work or in "
    "education is prohibited, except for medical or safety reasons (AI Act, Art. 5(1)(f))."
)
_LONG_S = 7.0  # of a shorter clip there is no course over time worth a picture
_WORDS_S = 20.0  # a longer clip takes long enough to hear for the page to say that it listens


def main() -> None:
    """State → guard → call → draw."""
    entry.through_app()
    try:
        predictor = models.choose()
    except SerError as error:
        layout.title_line("Live")
        models.no_model(str(error))
        return
    facts = models.facts(predictor.name, predictor.card)
    layout.title_line("Live", f"Model: {facts}", layout.UAR_HELP)
    least = live_trust.threshold()
    source = st.session_state.get(state.LIVE_SOURCE)
    if source != "microphone":
        live_microphone.leave()
    if source in live_input.STREAMS:
        live_input.choose_source()
        live_streaming.view(predictor, least, source)
    else:
        whole(predictor, least)
    st.caption(_USE)
    live_trust.explain(predictor, least)
    models.card_expander(predictor)


def whole(predictor: "Predictor", least: float) -> None:
    """A recording, a file or a sample, heard as a whole."""
    asked, answered = st.columns([1, 1], gap="medium")
    with asked:
        ask()
    heard = st.session_state.get(state.LIVE_CLIP)
    with answered, answer_place(heard):
        prediction = answer(predictor, heard, least)
    if isinstance(heard, Clip) and prediction is not None:
        look(predictor, heard, prediction, least)


def look(predictor: "Predictor", heard: Clip, prediction: "Prediction", least: float) -> None:
    """The picture of a clip; of a long one with what is heard when."""
    if heard.duration_s < _LONG_S:
        clip_view.look(heard.waveform, heard.sampling_rate, "live", heard.name)
        return
    timeline = live_timeline.timeline_of(predictor, heard, prediction)
    live_timeline.show(heard, timeline, "live", least)


def ask() -> None:
    """Take sound in, and play what was taken."""
    live_input.keep_uploads_in_memory()
    source = live_input.choose_source()
    if source in live_input.STREAMS:  # chosen before another page was looked at
        st.rerun()
    {"record": live_input.record, "upload": live_input.upload, "sample": live_input.sample}[
        source
    ]()
    clip = st.session_state.get(state.LIVE_CLIP)
    if isinstance(clip, Clip):
        acted = f" · acted: {chip(clip.acted)}" if clip.acted else ""
        rate = f"{clip.sampling_rate / 1000:g} kHz"
        st.html(f"{escape(clip.name)} · {clip.duration_s:.1f} s · {rate}{acted}")
        clip_view.play(clip.waveform, clip.sampling_rate, "live", clip.name)
    st.caption(live_input.PRIVACY)


def answer_place(heard: Clip | Refused | None) -> DeltaGenerator:
    """Where the answer goes: a long clip's below an empty place.

    That place takes away what stood there, such as "Nothing heard yet", which would be greyed while
    the clip is heard. (To empty the answer's own place does not: Streamlit merges that with what
    is drawn into it next.)
    """
    if isinstance(heard, Clip) and heard.duration_s > _WORDS_S:
        st.empty()
    return st.container()


def answer(
    predictor: "Predictor", heard: Clip | Refused | None, least: float
) -> "Prediction | None":
    """What is heard, or why nothing is; a label less probable than `least` is not given."""
    if heard is None:
        st.markdown("**Nothing heard yet.** Record a sentence, upload a file or take a sample.")
        st.caption(f"This model tells apart: {', '.join(predictor.labels)}.")
        return None
    try:
        if isinstance(heard, Refused):
            raise AudioError(heard.reason)
        prediction = predict(predictor, heard)
    except AudioError as error:
        reason = str(error).removeprefix("the recording: ").removesuffix(".")
        st.warning(
            f"{live_input.plain(heard.name)} cannot be used: {live_input.plain(reason)}.\n\n"
            f"{live_input.ADVICE[heard.source]}",
            icon=":material/hearing_disabled:",
        )
        return None
    live_answer.show(prediction.probabilities, prediction.sure, prediction.notes, least)
    if heard.corpus and heard.corpus == predictor.card.get("corpus"):
        st.caption(
            f":material/info: The model learned from {live_input.plain(heard.corpus)}, perhaps "
            "from this very clip: that it is right here says little."
        )
    return prediction


def predict(predictor: "Predictor", clip: Clip) -> "Prediction":
    """The prediction, made once for each clip and model; of a long clip, with words meanwhile."""
    prediction = kept_prediction(predictor, clip)
    if prediction is None:
        with listening(clip.duration_s):
            prediction = predictor.predict(clip.waveform, clip.sampling_rate)
            unlike = predictor.remarks(clip.waveform, clip.sampling_rate)
            prediction = replace(prediction, notes=[*prediction.notes, *unlike])
            if clip.duration_s >= _LONG_S:
                live_timeline.timeline_of(predictor, clip, prediction)  # kept for `look`
        st.session_state[state.LIVE_PREDICTION] = ((clip.mark, predictor), prediction)
    return prediction


def kept_prediction(predictor: "Predictor", clip: Clip) -> "Prediction | None":
    """What was heard before in this clip by this model."""
    mark, prediction = st.session_state.get(state.LIVE_PREDICTION, (None, None))
    return prediction if mark == (clip.mark, predictor) else None


def listening(duration_s: float) -> AbstractContextManager[None]:
    """Says what takes time while a long clip is heard; nothing for a short one."""
    if duration_s <= _WORDS_S:
        return nullcontext()
    return st.spinner(f"Listening to {tasks.duration(duration_s)} of sound")


main()
