"""Ten convolutions on log-mel and MFCC as two channels (recipe c)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from ser_core.config import Config
from ser_core.models.base import ARCHITECTURES, FRAMES_OR_PICTURE, Architecture, Takes
from ser_core.models.blocks import PenalisedConfig, Width, as_picture, dense, penalty


class DeepAudioCnnConfig(PenalisedConfig):
    """Widths and dropout of the network."""

    filters: tuple[Width, ...] = Field(
        (64, 128, 256, 512, 512), min_length=1, max_length=7, description="Filters of each block"
    )
    block_dropout: float = Field(0.3, ge=0, lt=1, description="Channel dropout after each block")
    dense_units: tuple[Width, ...] = Field(
        (256, 128), max_length=4, description="Units of each dense layer"
    )
    dropout: float = Field(0.3, ge=0, lt=1, description="Dropout after each dense layer")


@ARCHITECTURES.register("deep_audio_cnn")
class DeepAudioCnn(Architecture):
    """Looks at two pictures of a sound at once, and at ever larger patterns in them.

    Five blocks of two 3×3 convolutions, each with batch normalisation and then ReLU, 2×2 max
    pooling and dropout of whole channels, with 64, 128, 256, 512 and 512 filters; global average
    pooling; dense layers of 256 and 128 units with ReLU and dropout. Dropout was tuned between .3
    and .5 and is .3 throughout in the published code. Batch normalisation has PyTorch's constants
    (a running share of .9, ε 1e-5), as it stood there.

    Takes log-mel and MFCC as channels of one input (`mel_mfcc`), or one of them alone, as in the
    experiments with mel or MFCC only.

    Source: DeepAudioEmotionCNN of recipe c.
    """

    config_type: ClassVar[type[Config]] = DeepAudioCnnConfig
    title = "DeepAudioEmotionCNN"
    takes: Mapping[str, Takes] = {"features": FRAMES_OR_PICTURE}
    usual: ClassVar = {"features": (151, 128, 2)}
    shortened = 2

    def __init__(self, config: DeepAudioCnnConfig | None = None) -> None:
        self.config: DeepAudioCnnConfig = config or DeepAudioCnnConfig()

    def _body(self, inputs: Mapping[str, Any]) -> Any:
        from keras import layers

        c = self.config
        x = as_picture(inputs["features"])
        for filters in c.filters:
            x = self._block(x, filters)
        x = layers.GlobalAveragePooling2D()(x)
        for units in c.dense_units:
            x = dense(x, units, c.dropout, c.l2)
        return x

    def _block(self, x: Any, filters: int) -> Any:
        from keras import layers

        for _ in range(2):
            x = layers.Conv2D(
                filters, 3, padding="same", kernel_regularizer=penalty(self.config.l2)
            )(x)
            x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(x)
            x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
        return layers.SpatialDropout2D(self.config.block_dropout)(x)

    def _left(self, size: int) -> int:
        return size // 2 ** len(self.config.filters)
