"""Convolutions on frames as a picture, then LSTMs in both directions (recipe b)."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, FRAMES_OR_PICTURE, Architecture, Takes
from ser_core.models.blocks import PenalisedConfig, Rate, Width, as_picture, bilstm, penalty


class CnnBilstmConfig(PenalisedConfig):
    """Widths and dropout, and the axis that the recurrent layers follow."""

    filters: tuple[Width, ...] = Field(
        (64, 128, 256), min_length=1, max_length=6, description="Filters of each block"
    )
    block_dropout: float = Field(0.25, ge=0, lt=1, description="Dropout after each block")
    walk: Literal["time", "frequency"] = Field(
        "time",
        description="Axis that the LSTMs follow; frequency is what the original does, by mistake",
    )
    lstm_units: tuple[Width, Width] = Field(
        (256, 128), description="Units of both LSTM layers in each direction"
    )
    lstm_dropout: tuple[Rate, Rate] = Field((0.3, 0.4), description="Dropout after each LSTM layer")
    dense_units: int = Field(256, ge=1, le=8192, description="Units of the dense layer")
    dropout: float = Field(0.4, ge=0, lt=1, description="Dropout after the dense layer")


@ARCHITECTURES.register("cnn_bilstm")
class CnnBilstm(Architecture):
    """Finds local patterns in a picture of the sound, then follows them through time both ways.

    Three blocks of two 3×3 convolutions, each with ReLU and then batch normalisation, 2×2 max
    pooling and dropout .25, with 64, 128 and 256 filters; then, step by step along time with
    frequency and channels laid side by side, a bidirectional LSTM of 256 units, dropout .3, and one
    of 128 units whose last states are normalised over the batch, dropout .4; a dense layer of 256
    units with ReLU, batch normalisation and dropout .4.

    The original reshapes its input of (182 features, 175 frames) so that the LSTMs walk over
    frequency, each step holding all of time: `walk = "frequency"` does that, for faithful runs.
    Orders and rates are those of the public code; at (175, 182), walking over frequency, the
    network has its 13 410 504 parameters.

    Source: the CNN-RNN of recipe b.
    """

    config_type: ClassVar[type[Config]] = CnnBilstmConfig
    title = "CNN-BiLSTM"
    takes: Mapping[str, Takes] = {"features": FRAMES_OR_PICTURE}
    usual: ClassVar = {"features": (175, 182)}
    shortened = 2

    def __init__(self, config: CnnBilstmConfig | None = None) -> None:
        self.config: CnnBilstmConfig = config or CnnBilstmConfig()

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        c = self.config
        x = as_picture(inputs["features"])
        for filters in c.filters:
            x = self._block(x, filters)
        if c.walk == "frequency":
            x = layers.Permute((2, 1, 3))(x)
        x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
        x = bilstm(x, c.lstm_units[0], c.l2, sequences=True)
        x = layers.Dropout(c.lstm_dropout[0])(x)
        x = bilstm(x, c.lstm_units[1], c.l2)
        x = layers.BatchNormalization()(x)
        x = layers.Dropout(c.lstm_dropout[1])(x)
        x = layers.Dense(c.dense_units, activation="relu", kernel_regularizer=penalty(c.l2))(x)
        x = layers.BatchNormalization()(x)
        return layers.Dropout(c.dropout)(x)

    def _block(self, x: Any, filters: int) -> Any:
        from keras import layers

        regulariser = penalty(self.config.l2)
        for _ in range(2):
            x = layers.Conv2D(
                filters, 3, padding="same", activation="relu", kernel_regularizer=regulariser
            )(x)
            x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D()(x)
        return layers.Dropout(self.config.block_dropout)(x)

    def _left(self, size: int) -> int:
        return size // 2 ** len(self.config.filters)
