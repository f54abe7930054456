"""Stream: the microphone's samples, about once a second, and what is heard in them meanwhile.

A small component (`live_stream.js`) sends 16-bit PCM at the microphone's own rate over the page's
own connection, and sends again what the page has not answered for; `Stream` hears it. All of it
stays in the session's memory.
"""

import base64
import binascii
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components.live_input import MAX_MINUTES, Clip
from ser_core.errors import AudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ser_core.inference import Predictor, Stream
    from ser_core.inference.ring import Ring

LOWEST_HZ, HIGHEST_HZ = 8_000, 192_000
MOST_S = 40  # of sound in one message; the component gives up what is older than 30 s
_SLOT = "live:streamed"  # session key of what was streamed last

_microphone = st.components.v2.component(
    "live_stream",
    css=Path(__file__).with_name("live_stream.css").read_text(encoding="utf-8"),
    js=Path(__file__).with_name("live_stream.js").read_text(encoding="utf-8"),
)


@dataclass(eq=False)
class Streamed:
    """One stream, from Start to Stop, in the session's memory and nowhere else."""

    name: str  # given by the browser, to tell streams apart
    stream: "Stream"
    sound: "Ring"  # 16 bits, the last ten minutes
    running: bool = True
    clip: Clip | None = field(default=None, repr=False)  # made once it has stopped
    remarks: list[str] = field(default_factory=list)  # on all of it, once it has stopped
    kept_from_s: float = 0.0  # the place in the stream where the clip begins


def last() -> Streamed | None:
    """What was streamed last in this session, or is being streamed."""
    found = st.session_state.get(_SLOT)
    return found if isinstance(found, Streamed) else None


def forget() -> None:
    """Delete the sound of the stream and what was heard in it."""
    st.session_state.pop(_SLOT, None)


def microphone(predictor: "Predictor") -> Streamed | None:
    """Draw Start and Stop and the level; what is streamed is heard before the page runs again.

    Returns:
        What was streamed so far.
    """

    def arrived() -> None:
        # Nothing where the page was left while the message was on its way.
        sent: Any = st.session_state.get("live_stream") or {}
        st.session_state[_SLOT] = take_in(last(), sent.get("sound"), predictor)

    known = last()
    answer = {
        "stream": known.name if known else "",
        "got": known.sound.stop if known else 0,
        "running": known is not None and known.running,
    }
    _microphone(data=answer, key="live_stream", on_sound_change=arrived)
    return known


def take_in(known: Streamed | None, message: Any, predictor: "Predictor") -> Streamed | None:
    """What is known of a stream after another message; unchanged by one that makes no sense.

    Args:
        known: the stream so far; a message of another one begins anew.
        message: `stream` (its name), `rate` (Hz), `position` (of the first sample), `pcm` (base64
            of 16-bit samples, little-endian), `last` (whether the user has stopped).
    """
    if not isinstance(message, dict):
        return known
    name, position = message.get("stream"), message.get("position")
    samples = _samples(message.get("pcm"))
    if not (isinstance(name, str) and isinstance(position, int) and position >= 0):
        return known
    if samples is None:
        return known
    if known is None or known.name != name:
        rate = message.get("rate")
        if not (isinstance(rate, int) and LOWEST_HZ <= rate <= HIGHEST_HZ):
            return known
        known = _begin(name[:80], rate, predictor)
    _hear(known, samples, position, predictor)
    if message.get("last") is True and known.running:
        _stop(known)
    return known


def _samples(pcm: Any) -> Any:
    """Samples (num_samples,) of 16 bits; None where it is no PCM or too much of it."""
    import numpy as np

    if not isinstance(pcm, str) or len(pcm) > MOST_S * HIGHEST_HZ * 2 * 4 / 3:
        return None
    try:
        return np.frombuffer(base64.b64decode(pcm, validate=True), "<i2")
    except (binascii.Error, ValueError):
        return None


def _begin(name: str, rate: int, predictor: "Predictor") -> Streamed:
    import numpy as np

    from ser_core.inference import Stream
    from ser_core.inference.ring import Ring

    sound = Ring(MAX_MINUTES * 60 * rate, np.int16)
    return Streamed(name, Stream(predictor, rate), sound)


def _hear(known: Streamed, samples: Any, position: int, predictor: "Predictor") -> None:
    """Keep what is new, and hear it; a model chosen meanwhile goes on from here."""
    import numpy as np

    if not known.running:
        return
    if known.stream.predictor is not predictor:
        from ser_core.inference import Stream

        known.stream = Stream(predictor, known.stream.sampling_rate, start=known.sound.stop)
    missing = position - known.sound.stop
    if missing > known.sound.capacity:
        known.sound.restart(position)
    elif missing > 0:  # silence in its place, so that all after it keeps its time
        known.sound.append(np.zeros(missing, np.int16))
    fresh = samples[max(0, known.sound.stop - position) :]
    known.sound.append(fresh)
    known.stream.feed(_floats(fresh), known.sound.stop - fresh.size)


def _stop(known: Streamed) -> None:
    """End the stream: what is kept of it becomes a clip."""
    known.running = False
    known.stream.finish()
    known.kept_from_s = known.sound.start / known.stream.sampling_rate
    samples = known.sound.read(known.sound.start, known.sound.stop)
    known.clip = Clip(
        "stream",
        "Your stream",
        _floats(samples),
        known.stream.sampling_rate,
        mark=known.name,
    )
    known.sound.restart(known.sound.stop)  # held once
    with suppress(AudioError):  # nothing in it that could be compared
        predictor = known.stream.predictor
        known.remarks = predictor.remarks(known.clip.waveform, known.clip.sampling_rate)


def _floats(samples: Any) -> "NDArray[np.float32]":
    """The same as reading them from a WAV file gives."""
    import numpy as np

    return np.asarray(samples, np.float32) / np.float32(32768)
