"""Statistics of frame features over a whole clip."""

from functools import cached_property

import numpy as np
from pydantic import Field, field_validator

from ser_core.config import Component, Config
from ser_core.features.base import EXTRACTORS, Extractor
from ser_core.features.signal import Array, Signal

STATISTICS = (
    "mean",
    "standard deviation",
    "maximum",
    "minimum",
    "median",
    "skewness",
    "kurtosis",
    "10th percentile",
    "25th percentile",
    "75th percentile",
    "90th percentile",
    "range",
    "interquartile range",
)


class FunctionalsConfig(Config):
    """Which frame features the statistics are taken of."""

    frames: Component = Field(
        Component(name="mfcc"), description="Extractor of frame features, with its settings"
    )

    @field_validator("frames")
    @classmethod
    def _frames_that_can_be_computed(cls, frames: Component) -> Component:
        """With all settings written out: a default, spelled out or not, names the same features."""
        extractor = EXTRACTORS.create(frames.name, **frames.settings)
        if extractor.kind != "frames" or extractor.by_name:
            allowed = ", ".join(_frame_extractors())
            gives = "looks its features up by name" if extractor.by_name else "gives no frames"
            raise ValueError(f"an extractor of frames is needed ({allowed}); {frames.name} {gives}")
        return Component(name=frames.name, settings=extractor.config.model_dump(mode="json"))


def _frame_extractors() -> list[str]:
    classes = {name: EXTRACTORS.get(name) for name in EXTRACTORS.names()}
    return [name for name, cls in classes.items() if cls.kind == "frames" and not cls.by_name]


@EXTRACTORS.register("functionals")
class Functionals(Extractor):
    """A clip in a fixed number of values: 13 statistics of how each frame feature is distributed.

    Mean, standard deviation (of the population), maximum, minimum, median, skewness, kurtosis, the
    10th, 25th, 75th and 90th percentile (linear interpolation), range and interquartile range of
    each column of `frames`, by default 40 MFCC. Skewness is m₃ / m₂^1.5 and kurtosis m₄ / m₂² − 3
    of the central moments, 0 for a normal distribution; a constant column, which has neither, gives
    0 for both. A clip of any length gives the same number of values, so models without a sense of
    time can use it.

    Shape (13 * features of a frame,): the 13 statistics of the first feature, then of the next.
    Channels of a frame follow one another.

    Source: Schuller et al. (2009), "The INTERSPEECH 2009 Emotion Challenge", on functionals of
    low-level descriptors; these 13 are recipe d's.
    """

    config_type = FunctionalsConfig
    title = "Functionals"
    kind = "vector"

    def __init__(self, config: FunctionalsConfig | None = None) -> None:
        self.config: FunctionalsConfig = config or FunctionalsConfig()
        frames = self.config.frames
        self._frames = EXTRACTORS.create(frames.name, **frames.settings)

    @property
    def sampling_rate(self) -> int | None:
        """That of the frame features (Hz)."""
        return self._frames.sampling_rate

    def _compute(self, signal: Signal) -> Array:
        frames = self._frames.of(signal)
        by_channel = np.moveaxis(frames, -1, 1)
        return statistics(by_channel.reshape(len(frames), -1)).ravel()

    def feature_names(self) -> tuple[str, ...]:
        """Each statistic of each feature: MFCC 1 mean, and so on."""
        return tuple(f"{name} {statistic}" for name in self._columns for statistic in STATISTICS)

    @cached_property
    def _columns(self) -> tuple[str, ...]:
        """Names of a frame's values; how many there are is seen in the features of silence."""
        rate = self._frames.sampling_rate or 16_000
        num_rows, num_last = _rows_and_last(self._frames.extract(np.zeros(rate, np.float32), rate))
        names = self._frames.feature_names() or _numbered("feature", num_last)
        if num_rows == 1:
            return names
        return tuple(each for name in names for each in _numbered(name, num_rows))


def _rows_and_last(frames: Array) -> tuple[int, int]:
    """Values of a frame: how many for each index of the last axis, and that axis' length."""
    num_last = frames.shape[-1]
    return frames[0].size // num_last, num_last


def _numbered(name: str, count: int) -> tuple[str, ...]:
    return tuple(f"{name} {number}" for number in range(1, count + 1))


def statistics(columns: Array) -> Array:
    """The 13 statistics of each column, in the order of `STATISTICS`.

    Args:
        columns: (num_frames, num_features), at least one frame.

    Returns:
        (num_features, 13) float32.
    """
    values = columns.astype(np.float64)
    mean = values.mean(axis=0)
    p10, p25, p50, p75, p90 = np.percentile(values, [10, 25, 50, 75, 90], axis=0)
    low, high = values.min(axis=0), values.max(axis=0)
    m2, m3, m4 = (((values - mean) ** order).mean(axis=0) for order in (2, 3, 4))
    varies = high > low
    spread = np.where(varies, m2, 1)  # so that nothing is divided by 0
    skewness = np.where(varies, m3 / spread**1.5, 0)
    kurtosis = np.where(varies, m4 / spread**2 - 3, 0)
    shape = (np.sqrt(m2), high, low, p50, skewness, kurtosis)
    quantiles = (p10, p25, p75, p90, high - low, p75 - p25)
    return np.stack([mean, *shape, *quantiles], axis=1).astype(np.float32)
