"""Your voice: an answer that takes into account how somebody ordinarily sounds.

A model may have a stage beside its network (`voice.onnx` in its folder). It hears what the network
says of a window and the window's functionals, each less what the same come to over some ordinary
speech of the speaker. That speech is trusted the more the longer it is, else the training speakers'
ordinary speech stands in for it. Without such speech the stage has no part in any answer.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.config import Config
from ser_core.errors import ModelError, ParameterError
from ser_core.inference.voice_functionals import NAMES, functionals

STAGE = "voice.onnx"
"""Name of the stage's file, beside the network's."""

VOICE_KEY = "ser_studio_voice"
Array = NDArray[np.float64]


class VoiceSpec(Config):
    """What has to be known to use a stage; it travels inside the ONNX file's metadata.

    Attributes:
        labels: the emotions, in the order of the network's outputs and of the stage's own.
        functionals: names of those that it was fitted with.
        half_answers_s: seconds of ordinary speech by which half of what sets a speaker apart in
            the network's answers is taken away.
        half_sound_s: the same of the functionals.
        temperature, sure_above, not_sure_below: as of a network, of the stage's own answers.
    """

    labels: tuple[str, ...] = Field(min_length=2)
    functionals: tuple[str, ...]
    half_answers_s: float = Field(gt=0, le=60)
    half_sound_s: float = Field(gt=0, le=60)
    temperature: float = Field(gt=0)
    sure_above: float
    not_sure_below: float


@dataclass(frozen=True, eq=False)
class Voice:
    """How somebody ordinarily sounds to a model; made by `Predictor.enrol`.

    Attributes:
        model: fingerprint of the network that heard it: another one hears otherwise.
        logits: (num_labels,) of the network, centred, the mean over the speech.
        functionals: (80,), the mean over the speech; NaN where none of it had a melody.
        voice_s: how much speech it is known from.
    """

    model: str
    logits: Array
    functionals: Array
    voice_s: float

    def digest(self) -> str:
        """Tells this voice from others."""
        told = np.concatenate([self.logits, self.functionals, [self.voice_s]])
        return hashlib.sha256(told.tobytes()).hexdigest()[:16]


@dataclass(frozen=True)
class Ordinary:
    """Windows of ordinary speech as a model hears them, to be averaged.

    Attributes:
        logits: (num_windows, num_labels) of the network.
        functionals: (num_windows, 80).
        voice_s: how much speech that is.
    """

    logits: Array
    functionals: Array
    voice_s: float


class VoiceStage:
    """The stage of a model. Safe to share between threads.

    Raises:
        ModelError: the file is damaged, of another kind, or was made for other labels.
    """

    def __init__(self, file: Path, labels: tuple[str, ...], name: str) -> None:
        self._session, self.spec = _open(file, name)
        if self.spec.labels != labels or self.spec.functionals != NAMES:
            raise ModelError(f"{name}: the voice stage was made for another model; make it anew")

    def trust(self, voice_s: float) -> Array:
        """How much of what sets a speaker apart is taken away: of answers, then of functionals."""
        halves = np.array([self.spec.half_answers_s, self.spec.half_sound_s])
        sizes = len(self.spec.labels), len(self.spec.functionals)
        return np.repeat(voice_s / (voice_s + halves), sizes)

    def logits(
        self, logits: Array, windows: NDArray[np.float32], sampling_rate: int, voice: Voice
    ) -> Array:
        """Logits (num_windows, num_labels) of windows of somebody whose voice is known.

        Args:
            logits: (num_windows, num_labels) of the network.
            windows: (num_windows, samples), which it heard.
            sampling_rate: of these, in Hz.
            voice: of who speaks in them.
        """
        heard = {
            "logits": logits,
            "functionals": functionals(windows, sampling_rate),
            "ordinary_logits": voice.logits,
            "ordinary_functionals": voice.functionals,
            "trust": self.trust(voice.voice_s),
        }
        (said,) = self._session.run(
            None, {name: np.asarray(each, np.float32) for name, each in heard.items()}
        )
        return np.asarray(said, np.float64)


def voice_of(parts: list[Ordinary], model: str) -> Voice:
    """The voice in some ordinary speech, every window of which counts alike.

    Args:
        parts: one or more recordings.
        model: fingerprint of the network.

    Raises:
        ParameterError: no part.
    """
    if not parts:
        raise ParameterError("recordings: at least one of ordinary speech is needed, got none")
    logits = np.concatenate([centred(each.logits) for each in parts])
    said = np.concatenate([each.functionals for each in parts])
    known = ~np.isnan(said)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, said, 0).sum(axis=0) / known.sum(axis=0)
    return Voice(model, logits.mean(axis=0), mean, sum(each.voice_s for each in parts))


def centred(logits: Array) -> Array:
    """Logits whose mean is 0: the same probabilities, and numbers that can be compared."""
    return logits - logits.mean(axis=-1, keepdims=True)


def spoken_s(windows: NDArray[np.float32], sampling_rate: int, voice_s: float) -> float:
    """How much speech windows hold that may overlap, of a voice of `voice_s` seconds."""
    own = sum(np.trim_zeros(window).size for window in windows) / sampling_rate
    return min(voice_s, own)


def _open(file: Path, name: str) -> tuple[Any, VoiceSpec]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            str(file), options, providers=["CPUExecutionProvider"]
        )
        text = session.get_modelmeta().custom_metadata_map[VOICE_KEY]
        return session, VoiceSpec.parse(json.loads(text))
    except Exception as error:  # ONNX Runtime raises many kinds, all meaning an unusable file
        raise ModelError(f"{name}: the voice stage cannot be opened ({error})") from None
