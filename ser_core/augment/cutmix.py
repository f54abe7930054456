"""CutMix: a box of one picture in another."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, along
from ser_core.augment.chain import BatchChain, Step
from ser_core.augment.mixup import blended
from ser_core.config import Config
from ser_core.errors import ParameterError


class CutMixConfig(Config):
    """How large boxes are, and what is done to both pictures before."""

    alpha: float = Field(
        1.0, ge=0, le=10, description="Both parameters of the Beta distribution; 0: no box"
    )
    before: list[Step] = Field(
        default_factory=list,
        description="Steps for both pictures before the cut, each picture with draws of its own",
    )
    labels: tuple[str, ...] = Field(
        (), description="Emotions in the order of the targets, for steps that name some; as usual"
    )


@AUGMENTERS.register("cutmix")
class CutMix(BatchAugmenter):
    """Paste a box of another example into each, and mix their labels by the area pasted.

    The share kept, λ, is drawn from a Beta distribution for each example; the box has √(1 - λ) of
    the height and of the width, its middle lies anywhere, and what reaches beyond the picture is
    cut off. The label's share is the area that was pasted indeed. Other inputs of the same example,
    such as a feature vector, stay those of the clip that was pasted into.

    The pictures may be changed before: `before` is a chain of its own, drawn once for the picture
    that is pasted into and once for the box, and may treat some emotions differently.

    Source: Yun et al. (2019), "CutMix: regularization strategy to train strong classifiers with
    localizable features", ICCV.
    """

    config_type = CutMixConfig
    title = "CutMix"
    mixes = True

    def __init__(self, config: CutMixConfig | None = None) -> None:
        self.config: CutMixConfig = config or CutMixConfig()
        for step in self.config.before:
            if getattr(AUGMENTERS.get(step.name), "mixes", False):
                raise ParameterError(
                    f"before: {step.name} mixes examples, whose labels would be lost here; only "
                    "steps that change each picture by itself can stand before the cut"
                )
        self._before = BatchChain(self.config.before, self.config.labels)

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """The partner of each example and its box, first and one-past-last index, each (batch,)."""
        size = shape[0]
        kept = np.ones(size)
        if self.config.alpha > 0:
            kept = rng.beta(self.config.alpha, self.config.alpha, size=size)
        draw: Draw = {"partner": rng.permutation(size)}
        for axis, length in (("rows", shape[1]), ("columns", shape[2])):
            extent = np.round(length * np.sqrt(1 - kept)).astype(np.int64)
            first = rng.integers(0, length, size=size, endpoint=True) - extent // 2
            draw[f"first_{axis}"] = np.clip(first, 0, length)
            draw[f"last_{axis}"] = np.clip(first + extent, 0, length)
        if self.config.before:
            draw["before"] = self._before.draw(shape, rng)
            draw["before_box"] = self._before.draw(shape, rng)
        return draw

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Paste the boxes; see `BatchAugmenter.apply_to` for models with several inputs."""
        below, box = batch, batch
        if self.config.before:
            below, _ = self._before.apply(batch, targets, draw["before"])
            box, _ = self._before.apply(batch, targets, draw["before_box"])
        partner = draw["partner"]
        inside = _inside(draw, "rows", batch.shape[1])[:, :, None]
        inside = inside & _inside(draw, "columns", batch.shape[2])[:, None, :]
        area = np.count_nonzero(inside, axis=(1, 2)) / max(1, batch.shape[1] * batch.shape[2])
        pasted = along(inside, (0, 1, 2), batch.ndim)
        kept = (1 - area).astype(np.float32)
        mixed = np.where(pasted, box[partner], below)
        return mixed, blended(targets, targets[partner], kept)


def _inside(draw: Draw, name: str, size: int) -> NDArray[np.bool_]:
    """(batch, size) True for rows or columns of the box."""
    cells = np.arange(size)
    first, last = draw[f"first_{name}"][:, None], draw[f"last_{name}"][:, None]
    return np.asarray((cells >= first) & (cells < last))
