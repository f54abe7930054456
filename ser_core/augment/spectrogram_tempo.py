"""Tempo of spectrograms, by interpolating frames."""

import numpy as np
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, Array, BatchAugmenter, Draw, LayoutConfig, along
from ser_core.augment.strength import of_tempo


class SpectrogramTempoConfig(LayoutConfig):
    """Ranges of tempo and shift."""

    min_rate: float = Field(0.85, gt=0.25, le=1, description="Slowest tempo (factor)")
    max_rate: float = Field(1.2, ge=1, lt=4, description="Fastest tempo (factor)")
    max_shift: float = Field(0.1, ge=0, le=1, description="Largest shift (share of the frames)")


@AUGMENTERS.register("spectrogram_tempo")
class SpectrogramTempo(BatchAugmenter):
    """Stretch and shift in time by interpolating frames: tempo changes, pitch and formants stay.

    Each example has a tempo of its own, drawn log-uniformly, about its middle, and a shift, drawn
    uniformly; beyond the ends the outermost frame is repeated. With `speed` before it, tempo and
    pitch vary apart from each other.

    Source: time warping by linear interpolation, a simple form of Park et al. (2019),
    "SpecAugment", Interspeech.
    """

    config_type = SpectrogramTempoConfig
    title = "Tempo of the spectrogram"
    strength = (of_tempo("Tempo"),)

    def __init__(self, config: SpectrogramTempoConfig | None = None) -> None:
        self.config: SpectrogramTempoConfig = config or SpectrogramTempoConfig()

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """A tempo (log-uniform) and a shift in frames for every spectrogram, each (batch,)."""
        low, high = np.log([self.config.min_rate, self.config.max_rate])
        widest = self.config.max_shift * shape[self.config.time_axis]
        return {
            "rate": np.exp(rng.uniform(low, high, size=shape[0])),
            "shift_frames": rng.uniform(-widest, widest, size=shape[0]),
        }

    def draw_at(self, strength: float, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
        """A tempo of this strength; the shift grows with it."""
        draw = super().draw_at(strength, shape, rng)
        return {**draw, "shift_frames": draw["shift_frames"] * strength}

    def apply(self, batch: Array, targets: Array, draw: Draw) -> tuple[Array, Array]:
        """Read each frame between its two neighbours; the ends repeat their outermost frame."""
        frames = np.moveaxis(batch, self.config.time_axis, 1)
        num_frames = frames.shape[1]
        if num_frames < 2:
            return batch, targets
        middle = (num_frames - 1) / 2
        read = (np.arange(num_frames) - middle) * draw["rate"][:, None] + middle
        read = np.clip(read + draw["shift_frames"][:, None], 0, num_frames - 1)
        before = np.minimum(read.astype(np.intp), num_frames - 2)
        weight = along((read - before).astype(np.float32), (0, 1), batch.ndim)
        rows = np.arange(len(batch))[:, None]
        moved = frames[rows, before] * (1 - weight) + frames[rows, before + 1] * weight
        return np.moveaxis(moved, 1, self.config.time_axis), targets
