"""Live: what does the model hear in a recording, how sure is it, and why?"""

from html import escape
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.components import (
    clip_view,
    entry,
    layout,
    live_answer,
    live_copies,
    live_corrections,
    live_input,
    live_microphone,
    live_recordings,
    live_several,
    live_streamed,
    live_streaming,
    live_timeline,
    live_trust,
    live_voice,
    live_why,
    models,
    state,
)
from pages.components.emotion import chip
from pages.components.live_hearing import WORDS_S, Hearing, hear
from pages.components.live_input import Clip, Refused
from ser_core.errors import AudioError, ParameterError, SerError

if TYPE_CHECKING:
    from ser_core.inference import Predictor, Segment

_USE = (
    "Learned from acted speech: it says how a voice sounds, not what a person feels. It is no lie "
    "detector and no diagnosis. In the European Union, AI that infers emotions at work or in "
    "education is prohibited, except for medical or safety reasons (AI Act, Art. 5(1)(f))."
)


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
    source = live_input.choose_source()
    predictors = live_voice.applied(live_several.choose(predictor))
    copies = live_copies.choose(predictor, source in live_input.STREAMS)
    least = live_trust.threshold()
    if source != "microphone":
        live_microphone.leave()
    if source in live_input.STREAMS:
        live_streaming.view(predictors, least, source)
    else:
        whole(predictors, source, copies, least)
    live_voice.view(predictor)
    live_recordings.view(predictor)
    st.caption(_USE)
    live_trust.explain(predictor, least)
    models.card_expander(predictor)


def whole(predictors: "tuple[Predictor, ...]", source: str, copies: int, least: float) -> None:
    """A recording, a file or a sample, heard as a whole."""
    asked, answered = st.columns([1, 1], gap="medium")
    with asked:
        ask(source)
    heard = st.session_state.get(state.LIVE_CLIP)
    if not isinstance(heard, Clip):
        live_streamed.forget_drawn()
    with answered, answer_place(heard):
        hearing = answer(predictors, heard, copies, least)
    if isinstance(heard, Clip) and hearing is not None:
        chosen = look(heard, hearing, least)
        live_several.view(hearing, heard.duration_s, least)
        live_why.why_view(hearing.predictors[0], heard, lambda: hearing.predictions[0], chosen)


def look(heard: Clip, hearing: Hearing, least: float) -> "Segment | None":
    """The picture of a clip; of a long one with what is heard when, and the segment in hand."""
    if hearing.timelines:
        return live_timeline.show(heard, hearing.timelines, "live", least)
    clip_view.look(heard.waveform, heard.sampling_rate, "live", heard.name)
    return None


def ask(source: str) -> None:
    """Take sound in, and play what was taken."""
    live_input.keep_uploads_in_memory()
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
    if isinstance(heard, Clip) and heard.duration_s > WORDS_S:
        st.empty()
    return st.container()


def answer(
    predictors: "tuple[Predictor, ...]", heard: Clip | Refused | None, copies: int, least: float
) -> Hearing | None:
    """What is heard, or why nothing is; a label less probable than `least` is not given."""
    if heard is None:
        st.markdown("**Nothing heard yet.** Record a sentence, upload a file or take a sample.")
        st.caption(f"This model tells apart: {', '.join(predictors[0].labels)}.")
        return None
    try:
        if isinstance(heard, Refused):
            raise AudioError(heard.reason)
        hearing = hear(predictors, heard, copies)
    except AudioError as error:
        reason = str(error).removeprefix("the recording: ").removesuffix(".")
        st.warning(
            f"{live_input.plain(heard.name)} cannot be used: {live_input.plain(reason)}.\n\n"
            f"{live_input.ADVICE[heard.source]}",
            icon=":material/hearing_disabled:",
        )
        return None
    except ParameterError as error:  # a package that a step needs is not there
        st.warning(
            f"The changed versions cannot be made: {live_input.plain(str(error))}. Switch them off "
            "in the sidebar.",
            icon=":material/library_music:",
        )
        return None
    draw_answer(heard, hearing, least)
    return hearing


def draw_answer(heard: Clip, hearing: Hearing, least: float) -> None:
    """The chosen model's answer, and what has to be said with it."""
    one, predictor = hearing.predictions[0], hearing.predictors[0]
    live_answer.show(one.probabilities, one.sure, one.notes, least, one.further)
    live_copies.show(one)
    live_voice.say(predictor)
    live_corrections.view(heard, one.emotion, predictor.labels)
    if heard.corpus and heard.corpus == predictor.card.get("corpus"):
        st.caption(
            f":material/info: The model learned from {live_input.plain(heard.corpus)}, perhaps "
            "from this very clip: that it is right here says little."
        )


main()
