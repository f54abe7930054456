"""What a network is made of: layers, parameters, work and a picture, for processes without Keras.

`described` is what pages and commands call: it reads what is kept, and starts a process that has
Keras where nothing is. That process runs this file.
"""

import importlib.metadata
import json
import math
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ser_core import models, paths
from ser_core.config import Config
from ser_core.models.aside import answer, ask_aside
from ser_core.models.base import ARCHITECTURES, Architecture, Shapes
from ser_core.models.baseline import Baseline
from ser_core.models.diagram import draw
from ser_core.store import ResultStore, code_fingerprint, result_key

_TIMEOUT_S = 300.0
_one_at_a_time = threading.Lock()

_KINDS = {
    "InputLayer": "Input",
    "Conv1D": "Convolution 1-D",
    "Conv2D": "Convolution 2-D",
    "MaxPooling1D": "Max pooling",
    "MaxPooling2D": "Max pooling",
    "GlobalAveragePooling1D": "Global average pooling",
    "GlobalAveragePooling2D": "Global average pooling",
    "GlobalMaxPooling1D": "Global max pooling",
    "SpatialDropout2D": "Channel dropout",
    "BatchNormalization": "Batch normalisation",
    "ReLU": "ReLU",
    "Add": "Sum",
    "Concatenate": "Side by side",
    "Dot": "Weighted sum",
}
_GATES = {"LSTM": 4, "GRU": 3}
_ACTIVATIONS = {"relu": "ReLU", "linear": ""}


class LayerFacts(Config):
    """One layer of a network."""

    name: str
    kind: str
    """In words, such as Convolution 2-D."""
    details: str
    """Its settings in words, such as "64 filters 3×3, ReLU"; may be empty."""
    inputs: tuple[str, ...]
    """Names of the layers that it reads."""
    shape: tuple[int, ...]
    """Of its output for one example."""
    parameters: int
    trainable: int
    """Parameters that training moves; the rest are running means of batch normalisation."""
    flops: int
    """Floating-point operations for one example; see `flops_of`."""


class Description(Config):
    """A network in numbers and a picture."""

    architecture: str
    title: str
    settings: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    heads: dict[str, int]
    layers: tuple[LayerFacts, ...]
    parameters: int | None
    """None where it depends on the clips that are learned from."""
    trainable: int | None
    flops: int | None
    """Floating-point operations for one example; see `flops_of`. None of what is no network."""
    diagram: str
    """An SVG of the layers in their order, with branches; fits light and dark pages."""


def described(
    name: str, settings: Mapping[str, Any], shapes: Shapes, heads: Mapping[str, int]
) -> Description:
    """What a network is made of, without Keras in this process.

    Args:
        name: of the architecture.
        settings: of its config, those that differ from the defaults.
        shapes: of one example of each input, by its name.
        heads: number of outputs of each head, by its name.

    Raises:
        UnknownNameError: no such architecture.
        ParameterError: a setting is not allowed, or the network cannot take these shapes.
        ModelError: the process that has Keras failed.
    """
    architecture = ARCHITECTURES.create(name, **settings)
    if isinstance(architecture, Baseline):
        return architecture.description(shapes, heads)
    architecture.check(shapes, heads)
    order = {
        "name": name,
        "settings": architecture.config.model_dump(mode="json"),
        "shapes": {key: list(shape) for key, shape in shapes.items()},
        "heads": dict(heads),
    }
    store = ResultStore(paths.home() / "cache" / "descriptions")
    key = _key(order)
    if (kept := _read(store, key)) is not None:
        return kept
    with _one_at_a_time:
        if (kept := _read(store, key)) is not None:  # somebody else has asked meanwhile
            return kept
        text = _ask_worker(order)
        store.put(key, {"json": np.frombuffer(text.encode(), np.uint8)})
    return Description.parse(json.loads(text))


def describe(architecture: Architecture, shapes: Shapes, heads: Mapping[str, int]) -> Description:
    """What a network is made of; loads Keras, but makes no weights.

    Raises:
        ParameterError: the network cannot take these shapes.
    """
    import keras

    # Weights have a shape each and no values: 126 million of them would take half a gigabyte.
    with keras.StatelessScope(initialize_variables=False):
        network = architecture.build(shapes, heads)
        layers = tuple(_facts(network))
    return Description(
        architecture=architecture.name,
        title=architecture.title,
        settings=architecture.config.model_dump(mode="json"),
        shapes={name: tuple(shape) for name, shape in shapes.items()},
        heads=dict(heads),
        layers=layers,
        parameters=sum(layer.parameters for layer in layers),
        trainable=sum(layer.trainable for layer in layers),
        flops=sum(layer.flops for layer in layers),
        diagram=draw(architecture.title, [layer.model_dump() for layer in layers]),
    )


def _key(order: Mapping[str, Any]) -> str:
    made = [json.dumps(order, sort_keys=True), code_fingerprint(models)]
    return result_key([], [*made, importlib.metadata.version("keras")])


