"""Each architecture is the network that its document describes, counted by hand.

Nothing here makes weights, so that full sizes cost nothing.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ser_core.__main__ import main
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.models import ARCHITECTURES
from ser_core.models import describe as module
from ser_core.models.describe import describe, described
from tests.models.tiny import HEADS, TINY, networks

EIGHT = {"emotion": 8}


def norm(channels: int) -> int:
    """Scale, offset, running mean and variance."""
    return 4 * channels


def conv(area: int, inputs: int, filters: int, bias: bool = True) -> int:
    return area * inputs * filters + bias * filters


def dense(inputs: int, units: int) -> int:
    return inputs * units + units


def bilstm(inputs: int, units: int) -> int:
    return 2 * 4 * units * (inputs + units + 1)


# Recipe a: three convolutions and norms, dense 256, 128; dense 128, 64 on 181 values; 192 to 8.
CUTMIX = (
    conv(9, 3, 64) + conv(9, 64, 128) + conv(9, 128, 256) + norm(64 + 128 + 256)
    + dense(256, 256) + dense(256, 128) + dense(181, 128) + dense(128, 64) + dense(192, 8)
)  # fmt: skip
# Recipe c, two channels: pairs of convolutions, a norm for each.
DEEP = (
    sum(
        conv(9, inputs, filters) + conv(9, filters, filters) + 2 * norm(filters)
        for inputs, filters in [(2, 64), (64, 128), (128, 256), (256, 512), (512, 512)]
    )
    + dense(512, 256) + dense(256, 128) + dense(128, 8)
)  # fmt: skip
# Recipe d on 40 MFCC. Convolutions before a norm have no offset of their own.
RESIDUAL = (
    conv(5, 40, 64, bias=False) + norm(64)
    + sum(
        conv(3, inputs, filters, bias=False) + conv(3, filters, filters, bias=False)
        + conv(1, inputs, filters, bias=False) + 3 * norm(filters)
        for inputs, filters in [(64, 128), (128, 256)]
    )
    + dense(512, 256) + dense(256, 8)
)  # fmt: skip
BILSTM = bilstm(40, 64) + bilstm(128, 64) + dense(128, 64) + dense(64, 8)
HYBRID = (
    conv(5, 40, 64, bias=False) + norm(64) + conv(3, 64, 128, bias=False) + norm(128)
    + bilstm(128, 64) + dense(128, 64) + dense(64, 8)
)  # fmt: skip
MLP = (
    dense(520, 512) + norm(512) + dense(512, 256) + norm(256) + dense(256, 128) + norm(128)
    + dense(128, 8)
)  # fmt: skip
# Recipe e: 128 cells become 63, then 31; 31 * 31 * 64 of them meet 2048 units.
ATTENTION = conv(49, 1, 32) + conv(25, 32, 64) + dense(31 * 31 * 64, 2048) + dense(2048, 8)


@pytest.mark.parametrize(
    ("name", "settings", "parameters", "fixed"),
    [
        ("cutmix_multi_input", {}, CUTMIX, 2 * (64 + 128 + 256)),
        # What its authors' own notebook prints.
        ("cnn_bilstm", {"walk": "frequency"}, 13_410_504, 2_816),
        # Over time, a step holds 22 bands, not 21 frames, of 256 channels.
        ("cnn_bilstm", {}, 13_410_504 + 2 * 4 * 256 * 256, 2_816),
        ("deep_audio_cnn", {}, DEEP, 2 * 2 * (64 + 128 + 256 + 512 + 512)),
        ("residual_cnn1d", {}, RESIDUAL, 2 * (64 + 3 * 128 + 3 * 256)),
        ("bilstm", {}, BILSTM, 0),
        ("cnn_lstm", {}, HYBRID, 2 * (64 + 128)),
        ("mlp", {}, MLP, 2 * (512 + 256 + 128)),
        ("multitask_attention_cnn", {}, ATTENTION, 0),
    ],
)
def test_parameters_are_those_counted_by_hand(
    name: str, settings: dict[str, Any], parameters: int, fixed: int
) -> None:
    made = ARCHITECTURES.create(name, **settings)
    facts = describe(made, made.usual, EIGHT)
    assert facts.parameters == parameters
    assert facts.trainable == parameters - fixed


def test_a_head_for_each_task_costs_one_layer() -> None:
    made = ARCHITECTURES.create("multitask_attention_cnn")
    facts = describe(made, made.usual, {"emotion": 8, "gender": 2, "intensity": 2, "valence": 1})
    assert facts.parameters == ATTENTION + 2 * dense(2048, 2) + dense(2048, 1)
    heads = [layer for layer in facts.layers if layer.name in facts.heads]
    assert {head.name: head.shape for head in heads} == {
        "emotion": (8,), "gender": (2,), "intensity": (2,), "valence": (1,),
    }  # fmt: skip
    assert len({head.inputs for head in heads}) == 1


def test_lstms_walk_over_time_unless_told_to_walk_over_frequency() -> None:
    """Of 175 frames by 182 features, three poolings leave 21 by 22."""
    for walk, wanted in [("time", (21, 22 * 256)), ("frequency", (22, 21 * 256))]:
        made = ARCHITECTURES.create("cnn_bilstm", walk=walk)
        layers = {layer.name: layer for layer in describe(made, made.usual, EIGHT).layers}
        assert layers[layers["bidirectional"].inputs[0]].shape == wanted


def test_flops_are_those_counted_by_hand() -> None:
    """Two for each product."""
    products = {
        "mlp": 520 * 512 + 512 * 256 + 256 * 128 + 128 * 8,
        "bilstm": 94 * 8 * 64 * (40 + 64) + 94 * 8 * 64 * (128 + 64) + 128 * 64 + 64 * 8,
        "cnn_lstm": 94 * 5 * 40 * 64 + 47 * 3 * 64 * 128 + 23 * 8 * 64 * (128 + 64)
        + 128 * 64 + 64 * 8,
        "multitask_attention_cnn": 128 * 128 * 49 * 32 + 63 * 63 * 25 * 32 * 64
        + 31 * 31 * 64 * 2048 + 2048 * 8,
        "cutmix_multi_input": 126 * 126 * 27 * 64 + 61 * 61 * 9 * 64 * 128
        + 28 * 28 * 9 * 128 * 256 + 256 * 256 + 256 * 128 + 181 * 128 + 128 * 64 + 192 * 8,
    }  # fmt: skip
    for name, wanted in products.items():
        made = ARCHITECTURES.create(name)
        assert describe(made, made.usual, EIGHT).flops == 2 * wanted, name


def test_flops_of_attention_over_time() -> None:
    """Three gates of 96 units each way; scores of 31 steps; a weighted sum over them."""
    made = ARCHITECTURES.create("studio_crnn")
    layers = {layer.name: layer for layer in describe(made, made.usual, EIGHT).layers}
    assert layers["bidirectional"].flops == 2 * 31 * 2 * 3 * 96 * (512 + 96)
    assert layers["dense"].flops == 2 * 31 * 192 * 64
    assert layers["dot"].flops == 2 * 31 * 192


def test_flops_are_close_to_what_tensorflow_counts() -> None:
    """Its profiler adds offsets, activations, normalisation and pooling."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2 as frozen,
    )

    made = ARCHITECTURES.create("cutmix_multi_input", filters=[16, 32, 64])
    network = made.build(made.usual, EIGHT)
    examples = {key: tf.TensorSpec((1, *shape), name=key) for key, shape in made.usual.items()}
    graph = frozen(tf.function(network).get_concrete_function(examples)).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    quiet = {**options, "output": "none"}
    counted = tf.compat.v1.profiler.profile(graph, options=quiet).total_float_ops
    ours = describe(made, made.usual, EIGHT).flops
    assert ours <= counted <= 1.05 * ours


