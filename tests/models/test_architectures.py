"""What holds for every architecture, and that each is the network its document describes."""

import re
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import pytest

from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS
from ser_core.models import ARCHITECTURES
from ser_core.models.base import FRAMES, FRAMES_OR_PICTURE, PICTURE, VECTOR
from ser_core.models.multitask_attention_cnn import simam
from tests.models.tiny import HEADS, TINY, architecture, batch, networks
from tests.test_architecture import loaded_by

NAMES = networks()


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def network(name: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    return architecture(name).build(TINY[name][1], HEADS)


def test_answers_by_head(name: str, network: keras.Model) -> None:
    assert {tensor.name for tensor in network.inputs} == set(architecture(name).inputs)
    answers = network(batch(name, 3))
    assert {head: tuple(answer.shape) for head, answer in answers.items()} == {
        head: (3, size) for head, size in HEADS.items()
    }


def test_a_step_against_the_gradient_lowers_the_loss(name: str, network: keras.Model) -> None:
    rng = np.random.default_rng(1)
    targets = {
        "emotion": np.eye(4, dtype=np.float32)[rng.integers(4, size=8)],
        "gender": np.eye(2, dtype=np.float32)[rng.integers(2, size=8)],
        "valence": rng.normal(size=(8, 1)).astype(np.float32),
    }
    entropy = keras.losses.CategoricalCrossentropy(from_logits=True)
    network.compile(
        keras.optimizers.SGD(0.01),
        {"emotion": entropy, "gender": entropy, "valence": "mse"},
        run_eagerly=True,
    )
    losses = [float(network.train_on_batch(batch(name), targets)[0]) for _ in range(3)]
    assert losses[2] < losses[1] < losses[0]


def test_onnx_gives_the_same(name: str, network: keras.Model, tmp_path: Path) -> None:
    _settle(network)
    inputs = batch(name, 5)
    wanted = network(inputs)
    with warnings.catch_warnings():
        # Keras asks NumPy for a name that NumPy has deprecated.
        warnings.filterwarnings("ignore", "In the future `np.object`", FutureWarning)
        network.export(str(tmp_path / "network.onnx"), format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(
        str(tmp_path / "network.onnx"), providers=["CPUExecutionProvider"]
    )
    assert {value.name for value in session.get_inputs()} == set(inputs)
    assert {value.name for value in session.get_outputs()} == set(HEADS)
    for head, answer in zip(HEADS, session.run(list(HEADS), inputs), strict=True):
        np.testing.assert_allclose(answer, wanted[head], atol=1e-4)


def _settle(network: keras.Model) -> None:
    """Move the running means away from 0 and 1, so that it shows whether they are used."""
    rng = np.random.default_rng(2)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.5, 1.5, each.shape) for each in layer.get_weights()])


