"""Convolutions along time, then an LSTM in both directions (recipe d)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, Architecture
from ser_core.models.blocks import Length, PenalisedConfig, Width, bilstm, convolution_1d, dense


class CnnLstmConfig(PenalisedConfig):
    """Widths, kernels and dropout of the network."""

    filters: tuple[Width, ...] = Field(
        (64, 128), min_length=1, max_length=6, description="Filters of each convolution"
    )
    kernels: tuple[Length, ...] = Field(
        (5, 3), description="Length of each convolution (frames), as many as there are filters"
    )
    block_dropout: float = Field(0.2, ge=0, lt=1, description="Dropout after each convolution")
    lstm_units: int = Field(64, ge=1, le=2048, description="LSTM units in each direction")
    lstm_dropout: float = Field(0.3, ge=0, lt=1, description="Dropout after the LSTM")
    dense_units: int = Field(64, ge=1, le=8192, description="Units of the dense layer")
    dropout: float = Field(0.3, ge=0, lt=1, description="Dropout after the dense layer")

    @model_validator(mode="after")
    def _one_kernel_each(self) -> "CnnLstmConfig":
        if len(self.filters) != len(self.kernels):
            raise ValueError(
                f"filters, kernels: as many of one as of the other, got {len(self.filters)} and "
                f"{len(self.kernels)}"
            )
        return self


@ARCHITECTURES.register("cnn_lstm")
class CnnLstm(Architecture):
    """Picks out short patterns, such as a sharp breath, and listens to how they follow one another.

    Convolutions along time of 64 filters over 5 frames and 128 filters over 3, each with ReLU; a
    bidirectional LSTM of 64 units, its last states; a dense layer with ReLU.

    The description is silent on what follows. Chosen here: batch normalisation before each ReLU of
    the convolutions, then max pooling of 2 frames and dropout .2; dropout .3 after the LSTM; 64
    units and dropout .3 in the dense layer.

    Source: the hybrid model of recipe d; Sainath et al. (2015), "Convolutional, long short-term
    memory, fully connected deep neural networks", ICASSP.
    """

    config_type: ClassVar[type[Config]] = CnnLstmConfig
    title = "CNN-LSTM hybrid"
    usual: ClassVar = {"features": (94, 40)}
    shortened = 1

    def __init__(self, config: CnnLstmConfig | None = None) -> None:
        self.config: CnnLstmConfig = config or CnnLstmConfig()

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        c = self.config
        x = inputs["features"]
        for filters, kernel in zip(c.filters, c.kernels, strict=True):
            x = layers.ReLU()(convolution_1d(x, filters, kernel, c.l2))
            x = layers.MaxPooling1D()(x)
            x = layers.Dropout(c.block_dropout)(x)
        x = layers.Dropout(c.lstm_dropout)(bilstm(x, c.lstm_units, c.l2))
        return dense(x, c.dense_units, c.dropout, c.l2)

    def _left(self, size: int) -> int:
        return size // 2 ** len(self.config.filters)