# Cache, command and picture


def test_described_asks_a_process_once_and_reads_then(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, shapes = TINY["residual_cnn1d"]
    first = described("residual_cnn1d", settings, shapes, HEADS)
    made = ARCHITECTURES.create("residual_cnn1d", **settings)
    assert first == describe(made, shapes, HEADS)

    def refuse(order: Any) -> str:
        raise AssertionError("asked again")

    monkeypatch.setattr(module, "_ask_worker", refuse)
    assert described("residual_cnn1d", settings, shapes, HEADS) == first
    with pytest.raises(AssertionError, match="asked again"):
        described("residual_cnn1d", {**settings, "stem_kernel": 3}, shapes, HEADS)
    with pytest.raises(AssertionError, match="asked again"):
        described("residual_cnn1d", settings, {"features": (17, 5)}, HEADS)


def test_described_refuses_at_once_what_cannot_be_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    with pytest.raises(UnknownNameError, match="did you mean mlp"):
        described("mpl", {}, {"features": (9,)}, EIGHT)
    with pytest.raises(ParameterError, match="unit"):
        described("mlp", {"unit": [3]}, {"features": (9,)}, EIGHT)
    with pytest.raises(ParameterError, match="takes one vector"):
        described("mlp", {}, {"features": (9, 9)}, EIGHT)


def test_a_damaged_file_is_made_anew(monkeypatch: pytest.MonkeyPatch, ser_home: Path) -> None:
    settings, shapes = TINY["mlp"]
    text = describe(ARCHITECTURES.create("mlp", **settings), shapes, HEADS).model_dump_json()
    monkeypatch.setattr(module, "_ask_worker", lambda order: text)
    whole = described("mlp", settings, shapes, HEADS)
    (file,) = (ser_home / "cache" / "descriptions").glob("*.npz")
    file.write_bytes(file.read_bytes()[:100])
    assert described("mlp", settings, shapes, HEADS) == whole


@pytest.mark.parametrize("name", networks())
def test_pictures_show_every_layer_and_stay_within_their_frame(name: str) -> None:
    made = ARCHITECTURES.create(name)
    facts = describe(made, made.usual, {"emotion": 8, "gender": 2})
    svg = ET.fromstring(facts.diagram)
    space = "{http://www.w3.org/2000/svg}"
    words = [text.text or "" for text in svg.iter(f"{space}text")]
    weights = [int(word.split()[-2].replace(",", "")) for word in words if "parameters" in word]
    assert sum(weights) == facts.parameters
    assert {f"Input: {key}" for key in made.usual} <= set(words)
    assert {"emotion: Dense, 8 units", "gender: Dense, 2 units"} <= set(words)
    width, height = float(svg.attrib["width"]), float(svg.attrib["height"])
    boxes = [
        tuple(float(rect.attrib[key]) for key in ("x", "y", "width", "height"))
        for rect in svg.iter(f"{space}rect")
        if rect.attrib.get("rx") == "6"
    ]
    for x, y, w, h in boxes:
        assert x >= 0
        assert y >= 0
        assert x + w <= width
        assert y + h <= height
    for i, (x, y, w, h) in enumerate(boxes):
        for x2, y2, w2, h2 in boxes[i + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


# Command


@pytest.fixture
def no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process of its own would answer, from this one, where Keras is loaded already."""

    def answer(order: Any) -> str:
        made = ARCHITECTURES.create(order["name"], **order["settings"])
        return describe(made, order["shapes"], order["heads"]).model_dump_json()

    monkeypatch.setattr(module, "_ask_worker", answer)


@pytest.mark.usefixtures("no_process")
def test_command_describes_a_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", "d-mlp", "--set", "units=[16, 8]", "--emotions", "5"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "MLP on functionals (mlp) on features (520,)"
    assert printed[1].split() == ["layer", "what", "reads", "gives", "parameters", "MFLOP"]
    parameters = dense(520, 16) + norm(16) + dense(16, 8) + norm(8) + dense(8, 5)
    assert printed[-1].startswith(f"{parameters:,} parameters, {parameters - 48:,} of them trained")


@pytest.mark.usefixtures("no_process")
def test_command_describes_an_architecture_on_a_shape(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    svg = tmp_path / "layers.svg"
    words = ["cutmix_multi_input", "--set", "branches=vector", "--shape", "9", "--svg", str(svg)]
    assert main(["describe", *words, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["shapes"] == {"vector": [9]}
    assert facts["parameters"] == dense(9, 128) + dense(128, 64) + dense(64, 8)
    assert svg.read_text(encoding="utf-8") == facts["diagram"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mpl"], "recipe or architecture 'mpl' is not known.*did you mean mlp"),
        (["mlp", "--shape", "9,x"], "--shape: expected sizes such as 94,40, got '9,x'"),
        (["mlp", "--shape", "94,40"], "features: mlp takes one vector a clip"),
        (["d-mlp", "--shape", "9"], "--shape: a recipe's extractors give the shapes"),
        (["d-cnn1d", "--set", "features=precomputed"], "up by the clips' names"),
        (["mlp", "--emotions", "0"], "emotion must be one of them"),
    ],
)
def test_command_says_what_is_wrong(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", *words]) == 1
    assert re.search(said, capsys.readouterr().err)
