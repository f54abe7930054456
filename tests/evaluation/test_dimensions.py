"""Concordance and root mean square error, by hand and beside their definitions."""

import numpy as np
import pytest
from sklearn.metrics import root_mean_squared_error

from ser_core.errors import ParameterError
from ser_core.evaluation import dimensions


def sample(seed=0):
    generator = np.random.default_rng(seed)
    true = generator.uniform(1, 5, 300)
    return true, 0.6 * true + 1.5 + generator.normal(0, 0.5, 300), generator.integers(8, size=300)


def test_concordance_is_pearson_times_what_shift_and_scale_cost():
    """Lin 1989: ρ_c = ρ · 2 / (v + 1/v + u²), with v = s_x / s_y and u = (x̄ - ȳ) / √(s_x s_y)."""
    true, predicted, _ = sample()
    scale = true.std() / predicted.std()
    shift = (true.mean() - predicted.mean()) / np.sqrt(true.std() * predicted.std())
    expected = np.corrcoef(true, predicted)[0, 1] * 2 / (scale + 1 / scale + shift**2)
    assert dimensions.ccc(true, predicted) == pytest.approx(expected)


def test_by_hand():
    assert dimensions.ccc([1, 2, 3], [1, 2, 3]) == 1
    assert dimensions.ccc([1, 2, 3], [3, 2, 1]) == -1
    assert dimensions.ccc([1, 2, 3], [2, 2, 2]) == 0
    # s_xy = 4/3, s_x² = 2/3, s_y² = 8/3, means 2 and 4: (8/3) / (10/3 + 4).
    assert dimensions.ccc([1, 2, 3], [2, 4, 6]) == pytest.approx(8 / 22)
    assert dimensions.rmse([1, 2, 3, 4], [1, 2, 3, 8]) == 2


def test_digits_are_kept_far_from_zero():
    true, predicted, _ = sample()
    far = dimensions.ccc(true + 1e6, predicted + 1e6)
    assert far == pytest.approx(dimensions.ccc(true, predicted), rel=1e-6)


def test_error_agrees_with_scikit_learn():
    true, predicted, _ = sample()
    assert dimensions.rmse(true, predicted) == pytest.approx(
        root_mean_squared_error(true, predicted)
    )


def test_clips_that_nobody_rated_are_left_out_and_said():
    true, predicted, speakers = sample()
    holes = true.copy()
    holes[::3] = np.nan
    result = dimensions.dimension_scores(holes, predicted, speakers)
    assert (result.clips, result.speakers) == (200, 8)
    kept = ~np.isnan(holes)
    assert result.ccc.value == pytest.approx(dimensions.ccc(true[kept], predicted[kept]))
    assert -1 < result.ccc.low < result.ccc.value < result.ccc.high < 1
    assert 0 < result.rmse.low < result.rmse.value < result.rmse.high
    assert result.as_dict()["rmse"]["value"] == result.rmse.value


def test_nothing_to_score_is_refused():
    with pytest.raises(ParameterError, match="no rated clip"):
        dimensions.ccc([np.nan], [1.0])
    with pytest.raises(ParameterError, match="both, got"):
        dimensions.rmse([1.0, 2.0], [1.0])
    with pytest.raises(ParameterError, match="speakers must have 2 entries, got 1"):
        dimensions.dimension_scores([1.0, 2.0], [1.0, 2.0], ["a"])
