"""Runs of one recipe are told apart by what was set in them."""

from ser_core.comparison.apart import differences


def test_only_what_differs_within_a_recipe_is_said() -> None:
    one = {"training.epochs": "40", "training.seed": "0", "description": "x", "root": "/a"}
    assert differences([("studio", one)]) == [""]
    other = one | {"training.epochs": "5", "training.seed": "1", "root": "/b"}
    assert differences([("studio", one), ("c", other), ("studio", other)]) == [
        "epochs 40, seed 0", "", "epochs 5, seed 1",
    ]  # fmt: skip
    parts = [("c", {"features.name": name}) for name in ("mfcc", "log_mel")]
    assert differences(parts) == ["features mfcc", "features log_mel"]


def test_what_an_older_run_did_not_know_is_not_compared_and_much_is_cut() -> None:
    old = {f"s.{name}": "0" for name in "abcd"}
    new = dict.fromkeys(old, "9" * 30) | {"training.versions": "one"}
    first, second = differences([("c", old), ("c", new)])
    assert first == "a 0, b 0, c 0 and 1 more"
    assert second.startswith(f"a {'9' * 24} …, ")
    assert "versions" not in second


def test_another_chain_is_told_by_its_title() -> None:
    one = {
        "augmentation.title": "Mixup",
        "augmentation.batch": "x",
        "augmentation.description": "a",
    }
    other = {**one, "augmentation.title": "Recipe a: CutMix", "augmentation.batch": "y"}
    assert differences([("a", one), ("a", other)]) == ["Mixup", "CutMix"]
    bare = {"augmentation.title": "", "augmentation.description": ""}
    assert differences([("a", one), ("a", {**one, **bare})])[1] == "no augmentation"
    reworded = {**one, "augmentation.description": "b"}
    assert differences([("a", one), ("a", reworded)]) == ["", ""]
    stronger = {**one, "augmentation.batch": "y"}
    assert differences([("a", one), ("a", stronger)]) == ["batch x", "batch y"]
