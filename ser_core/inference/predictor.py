"""Hear an emotion in a recording, with ONNX Runtime and without TensorFlow."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Preprocessing, Waveform
from ser_core.emotions import order
from ser_core.errors import ModelError
from ser_core.features import EXTRACTORS, Extractor, LogMel, LogMelConfig, Signal
from ser_core.features.statistics import Statistics
from ser_core.inference.domain import remarks
from ser_core.inference.model_file import (
    METADATA_KEY,
    ModelFolder,
    ModelSpec,
    default_name,
    find_model,
    read_spec,
)

QUIET_DB = -45.0
CLIPPED_SHARE = 1e-3
SHORT_VOICE_S = 0.8
STEADY_DB = 2.5  # noise and hum swing by up to 1.4 dB, speech under loud noise (5 dB) by 3.2 and up
_STEADY_SPAN_S = 60.0  # a minute tells
Further = dict[str, float] | float
_BATCH = 64  # windows in one run, so that an hour of audio needs no more memory than a minute


@dataclass(frozen=True)
class Window:
    """What is heard in one stretch of a recording; times in the recording, in seconds."""

    start_s: float
    end_s: float
    probabilities: dict[str, float]


@dataclass(frozen=True)
class Prediction:
    """What is heard in a whole recording.

    Attributes:
        emotion: the most probable label.
        probabilities: of every label, in house order; they sum to 1.
        windows: the same for each window, in time order.
        duration_s: length of the recording.
        sure: "sure", "fairly sure" or "not sure", from how often the fold models were right at
            such a probability; always "not sure" of a sound too steady to be speech.
        notes: plain sentences about what may be wrong with the recording.
        further: what else the model says, by task: probabilities of classes such as `female`, or
            the value of a dimension such as `valence`.
    """

    emotion: str
    probabilities: dict[str, float]
    windows: list[Window]
    duration_s: float
    sure: str
    notes: list[str]
    further: dict[str, Further] = field(default_factory=dict)

    def top(self, n: int = 3) -> list[tuple[str, float]]:
        """The `n` most probable labels with their probabilities."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])[:n]


