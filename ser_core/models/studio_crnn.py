"""The house network: residual convolutions, a recurrent layer, attention over time."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, Architecture
from ser_core.models.blocks import Width


class StudioCrnnConfig(Config):
    """Widths and dropout of the network."""

    stem_filters: int = Field(32, ge=4, le=512, description="Filters of the first convolution")
    block_filters: tuple[Width, ...] = Field(
        (64, 96, 128), min_length=1, max_length=6, description="Filters of each residual block"
    )
    recurrent_units: int = Field(96, ge=4, le=1024, description="GRU units in each direction")
    attention_units: int = Field(64, ge=4, le=1024, description="Hidden units of the attention")
    block_dropout: float = Field(0.1, ge=0, lt=1, description="Channel dropout before each block")
    dropout: float = Field(0.3, ge=0, lt=1, description="Dropout around the recurrent layer")


@ARCHITECTURES.register("studio_crnn")
class StudioCrnn(Architecture):
    """Hears short patterns first, then how they follow one another, and weighs what matters most.

    Convolution 5×5 and residual blocks of two 3×3 convolutions on frames as a picture, each with
    batch normalisation; the stem and the first two blocks halve time and frequency, the others
    frequency alone, so that the bidirectional GRU that follows reads some ten steps a second.
    Attention pooling, a weighted mean over time whose weights a small network of one hidden layer
    (tanh) learns, gives one vector a clip.

    Source: SER Studio; attention pooling of Mirsamadi, Barsoum & Zhang (2017), "Automatic speech
    emotion recognition using recurrent neural networks with local attention", ICASSP.
    """

    config_type: ClassVar[type[Config]] = StudioCrnnConfig
    title = "Studio CRNN"
    usual: ClassVar = {"features": (241, 64)}

    def __init__(self, config: StudioCrnnConfig | None = None) -> None:
        self.config: StudioCrnnConfig = config or StudioCrnnConfig()

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        c = self.config
        x = inputs["features"]
        x = layers.Reshape((*x.shape[1:], 1))(x)
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
        return layers.Dropout(c.dropout)(_attention_pooling(x, c.attention_units))


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
