"""Loading and using TensorFlow as training does writes no notices to standard error."""

import os
import subprocess
import sys

from tests.conftest import ROOT

BEFORE_ANY_SETTING = ("WARNING: All log messages before absl::Init", "oneDNN custom operations")
CODE = """
from ser_core.training import trainer
import keras
network = keras.Sequential([keras.Input((8, 4)), keras.layers.LSTM(2), keras.layers.Dense(2)])
network.compile("adam", "mse")
network.train_on_batch(keras.ops.ones((2, 8, 4)), keras.ops.ones((2, 2)))
"""


def test_tensorflow_has_nothing_to_say() -> None:
    told = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, env=told, capture_output=True, text=True, check=True
    )
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert [line for line in lines if not any(word in line for word in BEFORE_ANY_SETTING)] == []
