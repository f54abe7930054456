"""A recipe: everything that makes a model what it is, as data."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from ser_core.audio import Preprocessing
from ser_core.augment import AUGMENTERS, Augmenter
from ser_core.config import Component, Config
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.features import EXTRACTORS, Extractor
from ser_core.models import ARCHITECTURES, Architecture

Channel = Literal["speech", "song"]


class AugmentationStep(Component):
    """An augmenter and how often it acts."""

    probability: float = Field(1.0, ge=0, le=1, description="Chance of being applied")


class DataConfig(Config):
    """Which clips train and which are scored."""

    train_channels: tuple[Channel, ...] = Field(("speech", "song"), min_length=1)
    test_channels: tuple[Channel, ...] = Field(("speech",), min_length=1)


class AugmentationConfig(Config):
    """Copies of training clips made ahead, and what is done to every batch."""

    copies: int = Field(7, ge=0, le=50, description="Augmented copies of each training clip")
    waveform: tuple[AugmentationStep, ...] = ()
    batch: tuple[AugmentationStep, ...] = ()


class TrainingConfig(Config):
    """Optimiser, schedule and stopping."""

    epochs: int = Field(40, ge=1, le=2000, description="Passes over the training clips")
    batch_size: int = Field(16, ge=2, le=1024, description="Clips in a step")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="Peak of the schedule")
    warmup_epochs: float = Field(2.0, ge=0, le=100, description="Linear rise of the learning rate")
    weight_decay: float = Field(1e-2, ge=0, le=1, description="AdamW's decoupled weight decay")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="Share given to all labels alike")
    standardisation: Literal["corpus", "speaker"] = Field(
        "corpus",
        description="Mean and deviation of the features: of the training clips, or of each speaker",
    )
    validation_speakers: int = Field(2, ge=1, le=100, description="Speakers that pick the epoch")
    folds: int = Field(5, ge=2, le=100, description="Folds, where the protocol leaves it open")
    seed: int = Field(0, ge=0, lt=2**32, description="Of every random draw")


class Recipe(Config):
    """Features, augmentation, architecture, training regime and protocol of one system."""

    name: str
    title: str
    description: str = ""
    selection: str = Field("", description="How its settings were chosen, and on which speakers")
    data: DataConfig = Field(default_factory=DataConfig)
    preprocessing: Preprocessing = Field(default_factory=Preprocessing)
    features: Component
    augmentation: AugmentationConfig = Field(default_factory=AugmentationConfig)
    architecture: Component
    training: TrainingConfig = Field(default_factory=TrainingConfig)

    def extractor(self) -> Extractor:
        """The recipe's extractor."""
        return EXTRACTORS.create(self.features.name, **self.features.settings)

    def network(self) -> Architecture:
        """The recipe's architecture."""
        return ARCHITECTURES.create(self.architecture.name, **self.architecture.settings)


def augmenters(steps: tuple[AugmentationStep, ...]) -> list[tuple[Augmenter, float]]:
    """The augmenters of a chain with their probabilities."""
    return [(AUGMENTERS.create(s.name, **s.settings), s.probability) for s in steps]


def override(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """The recipe with some fields changed.

    Args:
        changes: new values by dotted name (`training.epochs`) or by a field's own name where only
            one field is called so (`epochs`, `n_mels`, `recurrent_units`). Another extractor or
            architecture starts from its own default settings.

    Raises:
        UnknownNameError: no field, or more than one, has the name.
        ParameterError: a value is not allowed.
    """
    data = recipe.model_dump()
    paths = list(_leaves(data))
    for key, value in changes.items():
        matches = [p for p in paths if ".".join(p) == key or p[-1] == key]
        if len(matches) != 1:
            known = ", ".join(".".join(p) for p in (matches or paths))
            word = "is not a field; fields are" if not matches else "stands for several fields:"
            raise UnknownNameError(f"--set {key}: {key!r} {word} {known}")
        *parents, leaf = matches[0]
        target = data
        for parent in parents:
            target = target[parent]
        target[leaf] = value
        if leaf == "name" and "settings" in target:
            target["settings"] = {}
    return complete(Recipe.parse(data))


def _leaves(data: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for key, value in data.items():
        if isinstance(value, dict):
            found += _leaves(value, (*above, key))
        else:
            found.append((*above, key))
    return found


def complete(recipe: Recipe) -> Recipe:
    """The recipe with every setting of its extractor and architecture written out.

    Everything that it names is built on the way, so that a mistake shows before any work is done.

    Raises:
        UnknownNameError: an extractor, augmenter or architecture does not exist.
        ParameterError: a setting is not allowed, or two parts do not fit.
    """
    extractor = recipe.extractor()
    features = extractor.config.model_dump()
    architecture = recipe.network().config.model_dump()
    augmenters(recipe.augmentation.waveform + recipe.augmentation.batch)
    rate = recipe.preprocessing.sampling_rate
    if extractor.sampling_rate not in (None, rate):
        raise ParameterError(
            f"features.settings.sampling_rate: must equal preprocessing.sampling_rate "
            f"({rate} Hz), got {extractor.sampling_rate} Hz"
        )
    data = recipe.model_dump()
    data["features"]["settings"] = features
    data["architecture"]["settings"] = architecture
    return Recipe.parse(data)


def load_toml(path: Path) -> Recipe:
    """A recipe from a TOML file.

    Raises:
        ParameterError: the file is not TOML, or a field is not allowed.
    """
    import tomllib

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ParameterError(f"{path.name}: not a readable recipe ({error})") from None
    return complete(Recipe.parse(data))
