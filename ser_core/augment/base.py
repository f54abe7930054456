"""What an augmenter is: parameters are drawn first and applied after, so a draw can be replayed.

Three kinds share one registry. A waveform augmenter changes a clip before features are taken. A
batch augmenter changes features of several clips at once; where a model has several inputs, such
as a picture and a vector of the same clip, it changes the one it is given by name
(`BatchAugmenter.apply_to`) and the others stay those of the original clips, also where examples
are mixed. A chain (`ser_core.augment.chain`) is an ordered list of either.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.augment.strength import Leading
from ser_core.config import Config
from ser_core.errors import AudioError, ParameterError
from ser_core.features.base import Kind
from ser_core.registry import Registry

Array = NDArray[np.float32]
_LOUDEST = 1e8  # times full scale; engines square their squares, and float32 ends at 3e38

Draw = dict[str, Any]
"""The parameters of one application, by name with their units: numbers, words, and for batches
arrays with one entry for each example."""


class Augmenter(ABC):
    """Common face of all augmenters.

    A subclass says what it is in these attributes and sets `config`. Its docstring is its entry in
    the reference (`docs/augmenters.md`): plain words, then the definition, then the source.

    Attributes:
        title: what people call it.
        strength: the drawn parameters that make it weak or strong, the one to name it by first;
            none where it mixes examples, which changes what is right, too.
    """

    name: ClassVar[str]
    config_type: ClassVar[type[Config]]
    title: ClassVar[str]
    strength: ClassVar[tuple[Leading, ...]] = ()
    config: Any

    def _led(self, draw: Draw, strength: float, rng: np.random.Generator) -> Draw:
        """A draw with its leading parameters set to a strength."""
        if not self.strength:
            raise ParameterError(f"{self.name}: it has no strength, it mixes examples")
        if not 0 <= strength <= 1:
            raise ParameterError(f"strength: 0 (nothing) to 1 (strongest), got {strength:g}")
        leading = {lead.name: lead.drawn(strength, draw[lead.name], rng) for lead in self.strength}
        return {**draw, **leading}


class WaveformAugmenter(Augmenter):
    """Changes a waveform (num_samples,) before features are taken.

    Attributes:
        further_bounds: of drawn numbers that are called by no setting's name; see
            `ser_core.augment.drawn.allowed` for all others.
        words: that a drawn word may be; none: it is a file in a folder.
    """

    further_bounds: ClassVar[Mapping[str, tuple[float, float]]] = {}
    words: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def check_together(self, draw: Draw) -> None:
        """Refuse a draw whose values, allowed one by one, do not fit each other.

        Raises:
            ParameterError: they do not.
        """

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Draw:
        """Draw the parameters of one application."""

    def draw_at(self, strength: float, rng: np.random.Generator) -> Draw:
        """A draw of a given strength, whatever the range in the settings.

        The same state of `rng` gives, at every strength, the same but for its strength.

        Args:
            strength: 0, no effect, to 1, see `strength` of the class.
            rng: what the other parameters are drawn from.

        Raises:
            ParameterError: the strength is out of bounds.
        """
        return self._led(self.draw(rng), strength, rng)

    def apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        """Apply drawn parameters; nothing is drawn here, so the same draw gives the same sound.

        Args:
            waveform: (num_samples,) float32 or float64, left as it is. One of no samples comes back
                as such.
            sampling_rate: Hz; that of what comes back, too.
            draw: from `draw`.

        Returns:
            (num_samples,) float32; the length may change. Samples may exceed [-1, 1]. Where nothing
            is to be changed, the waveform itself.

        Raises:
            AudioError: not one channel, whole numbers, or samples that no sound can have.
            ParameterError: a file or package that the settings name is not there.
        """
        if waveform.ndim != 1:
            raise AudioError(
                f"waveform: one channel (num_samples,) is needed, got shape {waveform.shape}"
            )
        if waveform.dtype.kind != "f":
            raise AudioError(
                f"waveform: floating-point samples, full scale 1, are needed, got {waveform.dtype}"
            )
        if waveform.size == 0:
            return np.asarray(waveform, np.float32)
        peak = max(float(waveform.max()), -float(waveform.min()))
        if not np.isfinite(peak):
            raise AudioError("waveform: damaged, some samples are not numbers")
        if peak > _LOUDEST:
            raise AudioError(
                f"waveform: samples of at most {_LOUDEST:g} are needed, got {peak:.3g}"
            )
        samples = np.asarray(waveform, np.float32)
        return np.asarray(self._apply(samples, sampling_rate, draw), np.float32)

    @abstractmethod
    def _apply(self, waveform: Array, sampling_rate: int, draw: Draw) -> Array:
        """Apply drawn parameters to a waveform of at least one sample."""


class BatchAugmenter(Augmenter):
    """Changes features of several clips at once, without a loop over them.

    Attributes:
        mixes: whether examples and targets are mixed; such an augmenter cannot be restricted to
            some emotions.
        inputs: kinds of features that it acts on, see `Extractor.kind`.
        needs_colour: whether it acts on pictures of red, green and blue alone.
    """

    mixes: ClassVar[bool] = False
    inputs: ClassVar[tuple[Kind, ...]] = ("frames", "image")
    needs_colour: ClassVar[bool] = False

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Draw the parameters of every example of a batch of the given shape."""

    def draw_at(self, strength: float, shape: tuple[int, ...], rng: np.random.Generator) -> Any:
        """A draw of a given strength for every example; see `WaveformAugmenter.draw_at`.

        Raises:
            ParameterError: the strength is out of bounds, or this augmenter mixes examples.
        """
        return self._led(self.draw(shape, rng), strength, rng)

    @abstractmethod
    def apply(self, batch: Array, targets: Array, draw: Any) -> tuple[Array, Array]:
        """Apply drawn parameters.

        Args:
            batch: (batch, num_frames, num_features, …) or (batch, height, width, channels) float32,
                left as it is.
            targets: (batch, num_classes) float32, rows that sum to 1, left as they are.
            draw: from `draw` for this shape.

        Returns:
            Batch and targets of the same shapes.
        """

    def apply_to(
        self, inputs: Mapping[str, Array], name: str, targets: Array, draw: Any
    ) -> tuple[dict[str, Array], Array]:
        """Change one of a model's inputs; all others stay those of the original examples.

        So CutMix pastes into the picture, interpolates the targets and keeps the feature vector of
        the clip that was pasted into.

        Args:
            inputs: arrays with one row for each example, by name.
            name: the input to change.
            targets: (batch, num_classes).
            draw: for the shape of that input.

        Raises:
            ParameterError: there is no such input.
        """
        if name not in inputs:
            known = ", ".join(inputs)
            raise ParameterError(f"input {name!r} is not known; known: {known}")
        changed, targets = self.apply(inputs[name], targets, draw)
        return {**inputs, name: changed}, targets


