"""Stream: the microphone's samples, about once a second, and what is heard in them meanwhile.

A small component (`live_stream.js`) sends 16-bit PCM at the microphone's own rate over the page's
own connection, and sends again what the page has not answered for; `Stream` hears it. All of it
stays in the session's memory.
"""

import base64
import binascii
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import live_streamed
from pages.components.live_streamed import Streamed

if TYPE_CHECKING:
    from ser_core.inference import Predictor

LOWEST_HZ, HIGHEST_HZ = 8_000, 192_000
_PARTS = ("as_it_is.js", "live_stream.js")
MOST_S = 40  # of sound in one message; the component gives up what is older than 30 s

_microphone = st.components.v2.component(
    "live_stream",
    css=Path(__file__).with_name("live_stream.css").read_text(encoding="utf-8"),
    js="\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _PARTS),
)


def microphone(predictors: "Sequence[Predictor]") -> Streamed | None:
    """Draw Start and Stop and the level; what is streamed is heard before the page runs again.

    Args:
        predictors: the model that listens, then those beside it.

    Returns:
        What was streamed so far.
    """

    def arrived() -> None:
        # Nothing where the page was left while the message was on its way.
        sent: Any = st.session_state.get("live_stream") or {}
        known = live_streamed.last()
        st.session_state[live_streamed.SLOT] = take_in(known, sent.get("sound"), *predictors)

    known = live_streamed.last()
    answer = {
        "stream": known.name if known else "",
        "got": known.sound.stop if known else 0,
        "running": known is not None and known.running,
    }
    _microphone(data=answer, key="live_stream", on_sound_change=arrived)
    return known


def take_in(
    known: Streamed | None, message: Any, predictor: "Predictor", *beside: "Predictor"
) -> Streamed | None:
    """What is known of a stream after another message; unchanged by one that makes no sense.

    Args:
        known: the stream so far; a message of another one begins anew.
        message: `stream` (its name), `rate` (Hz), `position` (of the first sample), `pcm` (base64
            of 16-bit samples, little-endian), `last` (whether the user has stopped).
        predictor: listens.
        beside: further models that do.
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
        known = live_streamed.begin(name[:80], rate, predictor)
    live_streamed.hear(known, samples, position, predictor, beside)
    if message.get("last") is True and known.running:
        live_streamed.stop(known)
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
