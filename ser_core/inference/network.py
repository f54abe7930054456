"""The ONNX network of a model: prepared sound in, what each of its heads says out."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import ModelError
from ser_core.features import EXTRACTORS, Extractor
from ser_core.features.statistics import Statistics
from ser_core.inference.model_file import METADATA_KEY, ModelFolder, ModelSpec, read_spec

EMOTION = "emotion"
Answers = dict[str, NDArray[np.float64]]
"""What heads say of some windows: (num_windows, outputs) by head."""

_BATCH = 64  # windows in one run, so that an hour of audio needs no more memory than a minute


class Network:
    """A model's ONNX file and the extractors of its inputs. Safe to share between threads.

    Raises:
        ModelError: the file is damaged or not one of ours.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self.name = folder.name
        self._file = folder.network
        self._session, self.spec = _open(folder)
        self.extractors: dict[str, Extractor] = {
            name: EXTRACTORS.create(each.name, **each.settings)
            for name, each in self.spec.inputs.items()
        }
        self.keys = {name: each.fingerprint() for name, each in self.extractors.items()}
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

    def fingerprint(self) -> str:
        """Digest of the file: names what a model has answered."""
        with self._file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def features(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features (num_windows, *input_shape) of prepared windows (num_windows, samples).

        Raises:
            ModelError: the network has several inputs.
        """
        rate = self.spec.preprocessing.sampling_rate
        return np.stack([self.extractor.extract(window, rate) for window in windows])

    def answer(self, inputs: dict[str, NDArray[np.float32]], speaker: Statistics | None) -> Answers:
        """What each head says, (num_windows, outputs): logits of classes, values of dimensions.

        Args:
            inputs: features (num_windows, *input_shape) by input.
            speaker: how the speaker usually sounds, see `Predictor.predict`.
        """
        return self._run({name: self._heard_from(each, speaker) for name, each in inputs.items()})

    def emotion_logits(
        self, features: NDArray[np.float32], speaker: Statistics | None
    ) -> NDArray[np.float64]:
        """Logits of the emotions (num_windows, num_labels) of features; see `features`."""
        (name,) = self.spec.inputs
        parts = [features[start : start + _BATCH] for start in range(0, len(features), _BATCH)]
        logits = [self._run({name: self._heard_from(part, speaker)})[EMOTION] for part in parts]
        return np.concatenate(logits)

    def _heard_from(
        self, features: NDArray[np.float32], speaker: Statistics | None
    ) -> NDArray[np.float32]:
        """Features as the network was trained on: of this speaker, moved to everybody's."""
        if speaker is None or not self.wants_speaker:
            return features
        return self._trained_on.restore(speaker.standardise(features))

    def _run(self, inputs: dict[str, NDArray[np.float32]]) -> Answers:
        names = [output.name for output in self._session.get_outputs()]
        if len(names) == 1:
            names = [EMOTION]  # files of before there were several heads call it otherwise
        said = self._session.run(None, inputs)
        return {name: np.asarray(each, np.float64) for name, each in zip(names, said, strict=True)}

    @property
    def _trained_on(self) -> Statistics:
        (name,) = self.spec.inputs
        mean, std = self.spec.feature_mean[name], self.spec.feature_std[name]
        return Statistics(np.array(mean, np.float32), np.array(std, np.float32))


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
