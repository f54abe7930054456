"""Hear an emotion in a recording, with ONNX Runtime and without TensorFlow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Preprocessing, Waveform
from ser_core.emotions import order
from ser_core.evaluation.temperature import temper
from ser_core.features import Extractor
from ser_core.features.statistics import Statistics
from ser_core.inference.cautions import NO_SPEECH, STEADY_DB, cautions, swing_db
from ser_core.inference.domain import remarks
from ser_core.inference.model_file import ModelFolder, ModelSpec, default_name, find_model
from ser_core.inference.network import EMOTION, Network, softmax
from ser_core.inference.prediction import Further, Prediction, Window

_STRANGER = (
    "This model was trained on voices each measured against itself, and does not know how this one "
    "usually sounds: expect it to be less accurate than its scores say."
)


class Predictor:
    """A model ready to listen. Safe to share between threads."""

    def __init__(self, folder: ModelFolder) -> None:
        self.name = folder.name
        self.card: dict[str, Any] = folder.card()
        self._network = Network(folder)
        self.spec: ModelSpec = self._network.spec
        self.labels: tuple[str, ...] = self.spec.labels
        self.preprocessing: Preprocessing = self.spec.preprocessing
        self.extractors: dict[str, Extractor] = self._network.extractors
        self.wants_speaker: bool = self._network.wants_speaker

    @property
    def extractor(self) -> Extractor:
        """The extractor of a network's one input.

        Raises:
            ModelError: it has several.
        """
        return self._network.extractor

    @classmethod
    def load(cls, name_or_path: str | Path | None = None) -> "Predictor":
        """Open a model by name, or by the path of its folder or ONNX file; None for the default.

        Raises:
            UnknownNameError: no such model.
            ModelError: the file is damaged or not one of ours.
        """
        return cls(find_model(name_or_path or default_name()))

    def fingerprint(self) -> str:
        """Digest of the network file: names what a model has answered."""
        return self._network.fingerprint()

    def predict_file(
        self, source: Path | str | BinaryIO, speaker: Statistics | None = None
    ) -> Prediction:
        """What is heard in a sound file of any length; see `predict`.

        Raises:
            AudioError: the file cannot be used; see `audio.load`.
        """
        waveform, sampling_rate = audio.load(source)
        return self.predict(waveform, sampling_rate, speaker)

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
        return self._network.features(audio.windows(voice, self.preprocessing)[0])

    def features_of_voice(self, voice: Waveform) -> NDArray[np.float32]:
        """What the network is given of a sound that is prepared already: (num_windows, …).

        Training augments clips after they are prepared, and prepares them no second time.

        Args:
            voice: (num_samples,) at the model's own sampling rate.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        audio.check(voice, self.preprocessing.sampling_rate)
        return self._network.features(audio.windows(voice, self.preprocessing)[0])

    def predict(
        self, waveform: Waveform, sampling_rate: int, speaker: Statistics | None = None
    ) -> Prediction:
        """What is heard in a recording.

        Args:
            waveform: (num_samples,) float32 in [-1, 1].
            sampling_rate: Hz.
            speaker: how the speaker usually sounds, see `speaker_statistics`; only a model that
                `wants_speaker` makes use of it.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        voice, offset_s = audio.prepare(waveform, sampling_rate, self.preprocessing)
        notes = cautions(waveform, voice.size / self.preprocessing.sampling_rate)
        return self._predicted(voice, speaker, offset_s, waveform.size / sampling_rate, notes)

    def remarks(self, waveform: Waveform, sampling_rate: int) -> list[str]:
        """In what a recording is unlike the training clips, in plain sentences; see `domain`.

        Nothing is said where the model's card does not hold what they measured.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        known = self.card.get("domain") or {}
        return remarks(waveform, sampling_rate, known, self.preprocessing.sampling_rate)

    def predict_voice(self, voice: Waveform, speaker: Statistics | None = None) -> Prediction:
        """What is heard in a sound that is prepared already; see `features_of_voice`, `predict`.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        rate = self.preprocessing.sampling_rate
        audio.check(voice, rate)
        duration_s = voice.size / rate
        return self._predicted(voice, speaker, 0.0, duration_s, cautions(voice, duration_s))

    def _predicted(
        self,
        voice: Waveform,
        speaker: Statistics | None,
        offset_s: float,
        duration_s: float,
        notes: list[str],
    ) -> Prediction:
        """What is heard in a prepared voice that begins `offset_s` within a recording."""
        cut, starts_s = audio.windows(voice, self.preprocessing)
        answers = self._network.answers(cut, speaker)
        per_window = self._tempered(softmax(answers[EMOTION]))
        voice_s = voice.size / self.preprocessing.sampling_rate
        length_s = min(self.preprocessing.window_s, voice_s)
        probabilities = self._named(self.pool(per_window))
        if self.wants_speaker and speaker is None:
            notes.append(_STRANGER)
        steady = swing_db(voice, self.preprocessing.sampling_rate) < STEADY_DB
        if steady:
            notes.insert(0, NO_SPEECH)
        best = max(probabilities, key=lambda label: probabilities[label])
        return Prediction(
            emotion=best,
            probabilities=probabilities,
            windows=[
                Window(offset_s + start, offset_s + start + length_s, self._named(row))
                for start, row in zip(starts_s, per_window, strict=True)
            ],
            duration_s=duration_s,
            sure="not sure" if steady else self.sureness(probabilities[best]),
            notes=notes,
            further=self._further(answers),
        )

    def hear(
        self, features: NDArray[np.float32], speaker: Statistics | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (num_windows, num_labels) of features (num_windows, *input_shape)."""
        return self._tempered(softmax(self._network.emotion_logits(features, speaker)))

    def pool(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """The answer (num_labels,) that several, (number, num_labels), come to together.

        It is the mean of what the network said, tempered: see `ser_core.evaluation.temperature`.
        """
        said = temper(probabilities, 1 / self.spec.temperature)
        return self._tempered(said.mean(axis=0))

    def _tempered(self, said: NDArray[np.float64]) -> NDArray[np.float64]:
        return temper(said, self.spec.temperature)

    def _further(self, answers: dict[str, NDArray[np.float64]]) -> dict[str, Further]:
        found: dict[str, Further] = {}
        for head, classes in self.spec.further.items():
            if classes:
                mean = softmax(answers[head]).mean(axis=0)
                found[head] = dict(zip(classes, mean.tolist(), strict=True))
            else:
                found[head] = float(answers[head].mean())
        return found

    def _named(self, values: NDArray[np.float64]) -> dict[str, float]:
        by_label = dict(zip(self.labels, values.tolist(), strict=True))
        return {label: by_label[label] for label in order(set(self.labels))}

    def sureness(self, probability: float) -> str:
        """How often such a probability was right, in words: sure, fairly sure or not sure."""
        if probability >= self.spec.sure_above:
            return "sure"
        return "not sure" if probability < self.spec.not_sure_below else "fairly sure"
