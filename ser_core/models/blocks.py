"""Pieces that several architectures are built of."""

from typing import Annotated, Any

from pydantic import Field

from ser_core.config import Config

Width = Annotated[int, Field(ge=1, le=8192)]
"""Filters or units of one of several layers."""

Length = Annotated[int, Field(ge=1, le=31)]
"""Of a convolution's or pool's window."""

Rate = Annotated[float, Field(ge=0, lt=1)]
"""Of dropout."""


class PenalisedConfig(Config):
    """A network whose weights may be held small."""

    l2: float = Field(
        0.0, ge=0, le=1, description="Penalty on the squared weights of all layers but the heads"
    )


def penalty(l2: float) -> Any:
    """Keras' regulariser of a layer's weights; None where there is none."""
    from keras import regularizers

    return regularizers.L2(l2) if l2 else None


def as_picture(x: Any) -> Any:
    """Frames (batch, num_frames, num_features) with a channel; what has channels, as it is."""
    from keras import layers

    return x if len(x.shape) == 4 else layers.Reshape((*x.shape[1:], 1))(x)


def dense(x: Any, units: int, dropout: float, l2: float) -> Any:
    """Fully connected layer, ReLU, dropout."""
    from keras import layers

    x = layers.Dense(units, activation="relu", kernel_regularizer=penalty(l2))(x)
    return layers.Dropout(dropout)(x)


def bilstm(x: Any, units: int, l2: float, sequences: bool = False) -> Any:
    """An LSTM in each direction: (batch, time, 2 * units), or its last states (batch, 2 * units).

    Args:
        x: (batch, time, features).
        units: of each direction.
        l2: penalty on the weights of inputs and states.
        sequences: give all steps, for another recurrent layer.
    """
    from keras import layers

    cell = layers.LSTM(
        units,
        return_sequences=sequences,
        kernel_regularizer=penalty(l2),
        recurrent_regularizer=penalty(l2),
    )
    return layers.Bidirectional(cell)(x)


def convolution_1d(x: Any, filters: int, kernel: int, l2: float) -> Any:
    """Convolution along time and batch normalisation, which brings its own offset."""
    from keras import layers

    x = layers.Conv1D(
        filters, kernel, padding="same", use_bias=False, kernel_regularizer=penalty(l2)
    )(x)
    return layers.BatchNormalization()(x)
