"""Mixup: weighted means of two examples."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, along
from ser_core.config import Config


class MixupConfig(Config):
    """How strongly two examples are mixed."""

    alpha: float = Field(
        0.2, ge=0, le=5, description="Both parameters of the Beta distribution; 0: none"
    )


@AUGMENTERS.register("mixup")
class Mixup(BatchAugmenter):
    """Blend each example with another one, and their labels in the same shares.

    The share kept is drawn from a Beta distribution for each example, or one minus it where that
    is more, so that an example never becomes less than half of itself; the partner is another place
    in a shuffled batch.

    Source: Zhang, Cissé, Dauphin & Lopez-Paz (2018), "mixup: beyond empirical risk minimization",
    ICLR.
    """

    config_type = MixupConfig
    title = "Mixup"
    mixes = True
    inputs = ("frames", "vector", "image")

    def __init__(self, config: MixupConfig | None = None) -> None:
        self.config: MixupConfig = config or MixupConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """The share kept of each example and the partner it is mixed with, each (batch,)."""
        kept = np.ones(shape[0])
        if self.config.alpha > 0:
            kept = rng.beta(self.config.alpha, self.config.alpha, size=shape[0])
        return {"kept": np.maximum(kept, 1 - kept), "partner": rng.permutation(shape[0])}

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Weighted means of examples and of targets."""
        kept, partner = draw["kept"].astype(np.float32), draw["partner"]
        return blended(batch, batch[partner], kept), blended(targets, targets[partner], kept)


def blended(one: Array, other: Array, kept: Array) -> Array:
    """`kept` (batch,) of one and the rest of the other, example by example.

    Of an example that is kept whole, the other is not asked: its target may be unknown (NaN).
    """
    share = along(kept, (0,), one.ndim)
    return np.where(share < 1, one * share + other * (1 - share), one)
