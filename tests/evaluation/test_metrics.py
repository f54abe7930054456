"""Scores against scikit-learn, cases counted by hand, and intervals that keep their promise."""

import time

import numpy as np
import pytest
from sklearn import metrics as reference

from ser_core.errors import ParameterError
from ser_core.evaluation import metrics

LABELS = ["neutral", "happy", "sad", "angry"]


def sample(clips=400, speakers=10, seed=0, labels=LABELS):
    """True and predicted labels, right about two times in three, and the clips' speakers."""
    generator = np.random.default_rng(seed)
    true = generator.choice(labels, clips)
    predicted = np.where(generator.random(clips) < 0.66, true, generator.choice(labels, clips))
    return true, predicted, generator.integers(speakers, size=clips)


@pytest.mark.parametrize("seed", range(5))
def test_scores_agree_with_scikit_learn(seed):
    true, predicted, _ = sample(seed=seed)
    counts = metrics.confusion(true, predicted, LABELS)
    np.testing.assert_array_equal(
        counts, reference.confusion_matrix(true, predicted, labels=LABELS)
    )
    assert metrics.war(counts) == pytest.approx(reference.accuracy_score(true, predicted))
    assert metrics.uar(counts) == pytest.approx(reference.balanced_accuracy_score(true, predicted))
    assert metrics.macro_f1(counts) == pytest.approx(
        reference.f1_score(true, predicted, average="macro")
    )
    assert metrics.weighted_f1(counts) == pytest.approx(
        reference.f1_score(true, predicted, average="weighted")
    )
    for name in ("precision", "recall", "f1"):
        np.testing.assert_allclose(
            getattr(metrics, f"{name}_per_class")(counts),
            getattr(reference, f"{name}_score")(true, predicted, labels=LABELS, average=None),
        )


def test_classes_without_a_true_clip_are_left_out():
    true = ["happy"] * 4 + ["sad"] * 2
    predicted = ["happy", "happy", "happy", "angry", "sad", "happy"]
    counts = metrics.confusion(true, predicted, LABELS)
    recall = metrics.recall_per_class(counts)
    assert recall[1] == 0.75
    assert recall[2] == 0.5
    assert np.isnan(recall[[0, 3]]).all()
    assert metrics.war(counts) == pytest.approx(4 / 6)
    assert metrics.uar(counts) == pytest.approx((0.75 + 0.5) / 2)
    # happy: 3 hits, 4 true, 4 predicted; sad: 1 hit, 2 true, 1 predicted.
    assert metrics.macro_f1(counts) == pytest.approx((6 / 8 + 2 / 3) / 2)
    assert metrics.macro_f1(counts) == pytest.approx(
        reference.f1_score(true, predicted, labels=["happy", "sad"], average="macro")
    )


def test_rows_are_true_and_columns_predicted_in_the_order_of_the_labels():
    counts = metrics.confusion(["sad"], ["angry"], LABELS)
    assert counts.shape == (4, 4)
    assert counts[2, 3] == counts.sum() == 1


def test_many_tables_are_scored_at_once():
    tables = np.stack([metrics.confusion(*sample(seed=seed)[:2], LABELS) for seed in range(6)])
    stacked = tables.reshape(2, 3, 4, 4)
    for score in (metrics.war, metrics.uar, metrics.macro_f1, metrics.weighted_f1):
        expected = np.array([score(table) for table in tables]).reshape(2, 3)
        np.testing.assert_allclose(score(stacked), expected)
    assert metrics.recall_per_class(stacked).shape == (2, 3, 4)


def test_no_clip_has_no_score():
    empty = metrics.confusion([], [], LABELS)
    assert np.isnan([metrics.war(empty), metrics.uar(empty), metrics.macro_f1(empty)]).all()


@pytest.mark.parametrize(
    ("true", "predicted", "labels", "message"),
    [
        (["sad", "sad"], ["sad"], LABELS, "predicted must have 2 entries, got 1"),
        (["bored"], ["sad"], LABELS, "true must be one of neutral, happy, sad, angry, got 'bored'"),
        (["sad"], ["bored"], LABELS, "predicted must be one of .* got 'bored'"),
        (["sad"], ["sad"], ["sad", "sad"], "labels must differ"),
    ],
)
def test_labels_that_do_not_fit_are_named(true, predicted, labels, message):
    with pytest.raises(ParameterError, match=message):
        metrics.confusion(true, predicted, labels)


def test_a_table_that_is_not_square_is_refused():
    with pytest.raises(ParameterError, match=r"got \(2, 3\)"):
        metrics.war(np.ones((2, 3)))


