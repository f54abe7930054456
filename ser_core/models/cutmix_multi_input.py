"""Convolutions on a picture beside a small network on a vector (recipe a)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, model_validator

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, PICTURE, VECTOR, Architecture
from ser_core.models.blocks import PenalisedConfig, Rate, Width, dense, penalty

Branches = Literal["both", "image", "vector"]


class CutMixMultiInputConfig(PenalisedConfig):
    """Widths, dropout and penalty of both branches."""

    branches: Branches = Field(
        "both", description="Inputs that are heard: both, the picture alone or the vector alone"
    )
    filters: tuple[Width, ...] = Field(
        (64, 128, 256), min_length=1, max_length=6, description="Filters of each convolution"
    )
    block_dropout: tuple[Rate, ...] = Field(
        (0.2, 0.3, 0.4), description="Dropout after each convolution, as many as there are"
    )
    image_units: tuple[Width, Width] = Field(
        (256, 128), description="Units of the two dense layers on the picture"
    )
    image_dropout: tuple[Rate, Rate] = Field(
        (0.5, 0.3), description="Dropout after each dense layer on the picture"
    )
    vector_units: tuple[Width, Width] = Field(
        (128, 64), description="Units of the two dense layers on the vector"
    )
    l2: float = Field(
        1e-3, ge=0, le=1, description="Penalty on the squared weights of all layers but the heads"
    )

    @model_validator(mode="after")
    def _one_dropout_each(self) -> "CutMixMultiInputConfig":
        if len(self.filters) != len(self.block_dropout):
            raise ValueError(
                f"filters, block_dropout: as many of one as of the other, got "
                f"{len(self.filters)} and {len(self.block_dropout)}"
            )
        return self


@ARCHITECTURES.register("cutmix_multi_input")
class CutMixMultiInput(Architecture):
    """Looks at the picture of a sound and reads its measurements, then decides from both.

    Picture: three 3×3 convolutions (64, 128, 256 filters, no padding), each with ReLU, 2×2 max
    pooling, batch normalisation and dropout (.2, .3, .4), in this order; global average pooling;
    dense layers of 256 and 128 units with ReLU and dropout (.5, .3). Vector: dense layers of 128
    and 64 units with ReLU. Both are put side by side before the heads. The weights of all layers
    but the heads carry an L2 penalty of 1e-3. Its name comes from the CutMix of pictures that it is
    trained with, which is the business of the augmentation. With `branches` set to image or vector
    it is the CNN or the DNN alone, and has that one input.

    The description leaves open padding, the place of batch normalisation and dropout after the
    dense layers; here they are those of the system's public code.

    Source: the multi-input network of recipe a; CutMix: Yun et al. (2019), "CutMix: Regularization
    strategy to train strong classifiers with localizable features", ICCV.
    """

    config_type: ClassVar[type[Config]] = CutMixMultiInputConfig
    title = "CutMix multi-input"
    usual: ClassVar = {"image": (128, 128, 3), "vector": (181,)}
    shortened = 2

    def __init__(self, config: CutMixMultiInputConfig | None = None) -> None:
        self.config: CutMixMultiInputConfig = config or CutMixMultiInputConfig()
        takes = {"image": PICTURE, "vector": VECTOR}
        one = self.config.branches
        self.takes = takes if one == "both" else {one: takes[one]}

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        read = {"image": self._picture, "vector": self._vector}
        branches = [read[name](x) for name, x in inputs.items()]
        return layers.Concatenate()(branches) if len(branches) > 1 else branches[0]

    def _picture(self, x: Any) -> Any:
        from keras import layers

        c = self.config
        for filters, dropout in zip(c.filters, c.block_dropout, strict=True):
            x = layers.Conv2D(filters, 3, activation="relu", kernel_regularizer=penalty(c.l2))(x)
            x = layers.MaxPooling2D()(x)
            x = layers.BatchNormalization()(x)
            x = layers.Dropout(dropout)(x)
        x = layers.GlobalAveragePooling2D()(x)
        for units, dropout in zip(c.image_units, c.image_dropout, strict=True):
            x = dense(x, units, dropout, c.l2)
        return x

    def _vector(self, x: Any) -> Any:
        from keras import layers

        c = self.config
        for units in c.vector_units:
            x = layers.Dense(units, activation="relu", kernel_regularizer=penalty(c.l2))(x)
        return x

    def _left(self, size: int) -> int:
        for _ in self.config.filters:
            size = (size - 2) // 2
        return size
