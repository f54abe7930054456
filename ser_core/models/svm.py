"""A support vector machine with a Gaussian kernel on one vector a clip."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.config import Config
from ser_core.errors import ParameterError
from ser_core.models.base import ARCHITECTURES
from ser_core.models.baseline import Baseline, Lesson


class SvmConfig(Config):
    """Kernel, penalty and calibration."""

    c: float = Field(10.0, gt=0, le=1e6, description="Cost of a training row on the wrong side")
    gamma: float = Field(
        0.0,
        ge=0,
        le=1e3,
        description="How fast likeness falls with distance; 0: one over the number of features",
    )
    calibration_folds: int = Field(
        5, ge=2, le=50, description="Parts of the training speakers held out in turn to calibrate"
    )


@ARCHITECTURES.register("svm")
class Svm(Baseline):
    """Compares a clip with the training clips that were hardest to tell apart.

    Support vector machine with a radial basis function (Gaussian) kernel, one against one; its
    decision values are turned into probabilities by a sigmoid for each emotion (Platt), made to sum
    to one. Sigmoids are fitted on decision values of training rows that were held out in turn, by
    speakers where there are two or more, else by clips, so that copies of a clip stay together; the
    machine itself then learns from all training rows.

    Source: Cortes & Vapnik (1995), "Support-vector networks", Machine Learning 20(3); Platt (1999),
    "Probabilistic outputs for support vector machines", in Advances in Large Margin Classifiers;
    scikit-learn, `SVC` and `CalibratedClassifierCV`.
    """

    config_type: ClassVar[type[Config]] = SvmConfig
    title = "Support vector machine"

    def __init__(self, config: SvmConfig | None = None) -> None:
        self.config: SvmConfig = config or SvmConfig()

    def learn(self, lesson: Lesson) -> Any:
        """See `Baseline.learn`."""
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.svm import SVC

        machine = SVC(
            C=self.config.c,
            gamma=self.config.gamma or 1 / lesson.features.shape[1],
            class_weight=dict(lesson.weights),
            cache_size=500,
        )
        held_out = _held_out(lesson, self.config.calibration_folds)
        made = CalibratedClassifierCV(machine, method="sigmoid", ensemble=False, cv=held_out)
        return made.fit(lesson.features, lesson.emotions)

    def size(self, classifier: Any) -> tuple[int, str]:
        """See `Baseline.size`."""
        machine = classifier.calibrated_classifiers_[0].estimator
        vectors = len(machine.support_vectors_)
        arrays = (machine.support_vectors_, machine.dual_coef_, machine.intercept_)
        sigmoids = 2 * len(classifier.calibrated_classifiers_[0].calibrators)
        return sum(array.size for array in arrays) + sigmoids, f"{vectors:,} support vectors"

    def stages(self, num_features: int, num_emotions: int) -> list[tuple[str, str, int | None]]:
        """See `Baseline.stages`."""
        c = self.config
        pairs = num_emotions * (num_emotions - 1) // 2
        settings = f"Gaussian kernel, C {c.c:g}, gamma {c.gamma or 1 / num_features:.3g}"
        machines = f"{pairs} pairs of emotions" if pairs > 1 else "one pair of emotions"
        sigmoids = f"fitted on {c.calibration_folds} held-out parts"
        return [
            ("Support vectors", f"{settings}, {machines}", None),
            ("Sigmoids", sigmoids, 2 * (num_emotions if num_emotions > 2 else 1)),
        ]


def _held_out(lesson: Lesson, folds: int) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows to learn from and rows to calibrate on, in which no group stands on both sides.

    Raises:
        ParameterError: some emotion has too few groups to be learned while one is held out.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    rows, number = lesson.features, np.unique(lesson.groups).size
    for kind in (GroupKFold, StratifiedGroupKFold):
        splits = list(kind(min(folds, number)).split(rows, lesson.emotions, lesson.groups))
        if all(
            np.unique(lesson.emotions[train]).size == len(lesson.weights) for train, _ in splits
        ):
            return [(train, held) for train, held in splits]
    raise ParameterError(
        "architecture: svm holds out training speakers in turn to calibrate its probabilities, and "
        "some emotion is heard of one group of them only; leave such emotions out or take "
        "architecture=linear"
    )
