"""What was streamed, by the browser's microphone or the machine's own: heard, kept, forgotten.

All of it stays in the session's memory.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.components import live_why, state
from pages.components.live_input import MAX_MINUTES, Clip
from ser_core.errors import AudioError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ser_core.inference import Predictor, Stream
    from ser_core.inference.ring import Ring

SLOT = "live:streamed"  # session key of what was streamed last
# Of what is made of a clip: its WAV file, its picture, the segment that was played last, and what
# several models heard in it.
_DRAWN = ("live:wav", "live:figure", "live-segment:wav", state.LIVE_PREDICTION)


@dataclass(eq=False)
class Streamed:
    """One stream, from Start to Stop, in the session's memory and nowhere else."""

    name: str  # to tell streams apart
    stream: "Stream"
    sound: "Ring"  # as it came, the last ten minutes
    source: str = "stream"  # a key of live_input.SOURCES
    running: bool = True
    beside: "list[Stream]" = field(default_factory=list)  # of further models, while it runs
    ended: str = ""  # why it stopped by itself, in a sentence
    clip: Clip | None = field(default=None, repr=False)  # made once it has stopped
    remarks: list[str] = field(default_factory=list)  # on all of it, once it has stopped
    kept_from_s: float = 0.0  # the place in the stream where the clip begins


def last() -> Streamed | None:
    """What was streamed last in this session, or is being streamed."""
    found = st.session_state.get(SLOT)
    return found if isinstance(found, Streamed) else None


def forget() -> None:
    """Delete the sound of the stream, what was heard in it, and what was drawn of it."""
    st.session_state.pop(SLOT, None)
    forget_drawn()


def forget_drawn() -> None:
    """Delete what was made of a clip that is gone."""
    for slot in _DRAWN:
        st.session_state.pop(slot, None)
    live_why.forget()


def begin(
    name: str, rate: int, predictor: "Predictor", source: str = "stream", dtype: Any = "int16"
) -> Streamed:
    """A stream of which nothing has come yet.

    Args:
        name: tells it from others.
        rate: Hz.
        predictor: listens.
        source: a key of live_input.SOURCES.
        dtype: of the samples that will come: 16 bits, or float32 in [-1, 1].
    """
    from ser_core.inference import Stream
    from ser_core.inference.ring import Ring

    return Streamed(name, Stream(predictor, rate), Ring(MAX_MINUTES * 60 * rate, dtype), source)


def hear(
    known: Streamed,
    samples: "NDArray[Any]",
    position: int,
    predictor: "Predictor",
    beside: "Sequence[Predictor]" = (),
) -> None:
    """Keep what is new, and hear it; a model chosen meanwhile goes on from here.

    Args:
        known: the stream so far.
        samples: (num_samples,) of its dtype.
        position: place of the first of them in the stream.
        predictor: whose segments and windows are kept.
        beside: further models that listen.
    """
    import numpy as np

    if not known.running:
        return
    _listen(known, [predictor, *beside])
    missing = position - known.sound.stop
    if missing > known.sound.capacity:
        known.sound.restart(position)
    elif missing > 0:  # silence in its place, so that all after it keeps its time
        known.sound.append(np.zeros(missing, samples.dtype))
    fresh = samples[max(0, known.sound.stop - position) :]
    known.sound.append(fresh)
    heard = _floats(fresh)
    for stream in (known.stream, *known.beside):
        stream.feed(heard, known.sound.stop - fresh.size)


def _listen(known: Streamed, predictors: "Sequence[Predictor]") -> None:
    """Have these models hear what comes next; who listens already goes on."""
    from ser_core.inference import Stream

    rate, start = known.stream.sampling_rate, known.sound.stop
    before = {id(each.predictor): each for each in (known.stream, *known.beside)}
    known.stream, *known.beside = [
        before.get(id(each)) or Stream(each, rate, start=start) for each in predictors
    ]


def stop(known: Streamed, ended: str = "") -> None:
    """End the stream: what is kept of it becomes a clip.

    Args:
        known: a stream that is running.
        ended: why, in a sentence, where it was not the user.
    """
    known.running, known.ended = False, ended
    known.stream.finish()
    known.beside = []  # they hear the clip
    known.kept_from_s = known.sound.start / known.stream.sampling_rate
    samples = known.sound.read(known.sound.start, known.sound.stop)
    known.clip = Clip(
        known.source,
        "Your stream",
        _floats(samples),
        known.stream.sampling_rate,
        mark=known.name,
    )
    known.sound.restart(known.sound.stop)  # held once
    known.remarks = _remarks(known.stream.predictor, known.clip)


def hear_again(known: Streamed, predictor: "Predictor") -> None:
    """Have another model hear a stream that has stopped, as if it had listened to what is kept."""
    from ser_core.inference import Stream

    if known.clip is None:
        return
    rate = known.clip.sampling_rate
    stream = Stream(predictor, rate, start=round(known.kept_from_s * rate))
    stream.lost_s = known.stream.lost_s
    stream.feed(known.clip.waveform)
    stream.finish()
    known.stream, known.remarks = stream, _remarks(predictor, known.clip)


def has_heard_all(known: Streamed, predictor: "Predictor") -> bool:
    """Whether it was this model that has listened, to all that is kept of a stream."""
    start = round(known.kept_from_s * known.stream.sampling_rate)
    return known.stream.predictor is predictor and known.stream.start <= start


def _remarks(predictor: "Predictor", clip: Clip) -> list[str]:
    with suppress(AudioError):  # nothing in it that could be compared
        return predictor.remarks(clip.waveform, clip.sampling_rate)
    return []


def _floats(samples: "NDArray[Any]") -> "NDArray[np.float32]":
    """The same as reading them from a WAV file gives."""
    import numpy as np

    if samples.dtype == np.float32:
        return samples
    return np.asarray(samples, np.float32) / np.float32(32768)