AUGMENTERS: Registry[Augmenter] = Registry("augmenter")


class LayoutConfig(Config):
    """Which axis of a batch is time and which is frequency."""

    layout: Literal["frames", "image"] = Field(
        "frames",
        description="frames: (clip, time, frequency, …); image: (clip, frequency, time, channels); "
        "training goes by the features instead, whatever is set here",
    )

    @property
    def time_axis(self) -> int:
        """Axis of a batch that is time."""
        return 1 if self.layout == "frames" else 2

    @property
    def frequency_axis(self) -> int:
        """Axis of a batch that is frequency."""
        return 3 - self.time_axis


def along(values: NDArray[Any], axes: tuple[int, ...], ndim: int) -> NDArray[Any]:
    """Values with one axis for each of `axes` of a batch, shaped to broadcast against it.

    >>> along(np.zeros((8, 5)), (0, 2), ndim=4).shape
    (8, 1, 5, 1)
    """
    shape = [1] * ndim
    for axis, size in zip(axes, values.shape, strict=True):
        shape[axis] = size
    return values.reshape(shape)


def check_order(config: Config, low: str, high: str) -> None:
    """Refuse a range whose bounds are the wrong way round, in a validator of its config."""
    least, most = getattr(config, low), getattr(config, high)
    if least > most:
        raise ValueError(f"{low}, {high}: {low} ≤ {high}, got {least:g} and {most:g}")


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """A factor between two bounds, each ratio as likely as any other."""
    return float(np.exp(rng.uniform(*np.log([low, high]))))


def rms(waveform: NDArray[Any]) -> float:
    """Root mean square of a waveform; 0 where there are no samples."""
    if waveform.size == 0:
        return 0.0
    return float(np.sqrt(np.dot(waveform, waveform) / waveform.size))


def plain(value: Any) -> Any:
    """A draw as JSON can hold it: arrays become lists, rounded by nothing."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value
