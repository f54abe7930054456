"""Your voice: some seconds of ordinary speech by which every answer on the Live page then goes.

The recordings stay in the session's memory; who wants to keep them saves them as a file.
"""

import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import live_input, live_voice_words, state
from pages.components.live_input import plain
from pages.components.recorder import recorder
from ser_core.errors import AudioError, SerError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ser_core.inference import Predictor

_USE = "live:use_voice"
_MOST_S = 60.0  # of speech: more tells nothing new
_MOST_MINUTES = 5  # of one recording, and about as much of all


@dataclass(frozen=True, eq=False)
class Piece:
    """A recording of ordinary speech."""

    waveform: "NDArray[np.float32]"
    sampling_rate: int
    voice_s: float


@dataclass(eq=False)
class Enrolled:
    """What is known of a voice in this session."""

    pieces: list[Piece] = field(default_factory=list)
    refused: str = ""  # why the last recording was not taken, in a sentence
    asked: str = field(default_factory=lambda: uuid.uuid4().hex[:8])  # names the empty recorder
    known: "dict[str, tuple[Predictor, Predictor]]" = field(default_factory=dict)

    @property
    def voice_s(self) -> float:
        """Seconds of speech in hand."""
        return sum(piece.voice_s for piece in self.pieces)

    @property
    def full(self) -> bool:
        """Whether no more is asked for: neither of speech nor, in memory, of what is around it."""
        sound_s = sum(one.waveform.size / one.sampling_rate for one in self.pieces)
        return self.voice_s >= _MOST_S or sound_s >= 60 * _MOST_MINUTES

    @property
    def enough(self) -> bool:
        """Whether a voice may be known by it."""
        from ser_core.inference.voice_check import LEAST_S

        return self.voice_s >= LEAST_S


def in_hand() -> Enrolled:
    """This session's, empty where nothing was recorded."""
    found = st.session_state.get(state.LIVE_VOICE)
    if not isinstance(found, Enrolled):
        found = st.session_state[state.LIVE_VOICE] = Enrolled()
    return found


def delete() -> None:
    """Delete the recordings and what is known by them."""
    st.session_state.pop(state.LIVE_VOICE, None)


def applied(predictors: "tuple[Predictor, ...]") -> "tuple[Predictor, ...]":
    """The models, each of which goes by the voice if it can, one is known and the switch is on."""
    enrolled = in_hand()
    able = any(each.can_know_voices for each in predictors)
    if not (able and enrolled.enough):
        return predictors
    state.keep(_USE, True)
    if not st.sidebar.toggle("Use my voice", key=_USE, help=live_voice_words.SWITCH):
        return predictors
    return tuple(_knowing(each, enrolled) for each in predictors)


def _knowing(predictor: "Predictor", enrolled: Enrolled) -> "Predictor":
    """The same object as long as model and voice are the same: answers are kept by it."""
    if not predictor.can_know_voices:
        return predictor
    kept = enrolled.known.get(predictor.name)
    if kept is None or kept[0] is not predictor:
        sounds = [(piece.waveform, piece.sampling_rate) for piece in enrolled.pieces]
        try:
            knowing = predictor.knowing(predictor.enrol(sounds))
        except SerError:  # in one of many forms nothing can be heard in what was spoken
            return predictor
        kept = enrolled.known[predictor.name] = (predictor, knowing)
    return kept[1]


def say(predictor: "Predictor") -> None:
    """Below an answer: that it goes by a voice, if it does."""
    if predictor.voice is not None:
        st.caption(
            ":material/record_voice_over: Goes by your voice, known from "
            f"{in_hand().voice_s:.0f} s of ordinary speech."
        )


