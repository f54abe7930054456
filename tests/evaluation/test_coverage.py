"""Accuracy against coverage."""

import numpy as np
import pytest

from ser_core import figures
from ser_core.errors import ParameterError
from ser_core.evaluation.coverage import accuracy_by_coverage


def drawn(clips: int = 2_000):
    """Probabilities that say how often they are right, and ten speakers."""
    generator = np.random.default_rng(0)
    table = generator.dirichlet(np.ones(4) / 2, clips)
    truth = (table.cumsum(1) < generator.random((clips, 1))).sum(1).clip(0, 3)
    return table, truth, np.arange(clips) % 10


def test_who_answers_less_is_right_more_often() -> None:
    table, truth, speakers = drawn()
    found = accuracy_by_coverage(table, truth, speakers)
    assert found.answered[0] == 1
    assert (np.diff(found.answered) <= 0).all()
    values = [each.value for each in found.accuracy]
    assert values[0] == pytest.approx((table.argmax(1) == truth).mean())
    assert values[-1] > 0.9 > values[0]
    assert all(each.low < each.value < each.high for each in found.accuracy[:15])
    sure = table.max(1) >= 0.6
    assert found.answered[12] == pytest.approx(sure.mean())
    assert values[12] == pytest.approx((table.argmax(1) == truth)[sure].mean())


def test_thresholds_that_nobody_reaches_are_left_out() -> None:
    found = accuracy_by_coverage([[0.5, 0.5], [0.52, 0.48]], [0, 1], ["a", "b"])
    assert found.threshold.max() == 0.5
    assert (found.clips, found.speakers) == (2, 2)


def test_the_figure_marks_the_chosen_threshold() -> None:
    found = accuracy_by_coverage(*drawn())
    ends = [[each.value, each.low, each.high] for each in found.accuracy]
    curve, mark = figures.coverage_figure(found.threshold, found.answered, ends, 0.62).data
    assert len(curve.x) == len(found.threshold)
    assert mark.x[0] == pytest.approx(100 * found.answered[12])
    with pytest.raises(ParameterError, match="accuracy: shape"):
        figures.coverage_figure([0.0], [1.0], [[0.5]])
