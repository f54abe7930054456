"""Architectures: one file each, Keras 3 and neutral to its backend."""

from ser_core.models import (  # noqa: F401  (they register themselves)
    bilstm,
    cnn_bilstm,
    cnn_lstm,
    cutmix_multi_input,
    deep_audio_cnn,
    mlp,
    multitask_attention_cnn,
    quiet,
    residual_cnn1d,
    studio_crnn,
)
from ser_core.models.base import ARCHITECTURES, Architecture

__all__ = ["ARCHITECTURES", "Architecture"]
