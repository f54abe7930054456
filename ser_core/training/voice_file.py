"""Writes the stage that knows a voice as an ONNX file; see `voice_stage` beside this."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ser_core.errors import ModelError
from ser_core.inference.voice import VOICE_KEY, VoiceSpec, centred
from ser_core.training.voice_stage import Stage

TOLERANCE = 1e-4
"""Largest difference in logits allowed between the fitted stage and its ONNX file."""

_Step = tuple[str, list[str], str, dict[str, Any]]
"""Operator, inputs, output and settings."""


def write_stage(stage: Stage, spec: VoiceSpec, file: Path) -> None:
    """Write a stage as ONNX, beside its place first, so that nothing half-written is left.

    Raises:
        ModelError: ONNX Runtime does not give the stage's own answers.
    """
    import onnx

    model = _to_onnx(stage, spec)
    draft = file.with_name(f".{file.name}.draft")
    try:
        onnx.save(model, str(draft))
        _verify(stage, spec, draft)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _to_onnx(stage: Stage, spec: VoiceSpec) -> Any:
    from onnx import TensorProto, checker, helper, numpy_helper

    labels, size = len(spec.labels), stage.mean.size
    constants = {
        "corpus": stage.corpus,
        "limit": stage.limit,
        "lower": -stage.limit,
        "mean": stage.mean,
        "std": stage.std,
        "weights": stage.weights,
        "bias": stage.bias,
        "none": np.zeros(1),
    }
    shapes: dict[str, list[int | None]] = {
        "logits": [None, labels],
        "functionals": [None, size - labels],
        "ordinary_logits": [labels],
        "ordinary_functionals": [size - labels],
        "trust": [size],
    }
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node(name, inputs, [out], **more) for name, inputs, out, more in _steps()],
        "voice",
        [helper.make_tensor_value_info(name, kind, shape) for name, shape in shapes.items()],
        [helper.make_tensor_value_info("emotion", kind, [None, labels])],
        [numpy_helper.from_array(v.astype(np.float32), name) for name, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    text = json.dumps(spec.model_dump(mode="json"), sort_keys=True)
    model.metadata_props.add(key=VOICE_KEY, value=text)
    checker.check_model(model)
    return model


def _steps() -> list[_Step]:
    return [
        ("ReduceMean", ["logits"], "middle", {"axes": [1], "keepdims": 1}),
        ("Sub", ["logits", "middle"], "centred", {}),
        ("Concat", ["centred", "functionals"], "features", {"axis": 1}),
        ("Concat", ["ordinary_logits", "ordinary_functionals"], "ordinary", {"axis": 0}),
        ("Sub", ["ordinary", "corpus"], "apart", {}),
        *_without_nan("apart", "known"),
        ("Min", ["known", "limit"], "below", {}),
        ("Max", ["below", "lower"], "distance", {}),
        ("Mul", ["distance", "trust"], "shift", {}),
        ("Sub", ["features", "shift"], "moved", {}),
        ("Sub", ["moved", "mean"], "from_mean", {}),
        ("Div", ["from_mean", "std"], "scaled", {}),
        *_without_nan("scaled", "standardised"),
        ("MatMul", ["standardised", "weights"], "weighed", {}),
        ("Add", ["weighed", "bias"], "emotion", {}),
    ]


def _without_nan(name: str, to: str) -> list[_Step]:
    """Steps that put 0 in the place of what is not known."""
    return [
        ("IsNaN", [name], f"{name}_unknown", {}),
        ("Where", [f"{name}_unknown", "none", name], to, {}),
    ]


def _verify(stage: Stage, spec: VoiceSpec, file: Path) -> None:
    import onnxruntime

    rng, labels = np.random.default_rng(0), len(spec.labels)
    features = stage.mean + stage.std * rng.normal(size=(16, stage.mean.size))
    features[:, :labels] = centred(features[:, :labels])
    ordinary = stage.corpus + stage.std * rng.normal(size=stage.mean.size)
    features[0, -1] = ordinary[-2] = np.nan
    voice_s = 5.0
    given = {
        "logits": features[:, :labels],
        "functionals": features[:, labels:],
        "ordinary_logits": ordinary[:labels],
        "ordinary_functionals": ordinary[labels:],
        "trust": stage.settings.trust(voice_s, labels),
    }
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    (got,) = session.run(None, {name: each.astype(np.float32) for name, each in given.items()})
    difference = float(np.abs(got - stage.logits(features, ordinary, voice_s)).max())
    if not difference <= TOLERANCE:
        raise ModelError(
            f"the ONNX file differs from the fitted voice stage: logits by {difference:.2g}, "
            f"allowed {TOLERANCE:g}"
        )
