"""Augmenters of batches of standardised log spectrograms, without a loop over the batch."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.augment.base import AUGMENTERS, BatchAugmenter, Draw
from ser_core.config import Config

Batch = NDArray[np.float32]


class SpecAugmentConfig(Config):
    """Number and largest width of the masks."""

    time_masks: int = Field(2, ge=0, le=10, description="Masks along time")
    max_time: float = Field(0.12, ge=0, le=1, description="Widest time mask (share of the frames)")
    frequency_masks: int = Field(2, ge=0, le=10, description="Masks along frequency")
    max_frequency: float = Field(
        0.12, ge=0, le=1, description="Widest frequency mask (share of the bands)"
    )


@AUGMENTERS.register("spec_augment")
class SpecAugment(BatchAugmenter):
    """Set stretches of time and frequency to the mean.

    Park et al. (2019), "SpecAugment", Interspeech; without time warping.
    """

    config_type: ClassVar[type[Config]] = SpecAugmentConfig

    def __init__(self, config: SpecAugmentConfig | None = None) -> None:
        self.config: SpecAugmentConfig = config or SpecAugmentConfig()

    def draw(self, shape: tuple[int, int, int], rng: np.random.Generator) -> Draw:
        """First index and width of every mask, each (batch, masks)."""
        c = self.config
        time = _draw_masks(shape[0], c.time_masks, shape[1], c.max_time, rng)
        frequency = _draw_masks(shape[0], c.frequency_masks, shape[2], c.max_frequency, rng)
        return {
            "time_start": time[0],
            "time_width": time[1],
            "frequency_start": frequency[0],
            "frequency_width": frequency[1],
        }

    def apply(self, batch: Batch, targets: Batch, draw: Draw) -> tuple[Batch, Batch]:
        """Zero the masked cells: zero is the mean of standardised features."""
        time = _covered(draw["time_start"], draw["time_width"], batch.shape[1])
        frequency = _covered(draw["frequency_start"], draw["frequency_width"], batch.shape[2])
        masked = time[:, :, None] | frequency[:, None, :]
        return np.where(masked, np.float32(0), batch), targets


def _draw_masks(
    batch: int, masks: int, size: int, widest: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    width = rng.integers(0, round(widest * size), size=(batch, masks), endpoint=True)
    return rng.integers(0, size - width, endpoint=True), width


def _covered(start: NDArray[np.int64], width: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """(batch, size) True where any of the (batch, masks) stretches lies."""
    cells = np.arange(size)
    inside = (cells >= start[..., None]) & (cells < (start + width)[..., None])
    return np.asarray(inside.any(axis=1))


class TempoConfig(Config):
    """Ranges of tempo and shift."""

    min_rate: float = Field(0.85, gt=0.25, le=1, description="Slowest tempo")
    max_rate: float = Field(1.2, ge=1, lt=4, description="Fastest tempo")
    max_shift: float = Field(0.1, ge=0, le=1, description="Largest shift (share of the frames)")


@AUGMENTERS.register("spectrogram_tempo")
class SpectrogramTempo(BatchAugmenter):
    """Stretch and shift in time by interpolating frames: tempo changes, pitch and formants stay.

    With `speed` before it, tempo and pitch vary apart from each other.
    """

    config_type: ClassVar[type[Config]] = TempoConfig

    def __init__(self, config: TempoConfig | None = None) -> None:
        self.config: TempoConfig = config or TempoConfig()

    def draw(self, shape: tuple[int, int, int], rng: np.random.Generator) -> Draw:
        """A tempo (log-uniform) and a shift in frames for every spectrogram, each (batch,)."""
        low, high = np.log([self.config.min_rate, self.config.max_rate])
        widest = self.config.max_shift * shape[1]
        return {
            "rate": np.exp(rng.uniform(low, high, size=shape[0])),
            "shift_frames": rng.uniform(-widest, widest, size=shape[0]),
        }

    def apply(self, batch: Batch, targets: Batch, draw: Draw) -> tuple[Batch, Batch]:
        """Read each frame between its two neighbours; the ends repeat their outermost frame."""
        num_frames = batch.shape[1]
        middle = (num_frames - 1) / 2
        read = (np.arange(num_frames) - middle) * draw["rate"][:, None] + middle
        read = np.clip(read + draw["shift_frames"][:, None], 0, num_frames - 1)
        before = np.minimum(read.astype(np.intp), num_frames - 2)
        weight = (read - before).astype(np.float32)[..., None]
        rows = np.arange(len(batch))[:, None]
        return batch[rows, before] * (1 - weight) + batch[rows, before + 1] * weight, targets


class FrequencyResponseConfig(Config):
    """Range and smoothness of the drawn response."""

    max_gain: float = Field(
        0.5, ge=0, le=5, description="Largest gain of a node (standard deviations of the feature)"
    )
    nodes: int = Field(5, ge=2, le=16, description="Points between which the gain is interpolated")


@AUGMENTERS.register("frequency_response")
class FrequencyResponse(BatchAugmenter):
    """Tilt and colour the spectrum as another microphone or room would.

    After FilterAugment: Nam, Kim & Park (2022), ICASSP (linear type).
    """

    config_type: ClassVar[type[Config]] = FrequencyResponseConfig

    def __init__(self, config: FrequencyResponseConfig | None = None) -> None:
        self.config: FrequencyResponseConfig = config or FrequencyResponseConfig()

    def draw(self, shape: tuple[int, int, int], rng: np.random.Generator) -> Draw:
        """The gain at each node, (batch, nodes)."""
        c = self.config
        return {"gain": rng.uniform(-c.max_gain, c.max_gain, size=(shape[0], c.nodes))}

    def apply(self, batch: Batch, targets: Batch, draw: Draw) -> tuple[Batch, Batch]:
        """Add the interpolated gain to all frames."""
        nodes = draw["gain"].shape[1]
        place = np.linspace(0, nodes - 1, batch.shape[2])
        before = np.minimum(place.astype(np.intp), nodes - 2)
        weight = place - before
        gain = draw["gain"][:, before] * (1 - weight) + draw["gain"][:, before + 1] * weight
        return batch + gain[:, None, :].astype(np.float32), targets


class MixupConfig(Config):
    """How strongly two examples are mixed."""

    alpha: float = Field(0.2, ge=0, le=5, description="Both parameters of the Beta distribution")


@AUGMENTERS.register("mixup")
class Mixup(BatchAugmenter):
    """Mix pairs of spectrograms and their targets: Zhang et al. (2018), "mixup", ICLR."""

    config_type: ClassVar[type[Config]] = MixupConfig

    def __init__(self, config: MixupConfig | None = None) -> None:
        self.config: MixupConfig = config or MixupConfig()

    def draw(self, shape: tuple[int, int, int], rng: np.random.Generator) -> Draw:
        """The share kept of each example and the partner it is mixed with, each (batch,)."""
        kept = np.ones(shape[0])
        if self.config.alpha > 0:
            kept = rng.beta(self.config.alpha, self.config.alpha, size=shape[0])
        return {"kept": np.maximum(kept, 1 - kept), "partner": rng.permutation(shape[0])}

    def apply(self, batch: Batch, targets: Batch, draw: Draw) -> tuple[Batch, Batch]:
        """Weighted means of examples and of targets."""
        kept, partner = draw["kept"].astype(np.float32), draw["partner"]
        k = kept[:, None, None]
        mixed = batch * k + batch[partner] * (1 - k)
        return mixed, targets * kept[:, None] + targets[partner] * (1 - kept[:, None])