@pytest.mark.parametrize(
    ("name", "shapes", "words"),
    [
        ("mlp", {"features": (94, 40)}, "features: mlp takes one vector .*functionals.*got frames"),
        ("bilstm", {"features": (520,)}, "takes frames .*mfcc.*got a vector, shape \\(520,\\)"),
        ("residual_cnn1d", {"features": (7, 40)}, "at least 8 steps along time, got shape"),
        ("deep_audio_cnn", {"features": (113, 31, 2)}, "at least 32 steps along time and freq"),
        ("deep_audio_cnn", {"features": (520,)}, "takes frames .* mel_mfcc give; got a vector"),
        ("cutmix_multi_input", {"features": (9,)}, "takes image, vector, got features"),
        ("cutmix_multi_input", {"image": (128, 128), "vector": (181,)}, "spectrogram_image gives"),
        ("cutmix_multi_input", {"image": (21, 128, 3), "vector": (181,)}, "at least 22 steps"),
        ("studio_crnn", {"features": (3, 4, 5, 6)}, "got 4 axes"),
    ],
)
def test_what_does_not_fit_is_said_in_words(
    name: str, shapes: dict[str, tuple[int, ...]], words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        ARCHITECTURES.create(name).build(shapes, {"emotion": 8})


def test_the_least_size_that_is_named_is_the_least(name: str) -> None:
    """One more than what is refused can be built."""
    made = architecture(name)
    shapes = TINY[name][1]
    for key, shape in shapes.items():
        for axis in range(made.shortened if len(shape) > 1 else 0):
            small = (*shape[:axis], 1, *shape[axis + 1 :])
            with pytest.raises(ParameterError, match="needs at least") as error:
                made.check({**shapes, key: small}, HEADS)
            (least,) = re.findall(r"at least (\d+)", str(error.value))
            fits = (*shape[:axis], int(least), *shape[axis + 1 :])
            with keras.StatelessScope(initialize_variables=False):  # quicker without weights
                made.build({**shapes, key: fits}, HEADS)


@pytest.mark.parametrize("heads", [{}, {"gender": 2}, {"emotion": 0}])
def test_heads_need_an_emotion(heads: dict[str, int]) -> None:
    with pytest.raises(ParameterError, match="emotion must be one of them"):
        ARCHITECTURES.create("mlp").check({"features": (9,)}, heads)


def test_extractors_that_are_named_exist() -> None:
    words = " ".join(takes.words for takes in (VECTOR, FRAMES, PICTURE, FRAMES_OR_PICTURE))
    named = re.findall(r"\b[a-z]+_?[a-z]*\d*_[a-z]+\b|mfcc|vector181|functionals", words)
    shapes = {"num_frames", "num_features"}
    assert set(named) - shapes <= set(EXTRACTORS.names())
    assert len(set(named) - shapes) == 7


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("cutmix_multi_input", {"filters": [8, 8]}, "as many of one as of the other, got 2 and 3"),
        ("cnn_lstm", {"kernels": [3]}, "filters, kernels: .*got 2 and 1"),
        ("mlp", {"units": [0]}, "units.0: .*greater than or equal to 1"),
        ("deep_audio_cnn", {"dropout": 1}, "dropout: .*less than 1"),
    ],
)
def test_impossible_settings_are_refused(name: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        ARCHITECTURES.create(name, **settings)


def test_one_branch_alone_has_one_input() -> None:
    settings = TINY["cutmix_multi_input"][0]
    for branch, shape in TINY["cutmix_multi_input"][1].items():
        alone = ARCHITECTURES.create("cutmix_multi_input", **settings, branches=branch)
        assert alone.inputs == (branch,)
        (tensor,) = alone.build({branch: shape}, HEADS).inputs
        assert tensor.name == branch


def test_penalty_is_on_all_weights_but_those_of_the_heads(name: str) -> None:
    if name == "studio_crnn":
        pytest.skip("has no penalty")
    settings, shapes = TINY[name]
    network = ARCHITECTURES.create(name, **{**settings, "l2": 0.5}).build(shapes, HEADS)
    penalised = sum(
        0.5 * float(np.square(weight.numpy()).sum())
        for layer in network.layers
        for weight in layer.trainable_weights
        if "kernel" in weight.name and layer.name not in HEADS
    )
    assert sum(map(float, network.losses)) == pytest.approx(penalised, rel=1e-4)


def test_attention_weighs_cells_as_its_paper_says() -> None:
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(2, 4, 5, 3)).astype(np.float32)
    inputs = keras.Input((4, 5, 3))
    got = keras.Model(inputs, simam(inputs, 1e-2))(maps)
    for example in range(2):
        for channel in range(3):
            x = maps[example, :, :, channel].astype(np.float64)
            distance = (x - x.mean()) ** 2
            inverse = distance / (4 * (distance.sum() / 19 + 1e-2)) + 0.5
            wanted = x / (1 + np.exp(-inverse))
            np.testing.assert_allclose(got[example, :, :, channel], wanted, atol=1e-5)


def test_importing_architectures_loads_no_keras() -> None:
    loaded = loaded_by("import ser_core.models, ser_core.models.describe")
    assert loaded.isdisjoint({"keras", "tensorflow", "jax", "torch"})
