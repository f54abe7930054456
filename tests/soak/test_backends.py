"""Architectures give the same on Keras' JAX backend and learn there; so does a whole training."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ser_core.inference import Predictor
from tests.conftest import ROOT
from tests.models.tiny import HEADS, TINY, architecture, batch

OTHER = """
import sys
import keras, numpy as np
from tests.models.tiny import HEADS, TINY, architecture, batch
assert keras.backend.backend() == "jax"
kept = np.load(sys.argv[1])
answers = {}
for name in TINY:
    network = architecture(name).build(TINY[name][1], HEADS)
    count = len(network.get_weights())
    network.set_weights([kept[f"{name} {place}"] for place in range(count)])
    for head, answer in network.predict_on_batch(batch(name)).items():
        answers[f"{name} {head}"] = answer
    network.compile("sgd", dict.fromkeys(HEADS, "mse"))
    targets = {head: np.zeros((8, size), np.float32) for head, size in HEADS.items()}
    losses = [float(network.train_on_batch(batch(name), targets)[0]) for _ in range(5)]
    assert losses[-1] < losses[0], (name, losses)
np.savez(sys.argv[2], **answers)
"""


needs_jax = pytest.mark.skipif(
    importlib.util.find_spec("jax") is None,
    reason="needs JAX, which is not among the requirements: pip install jax",
)
WITH_JAX = {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"}


@needs_jax
def test_same_weights_give_the_same_answers_with_jax(tmp_path: Path) -> None:
    weights: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    for name, (_, shapes) in TINY.items():
        keras.utils.set_random_seed(0)
        network = architecture(name).build(shapes, HEADS)
        weights |= {f"{name} {i}": each for i, each in enumerate(network.get_weights())}
        given = network.predict_on_batch(batch(name))
        answers |= {f"{name} {head}": answer for head, answer in given.items()}
    np.savez(tmp_path / "weights.npz", **weights)
    done = subprocess.run(
        [sys.executable, "-c", OTHER, str(tmp_path / "weights.npz"), str(tmp_path / "a.npz")],
        cwd=ROOT,
        env={**os.environ, **WITH_JAX},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    other = np.load(tmp_path / "a.npz")
    assert set(other.files) == set(answers)
    for key, answer in answers.items():
        np.testing.assert_allclose(other[key], answer, atol=1e-4, err_msg=key)


@needs_jax
@pytest.mark.parametrize("recipe", ["d-hybrid", "e"])
def test_a_recipe_trains_with_jax_and_its_model_is_heard_without(
    recipe: str, few_clips: Path, ser_home: Path
) -> None:
    """From the clips to the ONNX file, which is checked against the network that learned."""
    order = ["train", recipe, "--corpus", f"synthetic={few_clips}", "--model", "mine"]
    few = ["--protocol", "stratified-holdout", "--set", "epochs=1", "--set", "copies=1"]
    done = subprocess.run(
        [sys.executable, "-m", "ser_core", *order, *few],
        cwd=ROOT,
        env={**os.environ, **WITH_JAX},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = Predictor.load(ser_home / "models" / "mine").predict_file(next(few_clips.rglob("*.wav")))
    assert sum(said.probabilities.values()) == pytest.approx(1)
