"""What of a clip the chain changes: the voice as training hears it, or the clip as recorded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.components import augmentation_kept as kept
from pages.components import state
from pages.components.live_input import Clip
from ser_core import audio
from ser_core.audio import Preprocessing

if TYPE_CHECKING:
    from ser_core.inference import Predictor

AS_RECORDED = "augment_as_recorded"


@dataclass(frozen=True, eq=False)
class Voice(Clip):
    """What the chain is given of a clip.

    Attributes:
        recorded: the clip as it came, or the stretch of it that is used.
        preprocessing: how it was prepared, as training prepares clips before it augments them;
            None: not at all.
    """

    recorded: Clip | None = None
    preprocessing: Preprocessing | None = None

    @property
    def prepared(self) -> bool:
        """Whether features are taken of it as it is, without preparing it again."""
        return self.preprocessing is not None


def preprocessing_of(predictor: "Predictor | None") -> Preprocessing:
    """How the model prepares sounds; the usual way without a model."""
    return Preprocessing() if predictor is None else predictor.preprocessing


def of(clip: Clip, predictor: "Predictor | None", as_recorded: bool = False) -> Voice:
    """What the chain is given of a clip.

    Args:
        clip: as it came.
        predictor: the model whose preprocessing is meant, if there is one.
        as_recorded: leave it as it is.

    Raises:
        AudioError: nothing can be heard in it.
    """
    facts = (clip.source, clip.name)
    if as_recorded:
        whose = (clip.acted, clip.corpus, f"{clip.mark}-recorded")
        return Voice(*facts, clip.waveform, clip.sampling_rate, *whose, recorded=clip)
    wanted = preprocessing_of(predictor)
    mark = f"{clip.mark}-{wanted.fingerprint()[:16]}"

    def prepare() -> NDArray[np.float32]:
        return audio.prepare(clip.waveform, clip.sampling_rate, wanted)[0]

    waveform = kept.once(("voice", mark), prepare)
    return Voice(
        *facts,
        waveform,
        wanted.sampling_rate,
        clip.acted,
        clip.corpus,
        mark,
        recorded=clip,
        preprocessing=wanted,
    )


def choose(clip: Clip, predictor: "Predictor | None") -> bool:
    """The switch between what training hears and the clip as recorded; whether it is the latter."""
    state.keep(AS_RECORDED, default=False)
    made = _words(preprocessing_of(predictor))
    return st.toggle(
        "As recorded",
        key=AS_RECORDED,
        help=f"Off: the chain changes what training gives it, the clip at {made}, and the model "
        f"hears what comes out as it is. On: it changes the clip as it came, at "
        f"{clip.sampling_rate / 1000:g} kHz, and the model prepares what comes out.",
    )


def say_what_differs(voice: Voice, predictor: "Predictor | None") -> None:
    """Of a clip as recorded: in what training differs."""
    if not voice.prepared:
        st.caption(
            f":material/info: As recorded: at {voice.sampling_rate / 1000:g} kHz, untrimmed, at "
            "its own level. Training gives the chain clips at "
            f"{_words(preprocessing_of(predictor))}, so the same ratio to noise, gain or shift "
            "makes other model inputs there, and the "
            "model here sets the level again after the chain."
        )


def _words(made: Preprocessing) -> str:
    """What preprocessing does, in short.

    >>> _words(Preprocessing())
    '16 kHz, trimmed, set to −23 dB'
    """
    level = f"{made.level_db:g}".replace("-", "−")
    return f"{made.sampling_rate / 1000:g} kHz, trimmed, set to {level} dB"
