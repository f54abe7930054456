"""Hear an emotion in a recording, with ONNX Runtime and without TensorFlow."""

import copy
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Preprocessing, Waveform
from ser_core.augment import Chain
from ser_core.emotions import order
from ser_core.errors import ModelError
from ser_core.evaluation.temperature import temper
from ser_core.features import Extractor
from ser_core.features.statistics import Statistics
from ser_core.inference.domain import remarks
from ser_core.inference.model_file import ModelFolder, ModelSpec, default_name, find_model
from ser_core.inference.network import EMOTION, Answers, Network, softmax
from ser_core.inference.prediction import Further, Prediction, Window
from ser_core.inference.recording import Recording, answers
from ser_core.inference.versions import all_windows, chain_of
from ser_core.inference.voice import (
    STAGE,
    Ordinary,
    Voice,
    VoiceSpec,
    VoiceStage,
    spoken_s,
    voice_of,
)
from ser_core.inference.voice_functionals import functionals

_STRANGER = (
    "This model was trained on voices each measured against itself, and does not know how this one "
    "usually sounds: expect it to be less accurate than its scores say."
)


class Predictor:
    """A model ready to listen. Safe to share between threads.

    Attributes:
        voice: of who speaks, where it is known; see `knowing`.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self.name = folder.name
        self.card: dict[str, Any] = folder.card()
        self.network = Network(folder)
        self.spec: ModelSpec = self.network.spec
        self.labels: tuple[str, ...] = self.spec.labels
        self.preprocessing: Preprocessing = self.spec.preprocessing
        self.extractors: dict[str, Extractor] = self.network.extractors
        self.wants_speaker: bool = self.network.wants_speaker
        stage = folder.path / STAGE
        self._stage = VoiceStage(stage, self.labels, self.name) if stage.is_file() else None
        self.voice: Voice | None = None

    @property
    def extractor(self) -> Extractor:
        """The extractor of a network's one input.

        Raises:
            ModelError: it has several.
        """
        return self.network.extractor

    @cached_property
    def changes(self) -> Chain | None:
        """What makes changed versions of a recording; None where the training used nothing such."""
        return chain_of(self.card)

    @classmethod
    def load(cls, name_or_path: str | Path | None = None) -> "Predictor":
        """Open a model by name, or by the path of its folder or ONNX file; None for the default.

        Raises:
            UnknownNameError: no such model.
            ModelError: the file is damaged or not one of ours.
        """
        return cls(find_model(name_or_path or default_name()))

    def fingerprint(self) -> str:
        """Names what a model has answered: digest of the network file, and of a voice it knows."""
        own = self.network.fingerprint()
        return own if self.voice is None else f"{own}-{self.voice.digest()}"

    @property
    def can_know_voices(self) -> bool:
        """Whether there is a stage beside the network that takes a voice into account."""
        return self._stage is not None

    def enrol(self, recordings: Sequence[tuple[Waveform, int]]) -> Voice:
        """How somebody ordinarily sounds to this model.

        Args:
            recordings: ordinary speech, about ten seconds in all: waveforms (num_samples,) float32
                in [-1, 1], each with its sampling rate (Hz).

        Raises:
            AudioError: one is empty, silent, shorter than 0.3 s, or not finite.
            ParameterError: there is none.
        """
        parts = [self.ordinary(waveform, rate) for waveform, rate in recordings]
        return voice_of(parts, self.network.fingerprint())

    def ordinary(self, waveform: Waveform, sampling_rate: int) -> Ordinary:
        """What the network says of a recording, window by window, with the windows' functionals.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        rate = self.preprocessing.sampling_rate
        recording = Recording.of(waveform, sampling_rate, self.preprocessing)
        (said,) = answers([self.network], recording.windows, [None])
        voice_s = spoken_s(recording.windows, rate, recording.voice.size / rate)
        return Ordinary(said[EMOTION], functionals(recording.windows, rate), voice_s)

    def knowing(self, voice: Voice) -> "Predictor":
        """The same model, whose every answer takes a voice into account.

        Raises:
            ModelError: it has no stage for that, or the voice was enrolled with another model.
        """
        if self._stage is None:
            raise ModelError(f"{self.name}: has no stage that takes a voice into account")
        if voice.model != self.network.fingerprint():
            raise ModelError(f"{self.name}: the voice was enrolled with another model; do so anew")
        known = copy.copy(self)
        known.voice = voice
        return known

    def predict_file(
        self,
        source: Path | str | BinaryIO,
        speaker: Statistics | None = None,
        copies: int = 0,
        seed: int = 0,
    ) -> Prediction:
        """What is heard in a sound file of any length; see `predict`.

        Raises:
            AudioError: the file cannot be used; see `audio.load`.
            ParameterError: see `predict`.
        """
        waveform, sampling_rate = audio.load(source)
        return self.predict(waveform, sampling_rate, speaker, copies, seed)

    def speaker_statistics(self, files: Sequence[Path | str]) -> Statistics:
        """How a speaker usually sounds, for a model that `wants_speaker`; no label is needed.

        Args:
            files: several recordings of one speaker, in moods as different as can be.

        Raises:
            AudioError: a file cannot be used; see `audio.load`.
            ParameterError: no file.
        """
        return Statistics.fit(map(self.features_of_file, files))

    def features_of_file(self, file: Path | str) -> NDArray[np.float32]:
        """What the network is given of a sound file: (num_windows, *input_shape).

        Raises:
            AudioError: the file cannot be used; see `audio.load`.
        """
        return self.features(*audio.load(file))

    def features(self, waveform: Waveform, sampling_rate: int) -> NDArray[np.float32]:
        """What the network is given of a recording: (num_windows, *input_shape).

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        voice, _ = audio.prepare(waveform, sampling_rate, self.preprocessing)
        return self.network.features(audio.windows(voice, self.preprocessing)[0])

    def features_of_voice(self, voice: Waveform) -> NDArray[np.float32]:
        """What the network is given of a sound that is prepared already: (num_windows, …).

        Training augments clips after they are prepared, and prepares them no second time.

        Args:
            voice: (num_samples,) at the model's own sampling rate.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        audio.check(voice, self.preprocessing.sampling_rate)
        return self.network.features(audio.windows(voice, self.preprocessing)[0])

    def predict(
        self,
        waveform: Waveform,
        sampling_rate: int,
        speaker: Statistics | None = None,
        copies: int = 0,
        seed: int = 0,
    ) -> Prediction:
        """What is heard in a recording.

        Args:
            waveform: (num_samples,) float32 in [-1, 1].
            sampling_rate: Hz.
            speaker: how the speaker usually sounds, see `speaker_statistics`; only a model that
                `wants_speaker` makes use of it.
            copies: in how many changed versions it is heard too; see `ser_core.inference.versions`.
            seed: of the draws that change them.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
            ParameterError: `copies` is out of bounds, or the model cannot make any.
        """
        recording = Recording.of(waveform, sampling_rate, self.preprocessing)
        return self.predict_recording(recording, speaker, copies, seed)

    def remarks(self, waveform: Waveform, sampling_rate: int) -> list[str]:
        """In what a recording is unlike the training clips, in plain sentences; see `domain`.

        Nothing is said where the model's card does not hold what they measured.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        known = self.card.get("domain") or {}
        takers = self.extractors.values()
        return remarks(waveform, sampling_rate, known, self.preprocessing, takers)

    def predict_voice(self, voice: Waveform, speaker: Statistics | None = None) -> Prediction:
        """What is heard in a sound that is prepared already; see `features_of_voice`, `predict`.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        return self.predict_recording(Recording.of_voice(voice, self.preprocessing), speaker)

    def predict_recording(
        self,
        recording: Recording,
        speaker: Statistics | None = None,
        copies: int = 0,
        seed: int = 0,
    ) -> Prediction:
        """What is heard in a recording that is cut already, by this model's preprocessing.

        Raises:
            ParameterError: see `predict`.
        """
        windows = all_windows(recording, self.changes, copies, seed)
        (said,) = answers([self.network], windows, [speaker])
        return self.judge(recording, windows, said, stranger=speaker is None)

    def judge(
        self,
        recording: Recording,
        windows: NDArray[np.float32],
        said: Answers,
        stranger: bool = True,
    ) -> Prediction:
        """What the heads' answers come to.

        Args:
            windows: of the recording, then of its versions, one after another.
            said: of these, by head.
            stranger: it is not known how the speaker usually sounds.
        """
        return self._judged(recording, self._of_voice(said, windows), stranger)

    def _of_voice(self, said: Answers, windows: NDArray[np.float32]) -> Answers:
        """What the heads say of windows, once the voice in them is taken into account."""
        if self.voice is None or self._stage is None:
            return said
        rate = self.preprocessing.sampling_rate
        logits = self._stage.logits(said[EMOTION], windows, rate, self.voice)
        return {**said, EMOTION: logits}

    def _judged(self, recording: Recording, said: Answers, stranger: bool) -> Prediction:
        shape = (-1, len(recording.windows), len(self.labels))
        versions = softmax(said[EMOTION]).reshape(shape)
        per_window = versions.mean(axis=0)
        probabilities = self._named(self._tempered(per_window.mean(axis=0)))
        best = max(probabilities, key=lambda label: probabilities[label])
        notes = [*recording.notes, *([_STRANGER] if self.wants_speaker and stranger else [])]
        several = self._tempered(versions.mean(axis=1)) if len(versions) > 1 else ()
        return Prediction(
            emotion=best,
            probabilities=probabilities,
            windows=[
                Window(start_s, start_s + recording.window_s, self._named(row))
                for start_s, row in zip(recording.starts_s, self._tempered(per_window), strict=True)
            ],
            duration_s=recording.duration_s,
            sure="not sure" if recording.steady else self.sureness(probabilities[best]),
            notes=notes,
            further=self._further(said),
            versions=[self._named(row) for row in several],
        )

    def hear(
        self, features: NDArray[np.float32], speaker: Statistics | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (num_windows, num_labels) of features (num_windows, *input_shape).

        They are the network's own: features alone do not tell what a voice is compared by.
        """
        said = softmax(self.network.emotion_logits(features, speaker))
        return temper(said, self.spec.temperature)

    def hear_windows(
        self, windows: NDArray[np.float32], speaker: Statistics | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (num_windows, num_labels) of prepared windows (num_windows, samples)."""
        (said,) = answers([self.network], windows, [speaker])
        return self._tempered(softmax(self._of_voice(said, windows)[EMOTION]))

    def pool(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """The answer (num_labels,) that several, (number, num_labels), come to together.

        It is the mean of what the network said, tempered: see `ser_core.evaluation.temperature`.
        """
        said = temper(probabilities, 1 / self._learned.temperature)
        return self._tempered(said.mean(axis=0))

    @property
    def _learned(self) -> ModelSpec | VoiceSpec:
        """Of what answers: temperature and bounds of "sure"."""
        return self.spec if self.voice is None or self._stage is None else self._stage.spec

    def _tempered(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        return temper(said, self._learned.temperature)

    def _further(self, said: Answers) -> dict[str, Further]:
        found: dict[str, Further] = {}
        for head, classes in self.spec.further.items():
            if classes:
                mean = softmax(said[head]).mean(axis=0)
                found[head] = dict(zip(classes, mean.tolist(), strict=True))
            else:
                found[head] = float(said[head].mean())
        return found

    def _named(self, values: NDArray[np.float64]) -> dict[str, float]:
        by_label = dict(zip(self.labels, values.tolist(), strict=True))
        return {label: by_label[label] for label in order(set(self.labels))}

    def sureness(self, probability: float) -> str:
        """How often such a probability was right, in words: sure, fairly sure or not sure."""
        if probability >= self._learned.sure_above:
            return "sure"
        return "not sure" if probability < self._learned.not_sure_below else "fairly sure"
