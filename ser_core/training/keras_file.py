"""A saved model as a Keras file, to go on with in Keras: fine-tune, convert, take apart."""

import os
import warnings
from pathlib import Path
from typing import Any

import onnxruntime

from ser_core.errors import ModelError
from ser_core.features.statistics import Statistics
from ser_core.inference.model_file import METADATA_KEY, ModelFolder, read_spec
from ser_core.training.config import Recipe
from ser_core.training.export import verify, with_standardiser
from ser_core.training.starting_point import read_weights, start_from
from ser_core.training.targets import Head


def write_keras(model: ModelFolder, path: Path) -> None:
    """Build a model's network again from its recipe and weights, and write it as `.keras`.

    Like the ONNX file, it takes features as the extractors give them and returns what each head
    says. Nothing but our own arrays is read: a `.keras` file can run code when it is loaded, so
    load only those you trust, as the one written here.

    Args:
        model: with its card and weights.
        path: ends in .keras.

    Raises:
        ModelError: weights or card were not kept, or the network does not answer as the ONNX file.
    """
    complete = _built_again(model)
    verify(complete, model.network)
    draft = path.with_name(f".{os.getpid()}.keras")
    try:
        with warnings.catch_warnings():
            # Keras hands h5py arrays in a way that NumPy has deprecated.
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            complete.save(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _built_again(model: ModelFolder) -> Any:
    """The network with its weights, behind a layer that standardises.

    Raises:
        ModelError: what it is built from was not kept.
    """
    card = model.card()
    if "made_of" in card:
        raise ModelError(
            f"{model.name}: {card['made_of']} is of scikit-learn, no Keras network; take "
            "--format onnx"
        )
    arrays = read_weights(model)
    if "recipe" not in card or not any(key.startswith("statistics/") for key in arrays):
        raise ModelError(
            f"{model.name}: it was saved before everything was kept that its network is built "
            "from; train it again"
        )
    session = onnxruntime.InferenceSession(str(model.network), providers=["CPUExecutionProvider"])
    metadata = session.get_modelmeta().custom_metadata_map
    spec = read_spec(metadata.get(METADATA_KEY), model.name)
    shapes = {tensor.name: tuple(tensor.shape[1:]) for tensor in session.get_inputs()}
    heads = [Head("emotion", spec.labels), *(Head(n, c) for n, c in spec.further.items())]
    network = Recipe.parse(card["recipe"]).network().build(shapes, {h.name: h.size for h in heads})
    start_from(network, heads, str(model.path), frozen=False)
    statistics = {
        name: Statistics(arrays[f"statistics/{name}/mean"], arrays[f"statistics/{name}/std"])
        for name in shapes
    }
    return with_standardiser(network, statistics)
