"""Recipe a's mixing of whole pictures, which its authors call CutMix."""

import numpy as np
from pydantic import Field, model_validator

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, check_order
from ser_core.augment.mixup import blended
from ser_core.config import Config


class WholeImageMixConfig(Config):
    """Range of the share that is kept."""

    min_kept: float = Field(0.3, ge=0, le=1, description="Least that is kept of each (share)")
    max_kept: float = Field(0.7, ge=0, le=1, description="Most that is kept of each (share)")

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "WholeImageMixConfig":
        check_order(self, "min_kept", "max_kept")
        return self


@AUGMENTERS.register("whole_image_mix")
class WholeImageMix(BatchAugmenter):
    """Blend whole pictures, all of a batch in the same share, and their labels with them.

    What recipe a's code does under the name of CutMix: no box is cut. One share is drawn uniformly
    for the batch; unlike in `mixup` the partner may be more than half of what comes out, while
    other inputs, such as a feature vector, stay those of the original example. `cutmix` is what
    recipe a describes.

    Source: recipe a.
    """

    config_type = WholeImageMixConfig
    title = "Whole-image mixing"
    mixes = True
    inputs = ("frames", "vector", "image")

    def __init__(self, config: WholeImageMixConfig | None = None) -> None:
        self.config: WholeImageMixConfig = config or WholeImageMixConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """The share kept of every example, and the partner of each, (batch,)."""
        kept = float(rng.uniform(self.config.min_kept, self.config.max_kept))
        return {"kept": kept, "partner": rng.permutation(shape[0])}

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Weighted means of examples and of targets."""
        kept, partner = np.full(len(batch), draw["kept"], np.float32), draw["partner"]
        return blended(batch, batch[partner], kept), blended(targets, targets[partner], kept)
