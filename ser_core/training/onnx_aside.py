"""The ONNX file of a network that learned on another backend of Keras than TensorFlow.

Keras exports from TensorFlow without a further package; so a process with that backend builds the
network again from its structure and weights, and exports it.
"""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ser_core.models.aside import answer, ask_aside

if TYPE_CHECKING:
    import keras

_MOST_S = 900.0


def export_aside(network: "keras.Model", file: Path) -> None:
    """Write a network as ONNX by a process of its own.

    Raises:
        ModelError: that failed, or took more than a quarter of an hour.
    """
    weights = file.with_suffix(".npz")
    np.savez(weights, *network.get_weights())
    order = {"structure": network.to_json(), "weights": str(weights), "file": str(file)}
    ask_aside(
        __name__,
        order,
        "the trained network could not be written as ONNX",
        {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": "-1"},
        _MOST_S,
    )


def _export(order: dict[str, Any]) -> str:
    os.environ["KERAS_BACKEND"] = "tensorflow"
    import keras

    from ser_core.training.onnx_graph import write_onnx

    network = keras.models.model_from_json(order["structure"])
    with np.load(order["weights"]) as kept:
        network.set_weights([kept[f"arr_{place}"] for place in range(len(kept.files))])
    network({one.name: np.zeros((1, *one.shape[1:]), np.float32) for one in network.inputs})
    write_onnx(network, Path(order["file"]))
    return json.dumps("written")


if __name__ == "__main__":
    sys.exit(answer(_export))