def test_the_fast_intervals_equal_the_plain_ones():
    true, predicted, speakers = sample()
    result = metrics.scores(true, predicted, speakers, LABELS, repeats=200, seed=3)
    for name in ("war", "uar", "macro_f1"):
        score = getattr(metrics, name)
        plain = metrics.bootstrap_interval(
            lambda rows, score=score: score(metrics.confusion(true[rows], predicted[rows], LABELS)),
            speakers,
            repeats=200,
            seed=3,
            bounds=(0, 1),
        )
        assert getattr(result, name).value == pytest.approx(plain.value)
        assert getattr(result, name).low == pytest.approx(plain.low)
        assert getattr(result, name).high == pytest.approx(plain.high)


def test_scores_bundle_everything():
    true, predicted, speakers = sample()
    result = metrics.scores(true, predicted, speakers, LABELS)
    assert (result.clips, result.speakers, result.labels) == (400, 10, tuple(LABELS))
    np.testing.assert_array_equal(result.counts, metrics.confusion(true, predicted, LABELS))
    for interval in (result.war, result.uar, result.macro_f1, *result.recall.values()):
        assert interval.low < interval.value < interval.high
    document = result.as_dict()
    assert document["war"] == {
        "value": result.war.value,
        "low": result.war.low,
        "high": result.war.high,
    }
    sad = document["classes"]["sad"]
    assert sad["support"] == result.counts[2].sum() == (true == "sad").sum()
    assert sad["precision"]["value"] == metrics.precision_per_class(result.counts)[2]
    assert document["recall"]["sad"] == metrics.recall_per_class(result.counts)[2]
    assert document["confusion"]["counts"][0] == result.counts[0].tolist()


def test_alike_clips_of_one_speaker_do_not_narrow_the_interval():
    """Each clip copied ten times is no new evidence: the interval must stay as it was."""
    true, predicted, speakers = sample(clips=100, speakers=20)
    once = metrics.scores(true, predicted, speakers, LABELS)
    copied = metrics.scores(
        np.repeat(true, 10), np.repeat(predicted, 10), np.repeat(speakers, 10), LABELS
    )
    assert (copied.war.low, copied.war.high) == pytest.approx((once.war.low, once.war.high))


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """Twenty speakers who differ in accuracy: 95 % intervals should hold the mean accuracy."""
    generator = np.random.default_rng(0)
    covered, trials, clips = 0, 400, 30
    speakers = np.repeat(np.arange(20), clips)
    true = np.tile(["happy", "sad"], 20 * clips // 2)
    for _ in range(trials):
        accuracy = np.repeat(generator.beta(6, 4, 20), clips)
        other = np.where(true == "sad", "happy", "sad")
        predicted = np.where(generator.random(len(true)) < accuracy, true, other)
        interval = metrics.scores(true, predicted, speakers, ["happy", "sad"], repeats=300).war
        covered += interval.low <= 0.6 <= interval.high
    assert 0.92 <= covered / trials <= 0.98


def test_the_seed_decides_the_draw_and_the_level_the_width():
    true, predicted, speakers = sample()
    first = metrics.scores(true, predicted, speakers, LABELS, seed=1).uar
    assert metrics.scores(true, predicted, speakers, LABELS, seed=1).uar == first
    assert metrics.scores(true, predicted, speakers, LABELS, seed=2).uar != first
    narrow = metrics.scores(true, predicted, speakers, LABELS, seed=1, level=0.5).uar
    assert first.low < narrow.low < narrow.high < first.high


def test_one_speaker_has_scores_but_no_interval():
    result = metrics.scores(["sad", "happy"], ["sad", "sad"], ["a", "a"], LABELS)
    assert result.war.value == 0.5
    assert np.isnan([result.war.low, result.war.high]).all()
    assert result.as_dict()["war"] == {"value": 0.5, "low": None, "high": None}
    assert list(result.recall) == ["happy", "sad"]


@pytest.mark.parametrize(
    ("speakers", "settings", "message"),
    [
        ([], {}, "speakers must have 2 entries, got 0"),
        (["a"], {}, "speakers must have 2 entries, got 1"),
        (["a", "b"], {"repeats": 1}, "repeats must be 2 or more, got 1"),
        (["a", "b"], {"level": 95}, "level must be above 0 and below 1, got 95"),
    ],
)
def test_scores_refuse_what_they_cannot_use(speakers, settings, message):
    with pytest.raises(ParameterError, match=message):
        metrics.scores(["sad", "sad"], ["sad", "happy"], speakers, LABELS, **settings)


def test_a_thousand_resamples_of_a_corpus_are_quick():
    labels = [*LABELS, "calm", "fearful", "disgust", "surprised"]
    true, predicted, speakers = sample(1200, 20, labels=labels)
    start = time.thread_time()  # a busy machine must not fail this
    metrics.scores(true, predicted, speakers, labels)
    assert time.thread_time() - start < 2
