"""Two runs on the same clips: differences over speakers, McNemar, Holm."""

import numpy as np
import pytest
from scipy import stats

from ser_core.errors import ParameterError
from ser_core.evaluation import comparison, metrics

LABELS = ["neutral", "happy", "sad", "angry"]


def two_runs(better=0.1, speakers=12, clips=40, seed=0):
    """Speakers who differ much for both runs, and a first run that is a little better."""
    generator = np.random.default_rng(seed)
    who = np.repeat(np.arange(speakers), clips)
    ease = np.repeat(generator.uniform(0.3, 0.8, speakers), clips)
    true = generator.choice(LABELS, who.size)
    luck = generator.random(who.size)

    def run(share):
        wrong = np.roll(LABELS, 1)[[LABELS.index(label) for label in true]]
        return np.where(luck < share, true, wrong)

    return true, run(ease + better), run(ease), who


def test_differences_are_those_of_the_scores():
    true, first, second, who = two_runs()
    result = comparison.compare(true, first, second, who, LABELS)
    tables = [metrics.confusion(true, predicted, LABELS) for predicted in (first, second)]
    for name in ("war", "uar", "macro_f1"):
        score = getattr(metrics, name)
        difference = getattr(result, name)
        assert difference.interval.value == pytest.approx(score(tables[0]) - score(tables[1]))
        assert difference.interval.low < difference.interval.value < difference.interval.high
    assert (result.clips, result.speakers) == (480, 12)


def test_what_makes_speakers_hard_for_both_cancels():
    """The intervals of the two runs overlap widely, and still their difference is clear."""
    true, first, second, who = two_runs()
    one, other = (metrics.scores(true, p, who, LABELS).war for p in (first, second))
    assert other.high > one.low
    assert comparison.compare(true, first, second, who, LABELS).war.is_clear


def test_a_run_is_not_better_than_itself():
    true, first, _, who = two_runs()
    result = comparison.compare(true, first, first, who, LABELS)
    assert (result.war.interval.value, result.war.p, result.mcnemar_p) == (0, 1, 1)
    assert not result.war.is_clear


def test_the_other_way_round_is_the_negative():
    true, first, second, who = two_runs()
    there = comparison.compare(true, first, second, who, LABELS)
    back = comparison.compare(true, second, first, who, LABELS)
    assert back.uar.interval.low == pytest.approx(-there.uar.interval.high)
    assert back.uar.p == pytest.approx(there.uar.p)
    assert back.mcnemar_p == there.mcnemar_p


def test_chance_is_called_clear_as_seldom_as_it_says():
    """Two equally good runs of ten speakers: p is below 0.05 in about one of twenty."""
    generator = np.random.default_rng(0)
    who = np.repeat(np.arange(10), 30)
    true = np.full(300, "sad")
    found = []
    for _ in range(300):
        ease = np.repeat(generator.uniform(0.2, 0.9, 10), 30)
        first, second = (np.where(generator.random(300) < ease, "sad", "happy") for _ in range(2))
        found.append(comparison.compare(true, first, second, who, LABELS).war.p)
    assert 0.02 <= np.mean(np.array(found) < 0.05) <= 0.08


def test_speakers_with_equally_many_clips_give_the_paired_t_test():
    """WAR is then the mean over speakers: its difference is theirs, tested as SciPy tests it."""
    true, first, second, who = two_runs(better=0.04, speakers=10)
    found = comparison.compare(true, first, second, who, LABELS).war
    rights = [(true == said).reshape(10, -1).mean(1) for said in (first, second)]
    expected = stats.ttest_rel(*rights)
    ends = expected.confidence_interval(0.95)
    assert found.interval.value == pytest.approx(np.mean(rights[0] - rights[1]))
    assert found.interval.low == pytest.approx(ends.low, abs=0.002)
    assert found.interval.high == pytest.approx(ends.high, abs=0.002)
    assert found.p == pytest.approx(expected.pvalue, abs=0.01)


def test_the_spread_is_that_of_a_paired_bootstrap_over_speakers():
    """UAR has no formula: SciPy draws the same speakers for both runs and scores them."""
    true, first, second, who = two_runs(speakers=8)
    tables = [metrics.speaker_tables(true, said, who, LABELS) for said in (first, second)]

    def difference(rows):
        drawn = [table[rows].sum(0) for table in tables]
        return metrics.uar(drawn[0]) - metrics.uar(drawn[1])

    rng = np.random.default_rng(1)
    spread = stats.bootstrap(
        (np.arange(8),), difference, n_resamples=2000, vectorized=False, rng=rng
    ).standard_error
    found = comparison.compare(true, first, second, who, LABELS).uar.interval
    freedom = 7
    reach = stats.t.ppf(0.975, freedom) * spread * np.sqrt(8 / 7)
    assert found.high - found.value == pytest.approx(reach, rel=0.1)


def test_one_speaker_is_no_test():
    result = comparison.compare(["sad", "sad"], ["sad", "sad"], ["sad", "happy"], "aa", LABELS)
    assert result.war.interval.value == 0.5
    assert np.isnan([result.war.p, result.war.interval.low]).all()
    assert result.as_dict()["war"]["p"] is None


@pytest.mark.parametrize(("only_first", "only_second"), [(8, 1), (5, 5), (30, 12), (1, 0)])
def test_mcnemar_is_the_exact_binomial_test(only_first, only_second):
    first = np.array([1] * only_first + [0] * only_second + [1, 0])
    second = np.array([0] * only_first + [1] * only_second + [1, 0])
    expected = stats.binomtest(only_first, only_first + only_second).pvalue
    assert comparison.mcnemar(first, second) == pytest.approx(expected)


def test_mcnemar_refuses_what_does_not_fit():
    with pytest.raises(ParameterError, match="one shape"):
        comparison.mcnemar([1], [1, 0])


def test_holm_by_hand():
    """Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1, never below the one before."""
    adjusted = comparison.holm([0.01, 0.04, 0.03, 0.005])
    assert adjusted == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert comparison.holm([0.9, 0.6]).tolist() == [1, 1]
    assert comparison.holm([]).tolist() == []


def test_holm_leaves_out_tests_that_were_not_made():
    adjusted = comparison.holm([0.01, np.nan, 0.04])
    assert adjusted[[0, 2]] == pytest.approx([0.02, 0.04])
    assert np.isnan(adjusted[1])
    with pytest.raises(ParameterError, match="in \\[0, 1\\]"):
        comparison.holm([1.2])
