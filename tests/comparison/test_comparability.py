"""Only scores of the same test are compared, and who may not be is told why."""

from dataclasses import replace

from ser_core.comparison.comparability import caution, comparable, groups, key_of, why_not
from tests.comparison.made import run_of

TRUE = ["sad", "happy", "sad", "neutral"] * 2
BASE = run_of("a", TRUE, TRUE)


def test_the_same_test_has_one_key_whatever_was_answered() -> None:
    other = run_of("b", TRUE, ["sad"] * 8)
    shuffled = replace(other, predictions=other.predictions.sample(frac=1, random_state=0))
    assert key_of(BASE) == key_of(other) == key_of(shuffled)
    assert key_of(BASE).mark == key_of(shuffled).mark
    assert comparable(BASE, shuffled)
    assert caution(BASE, shuffled) == ""


def test_what_differs_is_said() -> None:
    fewer = run_of("b", TRUE[:6], TRUE[:6])
    relabelled = run_of("b", ["happy", *TRUE[1:]], TRUE)
    twice = replace(BASE, predictions=BASE.predictions.loc[[*range(8), 0]])
    said = {
        "their protocols differ (loso and random)": replace(BASE, protocol="random"),
        "their corpora differ (ravdess and unknown)": replace(BASE, corpus=""),
        "they were tested on different clips or labels (8 and 6, 6 in both)": fewer,
        "they were tested on different clips or labels (the same clips, labelled otherwise)": (
            relabelled
        ),
        "clips were tested several times, by several seeds or as copies": twice,
    }
    for words, other in said.items():
        assert why_not(BASE, other) == words
        assert key_of(BASE).mark != key_of(other).mark
        assert caution(BASE, other) == ""


def test_other_folds_are_compared_with_a_caution() -> None:
    table = BASE.predictions.assign(fold=[1, 1, 1, 1, 2, 2, 2, 2])
    other = replace(BASE, predictions=table)
    renumbered = replace(
        BASE, predictions=BASE.predictions.assign(fold=3 - BASE.predictions["fold"])
    )
    assert comparable(BASE, other)
    assert caution(BASE, other).startswith("Their folds differ (as many, drawn otherwise)")
    assert key_of(BASE).mark != key_of(other).mark
    assert caution(BASE, renumbered) == ""


def test_a_score_that_leaks_is_said_to() -> None:
    leaky = replace(BASE, name="b", leaks=("the tested clips picked the epoch",))
    assert caution(BASE, leaky) == (
        "b · a0000000 leaks, so that its scores are too high: the tested clips picked the epoch."
    )


def test_groups_hold_what_may_be_compared() -> None:
    others = [replace(BASE, name=str(n), protocol="random") for n in range(2)]
    found = groups([BASE, *others])
    assert [len(group) for group in found] == [2, 1]
