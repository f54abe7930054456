"""Mean and deviation of features, for standardising them."""

import numpy as np
import pytest

from ser_core.errors import ParameterError
from ser_core.features.statistics import Statistics


def test_are_those_of_all_frames_together() -> None:
    rng = np.random.default_rng(0)
    clips = [
        rng.normal([1, -5], [2, 0.1], (length, 2)).astype(np.float32) for length in (3, 80, 41)
    ]
    found = Statistics.fit(clips)
    together = np.concatenate(clips).astype(np.float64)
    np.testing.assert_allclose(found.mean, together.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.std, together.std(axis=0), rtol=1e-6)
    standardised = found.standardise(np.concatenate(clips))
    np.testing.assert_allclose(standardised.std(axis=0), 1, rtol=1e-4)
    np.testing.assert_allclose(found.restore(standardised), together, atol=1e-4)


@pytest.mark.parametrize(("offset", "spread"), [(0, 1e-5), (1e4, 0.5), (0, 1e6)])
def test_tiny_and_far_away_values_keep_their_precision(offset: float, spread: float) -> None:
    clip = (offset + spread * np.random.default_rng(1).standard_normal((500, 1))).astype(np.float32)
    assert Statistics.fit([clip]).std == pytest.approx(clip.std(dtype=np.float64), rel=1e-3)


def test_a_feature_that_never_changes_becomes_zero() -> None:
    clips = [np.full((5, 2), [0.1, 3e6], np.float32)] * 3
    np.testing.assert_allclose(Statistics.fit(clips).standardise(clips[0]), 0, atol=1e-3)


def test_of_nothing_there_are_none() -> None:
    with pytest.raises(ParameterError, match="at least one is needed"):
        Statistics.fit([])
