"""Calibration, ranking and the Brier score: counted by hand, and beside scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics as reference

from ser_core.errors import ParameterError
from ser_core.evaluation import calibration


def test_calibration_error_of_cases_counted_by_hand():
    sure = [[1.0, 0.0], [1.0, 0.0]]
    assert calibration.expected_calibration_error(sure, [0, 0]) == 0
    assert calibration.expected_calibration_error(sure, [1, 1]) == 1
    assert calibration.expected_calibration_error(sure, [0, 1]) == 0.5
    # Two bins of two: gaps |0.5 - 0.55| and |1 - 0.9|, each with half of the clips.
    table = [[0.55, 0.45], [0.55, 0.45], [0.9, 0.1], [0.9, 0.1]]
    error = calibration.expected_calibration_error(table, [0, 1, 0, 0], bins=10)
    assert error == pytest.approx((0.05 + 0.1) / 2)


def test_the_number_of_bins_matters_and_a_bin_holds_its_upper_end():
    # In one bin over- and underconfidence cancel; in two they do not.
    table = [[0.5, 0.5, 0.0], [0.75, 0.25, 0.0]]
    assert calibration.expected_calibration_error(table, [0, 1], bins=1) == pytest.approx(0.125)
    assert calibration.expected_calibration_error(table, [0, 1], bins=2) == pytest.approx(0.625)


def test_labels_drawn_from_the_probabilities_are_calibrated():
    generator = np.random.default_rng(0)
    table = generator.dirichlet(np.ones(4), 50_000)
    truth = (table.cumsum(1) < generator.random((50_000, 1))).sum(1)
    assert calibration.expected_calibration_error(table, truth) < 0.01
    assert (
        calibration.expected_calibration_error(table**3 / (table**3).sum(1)[:, None], truth) > 0.1
    )


@pytest.mark.parametrize(
    ("table", "truth", "bins", "message"),
    [
        ([0.5, 0.5], [0], 15, "probabilities must be"),
        ([[0.5, 0.5]], [0, 1], 15, "probabilities must be"),
        (np.empty((0, 4)), [], 15, "probabilities must be"),
        ([[0.5, 0.5]], [2], 15, "true_index must be 0 to 1, got 2"),
        ([[1.5, -0.5]], [0], 15, "in \\[0, 1\\], got -0.5 to 1.5"),
        ([[np.nan, 1.0]], [0], 15, "in \\[0, 1\\]"),
        ([[0.5, 0.5]], [0], 0, "bins must be 1 or more, got 0"),
    ],
)
def test_calibration_error_refuses_what_it_cannot_use(table, truth, bins, message):
    with pytest.raises(ParameterError, match=message):
        calibration.expected_calibration_error(table, truth, bins)


def sample(clips=400, labels=4, seed=0):
    """Probabilities, true columns drawn a little less surely, and ten speakers."""
    generator = np.random.default_rng(seed)
    table = generator.dirichlet(np.ones(labels), clips)
    truth = np.array([generator.choice(labels, p=row) for row in table])
    return table, truth, generator.integers(10, size=clips)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_top_k_agrees_with_scikit_learn(k):
    table, truth, _ = sample()
    hits = calibration.top_k_hits(table, truth, k)
    assert hits.mean() == pytest.approx(
        reference.top_k_accuracy_score(truth, table, k=k, labels=range(4))
    )
    assert calibration.top_k_hits(table, truth, 4).all()


def test_a_tie_is_no_merit():
    assert calibration.top_k_hits([[0.5, 0.5, 0.0]], [1], k=1).tolist() == [False]
    assert calibration.top_k_hits([[0.5, 0.5, 0.0]], [1], k=2).tolist() == [True]
    assert calibration.top_k_hits(np.full((1, 8), 1 / 8), [3], k=3).tolist() == [False]


@pytest.mark.parametrize("k", [0, 5])
def test_a_rank_that_is_not_there_is_refused(k):
    with pytest.raises(ParameterError, match=f"k must be 1 to 4, the number of labels, got {k}"):
        calibration.top_k_hits(*sample()[:2], k=k)


def test_brier_score_agrees_with_scikit_learn():
    table, truth, _ = sample()
    ours = calibration.squared_errors(table, truth).mean()
    assert ours == pytest.approx(reference.brier_score_loss(truth, table, scale_by_half=False))
    assert calibration.squared_errors([[1, 0], [0, 1]], [0, 0]).tolist() == [0, 2]


def test_bins_of_equal_mass_hold_equally_many_clips():
    table, truth, speakers = sample()
    curve = calibration.reliability(table, truth, speakers, bins=8, by="mass")
    assert curve.clips.tolist() == [50] * 8
    assert (np.diff(curve.confidence) > 0).all()


def test_clips_that_are_equally_sure_share_a_bin():
    table = [[0.6, 0.4]] * 6 + [[0.9, 0.1]] * 2
    curve = calibration.reliability(table, [0] * 8, list("abcdabcd"), bins=4, by="mass")
    assert curve.clips.tolist() == [6, 2]
    assert curve.confidence == pytest.approx([0.6, 0.9])


@pytest.mark.parametrize("by", ["width", "mass"])
def test_the_curve_tells_what_the_error_sums_up(by):
    table, truth, speakers = sample()
    curve = calibration.reliability(table, truth, speakers, bins=10, by=by)
    gaps = np.abs([one.value for one in curve.accuracy] - curve.confidence)
    assert (gaps * curve.clips).sum() / 400 == pytest.approx(curve.error.value)
    assert curve.error.value == pytest.approx(
        calibration.expected_calibration_error(table, truth, 10, by)
    )
    assert curve.error.low < curve.error.value < curve.error.high
    for one, clips in zip(curve.accuracy, curve.clips, strict=True):
        if clips == 1:  # of one speaker, who tells nothing of others
            assert np.isnan(one.low)
            assert np.isnan(one.high)
        else:
            assert 0 <= one.low <= one.value <= one.high <= 1


def test_another_kind_of_bins_is_refused():
    with pytest.raises(ParameterError, match="by must be 'width' or 'mass', got 'depth'"):
        calibration.expected_calibration_error([[1.0]], [0], by="depth")


def test_all_scores_of_probabilities_at_once():
    table, truth, speakers = sample()
    result = calibration.probability_scores(table, truth, speakers)
    assert result.k == 3
    assert result.top_k.value == calibration.top_k_hits(table, truth, 3).mean()
    assert result.brier.value == pytest.approx(calibration.squared_errors(table, truth).mean())
    assert result.brier.low < result.brier.value < result.brier.high
    document = result.as_dict()
    assert document["top_3"]["value"] == result.top_k.value
    assert document["ece"] == document["reliability"]["ece"] == result.ece.as_dict()


def test_two_labels_have_no_third_place():
    result = calibration.probability_scores([[0.6, 0.4], [0.3, 0.7]], [0, 0], ["a", "b"])
    assert (result.k, result.top_k.value) == (2, 1.0)
