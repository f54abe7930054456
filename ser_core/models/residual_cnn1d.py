"""Residual convolutions along time, pooled by mean and maximum (recipe d)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, Architecture
from ser_core.models.blocks import PenalisedConfig, Width, convolution_1d, dense


class ResidualCnn1dConfig(PenalisedConfig):
    """Widths, kernels and dropout of the network."""

    stem_filters: int = Field(64, ge=1, le=4096, description="Filters of the first convolution")
    stem_kernel: int = Field(5, ge=1, le=31, description="Its length (frames)")
    block_filters: tuple[Width, ...] = Field(
        (128, 256), min_length=1, max_length=8, description="Filters of each residual block"
    )
    kernel: int = Field(3, ge=1, le=31, description="Length of convolutions in the blocks (frames)")
    block_dropout: float = Field(
        0.2, ge=0, lt=1, description="Dropout after the first convolution and after each block"
    )
    dense_units: int = Field(256, ge=1, le=8192, description="Units of the dense layer")
    dropout: float = Field(0.4, ge=0, lt=1, description="Dropout after the dense layer")


@ARCHITECTURES.register("residual_cnn1d")
class ResidualCnn1d(Architecture):
    """Slides filters along time, and keeps both how a clip sounds on average and its peaks.

    Convolution of 64 filters over 5 frames, then residual blocks of 128 and 256 filters: two
    convolutions over 3 frames, the first with ReLU, added to a shortcut that brings the block's
    input to as many channels by a convolution over 1 frame; ReLU. Global average and global maximum
    pooling side by side; a dense layer of 256 units with ReLU.

    The description is silent on what follows. Chosen here: batch normalisation after every
    convolution, max pooling of 2 frames and dropout .2 after the stem and each block, dropout .4
    after the dense layer.

    Source: the CNN-1D of recipe d; residual blocks: He, Zhang, Ren & Sun (2016), "Deep residual
    learning for image recognition", CVPR.
    """

    config_type: ClassVar[type[Config]] = ResidualCnn1dConfig
    title = "Residual CNN-1D"
    usual: ClassVar = {"features": (94, 40)}
    shortened = 1

    def __init__(self, config: ResidualCnn1dConfig | None = None) -> None:
        self.config: ResidualCnn1dConfig = config or ResidualCnn1dConfig()

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        c = self.config
        x = convolution_1d(inputs["features"], c.stem_filters, c.stem_kernel, c.l2)
        x = self._shorter(layers.ReLU()(x))
        for filters in c.block_filters:
            x = self._shorter(self._residual_block(x, filters))
        mean, peak = layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)
        return dense(layers.Concatenate()([mean, peak]), c.dense_units, c.dropout, c.l2)

    def _residual_block(self, x: Any, filters: int) -> Any:
        from keras import layers

        c = self.config
        shortcut = x if x.shape[-1] == filters else convolution_1d(x, filters, 1, c.l2)
        x = layers.ReLU()(convolution_1d(x, filters, c.kernel, c.l2))
        x = convolution_1d(x, filters, c.kernel, c.l2)
        return layers.ReLU()(layers.Add()([x, shortcut]))

    def _shorter(self, x: Any) -> Any:
        from keras import layers

        return layers.Dropout(self.config.block_dropout)(layers.MaxPooling1D()(x))

    def _left(self, size: int) -> int:
        return size // 2 ** (1 + len(self.config.block_filters))
