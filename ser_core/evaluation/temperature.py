"""Temperature: one number by which probabilities come to say how often they are right.

Trained networks are too sure of themselves, or, after Mixup and label smoothing, not sure enough.
All their answers are made softer or sharper by one number, learned from clips that the networks
never heard; which label comes first stays as it is.

The answer that is tempered is that of a clip: the softmax of its window's logits over the
temperature (Guo et al. 2017, "On Calibration of Modern Neural Networks", ICML, section 4.2). Of
several windows or versions of a clip, the mean is tempered, not each before: averaging makes
answers softer, so what is averaged first has to be learned for (Rahaman & Thiery 2021,
"Uncertainty Quantification and Deep Ensembles", NeurIPS).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError
from ser_core.evaluation.calibration import checked_probabilities, reliability
from ser_core.evaluation.intervals import Floats, Interval, group_codes

LOWEST, HIGHEST = 0.25, 10.0
"""Between which a temperature is sought: a few clips that are all right would ask for 0."""

_PARTS = 10  # of the speakers, at most, when each is calibrated by the others
_TINY = 1e-30  # a probability of 0 has no logarithm
_HALVINGS = 30


@dataclass(frozen=True)
class Calibration:
    """A temperature, and what it is worth on speakers whose clips it was not learned from.

    Attributes:
        temperature: learned from all clips; 1 leaves answers as they are.
        before: expected calibration error of the answers as they are, with its interval.
        after: the same, where each speaker's answers have the temperature of the others.
        probabilities: `(num_clips, num_labels)`, the latter answers.
        clips, speakers: how many it was learned from.
    """

    temperature: float
    before: Interval
    after: Interval
    probabilities: Floats
    clips: int
    speakers: int

    def as_dict(self) -> dict[str, Any]:
        """All but the answers, for JSON."""
        return {
            "temperature": self.temperature,
            "ece_before": self.before.as_dict(),
            "ece_after": self.after.as_dict(),
            "clips": self.clips,
            "speakers": self.speakers,
        }


def temper(probabilities: ArrayLike, temperature: float) -> Floats:
    """Probabilities at a temperature: above 1 less sure, below 1 surer; 1 changes nothing.

    The inverse is the temperature's inverse.

    Args:
        probabilities: `(..., num_labels)`, rows sum to 1.
        temperature: above 0.

    Raises:
        ParameterError: the temperature is out of bounds.

    >>> temper([0.8, 0.2], 2.0).round(3).tolist()
    [0.667, 0.333]
    """
    if not temperature > 0:
        raise ParameterError(f"temperature must be above 0, got {temperature}")
    table = np.asarray(probabilities, dtype=float)
    if temperature == 1:
        return table
    return _softmax(_logarithms(table) / temperature)


def fit_temperature(probabilities: ArrayLike, true_index: ArrayLike) -> float:
    """The temperature at which the true labels are likeliest, from LOWEST to HIGHEST.

    In 1 / temperature the likelihood has one peak, where its slope is 0: there the mean logarithm
    of the tempered answers equals that of the true labels.

    Args:
        probabilities: `(num_clips, num_labels)`, rows sum to 1, of clips the model never heard.
        true_index: `(num_clips,)`, the column of each clip's true label.

    Raises:
        ParameterError: a shape, a probability or an index is out of bounds.
    """
    table, truth = checked_probabilities(probabilities, true_index)
    logits = _logarithms(table)
    wanted = float(logits[np.arange(len(truth)), truth].mean())
    low, high = np.log(LOWEST), np.log(HIGHEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        tempered = _softmax(logits / np.exp(middle))
        if (tempered * logits).sum(axis=1).mean() > wanted:
            low = middle  # too sure
        else:
            high = middle
    return float(np.exp((low + high) / 2))


def calibrate(
    probabilities: ArrayLike, true_index: ArrayLike, speakers: Sequence[Any] | NDArray[Any]
) -> Calibration:
    """Learn a temperature, and measure what it is worth.

    What is measured is cross-fitted: the speakers are dealt into ten parts, or one for each where
    there are fewer, and the answers of each part are tempered as all others ask for. Of one speaker
    alone nothing is learned: the temperature is then 1.

    Args:
        probabilities: `(num_clips, num_labels)`, rows sum to 1, of clips the model never heard.
        true_index: `(num_clips,)`, the column of each clip's true label.
        speakers: `(num_clips,)`, the speaker of each clip.

    Raises:
        ParameterError: a shape, a probability or an index is out of bounds.
    """
    table, truth = checked_probabilities(probabilities, true_index)
    owner = group_codes(speakers, len(truth))
    number = int(owner.max()) + 1
    temperature, after = 1.0, table
    if number > 1:
        temperature = fit_temperature(table, truth)
        part = owner % min(_PARTS, number)
        after = np.empty_like(table)
        for one in np.unique(part):
            own = part == one
            after[own] = temper(table[own], fit_temperature(table[~own], truth[~own]))
    before, error = (reliability(each, truth, owner).error for each in (table, after))
    return Calibration(temperature, before, error, after, len(truth), number)


def _logarithms(table: Floats) -> Floats:
    logarithms: Floats = np.log(np.maximum(table, _TINY))
    return logarithms


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    softmax: Floats = shifted / shifted.sum(axis=-1, keepdims=True)
    return softmax
