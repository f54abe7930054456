"""Temperature: found again where it was put in, worth something on other speakers, and no more."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ser_core.errors import ParameterError
from ser_core.evaluation.temperature import HIGHEST, LOWEST, calibrate, fit_temperature, temper


def drawn(clips: int = 4_000) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """Probabilities that say how often they are right, and ten speakers."""
    generator = np.random.default_rng(0)
    table = generator.dirichlet(np.ones(4), clips)
    truth = (table.cumsum(1) < generator.random((clips, 1))).sum(1).clip(0, 3)
    return table, truth, np.arange(clips) % 10


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_a_model_that_is_too_sure_or_not_sure_enough_is_set_right(temperature: float) -> None:
    table, truth, speakers = drawn()
    said = temper(table, 1 / temperature)
    found = calibrate(said, truth, speakers)
    assert found.temperature == pytest.approx(temperature, rel=0.06)
    assert (found.clips, found.speakers) == (4_000, 10)
    np.testing.assert_array_equal(found.probabilities.argmax(1), table.argmax(1))
    assert found.after.value < 0.03
    if temperature != 1:
        assert found.before.low > found.after.high


def test_tempering_has_an_inverse_and_none_changes_nothing() -> None:
    table = drawn(50)[0]
    np.testing.assert_array_equal(temper(table, 1.0), table)
    np.testing.assert_allclose(temper(temper(table, 3.0), 1 / 3), table, atol=1e-9)
    np.testing.assert_allclose(temper([1.0, 0.0], 2.0).sum(), 1)
    with pytest.raises(ParameterError, match="temperature must be above 0, got 0"):
        temper(table, 0)


def test_what_is_reported_was_not_learned_from_the_same_speaker() -> None:
    """A speaker whose answers are all wrong tells about the others, not about herself."""
    table, truth, speakers = drawn(1_000)
    odd = speakers == 3
    truth[odd] = table[odd].argmin(1)
    found = calibrate(table, truth, speakers)
    others = fit_temperature(table[~odd], truth[~odd])
    np.testing.assert_allclose(found.probabilities[odd], temper(table[odd], others))
    assert found.temperature > others


def test_too_few_to_learn_from() -> None:
    alone = calibrate([[0.9, 0.1], [0.6, 0.4]], [0, 1], ["a", "a"])
    assert alone.temperature == 1
    assert alone.after.value == alone.before.value
    assert fit_temperature([[0.9, 0.1]], [0]) == pytest.approx(LOWEST)
    assert fit_temperature([[0.9, 0.1]], [1]) == pytest.approx(HIGHEST)
