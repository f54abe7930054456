"""What a training takes is measured once and reckoned with afterwards."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from ser_core import recipes
from ser_core.training import cost
from ser_core.training.config import override
from ser_core.training.cost import Cost
from ser_core.training.cost_measure import measure

FACTS = {
    "step_s": 0.1, "predict_s": 0.01, "features_s": 0.5, "cores": 2, "memory_mb": 900.0,
    "device": "cpu:0",
}  # fmt: skip


def test_estimates_count_batches_validation_folds_and_copies() -> None:
    found = Cost.parse(FACTS)
    studio = override(recipes.load("studio"), {"epochs": 10, "batch_size": 16})
    one = found.estimate(studio, training_clips=165, validation_clips=50, clips=300, folds=5)
    assert one.epoch_s == pytest.approx(10 * 0.1 + 50 * 0.01)
    assert one.training_s == pytest.approx(10 * 5 * 1.5)
    assert one.features_s == pytest.approx(300 * 0.5 / 2)
    every = override(studio, {"versions": "all", "copies": 3})
    assert found.estimate(every, 165, 50, 300, 5).epoch_s == pytest.approx(41 * 0.1 + 0.5)
    assert Cost.parse({**FACTS, "step_s": None}).estimate(studio, 9, 9, 9, 2).epoch_s is None


def test_what_was_measured_is_kept_by_all_that_it_depends_on(
    monkeypatch: pytest.MonkeyPatch, ser_home: Any
) -> None:
    asked: list[Mapping[str, Any]] = []

    def answer(_module: str, order: Mapping[str, Any], *_: Any) -> str:
        asked.append(order)
        return json.dumps(FACTS)

    monkeypatch.setattr(cost, "ask_aside", answer)
    studio = recipes.load("studio")
    assert cost.kept(studio, 8) is None
    assert cost.measured(studio, 8) == cost.measured(studio, 8) == cost.kept(studio, 8)
    assert len(asked) == 1
    assert cost.kept(override(studio, {"epochs": 7, "seed": 3, "folds": 9}), 8) is not None
    for changes in ({"batch_size": 8}, {"n_mels": 40}, {"copies": 0}, {"recurrent_units": 16}):
        assert cost.kept(override(studio, changes), 8) is None
    assert cost.kept(studio, 4) is None


def test_a_few_batches_are_timed() -> None:
    narrow = {"block_filters": [4, 4], "recurrent_units": 4, "attention_units": 4, "batch_size": 8}
    narrow |= {"stem_filters": 4, "heads": ["gender", "valence"], "copies": 0, "optimiser": "sgd"}
    found = measure(override(recipes.load("studio"), narrow), 8)
    assert found.step_s is not None
    assert 0 < found.step_s < 30
    assert found.features_s > 0
    assert found.memory_mb > 50


def test_a_baseline_has_features_to_be_made_and_no_steps() -> None:
    found = measure(override(recipes.load("linear"), {"copies": 1}), 8)
    assert found.step_s is None
    assert found.features_s > 0
