"""A Keras network as an ONNX file, also one whose weights fill a good part of the memory.

The conversion copies every weight some forty times: a dense layer of 500 MB took 20 GB. So matrices
that are large are inputs of what is converted, and put into the file afterwards.
"""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

LARGE_BYTES = 16_000_000
"""From here on a matrix is left out of the conversion."""

_PREFIX = "large_weight_"


def write_onnx(network: "keras.Model", file: Path) -> None:
    """Write a network that is on Keras' TensorFlow backend and was called before.

    Args:
        network: its inputs are a dictionary, by their names.
        file: to write.
    """
    large = _large(network)
    with warnings.catch_warnings():
        # Keras asks NumPy for a name that NumPy has deprecated.
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        if not large:
            network.export(str(file), format="onnx", verbose=False)
            return
        outside = _given_its_weights(network, large)
        signature = _signature(network, large)
        outside.export(str(file), format="onnx", verbose=False, input_signature=signature)
    _put_in(file, large)


def _large(network: "keras.Model") -> dict[str, Any]:
    """Its large matrices, by names of our own. Kernels of convolutions are turned on the way."""
    found = [
        one
        for one in network.variables
        if len(one.shape) == 2 and 4 * int(np.prod(one.shape)) >= LARGE_BYTES
    ]
    return {f"{_PREFIX}{place}": one for place, one in enumerate(found)}


def _given_its_weights(network: "keras.Model", large: dict[str, Any]) -> "keras.Model":
    import keras

    class GivenItsWeights(keras.Model):
        """The network, with its large matrices among its inputs."""

        def call(self, inputs: dict[str, Any]) -> Any:
            """What the network says."""
            given = dict(inputs)
            values = [(variable, given.pop(name)) for name, variable in large.items()]
            with keras.StatelessScope(state_mapping=values):
                return network(given, training=False)

    outside = GivenItsWeights()
    outside({**_zeros(network), **{name: one.value for name, one in large.items()}})
    return outside


def _zeros(network: "keras.Model") -> dict[str, Any]:
    return {one.name: np.zeros((1, *one.shape[1:]), np.float32) for one in network.inputs}


def _signature(network: "keras.Model", large: dict[str, Any]) -> list[Any]:
    import keras

    shapes = {one.name: (None, *one.shape[1:]) for one in network.inputs}
    shapes |= {name: tuple(one.shape) for name, one in large.items()}
    return [
        {
            name: keras.InputSpec(dtype="float32", shape=shape, name=name)
            for name, shape in shapes.items()
        }
    ]


def _put_in(file: Path, large: dict[str, Any]) -> None:
    """Turn the inputs that are weights into weights."""
    import onnx

    model = onnx.load(str(file))
    inputs = [one for one in model.graph.input if one.name not in large]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    for name, variable in large.items():
        values = variable.numpy()
        model.graph.initializer.append(onnx.numpy_helper.from_array(values, name))
    onnx.save(model, str(file))
