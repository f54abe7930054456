"""From a recording to an emotion: ONNX Runtime only, no TensorFlow."""

from ser_core.inference.model_file import list_models
from ser_core.inference.prediction import Prediction, Window
from ser_core.inference.predictor import Predictor
from ser_core.inference.several import predict_all
from ser_core.inference.streaming import Segment, Stream, StreamConfig, segments_of

__all__ = [
    "Prediction",
    "Predictor",
    "Segment",
    "Stream",
    "StreamConfig",
    "Window",
    "list_models",
    "predict_all",
    "segments_of",
]
