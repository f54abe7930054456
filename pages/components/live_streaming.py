"""The Live page while one streams: Start and Stop, the label as it moves, then what was heard."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.components import (
    clip_view,
    live_answer,
    live_input,
    live_microphone,
    live_several,
    live_stream,
    live_streamed,
    live_timeline,
    live_voice,
    live_why,
)
from pages.components.live_hearing import LONG_S, Hearing, hear, listening
from pages.components.live_input import Clip
from pages.components.live_streamed import Streamed
from ser_core.errors import AudioError

if TYPE_CHECKING:
    from ser_core.inference import Predictor
    from ser_core.inference.timeline_files import Timeline


def view(predictors: "tuple[Predictor, ...]", least: float, source: str) -> None:
    """Stream and answer; runs again alone with each second of sound.

    Args:
        predictors: the model that is shown, then those that listen beside it.
        least: a label less probable than this is not given.
        source: one of live_input.STREAMS.
    """
    # The browser sends what it hears; the machine's own microphone is asked.
    asked = source == "microphone" and live_microphone.is_open()
    poll_s = live_microphone.POLL_S if asked else None
    st.fragment(_view, run_every=poll_s)(predictors, least, source)


def _view(predictors: "tuple[Predictor, ...]", least: float, source: str) -> None:
    predictor = predictors[0]
    _by_chosen(predictor)
    asked, answered = st.columns([1, 1], gap="medium")
    with asked:
        if source == "microphone":
            known = live_microphone.microphone(predictors)
        else:
            live_input.say_if_closed()
            known = live_stream.microphone(predictors)
        if known is not None and known.clip is not None:
            clip_view.play(known.clip.waveform, known.clip.sampling_rate, "live", known.clip.name)
            if st.button("Forget it", icon=":material/delete:"):
                live_streamed.forget()
                st.rerun()  # the whole page: else its server keeps the sound of the player
        st.caption(live_input.PRIVACY)
    with answered:
        _answer(predictor, known, least)
    if known is not None and known.running and known.stream.segments:
        live_timeline.show_last(known.stream.segments, least)
    if known is not None and known.clip is not None and known.clip.waveform.size:
        _look(predictors, known.clip, _timeline(known), least)


def _by_chosen(predictor: "Predictor") -> None:
    """What has stopped is heard again where another model, or voice, was chosen on the way."""
    known = live_streamed.last()
    if known is None or known.clip is None or live_streamed.has_heard_all(known, predictor):
        return
    with listening(known.clip.duration_s):
        live_streamed.hear_again(known, predictor)


def _look(
    predictors: "tuple[Predictor, ...]", clip: Clip, timeline: "Timeline", least: float
) -> None:
    """What was heard when, once the stream has ended, what other models hear in it, and why."""
    beside = _beside(predictors, clip)
    timelines = [timeline, *(beside.timelines[1:] if beside else ())]
    chosen = live_timeline.show(clip, timelines, "live", least)
    if beside:
        live_several.view(beside, clip.duration_s, least)
    if timeline.segments:
        segment = chosen or timeline.segments[-1]  # whose label stands above
        live_why.why_view(
            predictors[0], clip, lambda: hear(predictors, clip).predictions[0], segment
        )


def _beside(predictors: "tuple[Predictor, ...]", clip: Clip) -> Hearing | None:
    """What several models hear, where there are some and they can hear anything."""
    if len(predictors) == 1 or clip.duration_s < LONG_S:
        return None
    try:
        return hear(predictors, clip)
    except AudioError:  # silence
        return None


def _answer(predictor: "Predictor", known: Streamed | None, least: float) -> None:
    """What is heard now; in a pause, what was heard last."""
    if known is None:
        st.markdown("**Nothing heard yet.** Once started, a label follows each second of speech.")
        st.caption(f"This model tells apart: {', '.join(predictor.labels)}.")
        return
    stream = known.stream
    if stream.now is not None:
        now = stream.now
        prediction = now.prediction
        live_answer.show(now.probabilities, now.sure, prediction.notes, least, prediction.further)
        st.caption(f"Heard from {now.start_s:.1f} to {now.end_s:.1f} s")
    elif stream.segments:
        last = stream.segments[-1]
        live_answer.show(last.probabilities, last.sure, known.remarks, least)
        pause = "Pause. Heard" if known.running else "Heard last,"
        st.caption(f"{pause} from {last.start_s:.1f} to {last.end_s:.1f} s")
    else:
        _silence(known)
    live_several.moving(known.beside, least)
    live_voice.say(stream.predictor)
    if known.ended:
        st.caption(f":material/mic_off: {live_input.plain(known.ended)}")
    if stream.lost_s:
        st.caption(f":material/info: {stream.lost_s:.1f} s of sound did not arrive.")


def _silence(known: Streamed) -> None:
    if known.running:
        st.markdown("**Listening.** Nothing yet that stands out from the background.")
        st.caption(f"Background at {known.stream.noise_db:.0f} dB of full scale")
        return
    advice = live_input.ADVICE[known.source]
    st.warning(
        f"No speech was heard in {known.stream.duration_s:.0f} s. {advice}",
        icon=":material/hearing_disabled:",
    )


def _timeline(known: Streamed) -> "Timeline":
    from ser_core.inference.timeline_files import Timeline

    stream = known.stream
    whole = Timeline(
        stream.predictor.name, stream.duration_s, list(stream.windows), list(stream.segments)
    )
    return whole.since(known.kept_from_s) if known.kept_from_s else whole
