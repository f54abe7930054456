"""SpecAugment: masks of time and frequency."""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from ser_core.augment.base import (
    AUGMENTERS,
    Array,
    BatchAugmenter,
    Draw,
    LayoutConfig,
    along,
    check_order,
)
from ser_core.augment.strength import Leading


class SpecAugmentConfig(LayoutConfig):
    """Number and widths of the masks."""

    time_masks: int = Field(2, ge=0, le=10, description="Masks along time")
    max_time: float = Field(0.12, ge=0, le=1, description="Widest time mask (share of the frames)")
    frequency_masks: int = Field(2, ge=0, le=10, description="Masks along frequency")
    max_frequency: float = Field(
        0.12, ge=0, le=1, description="Widest frequency mask (share of the bands)"
    )
    min_time: float = Field(
        0.0, ge=0, le=1, description="Narrowest time mask (share of the frames)"
    )
    min_frequency: float = Field(
        0.0, ge=0, le=1, description="Narrowest frequency mask (share of the bands)"
    )

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "SpecAugmentConfig":
        check_order(self, "min_time", "max_time")
        check_order(self, "min_frequency", "max_frequency")
        return self


@AUGMENTERS.register("spec_augment")
class SpecAugment(BatchAugmenter):
    """Hide some stretches of time and some bands of frequency, so that a model uses all of them.

    Each example has masks of its own; their widths are drawn uniformly, and their places, within
    the picture. Masked cells become 0, the mean of standardised features and the darkest shade of
    pictures. Without time warping.

    Source: Park et al. (2019), "SpecAugment: a simple data augmentation method for automatic speech
    recognition", Interspeech.
    """

    config_type = SpecAugmentConfig
    title = "SpecAugment"
    strength = (
        Leading(
            name="time_width",
            title="Width of each mask",
            unit="of the picture",
            ladder=(0, 0.05, 0.1, 0.2, 0.3, 0.4),
            bounds=("min_time", "max_time", "min_frequency", "max_frequency"),
        ),
    )

    def __init__(self, config: SpecAugmentConfig | None = None) -> None:
        self.config: SpecAugmentConfig = config or SpecAugmentConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """First index and width of every mask, each (batch, masks)."""
        c = self.config
        size = shape[c.time_axis]
        time = _draw_masks(shape[0], c.time_masks, size, (c.min_time, c.max_time), rng)
        size, shares = shape[c.frequency_axis], (c.min_frequency, c.max_frequency)
        frequency = _draw_masks(shape[0], c.frequency_masks, size, shares, rng)
        return {
            "time_start": time[0],
            "time_width": time[1],
            "frequency_start": frequency[0],
            "frequency_width": frequency[1],
        }

    def draw_at(self, strength: float, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """Masks that are all of one width, the same share of time as of frequency."""
        share = self._led({"time_width": 0}, strength, rng)["time_width"]
        widths = dict.fromkeys(("min_time", "max_time", "min_frequency", "max_frequency"), share)
        return SpecAugment(self.config.model_copy(update=widths)).draw(shape, rng)

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Zero the masked cells."""
        c = self.config
        time = _covered(draw["time_start"], draw["time_width"], batch.shape[c.time_axis])
        frequency = _covered(
            draw["frequency_start"], draw["frequency_width"], batch.shape[c.frequency_axis]
        )
        masked = along(time, (0, c.time_axis), batch.ndim) | along(
            frequency, (0, c.frequency_axis), batch.ndim
        )
        return np.where(masked, np.float32(0), batch), targets


def _draw_masks(
    batch: int, masks: int, size: int, shares: tuple[float, float], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    least, most = (round(share * size) for share in shares)
    width = rng.integers(least, most, size=(batch, masks), endpoint=True)
    return rng.integers(0, size - width, endpoint=True), width


def _covered(start: NDArray[np.int64], width: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """(batch, size) True where any of the (batch, masks) stretches lies."""
    cells = np.arange(size)
    inside = (cells >= start[..., None]) & (cells < (start + width)[..., None])
    return np.asarray(inside.any(axis=1))
