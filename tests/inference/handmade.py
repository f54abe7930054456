"""Small models made by hand: log-mel averaged over time, then one linear layer for each head."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from ser_core import paths
from ser_core.inference.model_file import CARD, METADATA_KEY, NETWORK, ModelSpec

LABELS = ("neutral", "happy", "sad", "angry")
HEADS: Mapping[str, tuple[str, ...]] = {
    "gender": ("female", "male"),
    "intensity": ("normal", "strong"),
    "valence": (),
    "arousal": (),
    "dominance": (),
}
LOG_MEL = {"sampling_rate": 16_000, "n_fft": 512, "hop_length": 200, "n_mels": 16}


def make_model(
    folder: Path,
    seed: int = 0,
    heads: Mapping[str, tuple[str, ...]] | None = None,
    settings: Mapping[str, Any] | None = None,
    card: Mapping[str, Any] | None = None,
    **spec: Any,
) -> Path:
    """Write a model whose weights are drawn; returns its folder.

    Args:
        heads: beside the emotions; classes, or none for a dimension.
        settings: of log-mel, beside LOG_MEL.
        card: what differs from the shipped model's card; None for no card at all.
        spec: of `ModelSpec`, what differs from the usual.
    """
    known: dict[str, Any] = {"labels": LABELS, "preprocessing": {}, "sure_above": 0.7}
    known |= {"not_sure_below": 0.4, "further": dict(heads or {})}
    known["inputs"] = {"features": {"name": "log_mel", "settings": {**LOG_MEL, **(settings or {})}}}
    told = ModelSpec.parse({**known, **spec})
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_network(told, seed), str(folder / NETWORK))
    if card is not None:
        shipped = json.loads((paths.ASSETS / "models" / "default" / CARD).read_text("utf-8"))
        text = json.dumps({**shipped, "name": folder.name, "title": folder.name, **card})
        (folder / CARD).write_text(text, encoding="utf-8")
    return folder


def _network(spec: ModelSpec, seed: int) -> onnx.ModelProto:
    rng = np.random.default_rng(seed)
    bands = int(spec.inputs["features"].settings["n_mels"])
    outputs = {"emotion": len(spec.labels), **{n: len(c) or 1 for n, c in spec.further.items()}}
    nodes = [helper.make_node("ReduceMean", ["features"], ["mean"], axes=[1], keepdims=0)]
    weights, results = [], []
    for head, size in outputs.items():
        matrix = rng.normal(scale=0.1, size=(bands, size)).astype(np.float32)
        matrix -= matrix.mean(axis=0)  # the level alone says nothing
        weights.append(numpy_helper.from_array(matrix, f"weights_{head}"))
        nodes.append(helper.make_node("MatMul", ["mean", f"weights_{head}"], [head]))
        results.append(helper.make_tensor_value_info(head, TensorProto.FLOAT, ["clips", size]))
    shape = ["clips", "frames", bands]
    taken = helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "handmade", [taken], results, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    text = json.dumps(spec.model_dump(mode="json"))
    model.metadata_props.add(key=METADATA_KEY, value=text)
    return model
