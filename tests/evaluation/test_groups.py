"""Accuracy by group: who is counted where, and what the intervals are about."""

import numpy as np
import pytest
from scipy import stats

from ser_core.errors import ParameterError
from ser_core.evaluation import groups
from ser_core.evaluation.intervals import mean_interval


def test_groups_are_scored_apart_and_sorted():
    correct = [1, 1, 0, 1, 0, 0]
    found = groups.accuracy_by_group(
        correct, ["male", "male", "male", "female", "female", ""], list("abbccd")
    )
    assert [(one.name, one.clips, one.speakers) for one in found] == [
        ("female", 2, 1),
        ("male", 3, 2),
    ]
    assert [one.accuracy.value for one in found] == [0.5, pytest.approx(2 / 3)]
    assert found[1].as_dict()["accuracy"]["value"] == pytest.approx(2 / 3)


def test_intervals_are_over_the_groups_own_speakers():
    generator = np.random.default_rng(0)
    correct, speakers = generator.random(200) < 0.6, np.repeat(list("abcdefghij"), 20)
    names = np.where(np.isin(speakers, list("abcdef")), "male", "female")
    male = groups.accuracy_by_group(correct, names, speakers)[1]
    assert male.accuracy == mean_interval(correct[:120], speakers[:120])


@pytest.mark.parametrize(("hits", "trials"), [(0, 7), (3, 10), (9, 10), (10, 10)])
def test_wilson_agrees_with_scipy(hits, trials):
    expected = stats.binomtest(hits, trials).proportion_ci(method="wilson")
    ours = groups.wilson(hits, trials)
    assert (ours.low, ours.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_speaker_alone_has_wilsons_interval():
    [one, other] = groups.accuracy_by_group([1, 1, 0, 1, 1], list("aaabb"), list("aaabb"))
    assert one.accuracy == groups.wilson(2, 3)
    assert other.accuracy == groups.wilson(2, 2)


def test_clips_of_speakers_whom_nobody_knows_have_no_interval():
    (one,) = groups.accuracy_by_group([1, 0, 1], ["short"] * 3, [""] * 3)
    assert (one.speakers, one.accuracy.value) == (0, pytest.approx(2 / 3))
    assert np.isnan([one.accuracy.low, one.accuracy.high]).all()


def test_durations_fall_into_ranges_of_equally_many_clips():
    seconds = np.array([2.96, 3.11, 3.34, 3.52, 4.07, 4.48, 2.9, np.nan])
    names = groups.range_groups(seconds, "s", 1, 2)
    assert names == ["2.9–3.3 s"] * 2 + ["3.3–4.5 s"] * 4 + ["2.9–3.3 s", ""]


def test_durations_that_are_all_the_same_are_one_range():
    assert groups.range_groups([3.0] * 4, "s", 1) == ["3.0 s"] * 4
    assert groups.range_groups([np.nan], "s", 1) == [""]
    assert set(groups.range_groups([3.0, 3.0, 3.0, 3.1], "s", 1)) == {"3.0–3.1 s"}


def test_what_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match="must have 2 entries as correct has, got 1 and 2"):
        groups.accuracy_by_group([1, 0], ["a"], ["x", "y"])
    with pytest.raises(ParameterError, match="1 or more, got 0"):
        groups.range_groups([1.0], "s", 1, 0)
    with pytest.raises(ParameterError, match="got 3 of 2"):
        groups.wilson(3, 2)
