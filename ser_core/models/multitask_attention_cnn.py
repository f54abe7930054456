"""Two convolutions, attention without parameters, and a head for each task (recipe e)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, FRAMES_OR_PICTURE, Architecture, Takes
from ser_core.models.blocks import Length, PenalisedConfig, Width, as_picture, dense, penalty


class MultitaskAttentionCnnConfig(PenalisedConfig):
    """Widths, kernels, pooling, attention and dropout of the network."""

    filters: tuple[Width, Width] = Field((32, 64), description="Filters of both convolutions")
    kernels: tuple[Length, Length] = Field((7, 5), description="Their height and width (cells)")
    pools: tuple[Length, Length] = Field(
        (4, 3), description="Height and width that is pooled after each (cells)"
    )
    pool_stride: int = Field(2, ge=1, le=8, description="Step of the pooling (cells)")
    attention_lambda: float = Field(
        1e-4, gt=0, le=1, description="λ of the attention: the larger, the flatter the weights"
    )
    dense_units: int = Field(2048, ge=1, le=8192, description="Units of the dense layer")
    dropout: float = Field(0.8, ge=0, lt=1, description="Dropout before and after the dense layer")


@ARCHITECTURES.register("multitask_attention_cnn")
class MultitaskAttentionCnn(Architecture):
    """Looks at the picture of a sound, dwells on what stands out, and answers several questions.

    Convolution of 32 filters 7×7, ReLU, max pooling 4×4 in steps of 2; convolution of 64 filters
    5×5, ReLU, max pooling 3×3 in steps of 2; parameter-free attention; a dense layer of 2048 units
    with ReLU, dropout .8 before and after it; then the heads, each one layer: emotion, and whatever
    else the corpus tells, such as gender, intensity, valence, arousal and dominance.

    Attention (SimAM) weighs each cell x of a channel by sigmoid(d / 4(v + λ) + ½), where d is its
    squared distance from the channel's mean, and v the sum of all d divided by one less than the
    number of cells: cells that differ from their surroundings weigh more. λ is 1e-4.

    Padding, no batch normalisation and the places of dropout are those of the system's public code.
    Its heads for dimensions end in ReLU; here they give plain values.

    Source: the multitask network of recipe e; attention: Yang, Zhang, Li & Xie (2021), "SimAM: A
    simple, parameter-free attention module for convolutional neural networks", ICML.
    """

    config_type: ClassVar[type[Config]] = MultitaskAttentionCnnConfig
    title = "Multitask attention CNN"
    takes: Mapping[str, Takes] = {"features": FRAMES_OR_PICTURE}
    usual: ClassVar = {"features": (128, 128, 1)}
    shortened = 2

    def __init__(self, config: MultitaskAttentionCnnConfig | None = None) -> None:
        self.config: MultitaskAttentionCnnConfig = config or MultitaskAttentionCnnConfig()

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        c = self.config
        x = as_picture(inputs["features"])
        for filters, kernel, pool in zip(c.filters, c.kernels, c.pools, strict=True):
            x = layers.Conv2D(
                filters,
                kernel,
                padding="same",
                activation="relu",
                kernel_regularizer=penalty(c.l2),
            )(x)
            x = layers.MaxPooling2D(pool, c.pool_stride)(x)
        x = layers.Flatten()(simam(x, c.attention_lambda))
        return dense(layers.Dropout(c.dropout)(x), c.dense_units, c.dropout, c.l2)

    def _left(self, size: int) -> int:
        for pool in self.config.pools:
            size = (size - pool) // self.config.pool_stride + 1 if size >= pool else 0
        return size


def simam(x: Any, attention_lambda: float) -> Any:
    """Feature maps (batch, height, width, channels) weighed by parameter-free attention.

    A model within the model, so that it counts as one layer and needs no class of its own to load.
    """
    import keras
    from keras import ops

    maps = keras.Input(x.shape[1:])
    distance = ops.square(maps - ops.mean(maps, axis=(1, 2), keepdims=True))
    others = max(x.shape[1] * x.shape[2] - 1, 1)
    variance = ops.sum(distance, axis=(1, 2), keepdims=True) / others
    weights = ops.sigmoid(distance / (4 * (variance + attention_lambda)) + 0.5)
    return keras.Model(maps, maps * weights, name="SimAM")(x)
