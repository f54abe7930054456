"""Nested selection: what a fold chooses, on whom, and that its test clips have no part in it."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ser_core import recipes
from ser_core.__main__ import main
from ser_core.commands import train as command
from ser_core.corpora import CORPORA
from ser_core.errors import ParameterError
from ser_core.tracking import open_store
from ser_core.training import cross_validation, order_file
from ser_core.training.config import nested, override
from ser_core.training.cross_validation import Study
from ser_core.training.events import Event
from ser_core.training.nested import Candidates
from ser_core.training.trainer import Fitted


@pytest.fixture(scope="module")
def four_speakers(synthetic_corpus: Path) -> pd.DataFrame:
    """Every third clip of the synthetic corpus' first four speakers."""
    table = CORPORA.get("synthetic")().index(synthetic_corpus)
    few = table[table["speaker"].isin(sorted(table["speaker"].unique())[:4])]
    return few.iloc[::3].reset_index(drop=True)


def test_each_fold_chooses_on_its_own_training_clips(
    four_speakers: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trees of depth 1 know little; which candidate is better is known, and who was heard, too."""
    base = override(recipes.load("random-forest"), {"copies": 1, "folds": 2})
    settings: tuple[dict[str, Any], ...] = ({"trees": 1, "max_depth": 1}, {"trees": 60})
    learned: list[tuple[set[str], set[str]]] = []
    studies = tuple(
        Study(four_speakers, override(base, each), tmp_path / str(n))
        for n, each in enumerate(settings)
    )
    speakers = studies[0].table["speaker"].to_numpy(str)
    fit = cross_validation.fit

    def noted(examples: Any, targets: Any, train: Any, validation: Any, *rest: Any) -> Fitted:
        learned.append(({*speakers[train]}, {*speakers[validation]}))
        return fit(examples, targets, train, validation, *rest)

    monkeypatch.setattr(cross_validation, "fit", noted)
    said: list[Event] = []
    chooser = Candidates(settings, studies, tmp_path, said.append)
    folds = studies[0].material.folds("loso")[:1]
    results, choices = chooser.cross_validate(folds, resume=False)

    tested = {*folds[0].test_speakers}
    assert len(learned) == 2 * 3 + 1
    assert all(not tested & (train | validation) for train, validation in learned)
    (choice,) = choices
    assert choice.place == int(np.argmax(choice.uar)) == 1
    assert results.folds[0].predictions["speaker"].unique().tolist() == [*tested]
    (told,) = chooser.document(choices)
    assert told["chosen"] == {"trees": 60}
    assert [each["settings"] for each in told["tried"]] == list(settings)
    assert "chosen by inner UAR: trees=60" in getattr(said[-1], "words", "")

    learned.clear()
    _, again = chooser.cross_validate(folds, resume=True)  # what is finished is read back
    assert (again, learned) == (choices, [])
    chooser.cross_validate(folds, resume=False)  # what was chosen by is learned anew, too
    assert len(learned) == 2 * 3 + 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"epochs": 3}, "takes two values or more"),
        ({"seed": [0, 1]}, "takes two values or more"),
        ({"heads": [["gender"], []]}, "training.heads must be the same in all folds"),
        ({"epoch_from_test": [True, False]}, "faults must be the same in all folds"),
        ({"init_from": ["", "default"]}, "training.init_from must be the same in all folds"),
    ],
)
def test_what_cannot_be_chosen_among_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        nested(recipes.load("studio"), changes)


def test_command_asks_for_one_run_with_choices(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    command.add(parser)
    words = ["studio", "--corpus", f"synthetic={tmp_path}", "--select", "--set", "epochs=2"]
    words += ["--set", "dropout=[0.2,0.4]", "--set", "seed=[0,1]"]
    asked = [order for _, order in command.orders(parser.parse_args(words))]
    assert [order.recipe.training.seed for order in asked] == [0, 1]
    assert [dict(each) for each in asked[0].choices] == [{"dropout": 0.2}, {"dropout": 0.4}]
    assert {order.recipe.training.epochs for order in asked} == {2}
    kept = json.loads(json.dumps(order_file.document(asked[1])))
    assert order_file.parse(kept).choices == asked[1].choices


def test_a_run_says_what_was_chosen(
    few_clips: Path, ser_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["train", "linear", "--corpus", f"synthetic={few_clips}", "--select", "--keep-folds"]
    words += ["--set", "c=[0.0001,0.1]", "--set", "copies=1", "--protocol", "stratified-holdout"]
    assert main([*words, "--model", "mine"]) == 0
    (found,) = open_store().runs()
    files = open_store().files(found.run_id)
    assert files is not None
    scores = json.loads((files / "scores.json").read_text())
    assert [each["fold"] for each in scores["selection"]] == [1]
    assert len(scores["selection"][0]["tried"]) == 2
    assert "settings chosen for each fold among 2 by" in scores["protocol"]
    assert (files / "fold-models" / "fold-1" / "model.onnx").is_file()
    card = json.loads((ser_home / "models" / "mine" / "card.json").read_text())
    assert card["recipe"]["architecture"]["settings"]["c"] in (0.0001, 0.1)
    assert found.metrics["parameters"] == card["parameters"] > 0
    assert "settings chosen for each fold among 2" in card["protocol"]
    own = ["export", found.run_id, "--format", "recipe", "--out", str(files.parent / "own.toml")]
    assert main(own) == 0  # that of the model, not of the first candidate
    kept = recipes.load(str(files.parent / "own.toml"))
    assert kept.architecture.settings["c"] == card["recipe"]["architecture"]["settings"]["c"]
    shutil.rmtree(files / "mine")
    assert main(own) == 1
    assert "each fold chose settings of its own" in capsys.readouterr().err
