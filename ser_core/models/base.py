"""What an architecture is: a config that knows how to build a Keras network."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ser_core.config import Config
from ser_core.errors import ParameterError
from ser_core.registry import Registry

if TYPE_CHECKING:
    import keras

EMOTION = "emotion"
"""The head that every network has."""

Shapes = Mapping[str, tuple[int, ...]]
"""Shape of one standardised example of each input, by the input's name."""


class Takes(NamedTuple):
    """What an input of a network may look like."""

    axes: tuple[int, ...]
    words: str


VECTOR = Takes((1,), "one vector a clip (num_features,), such as functionals or vector181 give")
FRAMES = Takes((2,), "frames (num_frames, num_features), such as log_mel or mfcc give")
PICTURE = Takes((3,), "a picture (height, width, channels), such as spectrogram_image gives")
FRAMES_OR_PICTURE = Takes(
    (2, 3),
    "frames (num_frames, num_features), such as log_mel or frame_matrix give, or a picture or "
    "frames with channels, such as spectrogram_image or mel_mfcc give",
)


class Architecture(ABC):
    """Builds a network from shapes; importing it imports no Keras.

    A subclass says what it is in these attributes, sets `config`, and builds what stands between
    inputs and heads. Its docstring is its entry in the reference (`docs/architectures.md`): what it
    is in plain words, then definition and source.

    Attributes:
        title: what people call it.
        takes: what its inputs look like, by their names, which a recipe's features are given by.
        usual: shapes of the inputs in the system that it comes from.
        shortened: how many of an input's first axes `_left` applies to.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    takes: Mapping[str, Takes] = {"features": FRAMES}
    usual: ClassVar[Shapes]
    shortened: ClassVar[int] = 0
    config_type: ClassVar[type[Config]]
    config: Config

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of its inputs."""
        return tuple(self.takes)

    def build(self, shapes: Shapes, heads: Mapping[str, int]) -> "keras.Model":
        """A new, unfitted network.

        Args:
            shapes: of one standardised example of each of `inputs`, by its name: (num_frames,
                num_features), (num_features,) or (height, width, channels).
            heads: how many outputs each head has, by its name: a number for each class, or one for
                a dimension such as valence. `emotion` is always there.

        Returns:
            A functional model from a dict of inputs (batch, *shape) to a dict of outputs (batch,
            heads[name]): logits of classes, plain values of dimensions.

        Raises:
            ParameterError: see `check`.
        """
        import keras

        self.check(shapes, heads)
        inputs = {name: keras.Input(shapes[name], name=name) for name in self.inputs}
        x = self._body(inputs)
        outputs = {head: keras.layers.Dense(size, name=head)(x) for head, size in heads.items()}
        return keras.Model(inputs, outputs, name=self.name)

    @abstractmethod
    def _body(self, inputs: Mapping[str, Any]) -> Any:
        """What stands between inputs and heads: a symbolic tensor (batch, num_features)."""

    def check(self, shapes: Shapes, heads: Mapping[str, int]) -> None:
        """Make sure that a network can be built, without loading Keras.

        Raises:
            ParameterError: an input is missing, of another kind or too small, or a head is empty.
        """
        if set(shapes) != set(self.inputs):
            raise ParameterError(
                f"inputs: {self.name} takes {_names(self.inputs)}, got {_names(shapes)}"
            )
        for name, takes in self.takes.items():
            self._check_shape(name, takes, tuple(shapes[name]))
        if EMOTION not in heads or min(heads.values()) < 1:
            raise ParameterError(
                f"heads: each needs an output and {EMOTION} must be one of them, got {dict(heads)}"
            )

    def _check_shape(self, name: str, takes: Takes, shape: tuple[int, ...]) -> None:
        if len(shape) not in takes.axes:
            raise ParameterError(
                f"{name}: {self.name} takes {takes.words}; got {_kind(shape)}, shape {shape}"
            )
        along = shape[: self.shortened] if len(shape) > 1 else ()
        if along and self._left(min(along)) < 1:
            least = next(size for size in range(1, 10**6) if self._left(size) > 0)
            axes = "steps along time" if self.shortened == 1 else "steps along time and frequency"
            raise ParameterError(
                f"{name}: with these settings {self.name} needs at least {least} {axes}, got shape "
                f"{shape}; take longer windows, smaller hops, more bands or fewer layers"
            )

    def _left(self, size: int) -> int:
        """What is left of an axis of the given size after the network has shortened it."""
        return size


def _names(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"


def _kind(shape: tuple[int, ...]) -> str:
    return {1: "a vector", 2: "frames", 3: "a picture or frames with channels"}.get(
        len(shape), f"{len(shape)} axes"
    )


ARCHITECTURES: Registry[Architecture] = Registry("architecture")
