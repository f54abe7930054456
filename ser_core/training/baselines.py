"""Baselines of scikit-learn in the place of networks: fitted at once, exported as ONNX."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import TaskCancelled
from ser_core.features.statistics import Statistics
from ser_core.models.base import EMOTION
from ser_core.models.baseline import Baseline, Lesson
from ser_core.training.batches import Standardiser, scaler_statistics
from ser_core.training.class_weights import class_weights
from ser_core.training.config import Recipe
from ser_core.training.epoch import Epoch
from ser_core.training.examples import Examples
from ser_core.training.targets import Targets
from ser_core.training.trainer import Fitted, Watch, validate

Array = NDArray[np.float32]
_LEAST = 1e-7  # no probability is less, so that each has a logarithm
_STANDARDISED = "standardised"


@dataclass(frozen=True)
class FittedBaseline:
    """A fitted classifier that answers as a Keras network does.

    Attributes:
        classifier: of scikit-learn.
        baseline: what fitted it.
        num_emotions: how many there are; those that it has not learned from are never likely.
    """

    classifier: Any
    baseline: Baseline
    num_emotions: int

    def predict_on_batch(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Logarithms of probabilities (batch, num_emotions) of standardised features."""
        (features,) = inputs.values()
        said = self.classifier.predict_proba(features) @ self.places
        return {EMOTION: np.log(np.maximum(said, _LEAST)).astype(np.float32)}

    @property
    def places(self) -> Array:
        """(learned emotions, all emotions): 1 where a column of the classifier is an emotion."""
        found = np.zeros((len(self.classifier.classes_), self.num_emotions), np.float32)
        found[np.arange(len(found)), self.classifier.classes_] = 1
        return found

    def count_params(self) -> int:
        """How many numbers it has learned."""
        return self.baseline.size(self.classifier)[0]

    @property
    def made_of(self) -> str:
        """What it has learned, in words."""
        return f"{self.baseline.title}: {self.baseline.size(self.classifier)[1]}"


def fit_baseline(
    baseline: Baseline,
    examples: Examples,
    targets: Targets,
    train_rows: NDArray[np.intp],
    validation_rows: NDArray[np.intp],
    recipe: Recipe,
    watch: Watch,
) -> Fitted:
    """Fit a classifier to some clips of a table and all of their fixed copies.

    Validation clips are scored and choose nothing: there is one state only. So a baseline learns
    from the same clips as a network would.

    Raises:
        ParameterError: the baseline cannot take such inputs or heads, or has too little to learn.
        TaskCancelled: `watch` stopped it before it began.
    """
    watch.on_start(())
    if watch.should_stop():
        raise TaskCancelled("stopped")
    began = time.monotonic()
    baseline.check(examples.shapes, targets.sizes)
    statistics = scaler_statistics(examples, train_rows, recipe.faults)
    lesson = _lesson(examples, targets, train_rows, statistics, recipe)
    learned = FittedBaseline(baseline.learn(lesson), baseline, len(targets.labels))
    fitted = Fitted(learned, statistics, targets, recipe.training.standardisation)
    (name,) = examples.versions
    said = learned.predict_on_batch({name: lesson.features})[EMOTION]
    epoch = Epoch(
        1,
        time.monotonic() - began,
        0.0,
        float(-said[np.arange(len(said)), lesson.emotions].mean()),
        float((said.argmax(axis=1) == lesson.emotions).mean()),
        **validate(fitted, examples, validation_rows),
    )
    fitted.history.append(epoch)
    fitted.best_epoch = 1
    watch.on_epoch(epoch)
    return fitted


def _lesson(
    examples: Examples,
    targets: Targets,
    rows: NDArray[np.intp],
    statistics: dict[str, Statistics],
    recipe: Recipe,
) -> Lesson:
    """All that a classifier learns from: the clips and their copies, standardised."""
    training = recipe.training
    ((name, clips),) = examples.versions.items()
    owners = np.repeat(rows, [len(clips[row]) for row in rows])
    standardiser = Standardiser(statistics, examples, rows, training.standardisation)
    features = {name: np.concatenate([clips[row] for row in rows])}
    emotions, weights = targets.emotions[owners], class_weights(training, targets, rows)
    return Lesson(
        standardiser.standardise(features, owners)[name],
        emotions,
        _groups(examples, owners),
        {number: weights[number] for number in np.unique(emotions).tolist()},
        training.seed,
    )


def _groups(examples: Examples, owners: NDArray[np.intp]) -> NDArray[Any]:
    """Speakers where there are two or more and all are known, else clips."""
    speakers = examples.speakers[owners]
    known = np.unique(speakers)
    return speakers if known.size > 1 and "" not in known else owners


def to_onnx(fitted: FittedBaseline, statistics: Statistics, name: str) -> Any:
    """An ONNX model from features as the extractor gives them to logarithms of probabilities.

    Its softmax is the probabilities, as of the logits of a network.

    Args:
        statistics: that features are standardised by.
        name: of the input.
    """
    from onnx import TensorProto, helper, numpy_helper

    size = statistics.mean.size
    model = _converted(fitted.classifier, size)
    graph = model.graph
    constants = {
        "feature_mean": statistics.mean,
        "feature_std": statistics.std,
        "places": fitted.places,
        "least": np.array(_LEAST, np.float32),
    }
    graph.initializer.extend(numpy_helper.from_array(v, k) for k, v in constants.items())
    before = [
        helper.make_node("Sub", [name, "feature_mean"], ["centred"]),
        helper.make_node("Div", ["centred", "feature_std"], [_STANDARDISED]),
    ]
    after = [
        helper.make_node("MatMul", [graph.output[1].name, "places"], ["by_emotion"]),
        helper.make_node("Max", ["by_emotion", "least"], ["at_least"]),
        helper.make_node("Log", ["at_least"], [EMOTION]),
    ]
    nodes = [*before, *graph.node, *after]
    del graph.node[:], graph.input[:], graph.output[:]
    graph.node.extend(nodes)
    floats = TensorProto.FLOAT
    graph.input.append(helper.make_tensor_value_info(name, floats, [None, size]))
    graph.output.append(helper.make_tensor_value_info(EMOTION, floats, [None, fitted.num_emotions]))
    return model


def _converted(classifier: Any, size: int) -> Any:
    """An ONNX model from standardised features to labels and probabilities."""
    import warnings

    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType

    with warnings.catch_warnings():
        # skl2onnx asks for what scikit-learn has deprecated.
        warnings.filterwarnings("ignore", "Attribute `prob._` was deprecated", FutureWarning)
        return convert_sklearn(
            classifier,
            initial_types=[(_STANDARDISED, FloatTensorType([None, size]))],
            options={id(classifier): {"zipmap": False}},
        )
