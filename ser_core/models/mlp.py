"""Fully connected layers on one vector a clip (recipe d)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, VECTOR, Architecture, Takes
from ser_core.models.blocks import PenalisedConfig, Width, penalty


class MlpConfig(PenalisedConfig):
    """Widths and dropout of the network."""

    units: tuple[Width, ...] = Field(
        (512, 256, 128), min_length=1, max_length=10, description="Units of each layer"
    )
    batch_normalisation: bool = Field(True, description="Normalise each layer over the batch")
    dropout: float = Field(0.4, ge=0, lt=1, description="Dropout after each layer")


@ARCHITECTURES.register("mlp")
class Mlp(Architecture):
    """Judges a clip by a list of measurements of it as a whole, without a sense of time.

    Multi-layer perceptron: dense layers of 512, 256 and 128 units with ReLU. A baseline: where
    networks that follow time are no better, they make no use of it.

    The description is silent on normalisation and dropout. Chosen here: batch normalisation before
    each ReLU, dropout .4 after it.

    Source: the MLP of recipe d, on 13 functionals of each feature.
    """

    config_type: ClassVar[type[Config]] = MlpConfig
    title = "MLP on functionals"
    takes: Mapping[str, Takes] = {"features": VECTOR}
    usual: ClassVar = {"features": (520,)}

    def __init__(self, config: MlpConfig | None = None) -> None:
        self.config: MlpConfig = config or MlpConfig()

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        c = self.config
        x = inputs["features"]
        for units in c.units:
            x = layers.Dense(units, kernel_regularizer=penalty(c.l2))(x)
            if c.batch_normalisation:
                x = layers.BatchNormalization()(x)
            x = layers.Dropout(c.dropout)(layers.ReLU()(x))
        return x
