"""What a recipe is made of: features, augmentation, architecture, regime and faults, as data."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from ser_core.audio import Preprocessing
from ser_core.augment import ChainConfig, presets
from ser_core.config import Component, Config
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS, Extractor
from ser_core.models import ARCHITECTURES, Architecture
from ser_core.training.faults import FaultsConfig
from ser_core.training.optimisers import OPTIMISERS, Optimiser
from ser_core.training.schedules import SCHEDULES, Schedule

Channel = Literal["speech", "song"]
Task = Literal["gender", "intensity", "valence", "arousal", "dominance"]
TaskWeights = Literal["learned", "softmax", "equal"]


def _one_or_several(data: Any) -> str:
    one = isinstance(data, Component) or (isinstance(data, dict) and "name" in data)
    return "one" if one else "several"


Features = Annotated[
    Annotated[Component, Tag("one")] | Annotated[dict[str, Component], Tag("several")],
    Discriminator(_one_or_several),
]
"""One extractor, or one for each input of an architecture that has several, by the inputs' names.
"""


class DataConfig(Config):
    """Which clips train and which are scored."""

    train_channels: tuple[Channel, ...] = Field(("speech", "song"), min_length=1)
    test_channels: tuple[Channel, ...] = Field(("speech",), min_length=1)


class TrainingConfig(Config):
    """What is learned, how, and when it ends."""

    epochs: int = Field(40, ge=1, le=2000, description="Passes over the training clips")
    batch_size: int = Field(16, ge=2, le=1024, description="Clips in a step")
    optimiser: Component = Component(name="adamw")
    schedule: Component = Component(name="cosine")
    monitor: Literal["uar", "accuracy", "loss", "last"] = Field(
        "uar",
        description="Score on the validation clips that picks the epoch whose weights stay; last: "
        "none does, the last one's stay",
    )
    patience: int = Field(
        0, ge=0, le=2000, description="Epochs without a better score before it ends; 0: never"
    )
    heads: tuple[Task, ...] = Field((), description="What else is learned besides emotion")
    task_weights: TaskWeights = Field(
        "learned",
        description="How the losses of further heads are weighed: each by a number that is "
        "learned; by the softmax of these, so that none weighs more than emotion; alike",
    )
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="Share given to all labels alike")
    soft_labels: bool = Field(
        False, description="Learn the shares of the raters' votes, where a clip has some"
    )
    class_weights: Literal["none", "balanced"] | dict[str, Annotated[float, Field(gt=0)]] = Field(
        "none", description="Weight of each emotion in the loss: alike, by rarity, or as given"
    )
    standardisation: Literal["corpus", "speaker"] = Field(
        "corpus",
        description="Mean and deviation of the features: of the training clips, or of each speaker",
    )
    validation_speakers: int = Field(2, ge=1, le=100, description="Speakers that pick the epoch")
    folds: int = Field(5, ge=2, le=100, description="Folds, where the protocol leaves it open")
    seed: int = Field(0, ge=0, lt=2**32, description="Of every random draw")
    versions: Literal["one", "all"] = Field(
        "one",
        description="What an epoch sees of a clip that has copies: one of its versions, or all; "
        "all takes so many times as long",
    )
    test_copies: int = Field(
        0,
        ge=0,
        le=50,
        description="Augmented versions of a test clip whose answers are averaged with its own",
    )
    init_from: str = Field("", description="Model whose weights are the start, by its name")
    frozen: bool = Field(False, description="Train the heads only, from there on")
    precision: Literal["float32", "mixed"] = Field(
        "float32", description="mixed: in half precision where a GPU is found"
    )
    deterministic: bool = Field(
        False, description="The same weights in every run on one machine; slower"
    )

    @field_validator("heads")
    @classmethod
    def _each_head_once(cls, heads: tuple[Task, ...]) -> tuple[Task, ...]:
        if len(set(heads)) < len(heads):
            raise ValueError("each task once")
        return heads

    def make_optimiser(self) -> Optimiser:
        """The optimiser."""
        return OPTIMISERS.create(self.optimiser.name, **self.optimiser.settings)

    def make_schedule(self) -> Schedule:
        """The schedule of its learning rate."""
        return SCHEDULES.create(self.schedule.name, **self.schedule.settings)


class Recipe(Config):
    """Features, augmentation, architecture, training regime and protocol of one system."""

    name: str
    title: str
    description: str = ""
    selection: str = Field("", description="How its settings were chosen, and on which speakers")
    data: DataConfig = Field(default_factory=DataConfig)
    preprocessing: Preprocessing = Field(default_factory=Preprocessing)
    features: Features
    augmentation: ChainConfig = Field(default_factory=ChainConfig)
    architecture: Component
    training: TrainingConfig = Field(default_factory=TrainingConfig)
    faults: FaultsConfig = Field(default_factory=FaultsConfig)

    @field_validator("augmentation", mode="before")
    @classmethod
    def _preset_by_name(cls, value: Any) -> Any:
        return presets.load(value) if isinstance(value, str) else value

    def extractors(self) -> dict[str, Extractor]:
        """The recipe's extractors by the inputs of its architecture.

        Raises:
            ParameterError: the architecture has other inputs.
        """
        wanted = self.network().inputs
        given = self.features
        if isinstance(given, Component):
            if len(wanted) > 1:
                raise ParameterError(
                    f"features: {self.architecture.name} has the inputs {', '.join(wanted)}; give "
                    "an extractor for each, as features.INPUT.name"
                )
            given = {wanted[0]: given}
        if set(given) != set(wanted):
            raise ParameterError(
                f"features: the inputs of {self.architecture.name} are {', '.join(wanted)}, got "
                f"{', '.join(given)}"
            )
        return {
            name: EXTRACTORS.create(given[name].name, **given[name].settings) for name in wanted
        }

    def network(self) -> Architecture:
        """The recipe's architecture."""
        return ARCHITECTURES.create(self.architecture.name, **self.architecture.settings)

    @property
    def on_the_fly(self) -> bool:
        """Whether waveforms are augmented anew in every epoch."""
        return bool(self.augmentation.waveform) and self.augmentation.copies == 0