def view(predictor: "Predictor") -> None:
    """One line that says what is known; opened, how to change that."""
    enrolled = in_hand()
    expander = st.expander(
        live_voice_words.title(predictor.can_know_voices),
        key="voice",
        on_change="rerun",
        icon=":material/record_voice_over:",
    )
    if not expander.open:
        return
    with expander:
        facts = predictor.card.get("voice")
        facts = facts if isinstance(facts, Mapping) else None
        if not predictor.can_know_voices:
            st.markdown(live_voice_words.without_stage(facts))
            if not enrolled.pieces:
                return
        if enrolled.pieces:
            _show(enrolled)
        if not enrolled.full:
            _ask(enrolled)
        if predictor.can_know_voices and facts is not None:
            st.caption(plain(live_voice_words.worth(facts)))


def _show(enrolled: Enrolled) -> None:
    """How much is in hand, to hear, to save and to delete."""
    from ser_core.inference.voice_check import LEAST_S, WANTED_S

    share = min(1.0, enrolled.voice_s / WANTED_S)
    st.progress(share, text=live_voice_words.in_hand(enrolled.voice_s, LEAST_S, WANTED_S))
    wav = _joined(enrolled)
    st.audio(wav, format="audio/wav", alt="Play your ordinary speech")
    with st.container(horizontal=True, gap="small", key="voice_buttons"):
        st.download_button(
            "Save as a file",
            wav,
            "my-voice.wav",
            "audio/wav",
            key="voice:save",
            on_click="ignore",
            icon=":material/download:",
            help="To upload it here the next time. This app keeps none of it.",
        )
        st.button("Delete", key="voice:delete", icon=":material/delete:", on_click=delete)


def _ask(enrolled: Enrolled) -> None:
    """The recorder and the upload, empty for each further piece."""
    from ser_core.inference.voice_check import WANTED_S

    live_input.keep_uploads_in_memory()
    more = live_voice_words.more(enrolled.voice_s, WANTED_S)
    st.markdown(more if enrolled.pieces else live_voice_words.ASK)
    if enrolled.refused:
        st.warning(plain(enrolled.refused), icon=":material/hearing_disabled:")
    recorded, uploaded = st.columns(2, gap="medium")
    with recorded:
        live_input.say_if_closed()
        key = f"voice:record:{enrolled.asked}"
        recorder("Record", key, _take, (key, enrolled))
    with uploaded:
        key = f"voice:upload:{enrolled.asked}"
        st.file_uploader(
            f"Or a file: wav, flac, ogg or mp3, up to {_MOST_MINUTES} minutes",
            type=list(live_input.FORMATS),
            max_upload_size=live_input.MAX_MB,
            key=key,
            on_change=_take,
            args=(key, enrolled),
        )
    st.caption(live_voice_words.PRIVACY)


def _take(key: str, enrolled: Enrolled) -> None:
    """Callback of both widgets: what was recorded or uploaded is looked at, and taken or not."""
    sent: Any = st.session_state.get(key)
    if sent is None or not key.endswith(enrolled.asked):
        return  # taken already: a run that is overtaken calls back again
    enrolled.asked = uuid.uuid4().hex[:8]
    enrolled.refused = add(enrolled, sent.getvalue())


def add(enrolled: Enrolled, data: bytes) -> str:
    """Take a recording as a further piece.

    Args:
        enrolled: gets it.
        data: a sound file.

    Returns:
        Why it is not taken, in a sentence; "" where it is.
    """
    from ser_core import audio
    from ser_core.inference.voice_check import check_enrolment

    try:
        waveform, sampling_rate = audio.load(io.BytesIO(data), _MOST_MINUTES * 60)
    except AudioError as error:
        reason = str(error).removeprefix("the recording: ").removesuffix(".")
        return f"This recording cannot be used: {reason}."
    found = check_enrolment(waveform, sampling_rate)
    if not found.usable:
        return found.words
    enrolled.pieces.append(Piece(waveform, sampling_rate, found.voice_s))
    enrolled.known.clear()
    return ""


def _joined(enrolled: Enrolled) -> bytes:
    """All pieces as one WAV file."""
    import numpy as np

    from ser_core import audio

    rate = enrolled.pieces[0].sampling_rate
    parts = [audio.resample(one.waveform, one.sampling_rate, rate) for one in enrolled.pieces]
    return audio.to_wav_bytes(np.concatenate(parts), rate)
