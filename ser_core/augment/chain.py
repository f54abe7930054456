"""Chains: augmenters one after another, each with a chance, as data that is saved and replayed."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ser_core.augment.base import (
    AUGMENTERS,
    Array,
    Augmenter,
    BatchAugmenter,
    WaveformAugmenter,
    plain,
)
from ser_core.augment.fitting import check_fits, fitted
from ser_core.config import Component, Config
from ser_core.emotions import EMOTIONS, KNOWN, order
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.features.base import Kind


class Step(Component):
    """An augmenter with its settings, how often it acts, and on whom."""

    probability: float = Field(
        1.0, ge=0, le=1, description="Chance of being applied, to each clip or each batch"
    )
    classes: tuple[str, ...] = Field((), description="Emotions that it acts on; none named: all")

    def augmenter(self) -> Augmenter:
        """The augmenter.

        Raises:
            UnknownNameError: there is none of this name.
            ParameterError: a setting is not allowed.
        """
        return AUGMENTERS.create(self.name, **self.settings)


class ChainConfig(Config):
    """What is done to clips and to batches, in order."""

    title: str = ""
    description: str = ""
    use: Literal["all", "one", "turns"] = Field(
        "all",
        description="all: every step by its chance; one: a single step, chances as weights; "
        "turns: copy after copy takes the next step",
    )
    copies: int = Field(
        0, ge=0, le=50, description="Copies of a clip made ahead; 0: new draws whenever it is used"
    )
    waveform: tuple[Step, ...] = ()
    batch: tuple[Step, ...] = ()


@dataclass(frozen=True)
class DrawnStep:
    """A step that was drawn: enough to apply it again, and to show it.

    Attributes:
        place: of the step in its chain, from 0.
        name: the augmenter's.
        settings: of the augmenter, those that were given.
        draw: its drawn parameters.
    """

    place: int
    name: str
    settings: dict[str, Any]
    draw: Any

    def document(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {key: _plain_draw(value) for key, value in vars(self).items()}


class Chain:
    """The waveform steps of a chain.

    >>> chain = Chain(ChainConfig(waveform=(Step(name="gain"), Step(name="speed"))))
    >>> drawn = chain.draw(np.random.default_rng(0))
    >>> [step.name for step in drawn]
    ['gain', 'speed']
    >>> chain.apply(np.ones(16_000, np.float32), 16_000, drawn).dtype
    dtype('float32')

    Raises:
        UnknownNameError: a step's augmenter does not exist.
        ParameterError: a setting is not allowed, a step is of the wrong kind, or an emotion that it
            names is one of the known ones mistyped.
    """

    def __init__(self, config: ChainConfig) -> None:
        self.config = config
        self._steps = [
            (step, _of_kind(step, WaveformAugmenter, "waveform")) for step in config.waveform
        ]
        for step in config.batch:
            _check_mixing(step, _of_kind(step, BatchAugmenter, "batch"))
        for step in (*config.waveform, *config.batch):
            _check_spelling(step)

    def draw(
        self, rng: np.random.Generator, emotion: str | None = None, copy: int = 0
    ) -> list[DrawnStep]:
        """Draw which steps act on a clip, and their parameters.

        A step draws the same whatever other steps there are, and in whatever order.

        Args:
            rng: what is drawn from; nothing else is.
            emotion: of the clip; steps that name emotions act on these alone, and on no clip of
                unknown emotion.
            copy: which copy of the clip this is, from 0, for a chain whose steps take turns.
        """
        own = _generators(rng, self.config.waveform)
        steps = [
            (place, step, augmenter)
            for place, (step, augmenter) in enumerate(self._steps)
            if not step.classes or emotion in step.classes
        ]
        if self.config.use == "one":
            steps = _one(steps, rng)
        elif self.config.use == "turns":
            steps = steps[copy % len(steps) :][:1] if steps else []
        return [
            DrawnStep(place, step.name, step.settings, augmenter.draw(own[place]))
            for place, step, augmenter in steps
            if own[place].random() < step.probability or self.config.use == "one"
        ]

    def apply(self, waveform: Array, sampling_rate: int, drawn: Sequence[DrawnStep]) -> Array:
        """Apply drawn steps in order; see `replay`, which needs no chain."""
        return replay(waveform, sampling_rate, drawn)


def replay(waveform: Array, sampling_rate: int, drawn: Sequence[DrawnStep]) -> Array:
    """Apply drawn steps of any chain in order; the same steps give the same sound.

    Raises:
        AudioError: see `WaveformAugmenter.apply`.
        ParameterError: a file or package that a step needs is not there.
    """
    for step in drawn:
        augmenter = AUGMENTERS.create(step.name, **step.settings)
        assert isinstance(augmenter, WaveformAugmenter)
        waveform = augmenter.apply(waveform, sampling_rate, step.draw)
    return waveform


class BatchChain(BatchAugmenter):
    """The batch steps of a chain, themselves one augmenter.

    Args:
        steps: in order. Each acts on the whole batch or not at all, by its chance; one that names
            emotions changes only examples of these, by the greatest target.
        labels: emotions in the order of the targets' first columns; none: the usual eight. Further
            columns are mixed with them. Steps that need the labels, such as `cutmix`, are told. An
            emotion that a step names and that is known but not among them is nobody's here.
        kind: of the features; steps are told which axis is time. None: as their settings say.

    Raises:
        UnknownNameError: a step's augmenter or emotion does not exist.
        ParameterError: a setting is not allowed, a step that mixes examples names emotions, or one
            cannot act on this kind of features.
    """

    name = "batch_chain"
    title = "Chain"

    def __init__(
        self, steps: Sequence[Step], labels: Sequence[str] = (), kind: Kind | None = None
    ) -> None:
        self._labels = list(labels or EMOTIONS)
        told = [_told(step, self._labels, kind) for step in steps]
        self._steps = [(step, _of_kind(step, BatchAugmenter, "batch")) for step in told]
        for step, augmenter in self._steps:
            _check_mixing(step, augmenter)
            check_classes(step, self._labels)

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> list[DrawnStep]:
        """Draw which steps act, and their parameters for every example."""
        own = _generators(rng, [step for step, _ in self._steps])
        return [
            DrawnStep(place, step.name, step.settings, augmenter.draw(shape, own[place]))
            for place, (step, augmenter) in enumerate(self._steps)
            if own[place].random() < step.probability
        ]

    def apply(self, batch: Array, targets: Array, draw: Sequence[DrawnStep]) -> tuple[Array, Array]:
        """Apply drawn steps of this chain in order.

        Raises:
            ParameterError: the targets have other classes than the labels.
        """
        for drawn in draw:
            step, augmenter = self._steps[drawn.place]
            changed, new_targets = augmenter.apply(batch, targets, drawn.draw)
            if step.classes:
                theirs = self._of_classes(step.classes, targets)
                changed = np.where(theirs.reshape(-1, *[1] * (batch.ndim - 1)), changed, batch)
            batch, targets = changed, new_targets
        return batch, targets

    def _of_classes(self, classes: Sequence[str], targets: Array) -> NDArray[np.bool_]:
        if targets.shape[1] < len(self._labels):
            raise ParameterError(
                f"labels: one for each of the {targets.shape[1]} columns of the targets is needed, "
                f"got {len(self._labels)}"
            )
        columns = [self._labels.index(name) for name in classes if name in self._labels]
        return np.isin(targets[:, : len(self._labels)].argmax(axis=1), columns)


def _generators(rng: np.random.Generator, steps: Sequence[Step]) -> list[np.random.Generator]:
    """One for each step, named by its augmenter and how many of the same come before it.

    So a step that is switched off or moved changes no other's draws.
    """
    seed, before = int(rng.integers(2**63)), Counter[str]()
    own = []
    for step in steps:
        kind = zlib.crc32(step.name.encode())
        own.append(np.random.default_rng([seed, kind, before[step.name]]))
        before[step.name] += 1
    return own


def _one(steps: list[Any], rng: np.random.Generator) -> list[Any]:
    weights = np.array([step.probability for _, step, _ in steps])
    if not weights.sum():
        return []
    return [steps[rng.choice(len(steps), p=weights / weights.sum())]]


def _of_kind(step: Step, kind: type[Any], word: str) -> Any:
    augmenter = step.augmenter()
    if not isinstance(augmenter, kind):
        known = [name for name in AUGMENTERS.names() if issubclass(AUGMENTERS.get(name), kind)]
        raise ParameterError(
            f"{word}: {step.name} is of another kind; {word} steps are {', '.join(known)}"
        )
    return augmenter


def _told(step: Step, labels: list[str], kind: Kind | None) -> Step:
    """The step with what it is not asked for: the labels, unless it names some, and the axes."""
    _of_kind(step, BatchAugmenter, "batch")
    settings = dict(step.settings)
    if "labels" in AUGMENTERS.get(step.name).config_type.model_fields:
        settings["labels"] = settings.get("labels") or labels
    if kind is not None:
        check_fits(step.name, settings, kind)
        settings = fitted(step.name, settings, kind)
    return step if settings == step.settings else step.model_copy(update={"settings": settings})


def check_classes(step: Step, labels: Sequence[str]) -> None:
    """Refuse emotions that are neither among the labels nor known at all: mistyped ones.

    Raises:
        UnknownNameError: there is such an emotion.
    """
    unknown = sorted({*step.classes} - {*labels, *KNOWN})
    if unknown:
        known = ", ".join(order({*labels, *KNOWN}))
        raise UnknownNameError(f"classes: {', '.join(unknown)} not known; known: {known}")


_NEARLY = 0.85
"""So alike are a word and the one it is a slip of: "hapy" and "happy", not "relieved" and any."""


def _check_spelling(step: Step) -> None:
    """Refuse slips in the names of emotions; other words may be those of some corpus."""
    import difflib

    for name in sorted({*step.classes} - {*KNOWN}):
        if close := difflib.get_close_matches(name.lower(), KNOWN, n=1, cutoff=_NEARLY):
            raise UnknownNameError(
                f"classes: {name} not known; known: {', '.join(KNOWN)}; did you mean {close[0]}?"
            )


def _check_mixing(step: Step, augmenter: BatchAugmenter) -> None:
    if step.classes and augmenter.mixes:
        raise ParameterError(
            f"classes: {step.name} mixes examples of all emotions and cannot be kept to some"
        )


def _plain_draw(value: Any) -> Any:
    if isinstance(value, DrawnStep):
        return value.document()
    if isinstance(value, dict):
        return {key: _plain_draw(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain_draw(item) for item in value]
    return plain(value)


def generator(seed: int, *key: int | str | bytes) -> np.random.Generator:
    """A generator for one purpose: the same seed and key give the same draws, whatever else ran.

    Args:
        seed: of the run.
        key: what the draws are for, such as fold, epoch and the key of the clip.

    >>> bool(generator(0, "fold 1").random() == generator(0, "fold 1").random())
    True
    """
    parts = tuple(int(part) if isinstance(part, np.integer) else part for part in key)
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=16).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "little")])
