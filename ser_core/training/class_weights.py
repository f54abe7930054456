"""How much each emotion counts in the loss."""

import numpy as np
from numpy.typing import NDArray

from ser_core.emotions import KNOWN
from ser_core.errors import UnknownNameError
from ser_core.training.recipe import TrainingConfig
from ser_core.training.targets import Targets


def class_weights(
    training: TrainingConfig, targets: Targets, rows: NDArray[np.intp]
) -> list[float]:
    """Weight of each emotion in the loss; balanced, their mean over the training clips is 1.

    Raises:
        UnknownNameError: a weight is given for what is no emotion.
    """
    given = training.class_weights
    if isinstance(given, dict):
        unknown = sorted({*given} - {*targets.labels, *KNOWN})
        if unknown:
            raise UnknownNameError(
                f"training.class_weights: {', '.join(unknown)} not known; known: "
                f"{', '.join(targets.labels)}"
            )
        return [given.get(label, 1.0) for label in targets.labels]
    counts = np.bincount(targets.emotions[rows], minlength=len(targets.labels))
    if given == "none":
        return [1.0] * len(counts)
    present = np.count_nonzero(counts)
    return [float(len(rows) / (present * count)) if count else 0.0 for count in counts]
