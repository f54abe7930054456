"""Whether a network can be trusted to be one of ours, before anybody is offered it.

An ONNX file is data: it can name other files, and it can ask for more memory than there is, but it
cannot run code. `.keras` files and pickles can, and are never loaded.
"""

from pathlib import Path
from typing import Any

import numpy as np

from ser_core.errors import ModelError, SerError
from ser_core.features import EXTRACTORS
from ser_core.inference.model_file import ModelFolder
from ser_core.inference.predictor import Predictor

MOST_BYTES = 1_000_000_000  # recipe e's network has 504 MB
# The standard's operators; those of others are somebody's own code.
_DOMAINS = {"", "ai.onnx", "ai.onnx.ml"}
_HEARD_S = 1.0
_GLIDE_HZ = (150.0, 300.0)


def check_model(folder: ModelFolder) -> Predictor:
    """Make sure that a model is an ONNX network of the standard's operators, and that it listens.

    Returns:
        The model, opened.

    Raises:
        ModelError: the file is too large, damaged, of another kind, or gives no answers.
    """
    _check_graph(folder.network, folder.name)
    predictor = Predictor(folder)
    own = [name for name, each in predictor.extractors.items() if _is_precomputed(each)]
    if own:
        raise ModelError(
            f"{folder.name}: takes features that are made elsewhere ({', '.join(own)}), so it "
            "cannot listen to a recording"
        )
    check_hearing(predictor)
    return predictor


def _is_precomputed(extractor: Any) -> bool:
    return isinstance(extractor, EXTRACTORS.get("precomputed"))


def _check_graph(file: Path, name: str) -> None:
    import onnx

    try:
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise ModelError(
                f"{name}: the ONNX file has {size / 1e6:,.0f} MB, at most "
                f"{MOST_BYTES / 1e6:,.0f} MB are loaded"
            )
        # Other files that it names are not opened.
        model = onnx.load(str(file), load_external_data=False)
    except OSError as error:
        raise ModelError(f"{name}: the ONNX file cannot be read ({error.strerror})") from None
    except ModelError:
        raise
    except Exception as error:  # protobuf's own kinds
        raise ModelError(f"{name}: this is no ONNX file ({_first(error)})") from None
    _check_kinds(model, name)
    try:
        onnx.checker.check_model(model)
    except Exception as error:  # its own kind, and what it does not foresee
        raise ModelError(f"{name}: the ONNX file is damaged ({_first(error)})") from None


def _check_kinds(model: Any, name: str) -> None:
    import onnx

    foreign = sorted({each.domain for each in model.opset_import} - _DOMAINS)
    if foreign or model.functions:
        said = ", ".join(foreign) or "functions of its own"
        raise ModelError(f"{name}: the ONNX file uses operators that are not standard ({said})")
    elsewhere = onnx.TensorProto.EXTERNAL
    tensors = [*model.graph.initializer]
    for node in model.graph.node:
        for attribute in node.attribute:
            tensors += [attribute.t, *attribute.tensors]
            if attribute.HasField("g") or attribute.graphs:
                tensors += _inner_tensors([attribute.g, *attribute.graphs])
    if any(tensor.data_location == elsewhere or tensor.external_data for tensor in tensors):
        raise ModelError(f"{name}: the ONNX file names other files, which are not opened")


def _inner_tensors(graphs: Any) -> list[Any]:
    """Tensors of graphs within a graph, such as the branches of a condition."""
    found = []
    waiting = list(graphs)
    while waiting:
        graph = waiting.pop()
        found += graph.initializer
        for node in graph.node:
            for attribute in node.attribute:
                found += [attribute.t, *attribute.tensors]
                waiting += [attribute.g, *attribute.graphs] if attribute.HasField("g") else []
    return found


def check_hearing(predictor: Predictor) -> None:
    """Let it hear a gliding tone: it must give a probability to each of its labels.

    Raises:
        ModelError: it cannot, such as where a package is missing that its features are taken with.
    """
    rate = predictor.preprocessing.sampling_rate
    low, high = _GLIDE_HZ
    pitch_hz = np.linspace(low, high, round(_HEARD_S * rate))
    tone = 0.1 * np.sin(2 * np.pi * np.cumsum(pitch_hz) / rate)
    try:
        said = predictor.predict(tone.astype(np.float32), rate)
    except SerError as error:
        raise ModelError(f"{predictor.name}: it cannot listen ({error})") from None
    except Exception as error:  # ONNX Runtime's many kinds, and shapes that do not fit
        raise ModelError(f"{predictor.name}: it gives no answers ({_first(error)})") from None
    if not np.isfinite(list(said.probabilities.values())).all():
        raise ModelError(f"{predictor.name}: its answers are not numbers")


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:200]
