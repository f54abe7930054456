"""Hear an emotion in a recording, with ONNX Runtime and without TensorFlow."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Preprocessing, Waveform
from ser_core.emotions import order
from ser_core.errors import ModelError
from ser_core.features import EXTRACTORS, Extractor, LogMel, LogMelConfig
from ser_core.features.statistics import Statistics
from ser_core.inference.model_file import (
    DEFAULT,
    METADATA_KEY,
    ModelFolder,
    ModelSpec,
    find_model,
    read_spec,
)

QUIET_DB = -45.0
CLIPPED_SHARE = 1e-3
SHORT_VOICE_S = 0.8
STEADY_DB = 2.5  # noise and hum swing by up to 1.4 dB, speech under loud noise (5 dB) by 3.2 and up
_STEADY_SPAN_S = 60.0  # a minute tells
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
    """

    emotion: str
    probabilities: dict[str, float]
    windows: list[Window]
    duration_s: float
    sure: str
    notes: list[str]

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
        self.extractor: Extractor = EXTRACTORS.create(
            self.spec.extractor, **self.spec.extractor_settings
        )
        self.wants_speaker: bool = self.spec.standardisation == "speaker"

    @classmethod
    def load(cls, name_or_path: str | Path = DEFAULT) -> "Predictor":
        """Open a model by name, or by the path of its folder or ONNX file.

        Raises:
            UnknownNameError: no such model.
            ModelError: the file is damaged or not one of ours.
        """
        return cls(find_model(name_or_path))

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
        cut, starts_s = audio.windows(voice, self.preprocessing)
        per_window = self.probabilities(cut, speaker)
        mean = per_window.mean(axis=0)
        voice_s = voice.size / self.preprocessing.sampling_rate
        length_s = min(self.preprocessing.window_s, voice_s)
        probabilities = self._named(mean)
        notes = _notes(waveform, voice_s)
        if self.wants_speaker and speaker is None:
            notes.append(_STRANGER)
        steady = swing_db(voice, self.preprocessing.sampling_rate) < STEADY_DB
        if steady:
            notes.insert(0, _NO_SPEECH)
        best = max(probabilities, key=lambda label: probabilities[label])
        return Prediction(
            emotion=best,
            probabilities=probabilities,
            windows=[
                Window(offset_s + start, offset_s + start + length_s, self._named(row))
                for start, row in zip(starts_s, per_window, strict=True)
            ],
            duration_s=waveform.size / sampling_rate,
            sure="not sure" if steady else self._sureness(probabilities[best]),
            notes=notes,
        )

    def probabilities(
        self, windows: NDArray[np.float32], speaker: Statistics | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (num_windows, num_labels) of prepared windows (num_windows, samples)."""
        batches = [windows[start : start + _BATCH] for start in range(0, len(windows), _BATCH)]
        return np.concatenate([self.hear(self._features(batch), speaker) for batch in batches])

    def hear(
        self, features: NDArray[np.float32], speaker: Statistics | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (num_windows, num_labels) of features (num_windows, *input_shape)."""
        if speaker is not None and self.wants_speaker:
            features = self._trained_on.restore(speaker.standardise(features))
        parts = [features[start : start + _BATCH] for start in range(0, len(features), _BATCH)]
        logits = [self._session.run(None, {_INPUT: part})[0] for part in parts]
        return softmax(np.concatenate(logits).astype(np.float64))

    def _features(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        rate = self.preprocessing.sampling_rate
        return np.stack([self.extractor.extract(window, rate) for window in windows])

    @property
    def _trained_on(self) -> Statistics:
        mean, std = self.spec.feature_mean, self.spec.feature_std
        return Statistics(np.array(mean, np.float32), np.array(std, np.float32))

    def _named(self, values: NDArray[np.float64]) -> dict[str, float]:
        by_label = dict(zip(self.labels, values.tolist(), strict=True))
        return {label: by_label[label] for label in order(set(self.labels))}

    def _sureness(self, probability: float) -> str:
        if probability >= self.spec.sure_above:
            return "sure"
        return "not sure" if probability < self.spec.not_sure_below else "fairly sure"


_INPUT = "features"
_NO_SPEECH = (
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
