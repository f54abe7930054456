"""A random forest on one vector a clip: a baseline that needs no tuning."""

from typing import Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES
from ser_core.models.baseline import Baseline, Lesson


class RandomForestConfig(Config):
    """Number and size of the trees."""

    trees: int = Field(500, ge=1, le=5000, description="Decision trees that vote")
    max_depth: int = Field(
        0, ge=0, le=1000, description="Questions in a row; 0: as many as it takes"
    )
    min_leaf: int = Field(1, ge=1, le=1000, description="Training rows that an answer rests on")


@ARCHITECTURES.register("random_forest")
class RandomForest(Baseline):
    """Asks hundreds of trees of yes-or-no questions about a clip's measurements, and counts votes.

    Each tree is grown on a bootstrap sample of the training rows and chooses every question among
    the square root of the features, drawn anew. A probability is the mean share of the emotion in
    the leaves that a clip ends in.

    Source: Breiman (2001), "Random forests", Machine Learning 45(1); scikit-learn,
    `RandomForestClassifier`.
    """

    config_type: ClassVar[type[Config]] = RandomForestConfig
    title = "Random forest"

    def __init__(self, config: RandomForestConfig | None = None) -> None:
        self.config: RandomForestConfig = config or RandomForestConfig()

    def learn(self, lesson: Lesson) -> Any:
        """See `Baseline.learn`."""
        from sklearn.ensemble import RandomForestClassifier

        made = RandomForestClassifier(
            self.config.trees,
            max_depth=self.config.max_depth or None,
            min_samples_leaf=self.config.min_leaf,
            class_weight=dict(lesson.weights),
            random_state=lesson.seed,
            n_jobs=-1,
        )
        made.fit(lesson.features, lesson.emotions)
        made.n_jobs = 1  # answers are quicker without a pool of threads
        return made

    def size(self, classifier: Any) -> tuple[int, str]:
        """See `Baseline.size`."""
        nodes = sum(tree.tree_.node_count for tree in classifier.estimators_)
        return nodes, f"{len(classifier.estimators_):,} trees of {nodes:,} nodes together"

    def stages(self, num_features: int, num_emotions: int) -> list[tuple[str, str, int | None]]:  # noqa: ARG002
        """See `Baseline.stages`."""
        c = self.config
        depth = f"up to {c.max_depth} questions deep" if c.max_depth else "of any depth"
        return [("Decision trees", f"{c.trees} trees {depth}, mean of their leaves", None)]
