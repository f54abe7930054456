"""A recipe: everything that makes a model what it is, as data."""

import itertools
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from ser_core.audio import Preprocessing
from ser_core.augment import Chain, ChainConfig, check_fits, presets
from ser_core.config import Component, Config
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.features import EXTRACTORS, Extractor
from ser_core.models import ARCHITECTURES, Architecture, Baseline
from ser_core.registry import Registry
from ser_core.training.optimisers import OPTIMISERS, Optimiser
from ser_core.training.schedules import SCHEDULES, Schedule

Channel = Literal["speech", "song"]
Task = Literal["gender", "intensity", "valence", "arousal", "dominance"]
FieldPath = tuple[str, ...]


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
    monitor: Literal["uar", "accuracy", "loss"] = Field(
        "uar", description="Score on the validation clips that picks the epoch whose weights stay"
    )
    patience: int = Field(
        0, ge=0, le=2000, description="Epochs without a better score before it ends; 0: never"
    )
    heads: tuple[Task, ...] = Field((), description="What else is learned besides emotion")
    task_weights: Literal["learned", "equal"] = Field(
        "learned", description="How the losses of further heads are weighed"
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


def override(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """The recipe with some fields changed.

    Args:
        changes: new values by dotted name (`training.epochs`) or by a field's own name where only
            one field is called so (`epochs`, `n_mels`, `recurrent_units`). Another extractor,
            architecture, optimiser or schedule, by its name (`features=mfcc`), starts from its own
            default settings, and another chain (`augmentation=d`) replaces all of the old one.
            Names come before settings, in whatever order they are given.

    Raises:
        UnknownNameError: no field, or more than one, has the name; or a value names what is not.
        ParameterError: a value is not allowed.
    """
    tables = _paths(recipe.model_dump(), tables=True)
    parts = [key for key in changes if key.endswith(".name") or _matches(key, tables)]
    for key in parts:
        recipe = _written_out(Recipe.parse(_with_part(recipe, key, changes[key])))
    data = recipe.model_dump()
    for key, value in changes.items():
        if key not in parts:
            *parents, leaf = _found(key, _paths(data))
            _table(data, parents)[leaf] = value
    return complete(Recipe.parse(data))


def variants(recipe: Recipe, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Changes taken apart where a field is given a list of values: one set for each combination.

    A field that is a list itself, such as `block_filters`, takes a list of lists.

    >>> from ser_core import recipes
    >>> variants(recipes.load("studio"), {"seed": [0, 1], "epochs": 5})
    [{'seed': 0, 'epochs': 5}, {'seed': 1, 'epochs': 5}]

    Raises:
        UnknownNameError: no field, or more than one, has a name.
    """
    choices = [
        value if _is_choice(recipe, key, value) else [value] for key, value in changes.items()
    ]
    return [dict(zip(changes, chosen, strict=True)) for chosen in itertools.product(*choices)]


def _is_choice(recipe: Recipe, key: str, value: Any) -> bool:
    if not isinstance(value, list) or not value:
        return False
    data = recipe.model_dump()
    paths = _paths(data) + _paths(data, tables=True)
    if not _matches(key, paths):
        return True  # of an extractor or optimiser that is chosen along with it
    *parents, leaf = _found(key, paths)
    is_list = isinstance(_table(data, parents)[leaf], list | tuple)
    return not is_list or all(isinstance(each, list) for each in value)


def _with_part(recipe: Recipe, key: str, value: Any) -> dict[str, Any]:
    """A recipe's data with another part, such as an extractor, a chain or an optimiser."""
    data = recipe.model_dump()
    *parents, leaf = _found(key.removesuffix(".name"), _paths(data, tables=True))
    above = _table(data, parents)
    named = isinstance(value, str) and "settings" in above[leaf]
    above[leaf] = {"name": value, "settings": {}} if named else value
    return data


def _found(key: str, paths: list[FieldPath]) -> FieldPath:
    matches = _matches(key, paths)
    if len(matches) != 1:
        known = ", ".join(".".join(path) for path in (matches or paths))
        word = "is not a field; fields are" if not matches else "stands for several fields:"
        raise UnknownNameError(f"--set {key}: {key!r} {word} {known}")
    return matches[0]


def _matches(key: str, paths: list[FieldPath]) -> list[FieldPath]:
    whole = [path for path in paths if ".".join(path) == key]
    return whole or [path for path in paths if path[-1] == key]


def _table(data: dict[str, Any], path: list[str]) -> dict[str, Any]:
    for name in path:
        data = data[name]
    return data


def _paths(data: dict[str, Any], tables: bool = False, above: FieldPath = ()) -> list[FieldPath]:
    """Where a recipe's values lie, or its tables."""
    found: list[FieldPath] = []
    for key, value in data.items():
        path = (*above, key)
        if isinstance(value, dict) == tables:
            found.append(path)
        if isinstance(value, dict):
            found += _paths(value, tables, path)
    return found


def complete(recipe: Recipe) -> Recipe:
    """The recipe with every setting of what it names written out.

    Everything that it names is built on the way, so that a mistake shows before any work is done.

    Raises:
        UnknownNameError: an extractor, augmenter, architecture, optimiser or schedule does not
            exist.
        ParameterError: a setting is not allowed, or two parts do not fit.
    """
    recipe = _written_out(recipe)
    Chain(recipe.augmentation)
    rate = recipe.preprocessing.sampling_rate
    for extractor in recipe.extractors().values():
        if extractor.sampling_rate not in (None, rate):
            raise ParameterError(
                f"features.settings.sampling_rate: must equal preprocessing.sampling_rate "
                f"({rate} Hz), got {extractor.sampling_rate} Hz"
            )
        if extractor.by_name and recipe.augmentation.waveform:
            raise ParameterError(
                f"augmentation: {extractor.name} looks features up by the clips' names, so that "
                "steps on waveforms change nothing; take a chain without them, such as "
                "augmentation={}"
            )
    _check_batch_steps(recipe)
    if recipe.training.test_copies and not recipe.augmentation.waveform:
        raise ParameterError(
            "training.test_copies: versions of test clips are made by the waveform steps of the "
            f"augmentation, and there are none; got {recipe.training.test_copies}"
        )
    if recipe.training.frozen and not recipe.training.init_from:
        raise ParameterError("training.frozen: needs training.init_from, a model to start from")
    if isinstance(recipe.network(), Baseline):
        _check_learned_at_once(recipe)
    if recipe.training.standardisation == "speaker" and len(recipe.extractors()) > 1:
        raise ParameterError(
            'training.standardisation: "speaker" is for networks of one input, got '
            f"{', '.join(recipe.extractors())}"
        )
    return recipe


def _check_batch_steps(recipe: Recipe) -> None:
    """Steps on batches must be able to act on what the network's first input is given.

    Raises:
        ParameterError: one cannot; the message says on what it can.
    """
    extractor = next(iter(recipe.extractors().values()))
    colour = None if extractor.by_name else len(extractor.feature_names()) == 3
    for number, step in enumerate(recipe.augmentation.batch, start=1):
        try:
            check_fits(step.name, step.settings, extractor.kind, colour)
        except ParameterError as error:
            raise ParameterError(
                f"augmentation.batch, step {number}: {error}, and those are what {extractor.name} "
                "gives; take a chain without it, or other features"
            ) from None


_OF_STEPS = (
    "batch_size",
    "optimiser",
    "schedule",
    "monitor",
    "patience",
    "label_smoothing",
    "soft_labels",
    "task_weights",
    "precision",
    "versions",
    "init_from",
    "frozen",
)
"""What only networks know, which learn step by step."""


def _check_learned_at_once(recipe: Recipe) -> None:
    """What a baseline of scikit-learn has no use for is refused, so that it is never ignored.

    Raises:
        ParameterError: something is asked for that it cannot do.
    """
    training, name = recipe.training, recipe.architecture.name
    usual = _with_whole_parts(TrainingConfig())
    if training.epochs != 1:
        raise ParameterError(
            f"training.epochs: {name} learns from all clips at once; 1 is allowed, got "
            f"{training.epochs}"
        )
    for field in _OF_STEPS:
        if getattr(training, field) != getattr(usual, field):
            raise ParameterError(
                f"training.{field}: {name} learns from all clips at once and has no use for it; "
                "leave it out"
            )
    if training.heads:
        raise ParameterError(
            f"training.heads: {name} says emotions only; leave out {', '.join(training.heads)}"
        )
    if recipe.augmentation.batch:
        steps = ", ".join(step.name for step in recipe.augmentation.batch)
        raise ParameterError(
            f"augmentation.batch: {name} learns from all clips at once, in no batches; leave out "
            f"{steps}"
        )
    if recipe.on_the_fly:
        raise ParameterError(
            f"augmentation.copies: {name} learns from all clips at once, so copies must be made "
            "ahead; take 1 or more, got 0"
        )


def _with_whole_parts(training: TrainingConfig) -> TrainingConfig:
    """With every setting of optimiser and schedule."""
    return training.model_copy(
        update={
            "optimiser": _whole(OPTIMISERS, training.optimiser),
            "schedule": _whole(SCHEDULES, training.schedule),
        }
    )


def _written_out(recipe: Recipe) -> Recipe:
    features = recipe.features
    update: dict[str, Any] = {
        "features": _whole(EXTRACTORS, features)
        if isinstance(features, Component)
        else {name: _whole(EXTRACTORS, each) for name, each in features.items()},
        "architecture": _whole(ARCHITECTURES, recipe.architecture),
        "training": _with_whole_parts(recipe.training),
    }
    return recipe.model_copy(update=update)


def _whole(registry: Registry[Any], part: Component) -> Component:
    """A component with all of its settings."""
    made = registry.create(part.name, **part.settings)
    return Component(name=part.name, settings=made.config.model_dump())


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
