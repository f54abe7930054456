"""Runs that differ in exactly one thing are found, and put in order."""

from dataclasses import replace

from ser_core.comparison import leaks
from ser_core.comparison.ablation import ablations, by_protocol
from ser_core.comparison.results import results_of
from ser_core.comparison.runs import FinishedRun
from tests.comparison.made import run_of

TRUE = ["sad", "happy", "sad", "neutral"] * 2
SETTINGS = {
    "name": "studio",
    "training.epochs": "40",
    "training.seed": "0",
    "architecture.name": "studio_crnn",
    "architecture.settings.dropout": "0.2",
}


def trained(name: str, protocol: str = "loso", **changes: str) -> FinishedRun:
    changed = {key.replace("__", "."): value for key, value in changes.items()}
    return run_of(name, TRUE, TRUE, parameters={**SETTINGS, **changed}, protocol=protocol)


def test_one_setting_is_put_on_an_axis_of_numbers() -> None:
    runs = [trained(str(n), training__epochs=str(n)) for n in (40, 5, 100)]
    [found] = ablations([*runs, trained("x", training__epochs="7", training__seed="1")])
    assert (found.setting, found.values, found.numeric) == ("training.epochs", (5, 40, 100), True)
    assert [run.name for run in found.runs] == ["5", "40", "100"]


def test_two_settings_at_once_are_no_ablation() -> None:
    runs = [trained("a"), trained("b", training__epochs="5", training__seed="1")]
    assert ablations(runs) == []


def test_another_architecture_is_one_setting_with_all_it_brings() -> None:
    other = trained("b", architecture__name="mlp", architecture__settings__units="64")
    del other.parameters["architecture.settings.dropout"]
    [found] = ablations([trained("a"), other])
    assert (found.setting, found.values) == ("architecture", ("mlp", "studio_crnn"))
    assert not found.numeric


def test_other_clips_or_protocols_are_not_mixed_in() -> None:
    runs = [trained("a"), trained("b", "random", training__epochs="5")]
    assert ablations(runs) == []
    assert by_protocol(runs) == []


def test_one_network_under_several_protocols() -> None:
    runs = [
        trained("a"),
        trained("b", "stratified-kfold", training__folds="10"),
        trained("c", "loso", training__epochs="5"),
    ]
    [found] = by_protocol(runs)
    assert found.values == ("loso", "stratified-kfold")
    [leak] = leaks.of_runs([results_of(run) for run in runs])
    assert leak.splits == ("stratified-kfold", "loso")  # the leaky one first
    [(splits, series)] = leaks.side_by_side([leak])
    assert splits == leak.splits
    assert series["a"].shape == (2, 3)


def test_an_ensemble_has_no_settings() -> None:
    assert ablations([replace(trained("a"), parameters={}), trained("b")]) == []
