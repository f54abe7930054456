"""A chain as it is being edited: an ordered list of steps, some of them off. Nothing here draws."""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ser_core.augment import AUGMENTERS, BatchAugmenter, Chain, ChainConfig, Step
from ser_core.errors import ParameterError, SerError

_MOST_BYTES = 65_536  # of a chain in an address


@dataclass
class DraftStep:
    """A step on the page.

    Attributes:
        id: unique in the session, so that widgets of another chain's steps are others.
        name: of the augmenter.
        given: its settings as they came, to which its form goes back.
        settings: its settings now; those that were accepted last.
        probability: chance of being applied.
        classes: emotions it acts on; none: all.
        on: whether it takes part.
    """

    id: int
    name: str
    given: dict[str, Any]
    settings: dict[str, Any]
    probability: float = 1.0
    classes: tuple[str, ...] = ()
    on: bool = True

    @property
    def of_sounds(self) -> bool:
        """Whether it changes sounds, not features."""
        return not issubclass(AUGMENTERS.get(self.name), BatchAugmenter)

    def step(self) -> Step:
        """As part of a chain."""
        return Step(
            name=self.name,
            settings=self.settings,
            probability=self.probability,
            classes=self.classes,
        )


@dataclass
class Draft:
    """A chain on the page.

    Attributes:
        base: the preset it began as; "" for none.
        title: of the preset, and so on, as in `ChainConfig`.
        steps: in order; those of sounds and those of features each keep theirs.
        next_id: of the step that is added next.
    """

    base: str = ""
    title: str = ""
    description: str = ""
    use: str = "all"
    copies: int = 0
    steps: list[DraftStep] = field(default_factory=list)
    next_id: int = 0

    @classmethod
    def of(cls, config: ChainConfig, base: str = "", first_id: int = 0) -> "Draft":
        """A chain to edit; ids start at `first_id`."""
        draft = cls(
            base, config.title, config.description, config.use, config.copies, next_id=first_id
        )
        for step in (*config.waveform, *config.batch):
            draft.add(step.name, step.settings, step.probability, step.classes)
        return draft

    def add(
        self,
        name: str,
        settings: dict[str, Any] | None = None,
        probability: float = 1.0,
        classes: tuple[str, ...] = (),
    ) -> DraftStep:
        """Put a step last."""
        given = dict(settings or {})
        step = DraftStep(self.next_id, name, given, dict(given), probability, classes)
        self.next_id += 1
        self.steps.append(step)
        return step

    def remove(self, step_id: int) -> None:
        """Take a step out."""
        self.steps = [step for step in self.steps if step.id != step_id]

    def move(self, step_id: int, by: int) -> None:
        """Move a step up (-1) or down (+1) among those of its kind; at the end it stays."""
        step = next(step for step in self.steps if step.id == step_id)
        kin = self.of_sounds if step.of_sounds else self.of_features
        place = kin.index(step)
        if 0 <= place + by < len(kin):
            one, other = (self.steps.index(each) for each in (step, kin[place + by]))
            self.steps[one], self.steps[other] = self.steps[other], self.steps[one]

    @property
    def of_sounds(self) -> list[DraftStep]:
        """The steps that change sounds."""
        return [step for step in self.steps if step.of_sounds]

    @property
    def of_features(self) -> list[DraftStep]:
        """The steps that change features."""
        return [step for step in self.steps if not step.of_sounds]

    def acting(self, of_sounds: bool = True) -> list[DraftStep]:
        """The steps of a kind that are on: these make up the chain."""
        return [s for s in (self.of_sounds if of_sounds else self.of_features) if s.on]

    def config(self) -> ChainConfig:
        """The chain of the steps that are on."""
        return ChainConfig(
            title=self.title,
            description=self.description,
            use=self.use,
            copies=self.copies,
            waveform=tuple(step.step() for step in self.acting()),
            batch=tuple(step.step() for step in self.acting(of_sounds=False)),
        )


def same(one: ChainConfig, other: ChainConfig) -> bool:
    """Whether two chains do the same, however their settings are written.

    >>> explicit = Step(name="gain", settings={"min_gain_db": -12.0})
    >>> same(ChainConfig(waveform=(explicit,)), ChainConfig(waveform=(Step(name="gain"),)))
    True
    """
    return list(_marks(one)) == list(_marks(other))


def _marks(config: ChainConfig) -> Iterator[Any]:
    yield config.use, config.copies
    for kind in (config.waveform, config.batch):
        yield [
            (step.name, step.augmenter().config.model_dump(), step.probability, step.classes)
            for step in kind
        ]


# In an address


def to_text(config: ChainConfig) -> str:
    """A chain as text that fits into an address.

    >>> chain = ChainConfig(waveform=(Step(name="gain", probability=0.5),))
    >>> from_text(to_text(chain)) == chain
    True
    """
    document = config.model_dump(mode="json", exclude_defaults=True)
    packed = zlib.compress(json.dumps(document, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_text(text: str) -> ChainConfig:
    """The chain from an address.

    Raises:
        ParameterError: it is no chain, or one that is not allowed.
    """
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpack = zlib.decompressobj()
        data = unpack.decompress(packed, _MOST_BYTES)
        document = json.loads(data)
        if not isinstance(document, dict):
            raise ValueError("no chain")
        config = ChainConfig.parse(document)
        Chain(config)
    except (binascii.Error, zlib.error, ValueError, RecursionError, SerError) as error:
        reason = f" ({error})" if isinstance(error, SerError) else ""
        raise ParameterError(f"steps: not a chain{reason}") from None
    return config
