"""What a chain does to a clip, step by step, so that a step that cannot act is named.

Draws are those of `python -m ser_core augment`: the same chain and seed give the same samples.
Nothing here draws on the page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pages.components.augmentation_draft import Draft, DraftStep
from ser_core.augment import AUGMENTERS, Chain, DrawnStep, replay
from ser_core.errors import SerError

Array = NDArray[np.float32]
Locks = Mapping[int, DrawnStep | None]
"""Draws that stay while others are rolled, by step id; None: the step was not applied."""


class StepProblem(SerError):
    """A step cannot act.

    Args:
        step_id: which.
        words: why, for people.
    """

    def __init__(self, step_id: int, words: str) -> None:
        self.step_id = step_id
        super().__init__(words)


@dataclass(frozen=True)
class Roll:
    """What decides the draws of a chain.

    Attributes:
        seed: of the generator.
        copy: which copy of the clip, from 0, for steps that take turns.
        emotion: of the clip; "" where it is not known.
        locks: draws that stay.
    """

    seed: int
    copy: int = 0
    emotion: str = ""
    locks: Locks = field(default_factory=dict)


def drawn(draft: Draft, roll: Roll) -> dict[int, DrawnStep | None]:
    """What every step of sounds that is on draws, by id, in order; None: not applied this time.

    Raises:
        StepProblem: a step cannot draw, such as one whose folder is missing.
    """
    steps = draft.acting()
    try:
        chain = Chain(draft.config())
        fresh = chain.draw(np.random.default_rng(roll.seed), roll.emotion or None, roll.copy)
    except SerError as error:
        raise _blamed(steps, error) from None
    by_place = {step.place: step for step in fresh}
    found: dict[int, DrawnStep | None] = {}
    for place, step in enumerate(steps):
        found[step.id] = by_place.get(place)
        if step.id in roll.locks:
            found[step.id] = _held(roll.locks[step.id], step, place)
    return found


def _held(lock: DrawnStep | None, step: DraftStep, place: int) -> DrawnStep | None:
    """A draw that stays, with the settings as they are now."""
    if lock is None or lock.name != step.name:
        return None
    return DrawnStep(place, step.name, step.settings, lock.draw)


def _blamed(steps: Sequence[DraftStep], error: SerError) -> SerError:
    """The step that cannot draw, found by asking each."""
    for step in steps:
        try:
            augmenter: Any = AUGMENTERS.create(step.name, **step.settings)
            augmenter.draw(np.random.default_rng(0))
        except SerError as own:
            return StepProblem(step.id, str(own))
    return error


def applied(waveform: Array, sampling_rate: int, steps: Mapping[int, DrawnStep | None]) -> Array:
    """A clip after all drawn steps, in order.

    Raises:
        StepProblem: a step cannot act, such as one whose package is missing.
    """
    for step_id, step in steps.items():
        if step is None:
            continue
        try:
            waveform = replay(waveform, sampling_rate, [step])
        except SerError as error:
            raise StepProblem(step_id, str(error)) from None
    return waveform


def document(steps: Mapping[int, DrawnStep | None]) -> list[dict[str, Any]]:
    """The draws as JSON can hold them: what the command line takes to apply them again."""
    return [step.document() for step in steps.values() if step is not None]
