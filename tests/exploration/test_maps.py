"""Maps keep together what sounds alike, and can be stopped."""

import numpy as np
import pytest

from ser_core.errors import ParameterError, TaskCancelled
from ser_core.exploration import maps


@pytest.fixture
def three_groups() -> tuple[np.ndarray, np.ndarray]:
    """Sixty clips of twenty features in three well separated groups, and their groups."""
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], 20)
    centres = 8 * rng.standard_normal((3, 20))
    return centres[groups] + rng.standard_normal((60, 20)), groups


def nearest_group(points: np.ndarray, groups: np.ndarray) -> np.ndarray:
    centres = np.stack([points[groups == group].mean(axis=0) for group in range(3)])
    return np.linalg.norm(points[:, None] - centres, axis=2).argmin(axis=1)


def test_every_feature_counts_the_same_and_constant_ones_not_at_all() -> None:
    features = np.column_stack([np.arange(10.0), 1000 * np.arange(10.0), np.full(10, 7.0)])
    standardised = maps.standardise(features)
    np.testing.assert_allclose(standardised.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(standardised.std(axis=0), [1, 1, 0], atol=1e-12)


def test_by_speaker_what_tells_speakers_apart_is_taken_away() -> None:
    rng = np.random.default_rng(0)
    speakers = np.array(["a"] * 30 + ["b"] * 30)
    mood = np.tile([0.0, 1.0], 30)
    features = (mood + 50 * (speakers == "b") + 0.1 * rng.standard_normal(60))[:, None]
    standardised = maps.standardise(features, speakers)[:, 0]
    assert abs(standardised[speakers == "a"].mean() - standardised[speakers == "b"].mean()) < 1e-9
    assert standardised[mood == 1].min() > standardised[mood == 0].max()


def test_principal_components_are_those_of_the_covariance(
    three_groups: tuple[np.ndarray, np.ndarray],
) -> None:
    features, _ = three_groups
    scores, share = maps.principal_components(features, 3)
    variance = np.sort(np.linalg.eigvalsh(np.cov(features.T)))[::-1]
    np.testing.assert_allclose(scores.var(axis=0, ddof=1), variance[:3])
    np.testing.assert_allclose(share, variance[:3] / variance.sum())
    np.testing.assert_allclose(scores.T @ scores, np.diag(np.diag(scores.T @ scores)), atol=1e-8)


def test_t_sne_keeps_groups_apart_tells_progress_and_repeats_itself(
    three_groups: tuple[np.ndarray, np.ndarray],
) -> None:
    features, groups = three_groups
    told: list[tuple[int, int]] = []
    points = maps.t_sne(features, lambda *call: told.append(call))
    assert points.shape == (60, 2)
    assert (nearest_group(points, groups) == groups).all()
    assert told[0] == (0, 750)
    assert told[-1] == (750, 750)
    np.testing.assert_array_equal(points, maps.t_sne(features))


def test_t_sne_can_be_stopped(three_groups: tuple[np.ndarray, np.ndarray]) -> None:
    def stop(done: int, _total: int) -> None:
        if done >= 20:
            raise TaskCancelled("stopped")

    with pytest.raises(TaskCancelled):
        maps.t_sne(three_groups[0], stop)


@pytest.mark.parametrize("clips", [2, 3, 9, 10, 15])
def test_few_clips_have_a_map_too(clips: int) -> None:
    features = np.random.default_rng(1).standard_normal((clips, 6))
    assert np.isfinite(maps.t_sne(features)).all()
    assert len(maps.t_sne(features)) == clips


@pytest.mark.parametrize("shape", [(0, 4), (1, 4), (4,)])
def test_one_clip_has_no_map(shape: tuple[int, ...]) -> None:
    with pytest.raises(ParameterError, match="at least two clips"):
        maps.t_sne(np.zeros(shape))


def test_the_same_clips_lie_on_one_another() -> None:
    points, share = maps.principal_components(np.ones((5, 3)))
    np.testing.assert_array_equal(points, np.zeros((5, 2)))
    assert np.isfinite(share).all()


def test_neighbours_are_the_nearest_in_order_without_the_clip_itself() -> None:
    features = np.array([[0.0], [5.0], [1.0], [100.0], [0.5]])
    found = maps.neighbours(features, 0, 3)
    assert [row for row, _ in found] == [4, 2, 1]
    distances = [distance for _, distance in found]
    assert distances == sorted(distances)
    assert found[1][1] == 1  # the median distance


def test_a_large_corpus_is_sampled_the_same_way_each_time() -> None:
    rows = maps.sample(100_000)
    assert len(np.unique(rows)) == maps.MAX_POINTS
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, maps.sample(100_000))
    assert not np.array_equal(rows, maps.sample(100_000, seed=1))
