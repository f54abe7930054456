"""The house network: residual convolutions, a recurrent layer, attention over time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.errors import ParameterError
from ser_core.models.base import ARCHITECTURES, EMOTION, Architecture, only_emotion

if TYPE_CHECKING:
    import keras


class StudioCrnnConfig(Config):
    """Widths and dropout of the network."""

    stem_filters: int = Field(32, ge=4, le=512, description="Filters of the first convolution")
    block_filters: tuple[int, ...] = Field(
        (64, 96, 128), min_length=1, max_length=6, description="Filters of each residual block"
    )
    recurrent_units: int = Field(96, ge=4, le=1024, description="GRU units in each direction")
    attention_units: int = Field(64, ge=4, le=1024, description="Hidden units of the attention")
    block_dropout: float = Field(0.1, ge=0, lt=1, description="Channel dropout before each block")
    dropout: float = Field(0.3, ge=0, lt=1, description="Dropout around the recurrent layer")


@ARCHITECTURES.register("studio_crnn")
class StudioCrnn(Architecture):
    """Compact convolutional-recurrent network with attention pooling on log-mel.

    Strided convolutions shorten time 8-fold before a bidirectional GRU reads it; attention
    pooling (Mirsamadi, Barsoum & Zhang 2017, ICASSP) weighs the frames that carry emotion.
    """

    config_type: ClassVar[type[Config]] = StudioCrnnConfig
    title = "Studio CRNN"

    def __init__(self, config: StudioCrnnConfig | None = None) -> None:
        self.config: StudioCrnnConfig = config or StudioCrnnConfig()

    def build(
        self, shapes: Mapping[str, tuple[int, ...]], heads: Mapping[str, int]
    ) -> "keras.Model":
        """See `Architecture.build`."""
        import keras
        from keras import layers

        num_classes = only_emotion(self, heads)
        input_shape = shapes["features"]
        if len(input_shape) != 2:
            raise ParameterError(
                f"features: {self.name} takes (num_frames, num_features), got shape {input_shape}"
            )
        c = self.config
        inputs = keras.Input(input_shape, name="features")
        x = layers.Reshape((*input_shape, 1))(inputs)
        x = layers.ReLU()(_convolve(x, c.stem_filters, kernel=5, strides=2))
        for position, filters in enumerate(c.block_filters):
            # Time is halved in the first two blocks only, so that the GRU keeps ~10 steps a second.
            strides = 2 if position < 2 else (1, 2)
            x = layers.SpatialDropout2D(c.block_dropout)(x)
            x = _residual_block(x, filters, strides)
        x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
        x = layers.Dropout(c.dropout)(x)
        x = layers.Bidirectional(layers.GRU(c.recurrent_units, return_sequences=True))(x)
        x = layers.Dropout(c.dropout)(x)
        x = layers.Dropout(c.dropout)(_attention_pooling(x, c.attention_units))
        outputs = {EMOTION: layers.Dense(num_classes, name=EMOTION)(x)}
        return keras.Model({"features": inputs}, outputs, name=self.name)


def _convolve(x: Any, filters: int, kernel: int = 3, strides: int | tuple[int, int] = 1) -> Any:
    from keras import layers

    x = layers.Conv2D(filters, kernel, strides=strides, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def _residual_block(x: Any, filters: int, strides: int | tuple[int, int]) -> Any:
    from keras import layers

    x = layers.ReLU()(_convolve(x, filters, strides=strides))
    return layers.ReLU()(layers.Add()([x, _convolve(x, filters)]))


def _attention_pooling(x: Any, units: int) -> Any:
    """Weighted mean over time: (batch, time, features) to (batch, features)."""
    from keras import layers

    scores = layers.Dense(1)(layers.Dense(units, activation="tanh")(x))
    weights = layers.Softmax(axis=1)(scores)
    pooled = layers.Dot(axes=1)([weights, x])
    return layers.Flatten()(pooled)
