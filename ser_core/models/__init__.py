"""Architectures: one file each. Networks are Keras 3 and neutral to its backend."""

from ser_core.models import (  # noqa: F401  (they register themselves)
    bilstm,
    cnn_bilstm,
    cnn_lstm,
    cutmix_multi_input,
    deep_audio_cnn,
    linear,
    mlp,
    multitask_attention_cnn,
    quiet,
    random_forest,
    residual_cnn1d,
    studio_crnn,
    svm,
)
from ser_core.models.base import ARCHITECTURES, Architecture
from ser_core.models.baseline import Baseline

__all__ = ["ARCHITECTURES", "Architecture", "Baseline"]
