"""Classifiers of scikit-learn behind the interface of networks: what a network has to beat."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ser_core.errors import ParameterError
from ser_core.models.base import EMOTION, VECTOR, Architecture, Shapes, Takes

if TYPE_CHECKING:
    from ser_core.models.describe import Description, LayerFacts


@dataclass(frozen=True)
class Lesson:
    """What a classifier learns from.

    Attributes:
        features: (num_rows, num_features) float32, standardised: clips and their fixed copies.
        emotions: (num_rows,) number of each row's emotion.
        groups: (num_rows,) who speaks, or which clip it is: rows of one group stay together where
            some are held out.
        weights: of each emotion in the loss, by its number.
        seed: of all that is drawn.
    """

    features: NDArray[np.float32]
    emotions: NDArray[np.intp]
    groups: NDArray[Any]
    weights: Mapping[int, float]
    seed: int


class Baseline(Architecture):
    """Learns from all rows at once, without epochs, batches or an optimiser; importing it imports
    no scikit-learn.

    A subclass says what it is as an `Architecture` does, and fits a classifier that gives
    probabilities.
    """

    takes: Mapping[str, Takes] = {"features": VECTOR}
    usual: ClassVar = {"features": (520,)}

    @abstractmethod
    def learn(self, lesson: Lesson) -> Any:
        """A fitted classifier of scikit-learn with `predict_proba` and `classes_`.

        Raises:
            ParameterError: there is too little to learn from, or a setting does not fit.
        """

    @abstractmethod
    def size(self, classifier: Any) -> tuple[int, str]:
        """How many numbers a fitted classifier has learned, and what they are in words."""

    @abstractmethod
    def stages(self, num_features: int, num_emotions: int) -> list[tuple[str, str, int | None]]:
        """Its steps from features to probabilities, for people.

        Returns:
            What it is, its settings, and how many numbers it learns; None where that depends on
            the clips.
        """

    def check(self, shapes: Shapes, heads: Mapping[str, int]) -> None:
        """See `Architecture.check`.

        Raises:
            ParameterError: it is asked for more than emotions, too.
        """
        super().check(shapes, heads)
        if set(heads) != {EMOTION}:
            raise ParameterError(
                f"heads: {self.name} says emotions only, got {', '.join(heads)}; leave "
                "training.heads empty"
            )
        if heads[EMOTION] < 2:
            raise ParameterError(f"heads: {self.name} needs two emotions to tell apart, got one")

    def build(self, shapes: Shapes, heads: Mapping[str, int]) -> Any:
        """There is no Keras network to build.

        Raises:
            ParameterError: always, after `check`.
        """
        self.check(shapes, heads)
        raise ParameterError(f"{self.name} is a classifier of scikit-learn, not a Keras network")

    def _body(self, inputs: Mapping[str, Any]) -> Any:  # noqa: ARG002
        raise ParameterError(f"{self.name} is a classifier of scikit-learn, not a Keras network")

    def description(self, shapes: Shapes, heads: Mapping[str, int]) -> "Description":
        """What it is made of, as far as that is known before it has learned.

        Raises:
            ParameterError: it cannot take these shapes or heads.
        """
        from ser_core.models.describe import Description
        from ser_core.models.diagram import draw

        self.check(shapes, heads)
        ((name, shape),) = shapes.items()
        layers = [_layer(name, "Input", "", (), tuple(shape), 0)]
        stages = self.stages(shape[0], heads[EMOTION])
        for place, (kind, details, parameters) in enumerate(stages):
            title = EMOTION if place == len(stages) - 1 else kind.lower().replace(" ", "_")
            reads, given = (layers[-1].name,), (heads[EMOTION],)
            layers.append(_layer(title, kind, details, reads, given, parameters or 0))
        counts = [parameters for _, _, parameters in stages]
        total = None if None in counts else sum(filter(None, counts))
        return Description(
            architecture=self.name,
            title=self.title,
            settings=self.config.model_dump(mode="json"),
            shapes={key: tuple(value) for key, value in shapes.items()},
            heads=dict(heads),
            layers=tuple(layers),
            parameters=total,
            trainable=total,
            flops=None,
            diagram=draw(self.title, [layer.model_dump() for layer in layers]),
        )


def _layer(
    name: str,
    kind: str,
    details: str,
    inputs: tuple[str, ...],
    shape: tuple[int, ...],
    parameters: int,
) -> "LayerFacts":
    from ser_core.models.describe import LayerFacts

    return LayerFacts(
        name=name,
        kind=kind,
        details=details,
        inputs=inputs,
        shape=shape,
        parameters=parameters,
        trainable=parameters,
        flops=0,
    )
