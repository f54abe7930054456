"""Multinomial logistic regression on one vector a clip: a linear baseline."""

import warnings
from typing import Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.errors import ParameterError
from ser_core.models.base import ARCHITECTURES
from ser_core.models.baseline import Baseline, Lesson


class LinearConfig(Config):
    """Penalty and patience of the fit."""

    c: float = Field(
        0.01,
        gt=0,
        le=1e4,
        description="Inverse of the penalty on the squared weights; small: stiff",
    )
    max_iterations: int = Field(
        2000, ge=10, le=100_000, description="Steps within which the fit has to settle"
    )


@ARCHITECTURES.register("linear")
class Linear(Baseline):
    """Weighs each measurement of a clip for and against every emotion, and adds up.

    Multinomial logistic regression with a penalty on the squared weights, fitted by L-BFGS. Taken
    rather than a linear support vector machine because it has the loss of the networks here, and
    gives probabilities that need no calibration.

    Source: scikit-learn, `LogisticRegression`.
    """

    config_type: ClassVar[type[Config]] = LinearConfig
    title = "Logistic regression"

    def __init__(self, config: LinearConfig | None = None) -> None:
        self.config: LinearConfig = config or LinearConfig()

    def learn(self, lesson: Lesson) -> Any:
        """See `Baseline.learn`."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        made = LogisticRegression(
            C=self.config.c,
            max_iter=self.config.max_iterations,
            class_weight=dict(lesson.weights),
            random_state=lesson.seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error", ConvergenceWarning)
            try:
                return made.fit(lesson.features, lesson.emotions)
            except ConvergenceWarning:
                raise ParameterError(
                    "architecture.settings.max_iterations: the fit has not settled within "
                    f"{self.config.max_iterations} steps; allow more, or take a smaller c "
                    f"(now {self.config.c:g})"
                ) from None

    def size(self, classifier: Any) -> tuple[int, str]:
        """See `Baseline.size`."""
        number = int(classifier.coef_.size + classifier.intercept_.size)
        return number, f"{number:,} weights"

    def stages(self, num_features: int, num_emotions: int) -> list[tuple[str, str, int | None]]:
        """See `Baseline.stages`."""
        rows = 1 if num_emotions == 2 else num_emotions  # of two, one follows from the other
        details = f"C {self.config.c:g}, softmax"
        return [("Weighted sums", details, rows * (num_features + 1))]
