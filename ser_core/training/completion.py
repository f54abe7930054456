"""A recipe with every setting written out, once all that it names fits together."""

from typing import Any

from ser_core.augment import Chain, check_fits
from ser_core.config import Component
from ser_core.errors import ParameterError
from ser_core.features import EXTRACTORS
from ser_core.models import ARCHITECTURES, Baseline
from ser_core.registry import Registry
from ser_core.training.faults import check_faults
from ser_core.training.optimisers import OPTIMISERS
from ser_core.training.recipe import Recipe, TrainingConfig
from ser_core.training.schedules import SCHEDULES


def complete(recipe: Recipe) -> Recipe:
    """The recipe with every setting of what it names written out.

    Everything that it names is built on the way, so that a mistake shows before any work is done.

    Raises:
        UnknownNameError: an extractor, augmenter, architecture, optimiser or schedule does not
            exist.
        ParameterError: a setting is not allowed, or two parts do not fit.
    """
    recipe = written_out(recipe)
    Chain(recipe.augmentation)
    _check_extractors(recipe)
    _check_batch_steps(recipe)
    _check_training(recipe)
    check_faults(recipe)
    if isinstance(recipe.network(), Baseline):
        _check_learned_at_once(recipe)
    return recipe


def _check_extractors(recipe: Recipe) -> None:
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


def _check_training(recipe: Recipe) -> None:
    training = recipe.training
    if training.test_copies and not recipe.augmentation.waveform:
        raise ParameterError(
            "training.test_copies: versions of test clips are made by the waveform steps of the "
            f"augmentation, and there are none; got {training.test_copies}"
        )
    if training.frozen and not training.init_from:
        raise ParameterError("training.frozen: needs training.init_from, a model to start from")
    if training.standardisation == "speaker" and len(recipe.extractors()) > 1:
        raise ParameterError(
            'training.standardisation: "speaker" is for networks of one input, got '
            f"{', '.join(recipe.extractors())}"
        )


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
    if recipe.faults.epoch_from_test:
        raise ParameterError(
            f"faults.epoch_from_test: {name} learns from all clips at once and has no epochs to "
            "pick from; leave it out"
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


def written_out(recipe: Recipe) -> Recipe:
    """The recipe with every setting of extractors, architecture, optimiser and schedule."""
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
