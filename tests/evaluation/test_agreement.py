"""Do two models say the same? Cohen's kappa, by hand and against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from ser_core.evaluation.agreement import agreement, cohens_kappa, kappa_matrix

LABELS = ["neutral", "happy", "sad"]


def answers(seed=0, clips=300):
    generator = np.random.default_rng(seed)
    true = generator.choice(LABELS, clips)
    first, second = (
        np.where(generator.random(clips) < 0.6, true, generator.choice(LABELS, clips))
        for _ in range(2)
    )
    return true, first, second, np.arange(clips) % 10


def test_kappa_by_hand():
    """Agreed on 7 of 10; by their own frequencies they would on .7·.6 + .3·.4 = .54 of them."""
    assert cohens_kappa([[5, 2], [1, 2]]) == pytest.approx((0.7 - 0.54) / 0.46)
    assert cohens_kappa(np.diag([4, 6])) == 1
    assert np.isnan(cohens_kappa([[9, 0], [0, 0]]))  # nothing could have been said otherwise


def test_kappa_is_that_of_scikit_learn():
    _, first, second, _ = answers()
    matrix = kappa_matrix([[LABELS.index(label) for label in said] for said in (first, second)])
    expected = cohen_kappa_score(first, second)
    assert matrix == pytest.approx(np.array([[1, expected], [expected, 1]]))


def test_counts_and_shares_go_together():
    true, first, second, who = answers()
    found = agreement(true, first, second, who, LABELS)
    assert found.clips == 300
    assert found.both_right + found.only_first == (first == true).sum()
    assert found.both_right + found.only_second == (second == true).sum()
    assert found.same.value == pytest.approx((found.both_right + found.same_mistake) / 300)
    for score in (found.same, found.kappa):
        assert score.low < score.value < score.high
    assert found.kappa.value == pytest.approx(cohen_kappa_score(first, second))
    assert found.as_dict()["kappa"]["value"] == found.kappa.value


def test_a_model_agrees_with_itself():
    true, first, _, who = answers()
    found = agreement(true, first, first, who, LABELS)
    assert (found.kappa.value, found.same.value) == (1, 1)
    assert found.only_first == found.only_second == 0
