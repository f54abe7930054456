"""SER Studio's library: corpora, features, augmentation, models, training and inference.

It imports no Streamlit, and importing it imports nothing heavy: TensorFlow, librosa and MLflow
are loaded only by the functions that need them.
"""

__version__ = "0.1.0"