class Predictor:
    """A model ready to listen. Safe to share between threads."""

    def __init__(self, folder: ModelFolder) -> None:
        self.name = folder.name
        self._network = folder.network
        self.card: dict[str, Any] = folder.card()
        self._session, self.spec = _open(folder)
        self.labels: tuple[str, ...] = self.spec.labels
        self.preprocessing: Preprocessing = self.spec.preprocessing
        self.extractors: dict[str, Extractor] = {
            name: EXTRACTORS.create(each.name, **each.settings)
            for name, each in self.spec.inputs.items()
        }
        self.wants_speaker: bool = self.spec.standardisation == "speaker"

    @property
    def extractor(self) -> Extractor:
        """The extractor of a network's one input.

        Raises:
            ModelError: it has several.
        """
        if len(self.extractors) > 1:
            raise ModelError(
                f"{self.name}: takes {' and '.join(self.extractors)}; this works with models of "
                "one kind of features only"
            )
        return next(iter(self.extractors.values()))

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
        with self._network.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

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
        return self._features(audio.windows(voice, self.preprocessing)[0])

    def features_of_voice(self, voice: Waveform) -> NDArray[np.float32]:
        """What the network is given of a sound that is prepared already: (num_windows, …).

        Training augments clips after they are prepared, and prepares them no second time.

        Args:
            voice: (num_samples,) at the model's own sampling rate.

        Raises:
            AudioError: empty, silent, shorter than 0.3 s, or not finite.
        """
        audio.check(voice, self.preprocessing.sampling_rate)
        return self._features(audio.windows(voice, self.preprocessing)[0])

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
        notes = _notes(waveform, voice.size / self.preprocessing.sampling_rate)
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
        return self._predicted(voice, speaker, 0.0, duration_s, _notes(voice, duration_s))

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
        answers = self._answers(cut, speaker)
        per_window = softmax(answers[_EMOTION])
        mean = per_window.mean(axis=0)
        voice_s = voice.size / self.preprocessing.sampling_rate
        length_s = min(self.preprocessing.window_s, voice_s)
        probabilities = self._named(mean)
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

    def probabilities(
        self, windows: NDArray[np.float32], speaker: Statistics | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (num_windows, num_labels) of prepared windows (num_windows, samples)."""
        return softmax(self._answers(windows, speaker)[_EMOTION])

    def hear(
        self, features: NDArray[np.float32], speaker: Statistics | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (num_windows, num_labels) of features (num_windows, *input_shape)."""
        (name,) = self.spec.inputs
        parts = [features[start : start + _BATCH] for start in range(0, len(features), _BATCH)]
        logits = [self._run({name: self._heard_from(part, speaker)})[_EMOTION] for part in parts]
        return softmax(np.concatenate(logits))

    def _answers(
        self, windows: NDArray[np.float32], speaker: Statistics | None
    ) -> dict[str, NDArray[np.float64]]:
        """What each head says of prepared windows, (num_windows, outputs)."""
        answers = []
        for start in range(0, len(windows), _BATCH):
            inputs = self._inputs(windows[start : start + _BATCH])
            heard = {name: self._heard_from(array, speaker) for name, array in inputs.items()}
            answers.append(self._run(heard))
        return {head: np.concatenate([each[head] for each in answers]) for head in answers[0]}

    def _heard_from(
        self, features: NDArray[np.float32], speaker: Statistics | None
    ) -> NDArray[np.float32]:
        """Features as the network was trained on: of this speaker, moved to everybody's."""
        if speaker is None or not self.wants_speaker:
            return features
        return self._trained_on.restore(speaker.standardise(features))

    def _run(self, inputs: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float64]]:
        """Logits of classes and values of dimensions, by head."""
        names = [output.name for output in self._session.get_outputs()]
        if len(names) == 1:
            names = [_EMOTION]  # files of before there were several heads call it otherwise
        said = self._session.run(None, inputs)
        return {name: np.asarray(each, np.float64) for name, each in zip(names, said, strict=True)}

    def _inputs(self, windows: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        rate = self.preprocessing.sampling_rate
        signals = [Signal(window, rate) for window in windows]
        return {
            name: np.stack([each.of(signal.at(each.sampling_rate or rate)) for signal in signals])
            for name, each in self.extractors.items()
        }

    def _features(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        rate = self.preprocessing.sampling_rate
        return np.stack([self.extractor.extract(window, rate) for window in windows])

    def _further(self, answers: dict[str, NDArray[np.float64]]) -> dict[str, Further]:
        found: dict[str, Further] = {}
        for head, classes in self.spec.further.items():
            if classes:
                mean = softmax(answers[head]).mean(axis=0)
                found[head] = dict(zip(classes, mean.tolist(), strict=True))
            else:
                found[head] = float(answers[head].mean())
        return found

    @property
    def _trained_on(self) -> Statistics:
        (name,) = self.spec.inputs
        mean, std = self.spec.feature_mean[name], self.spec.feature_std[name]
        return Statistics(np.array(mean, np.float32), np.array(std, np.float32))

    def _named(self, values: NDArray[np.float64]) -> dict[str, float]:
        by_label = dict(zip(self.labels, values.tolist(), strict=True))
        return {label: by_label[label] for label in order(set(self.labels))}

    def sureness(self, probability: float) -> str:
        """How often such a probability was right, in words: sure, fairly sure or not sure."""
        if probability >= self.spec.sure_above:
            return "sure"
        return "not sure" if probability < self.spec.not_sure_below else "fairly sure"


_EMOTION = "emotion"
NO_SPEECH = (
    "No speech found: the sound is as steady as noise or a hum. A model must name an emotion all "
    "the same; do not believe it."
)

_STRANGER = (
    "This model was trained on voices each measured against itself, and does not know how this one "
    "usually sounds: expect it to be less accurate than its scores say."
)


def _open(folder: ModelFolder) -> tuple[Any, ModelSpec]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    # A second thread gains little on inputs this small, and would spin beside a training job.
    options.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(
            str(folder.network), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # ONNX Runtime raises many kinds, all meaning an unusable file
        raise ModelError(f"{folder.name}: the ONNX file cannot be opened ({error})") from None
    metadata = session.get_modelmeta().custom_metadata_map
    return session, read_spec(metadata.get(METADATA_KEY), folder.name)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities from logits, over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities


def swing_db(voice: Waveform, sampling_rate: int) -> float:
    """How far the level moves from frame to frame: from its 10th to its 90th percentile, in dB.

    The level of a frame is the mean over log-mel bands, so that no single band decides. Syllables
    and pauses make speech swing; noise and hum do not.
    """
    config = LogMelConfig.parse({"sampling_rate": sampling_rate, "fmax_hz": sampling_rate / 2})
    start = voice[: round(_STEADY_SPAN_S * sampling_rate)]
    level_db = LogMel(config).extract(start, sampling_rate).mean(axis=1)
    low, high = np.percentile(level_db, [10, 90])
    return float(high - low)


def _notes(waveform: Waveform, voice_s: float) -> list[str]:
    notes = []
    level_db = 10 * np.log10(float(np.mean(waveform.astype(np.float64) ** 2)) + 1e-12)
    if level_db < QUIET_DB:
        notes.append(
            f"Quiet: {level_db:.0f} dB re full scale on average. Come closer to the microphone "
            "or raise its level; noise may be heard as feeling."
        )
    clipped = float(np.mean(np.abs(waveform) >= 0.999))
    if clipped > CLIPPED_SHARE:
        notes.append(
            f"Clipped: {clipped:.1%} of the samples are at full scale. Lower the recording level; "
            "clipping sounds like anger."
        )
    if voice_s < SHORT_VOICE_S:
        notes.append(
            f"Short: {voice_s:.1f} s of voice. The model was trained on whole sentences of "
            "1.3 to 3.6 s."
        )
    return notes
