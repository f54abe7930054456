"""LSTMs in both directions on frames (recipe d)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, Architecture
from ser_core.models.blocks import PenalisedConfig, Width, bilstm, dense


class BilstmConfig(PenalisedConfig):
    """Widths and dropout of the network."""

    lstm_units: tuple[Width, ...] = Field(
        (64, 64), min_length=1, max_length=6, description="Units of each layer in each direction"
    )
    lstm_dropout: float = Field(0.3, ge=0, lt=1, description="Dropout after each recurrent layer")
    dense_units: int = Field(64, ge=1, le=8192, description="Units of the dense layer")
    dropout: float = Field(0.3, ge=0, lt=1, description="Dropout after the dense layer")


@ARCHITECTURES.register("bilstm")
class Bilstm(Architecture):
    """Reads a clip frame by frame from both ends, keeping in mind what it has heard.

    Two bidirectional LSTM layers of 64 units; of the second, the last state of each direction; a
    dense layer with ReLU.

    The description is silent on the width of the dense layer, 64 here, and on dropout, .3 here
    after every layer.

    Source: the LSTM of recipe d; Hochreiter & Schmidhuber (1997), "Long short-term memory", Neural
    Computation 9(8); both directions: Schuster & Paliwal (1997), "Bidirectional recurrent neural
    networks", IEEE Transactions on Signal Processing 45(11).
    """

    config_type: ClassVar[type[Config]] = BilstmConfig
    title = "BiLSTM"
    usual: ClassVar = {"features": (94, 40)}

    def __init__(self, config: BilstmConfig | None = None) -> None:
        self.config: BilstmConfig = config or BilstmConfig()

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        c = self.config
        x = inputs["features"]
        last = len(c.lstm_units) - 1
        for position, units in enumerate(c.lstm_units):
            x = bilstm(x, units, c.l2, sequences=position < last)
            x = layers.Dropout(c.lstm_dropout)(x)
        return dense(x, c.dense_units, c.dropout, c.l2)
