"""How a network learns: rates, weights of classes and tasks, when it ends, what is kept."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core.errors import CorpusError, UnknownNameError
from ser_core.training import trainer
from ser_core.training.class_weights import class_weights
from ser_core.training.config import Recipe, TrainingConfig, override
from ser_core.training.epoch import Epoch
from ser_core.training.optimisers import OPTIMISERS
from ser_core.training.schedules import SCHEDULES
from ser_core.training.targets import Head, Targets, emotion_targets, make_targets
from ser_core.training.trainer import fit, predict_heads
from tests.training.test_training import made_up

NAN = float("nan")


def factors(name: str, settings: Mapping[str, Any], scores: list[float], steps: int = 4) -> Any:
    schedule = SCHEDULES.create(name, **settings)
    epochs = 10
    return [
        schedule.factor(step, steps, epochs, scores[: step // steps])
        for step in range(epochs * steps)
    ]


def test_a_constant_rate_stays() -> None:
    assert set(factors("constant", {}, [0.5] * 10)) == {1.0}


def test_the_rate_rises_to_its_peak_and_falls_along_a_cosine() -> None:
    found = factors("cosine", {"warmup_epochs": 2, "final": 0.01}, [NAN] * 10)
    assert found[0] == pytest.approx(1 / 20)
    assert found[4] == pytest.approx((1 / 20 + 1) / 2)
    assert found[8] == 1.0  # after two epochs of four steps
    assert found[24] == pytest.approx((1 + 0.01) / 2)  # half the way down
    assert found[-1] < 0.02
    assert np.argmax(found) == 8


def test_the_rate_falls_when_nothing_gets_better() -> None:
    scores = [0.3, 0.4, 0.4, 0.39, 0.5, 0.5, 0.2, 0.1, 0.1, 0.1]
    found = factors("plateau", {"reduction": 0.5, "wait_epochs": 2, "lowest": 0.2}, scores, steps=1)
    # Of no use: 3rd and 4th epoch, 6th and 7th, 8th and 9th; the last fall ends at the lowest.
    assert found == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.2]
    assert set(factors("plateau", {"wait_epochs": 1}, [NAN] * 10)) == {1.0}


def test_another_metric_than_picks_the_epoch_may_lower_the_rate(tiny: Recipe) -> None:
    examples, targets = made_up()
    recipe = override(
        tiny,
        {"epochs": 5, "schedule": "plateau", "watch": "loss", "wait_epochs": 1, "dropout": 0}
        | {"monitor": "accuracy", "optimiser": "sgd", "learning_rate": 1e-3},
    )
    history = fit(examples, targets, np.arange(40), np.arange(40, 48), recipe).history
    rates = [epoch.learning_rate for epoch in history]
    found = factors("plateau", {"wait_epochs": 1}, [-e.validation_loss for e in history], steps=1)
    assert rates == pytest.approx([1e-3 * factor for factor in found[:5]])
    other = factors("plateau", {"wait_epochs": 1}, [e.score("accuracy") for e in history], steps=1)
    assert found[:5] != other[:5]


@pytest.mark.parametrize(
    ("watch", "monitor", "watched"),
    [("monitor", "uar", "uar"), ("loss", "uar", "loss"), ("monitor", "last", "loss")],
)
def test_the_rate_falls_by_a_score_even_where_none_picks_the_epoch(
    watch: str, monitor: str, watched: str
) -> None:
    assert SCHEDULES.create("plateau", watch=watch).watches(monitor) == watched


@pytest.mark.parametrize("name", OPTIMISERS.names())
def test_every_optimiser_is_made_with_its_rate(name: str) -> None:
    optimiser = OPTIMISERS.create(name, learning_rate=0.02)
    assert optimiser.title
    built = optimiser.build()
    assert float(built.learning_rate.numpy()) == pytest.approx(0.02)
    if name == "adamw":
        assert built.weight_decay == pytest.approx(0.01)
    if name == "sgd":
        assert built.momentum == pytest.approx(0.9)


def test_weights_of_classes() -> None:
    emotions = ["neutral"] * 6 + ["sad"] * 2 + ["happy"]
    targets = emotion_targets(emotions, ["neutral", "happy", "sad"])
    rows = np.arange(8)  # nobody happy among them

    def weights(value: Any) -> list[float]:
        return class_weights(TrainingConfig(class_weights=value), targets, rows)

    assert weights("none") == [1, 1, 1]
    assert weights("balanced") == pytest.approx([8 / 12, 0, 2])
    assert weights({"sad": 3.5, "bored": 2}) == [1, 1, 3.5]
    with pytest.raises(UnknownNameError, match="class_weights: sadd not known; known: neutral"):
        weights({"sadd": 2})


def test_the_objective_is_what_it_says() -> None:
    import keras

    from ser_core.training.objective import Learner

    heads = [Head("emotion", ("neutral", "sad")), Head("gender", ("f", "m")), Head("valence", ())]
    inputs = keras.Input((2,), name="features")
    outputs = {head.name: keras.layers.Dense(head.size)(inputs) for head in heads}
    learner = Learner(keras.Model({"features": inputs}, outputs), heads, 0.2, [1.0, 3.0], "learned")
    said = {
        "emotion": np.array([[2, 0], [0, 1]], np.float32),
        "gender": np.array([[0, 0], [5, 0]], np.float32),
        "valence": np.array([[2], [7]], np.float32),
    }
    true = {
        "emotion": np.array([[1, 0], [0, 1]], np.float32),
        "gender": np.array([[1, 0], [NAN, NAN]], np.float32),  # of the second, it is not known
        "valence": np.array([[NAN], [4]], np.float32),
    }

    def log_softmax(logits: np.ndarray) -> np.ndarray:
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    smooth = true["emotion"] * 0.8 + 0.1
    emotion = -(smooth * log_softmax(said["emotion"])).sum(axis=1) * [1.0, 3.0]
    loss = emotion.mean() + np.log(2) + 3.0**2  # the learned weights start at exp(0) and 0
    assert float(learner.compute_loss(y=true, y_pred=said)) == pytest.approx(loss, rel=1e-5)
    learner._shares.assign([np.log(2.0), 1.0])
    loss = emotion.mean() + np.log(2) / 2 + np.log(2) + 9 / np.e + 1
    assert float(learner.compute_loss(y=true, y_pred=said)) == pytest.approx(loss, rel=1e-5)
    bounded = Learner(learner.network, heads, 0.2, [1.0, 3.0], "softmax")
    bounded._shares.assign([np.log(3.0), 0.0])  # shares of 3/4 and 1/4
    loss = emotion.mean() + np.exp(-0.75) * np.log(2) + np.exp(-0.25) * 9 + 1
    assert float(bounded.compute_loss(y=true, y_pred=said)) == pytest.approx(loss, rel=1e-5)
    equal = Learner(learner.network, heads, 0.2, [1.0, 3.0], "equal")
    loss = emotion.mean() + np.log(2) + 9
    assert float(equal.compute_loss(y=true, y_pred=said)) == pytest.approx(loss, rel=1e-5)


def test_it_ends_when_nothing_gets_better_and_keeps_the_best(tiny: Recipe) -> None:
    examples, targets = made_up()
    changes = {"epochs": 12, "patience": 2, "monitor": "loss", "optimiser": "sgd"}
    recipe = override(tiny, {**changes, "schedule": "constant", "learning_rate": 0.5})
    fitted = fit(examples, targets, np.arange(30), np.arange(30, 48), recipe)
    losses = [epoch.validation_loss for epoch in fitted.history]
    assert fitted.best_epoch == int(np.argmin(losses)) + 1
    assert max(fitted.history, key=lambda epoch: epoch.score("last")) is fitted.history[-1]
    said = predict_heads(fitted, examples, np.arange(30, 48))["emotion"]
    true = targets.emotions[30:]
    loss = -np.log(said[np.arange(18), true]).mean()
    assert loss == pytest.approx(min(losses), rel=1e-4)
    last = fitted.history[-1]
    assert last.learning_rate == pytest.approx(0.5)
    assert set(last.validation_recall) == {"neutral", "happy", "sad"}
    assert np.mean(list(last.validation_recall.values())) == pytest.approx(last.validation_uar)
    assert 0 <= last.accuracy <= 1


def test_it_waits_as_many_epochs_as_it_is_told_to() -> None:
    examples, targets = made_up()
    losses = [0.9, 0.8, 0.8, 0.85, 0.7]  # as good again is no better, and yet it is kept
    told = SimpleNamespace(
        epoch=lambda number, *_: Epoch(number, 0.0, 0.1, 1.0, 0.5, losses[number - 1])
    )
    network = SimpleNamespace(get_weights=list)
    for patience, epochs in ((2, 4), (3, 5), (0, 5)):
        fitted = trainer.Fitted(network, {}, targets)
        training = TrainingConfig(patience=patience, monitor="loss")
        way = trainer._Way(told, fitted, training, trainer.Watch())  # type: ignore[arg-type]
        way.go(examples, np.arange(3), len(losses))
        assert len(fitted.history) == epochs
        assert way.best.number == (3 if epochs == 4 else 5)


def test_further_tasks_are_learned_where_they_are_known(tiny: Recipe) -> None:
    examples, targets = made_up()
    rng = np.random.default_rng(1)
    gender = np.full((48, 2), NAN, np.float32)
    gender[::2] = targets.values[::2, :2] > 0  # known of every second clip; none for "sad"
    gender[::2][targets.emotions[::2] == 2] = NAN
    valence = rng.normal(3, 0.1, (48, 1)).astype(np.float32)
    heads = (*targets.heads, Head("gender", ("f", "m")), Head("valence", ()))
    several = Targets(heads, np.concatenate([targets.values, gender, valence], axis=1))
    recipe = override(
        tiny,
        {"epochs": 25, "learning_rate": 0.02, "batch_size": 10, "augmentation": {}}
        | {"architecture": "studio_crnn", "stem_filters": 4, "block_filters": [4, 4]}
        | {"recurrent_units": 4, "attention_units": 4},
    )
    fitted = fit(examples, several, np.arange(36), np.arange(36, 48), recipe)
    said = predict_heads(fitted, examples, np.arange(36, 48))
    assert {name: array.shape for name, array in said.items()} == {
        "emotion": (12, 3),
        "gender": (12, 2),
        "valence": (12, 1),
    }
    np.testing.assert_allclose(said["gender"].sum(axis=1), 1, atol=1e-5)
    one_of_two = targets.emotions[36:] < 2
    hits = said["gender"].argmax(axis=1) == targets.emotions[36:]
    assert hits[one_of_two].mean() > 0.8
    assert said["valence"].mean() == pytest.approx(3, abs=1.0)


def test_targets_of_a_table_say_what_is_not_known() -> None:
    table = pd.DataFrame(
        {
            "emotion": ["sad", "neutral", "sad"],
            "gender": ["female", "", "male"],
            "intensity": ["", "", ""],
            "valence": [2.5, NAN, 4.0],
        }
    )
    targets = make_targets(table, ["neutral", "sad"], ["gender", "valence"])
    assert targets.sizes == {"emotion": 2, "gender": 2, "valence": 1}
    np.testing.assert_array_equal(
        targets.values, [[0, 1, 1, 0, 2.5], [1, 0, NAN, NAN, NAN], [0, 1, 0, 1, 4]]
    )
    np.testing.assert_array_equal(targets.by_head(targets.values)["valence"], [[2.5], [NAN], [4]])
    with pytest.raises(CorpusError, match="intensity cannot be learned, the corpus knows it of no"):
        make_targets(table, ["neutral", "sad"], ["intensity"])
    with pytest.raises(CorpusError, match="gender cannot be learned, the corpus knows only male"):
        make_targets(table.tail(1), ["neutral", "sad"], ["gender"])


def test_votes_are_learned_where_there_are_some() -> None:
    table = pd.DataFrame(
        {
            "corpus": "iemocap",
            "label": ["exc", "hap", "neu", "neu"],
            "emotion": ["happy", "happy", "neutral", "neutral"],
            "votes": ['{"Excited": 2, "Neutral": 1}', "", '{"Happiness": 1, "Anger": 5}', "{}"],
        }
    )
    targets = make_targets(table, ["neutral", "happy"], soft=True)
    learned = [[1 / 3, 2 / 3], [0, 1], [0, 1], [1, 0]]  # nobody angry is learned
    np.testing.assert_allclose(targets.learned, learned, rtol=1e-6)
    assert targets.emotions.tolist() == [1, 1, 0, 0]  # what is scored stays as it was labelled
    with pytest.raises(CorpusError, match="no clip has votes"):
        make_targets(table.assign(votes=""), ["neutral", "happy"], soft=True)