def _read(store: ResultStore, key: str) -> Description | None:
    kept = store.get(key)
    if kept is None:
        return None
    try:
        return Description.parse(json.loads(kept["json"].tobytes()))
    except (KeyError, ValueError):  # damaged: made anew
        return None


def _ask_worker(order: Mapping[str, Any]) -> str:
    return ask_aside(
        "ser_core.models.describe",
        order,
        f"{order['name']}: not described",
        {"CUDA_VISIBLE_DEVICES": "-1"},
        _TIMEOUT_S,
    )


def _answer(order: Mapping[str, Any]) -> str:
    shapes = {name: tuple(shape) for name, shape in order["shapes"].items()}
    architecture = ARCHITECTURES.create(order["name"], **order["settings"])
    return describe(architecture, shapes, order["heads"]).model_dump_json()


# Reading a Keras model


def _facts(network: Any) -> Iterator[LayerFacts]:
    names = _plain_names(network)
    for layer in network.layers:
        node = layer._inbound_nodes[-1]
        yield LayerFacts(
            name=names[layer.name],
            kind=_kind(layer),
            details=_details(layer),
            inputs=tuple(names[parent.operation.name] for parent in node.parent_nodes),
            shape=tuple(node.outputs[0].shape[1:]),
            parameters=_count(layer.weights),
            trainable=_count(layer.trainable_weights),
            flops=flops_of(layer, [tensor.shape[1:] for tensor in node.input_tensors]),
        )


def _plain_names(network: Any) -> dict[str, str]:
    """Keras counts layers through the whole process; here they count from the network's first."""
    seen: dict[str, int] = {}
    names = {}
    for layer in network.layers:
        stem = re.sub(r"_\d+$", "", layer.name)
        number = seen[stem] = seen.get(stem, 0) + 1
        names[layer.name] = stem if number == 1 else f"{stem}_{number}"
    return names


def _count(weights: list[Any]) -> int:
    return sum(math.prod(weight.shape) for weight in weights)


def flops_of(layer: Any, inputs: list[tuple[int, ...]]) -> int:
    """Floating-point operations of a layer for one example: two for each multiply-add.

    Counted are the products: a convolution does one of its kernel's size times input channels for
    each value that it gives, a dense layer one of its input's length, an LSTM (GRU) one of four
    (three) times its input's and state's length for each unit and step, a weighted sum one of what
    it sums over. Offsets, activations, normalisation and pooling are left out; of these networks
    they are a few per cent at most.

    Args:
        layer: Keras layer that was called once.
        inputs: shape of each input, without the batch.
    """
    kind = type(layer).__name__
    given = math.prod(layer._inbound_nodes[-1].outputs[0].shape[1:])
    if kind in ("Conv1D", "Conv2D"):
        return 2 * given * math.prod(layer.kernel_size) * inputs[0][-1]
    if kind == "Dense":
        return 2 * given * inputs[0][-1]
    if kind == "Dot":
        return 2 * given * inputs[0][layer.axes - 1]
    if kind == "Bidirectional":
        return 2 * _recurrent_flops(layer.forward_layer, inputs[0])
    return _recurrent_flops(layer, inputs[0]) if kind in _GATES else 0


def _recurrent_flops(layer: Any, shape: tuple[int, ...]) -> int:
    steps, width = shape
    return 2 * steps * _GATES[type(layer).__name__] * layer.units * (width + layer.units)


def _kind(layer: Any) -> str:
    name = type(layer).__name__
    if name == "Functional":  # a model within the model
        return str(layer.name)
    if name == "Bidirectional":
        return f"Bidirectional {type(layer.forward_layer).__name__}"
    return _KINDS.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).capitalize()


def _details(layer: Any) -> str:
    """Settings of a layer in words."""
    kind = type(layer).__name__
    words = []
    if kind.startswith("Conv"):
        over = " over" if kind == "Conv1D" else ""
        words = [f"{_of(layer.filters, 'filter')}{over} {_times(layer.kernel_size)}"]
        words += [_steps(layer.strides)] * (set(layer.strides) != {1})
    elif kind.startswith("MaxPooling"):
        words = [_times(layer.pool_size)]
        words += [_steps(layer.strides)] * (layer.strides != layer.pool_size)
    elif kind == "Dense":
        words = [_of(layer.units, "unit")]
    elif kind == "Bidirectional":
        words = [f"{_of(layer.forward_layer.units, 'unit')} each way"]
        words += ["last states"] * (not layer.return_sequences)
    elif kind in ("Dropout", "SpatialDropout2D"):
        words = [f"{layer.rate:g}"]
    if kind in ("Dense", "Conv1D", "Conv2D"):
        name = layer.activation.__name__
        words.append(_ACTIVATIONS.get(name, name))
    return ", ".join(word for word in words if word)


def _of(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _steps(strides: tuple[int, ...]) -> str:
    return f"steps of {strides[0] if len(set(strides)) == 1 else _times(strides)}"


def _times(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))


if __name__ == "__main__":
    sys.exit(answer(_answer))
