"""Every architecture with as few weights as it allows, and inputs to match."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core.models import ARCHITECTURES, Architecture, Baseline

TINY: dict[str, tuple[dict[str, Any], dict[str, tuple[int, ...]]]] = {
    "bilstm": (
        {"lstm_units": [3, 2], "dense_units": 4, "lstm_dropout": 0, "dropout": 0},
        {"features": (6, 5)},
    ),
    "cnn_bilstm": (
        {
            "filters": [2, 3],
            "block_dropout": 0,
            "lstm_units": [3, 2],
            "lstm_dropout": [0, 0],
            "dense_units": 4,
            "dropout": 0,
        },
        {"features": (12, 8)},
    ),
    "cnn_lstm": (
        {
            "filters": [3, 4],
            "block_dropout": 0,
            "lstm_units": 3,
            "lstm_dropout": 0,
            "dense_units": 4,
            "dropout": 0,
        },
        {"features": (12, 5)},
    ),
    "cutmix_multi_input": (
        {
            "filters": [3, 4],
            "block_dropout": [0, 0],
            "image_units": [5, 4],
            "image_dropout": [0, 0],
            "vector_units": [4, 3],
        },
        {"image": (14, 14, 3), "vector": (7,)},
    ),
    "deep_audio_cnn": (
        {"filters": [3, 4], "block_dropout": 0, "dense_units": [5], "dropout": 0},
        {"features": (9, 8, 2)},
    ),
    "mlp": ({"units": [6, 4], "dropout": 0}, {"features": (9,)}),
    "multitask_attention_cnn": (
        {"filters": [3, 4], "dense_units": 5, "dropout": 0},
        {"features": (14, 13, 1)},
    ),
    "residual_cnn1d": (
        {
            "stem_filters": 3,
            "block_filters": [4, 4],
            "block_dropout": 0,
            "dense_units": 5,
            "dropout": 0,
        },
        {"features": (16, 5)},
    ),
    "studio_crnn": (
        {
            "stem_filters": 4,
            "block_filters": [4, 4],
            "recurrent_units": 4,
            "attention_units": 4,
            "block_dropout": 0,
            "dropout": 0,
        },
        {"features": (16, 8)},
    ),
}
HEADS = {"emotion": 4, "gender": 2, "valence": 1}


def networks() -> list[str]:
    """Names of all that is built with Keras."""
    every = ARCHITECTURES.names()
    return [name for name in every if not issubclass(ARCHITECTURES.get(name), Baseline)]


def architecture(name: str) -> Architecture:
    return ARCHITECTURES.create(name, **TINY[name][0])


def batch(name: str, size: int = 8) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    shapes = TINY[name][1]
    return {key: rng.normal(size=(size, *shapes[key])).astype(np.float32) for key in shapes}
