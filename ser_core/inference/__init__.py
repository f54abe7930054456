"""From a recording to an emotion: ONNX Runtime only, no TensorFlow."""

from ser_core.inference.model_file import list_models
from ser_core.inference.predictor import Prediction, Predictor, Window

__all__ = ["Prediction", "Predictor", "Window", "list_models"]
