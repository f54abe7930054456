"""Intervals over speakers: what they hold, how wide they are, and what they say at the edges."""

import math

import numpy as np
import pytest
from scipy import stats

from ser_core.errors import ParameterError
from ser_core.evaluation import intervals


def mean(sums):
    return sums[..., :1] / sums[..., 1:]


def of_speakers(accuracies, clips=10):
    """Sums of speakers with the given hits among equally many clips."""
    hits = np.asarray(accuracies, float) * clips
    return intervals.GroupSums(
        np.stack([hits, np.full(len(hits), clips)], axis=1), np.full(len(hits), float(clips))
    )


def test_the_error_is_that_of_a_mean_over_speakers():
    """With equally many clips, accuracy is the mean over speakers: s / √n, as in any textbook."""
    accuracies = [0.3, 0.5, 0.4, 0.9, 0.6, 0.7]
    found = intervals.estimate(of_speakers(accuracies), mean, repeats=20_000)
    assert found.values[0] == pytest.approx(np.mean(accuracies))
    assert found.errors[0] == pytest.approx(stats.sem(accuracies), rel=0.02)
    assert found.freedom == 5


def test_without_bounds_it_is_the_textbooks_interval_of_student():
    values = [0.3, 0.5, 0.4, 0.9, 0.6, 0.7]
    ours = intervals.mean_interval(values, range(6), bounds=intervals.UNBOUNDED)
    low, high = stats.t.interval(0.95, 5, np.mean(values), stats.sem(values))
    assert (ours.low, ours.high) == pytest.approx((low, high), rel=0.06)


def test_with_bounds_it_is_that_of_the_logit():
    found = intervals.estimate(of_speakers([0.3, 0.5, 0.4, 0.9]), mean)
    [ours] = found.intervals()
    value, error = found.values[0], found.errors[0] / (found.values[0] * (1 - found.values[0]))
    reach = stats.t.ppf(0.975, 3) * error
    logit = math.log(value / (1 - value))
    expected = [1 / (1 + math.exp(-(logit + side * reach))) for side in (-1, 1)]
    assert [ours.low, ours.high] == pytest.approx(expected)


def test_with_one_bound_it_is_that_of_the_logarithm():
    found = intervals.estimate(of_speakers([0.3, 0.5, 0.4, 0.9]), mean)
    [ours] = found.intervals(bounds=(0, math.inf))
    factor = math.exp(stats.t.ppf(0.975, 3) * found.errors[0] / found.values[0])
    assert ours.low == pytest.approx(found.values[0] / factor)
    assert ours.high == pytest.approx(found.values[0] * factor)


def test_one_speaker_with_most_clips_leaves_few_degrees_of_freedom():
    groups = ["a"] * 90 + ["b"] * 5 + ["c"] * 5
    sums = intervals.group_sums(np.ones((100, 1)), groups)
    assert sums.effective == pytest.approx(100**2 / (90**2 + 2 * 5**2))
    assert intervals.group_sums(np.ones((9, 1)), list("abcabcabc")).effective == pytest.approx(3)


def test_all_right_is_no_proof_of_perfection():
    """Five speakers all of whose clips are right: as five trials without a miss."""
    [perfect] = intervals.intervals(of_speakers([1.0] * 5), mean)
    assert (perfect.value, perfect.high) == (1, 1)
    exact = stats.binomtest(5, 5).proportion_ci(0.95, "exact")
    assert perfect.low == pytest.approx(exact.low)
    [hopeless] = intervals.intervals(of_speakers([0.0] * 5), mean)
    assert (hopeless.low, hopeless.value) == (0, 0)
    assert hopeless.high == pytest.approx(1 - exact.low)


@pytest.mark.parametrize("number", [3, 5, 10])
def test_few_speakers_are_told_as_few(number):
    """Speakers who differ: 95 % intervals hold the truth about that often (docs/evaluation.md)."""
    generator = np.random.default_rng(number)
    covered, trials = 0, 400
    for _ in range(trials):
        hits = generator.binomial(40, generator.beta(6, 4, number)) / 40
        [interval] = intervals.intervals(of_speakers(hits, 40), mean, repeats=300)
        covered += interval.low <= 0.6 <= interval.high
    assert 0.92 <= covered / trials <= 0.985


def test_a_class_that_one_speaker_has_is_scored_in_the_resamples_with_this_speaker():
    hits, clips = np.array([[3.0], [0], [0]]), np.array([[4.0], [0], [0]])
    sums = intervals.GroupSums(np.concatenate([hits, clips], axis=1), np.array([9.0, 9, 9]))

    def recall(sums):
        with np.errstate(invalid="ignore"):
            return mean(sums)

    [interval] = intervals.intervals(sums, recall)
    assert interval.value == 0.75


def test_only_speakers_with_a_say_in_a_score_count_for_its_interval():
    """A class or a bin of confidence may have clips of one or two speakers of many."""
    hits = [[8, 5, 2, 1], [5, 5, 4, 3], [9, 0, 0, 0], [7, 0, 0, 0], [6, 0, 0, 0]]
    clips = [[10, 10, 5, 1], [10, 10, 4, 3], [10, 0, 0, 0], [10, 0, 0, 0], [10, 0, 0, 0]]
    table = np.concatenate([hits, clips], axis=1).astype(float)
    table[0, [2, 3, 6, 7]] = 0  # the last two have clips of the second speaker alone

    def shares(sums):
        with np.errstate(invalid="ignore"):
            return sums[..., :4] / sums[..., 4:]

    sums = intervals.GroupSums(table, table[:, 4])
    found = intervals.estimate(sums, shares)
    assert found.speakers.tolist() == [5, 2, 1, 1]
    assert found.freedom.tolist() == [4, 1, 1, 1]
    everybody, two, right, also_right = found.intervals()
    assert everybody.high - everybody.low < 0.5
    assert two.value == 0.5
    assert (right.value, also_right.value) == (1, 1)
    assert np.isnan([right.low, right.high, also_right.low, also_right.high]).all()


def test_p_values_agree_with_the_t_test_over_speakers():
    differences = [0.1, 0.05, -0.02, 0.12, 0.08, 0.03]
    found = intervals.estimate(of_speakers(differences), mean, repeats=20_000)
    assert found.p_values()[0] == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, rel=0.1)


def test_no_difference_at_all_is_not_clear():
    found = intervals.estimate(of_speakers([0.0, 0.0, 0.0]), mean)
    assert found.p_values().tolist() == [1.0]
    assert np.isnan(intervals.estimate(of_speakers([0.0]), mean).p_values()).all()


def test_whole_speakers_are_resampled():
    drawn = []
    groups = ["a", "a", "a", "b", "b", "c"]
    intervals.bootstrap_interval(lambda rows: drawn.append(rows) or 0.0, groups, repeats=50)
    assert len({tuple(rows) for rows in drawn}) > 5
    for rows in drawn:
        times = np.bincount(rows, minlength=6)
        assert times[0] == times[1] == times[2]
        assert times[3] == times[4]
        assert times[0] + times[3] + times[5] == 3


@pytest.mark.parametrize(
    ("values", "groups", "message"),
    [
        ([], [], "there is no clip to score"),
        ([1.0, 0.0], ["a"], "speakers must have 2 entries, got 1"),
    ],
)
def test_what_cannot_be_used_is_refused(values, groups, message):
    with pytest.raises(ParameterError, match=message):
        intervals.mean_interval(values, groups)
