"""Faults of originals, repeated on purpose: what they do, and that every score says so."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core import recipes
from ser_core.corpora.combine import Source
from ser_core.errors import ParameterError
from ser_core.tracking import open_store
from ser_core.training.batches import TrainingBatches, scaler_statistics
from ser_core.training.config import Recipe, override
from ser_core.training.examples import Examples
from ser_core.training.faults import leak_words
from ser_core.training.material import material
from ser_core.training.order import Order
from ser_core.training.run import train
from ser_core.training.targets import emotion_targets


def made_up(versions: int = 1) -> Examples:
    rng = np.random.default_rng(0)
    clips = list(rng.normal(size=(40, versions, 12, 64)).astype(np.float32))
    clips[30:] = [clip + 5 for clip in clips[30:]]
    whole = {"features": clips}
    return Examples(whole, whole, np.array(["01"] * 40))


def test_no_shipped_recipe_has_a_fault_but_in_the_form_of_its_original() -> None:
    for name in recipes.names():
        assert set(recipes.load(name).faults.model_dump().values()) == {False}
    wanted = {
        "a": {"scaler_before_split", "frozen_mixes"},
        "b": {"copies_before_split"},
        "c": {"epoch_from_test"},
        **{f"d-{name}": {"epoch_from_test"} for name in ("cnn1d", "bilstm", "hybrid", "mlp")},
        "e": set(),
    }
    for name, faults in wanted.items():
        original = recipes.load(name, faithful=True)
        assert {key for key, on in original.faults if on} == faults


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("studio", {"copies_before_split": True, "copies": 0}, "set augmentation.copies to 1"),
        ("studio", {"scaler_before_split": True, "standardisation": "speaker"}, '"corpus"'),
        ("studio", {"frozen_mixes": True, "copies": 0}, "no waveform steps on the fly"),
        ("svm", {"epoch_from_test": True}, "has no epochs to pick from"),
    ],
)
def test_a_fault_that_nothing_could_be_done_to_is_refused(
    name: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        override(recipes.load(name), changes)


def test_copies_dealt_out_as_clips_stand_on_both_sides(
    three_speakers: pd.DataFrame, tiny: Recipe
) -> None:
    plain, faulty = (
        material(three_speakers, override(tiny, {"copies_before_split": on, "copies": 2}))
        for on in (False, True)
    )
    assert (len(plain.table), len(faulty.table)) == (60, 180)
    (fold,) = faulty.folds("stratified-holdout")
    train, validation, test = faulty.parts(fold)
    assert train.size + validation.size + test.size == 180
    faulty.check_fold(1, fold)
    found = faulty.leaks([fold])
    copies = found.table.query("what == 'copy' and side == 'test' and other_side == 'train'")
    assert found.leaks
    assert copies["clips"].item() > test.size / 2
    assert "copies were made before the split" in found.sentence
    assert "augmented copies" in found.sentence
    assert "clips' audio" not in found.sentence
    assert not plain.leaks(plain.folds("speaker-independent")).leaks
    apart = faulty.leaks(faulty.folds("speaker-independent"))
    assert not apart.leaks  # a speaker's copies stay together, whenever they are made
    assert "this score leaks" not in apart.sentence


def test_the_tested_clips_pick_the_epoch_and_the_others_all_train(
    three_speakers: pd.DataFrame, tiny: Recipe
) -> None:
    found = material(three_speakers, override(tiny, {"epoch_from_test": True}))
    folds = found.folds("speaker-independent")
    for fold in folds:
        train, validation, test = found.parts(fold)
        assert validation.tolist() == test.tolist()
        assert train.size + test.size == 60
        assert not fold.speakers_apart
        found.check_fold(1, fold)
    leaks = found.leaks(folds)
    assert leaks.leaks
    assert "the tested clips picked the epoch" in leaks.sentence
    assert not leaks.table.query("what == 'clip' and other_side == 'train'")["clips"].any()


def test_a_scaler_fitted_before_the_split_knows_the_tested_clips(tiny: Recipe) -> None:
    examples, rows = made_up(), np.arange(30)
    plain = scaler_statistics(examples, rows, tiny.faults)["features"]
    leaky = override(tiny, {"scaler_before_split": True})
    faulty = scaler_statistics(examples, rows, leaky.faults)["features"]
    assert abs(plain.mean.mean()) < 0.1
    assert faulty.mean.mean() == pytest.approx(1.25, abs=0.1)
    assert leak_words(leaky.faults, "loso") == [
        "mean and deviation of the features are of all clips, tested ones included"
    ]


def test_frozen_mixes_are_the_same_in_every_epoch_and_leak_nothing(tiny: Recipe) -> None:
    from ser_core.training.batches import Standardiser

    examples = made_up(2)
    labels = ["neutral", "calm"]
    targets = emotion_targets(labels * 20, labels)
    rows = np.arange(40)

    def batches(recipe: Recipe, epoch: int) -> Any:
        statistics = scaler_statistics(examples, rows, recipe.faults)
        scaler = Standardiser(statistics, examples, rows, "corpus")
        made = TrainingBatches(examples, targets, rows, scaler, recipe)
        return np.stack([batch.inputs["features"] for batch in made.epoch(epoch)])

    frozen = override(tiny, {"frozen_mixes": True})
    assert leak_words(frozen.faults, "stratified-kfold") == []
    np.testing.assert_array_equal(batches(frozen, 1), batches(frozen, 7))
    np.testing.assert_array_equal(batches(frozen, 1), batches(tiny, 1))
    assert np.abs(batches(tiny, 1) - batches(tiny, 7)).max() > 0.1


def test_every_score_of_such_a_run_says_that_it_leaks(
    few_clips: Path, ser_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from ser_core.__main__ import main

    small = {"trees": 10, "copies": 1, "copies_before_split": True, "scaler_before_split": True}
    recipe = override(recipes.load("random-forest"), small)
    order = Order(recipe, (Source("synthetic", few_clips),), "stratified-holdout", model_name="b")
    said: list[Any] = []
    run_id = train(order, said.append)
    assert any("this score leaks: copies were made" in getattr(e, "words", "") for e in said)
    assert any("are augmented copies" in getattr(event, "words", "") for event in said)

    files = open_store().files(run_id)
    assert files is not None
    scores = json.loads((files / "scores.json").read_text())
    assert len(scores["leaks"]) == 2
    assert scores["leak_check"].startswith("this score leaks: ")
    assert 0 < scores["copies"] < scores["clips"] == 24
    card = json.loads((ser_home / "models" / "b" / "card.json").read_text())
    assert "this score leaks" in card["protocol"]
    assert "60 speech clips of 3 speakers" in card["training"]

    assert main(["runs"]) == 0
    assert "this score leaks: copies were made before the split" in capsys.readouterr().out
    assert main(["runs", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)[0]["leaks"]) == 2
