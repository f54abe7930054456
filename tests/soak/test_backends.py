"""Architectures give the same on Keras' JAX backend, and learn there."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

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


@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None,
    reason="needs JAX, which is not among the requirements: pip install jax",
)
def test_same_weights_give_the_same_answers_with_jax(tmp_path: Path) -> None:
    weights, answers = {}, {}
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
        env={**os.environ, "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    other = np.load(tmp_path / "a.npz")
    assert set(other.files) == set(answers)
    for key, answer in answers.items():
        np.testing.assert_allclose(other[key], answer, atol=1e-4, err_msg=key)
