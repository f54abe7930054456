"""What published systems did wrong, each a switch: repeated to measure what it is worth.

All are off. With one that leaks on, every score says so.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from ser_core.config import Config
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.errors import ParameterError

if TYPE_CHECKING:
    from ser_core.corpora.folds import Fold
    from ser_core.training.recipe import Recipe


class FaultsConfig(Config):
    """Faults of an original, repeated on purpose."""

    copies_before_split: bool = Field(
        False,
        description="Deal out copies as if they were clips, so that copies of a tested clip are "
        "learned from; leaks",
    )
    scaler_before_split: bool = Field(
        False,
        description="Standardise by mean and deviation of all clips, tested ones included; leaks",
    )
    epoch_from_test: bool = Field(
        False,
        description="Let the tested clips pick the epoch, and learn from those that would; leaks",
    )
    frozen_mixes: bool = Field(
        False, description="Draw batches and their mixes once; every epoch sees the same"
    )


_LEAKS = {
    "copies_before_split": "copies were made before the split, so that copies of tested clips were "
    "learned from",
    "scaler_before_split": "mean and deviation of the features are of all clips, tested ones "
    "included",
    "epoch_from_test": "the tested clips picked the epoch",
}


def leak_words(faults: FaultsConfig, protocol: str) -> list[str]:
    """What makes the scores of such a run too high, a clause for each fault that leaks.

    Args:
        protocol: that clips are split by. Where it keeps speakers apart, copies of a clip stay
            together, too, whenever they are made.

    >>> leak_words(FaultsConfig(epoch_from_test=True, frozen_mixes=True), "loso")
    ['the tested clips picked the epoch']
    >>> leak_words(FaultsConfig(copies_before_split=True), "loso")
    []
    """
    harmless = {"copies_before_split"} if PROTOCOLS.get(protocol).speakers_apart else set()
    return [
        words for name, words in _LEAKS.items() if getattr(faults, name) and name not in harmless
    ]


def leak_warning(words: Sequence[str]) -> str:
    """The same as one sentence to stand with a score; "" where nothing leaks.

    >>> leak_warning(["the tested clips picked the epoch"])
    'this score leaks: the tested clips picked the epoch'
    """
    return f"this score leaks: {'; '.join(words)}" if words else ""


def check_faults(recipe: "Recipe") -> None:
    """Refuse a fault where there is nothing that it could be done to.

    Raises:
        ParameterError: the message says what it needs.
    """
    faults, training = recipe.faults, recipe.training
    if faults.copies_before_split:
        if not recipe.augmentation.waveform or not recipe.augmentation.copies:
            raise ParameterError(
                "faults.copies_before_split: needs copies that are made ahead; set "
                f"augmentation.copies to 1 or more (got {recipe.augmentation.copies}) and give "
                "waveform steps"
            )
        if training.test_copies:
            raise ParameterError(
                "faults.copies_before_split: copies are tested by themselves; set "
                f"training.test_copies to 0, got {training.test_copies}"
            )
    if faults.scaler_before_split and training.standardisation == "speaker":
        raise ParameterError(
            "faults.scaler_before_split: needs mean and deviation of many clips; set "
            'training.standardisation to "corpus", got "speaker"'
        )
    if faults.frozen_mixes and (not recipe.augmentation.batch or recipe.on_the_fly):
        raise ParameterError(
            "faults.frozen_mixes: needs augmentation.batch, and no waveform steps on the fly "
            "(augmentation.copies 1 or more, or no waveform steps)"
        )


def faulty(folds: Sequence["Fold"], faults: FaultsConfig) -> list["Fold"]:
    """The folds as an original used them.

    With `epoch_from_test` the test clips validate, too, and what would have validated trains.
    """
    if not faults.epoch_from_test:
        return list(folds)
    return [
        replace(
            fold,
            train=(*fold.train, *fold.validation),
            validation=fold.test,
            train_speakers=tuple(sorted({*fold.train_speakers, *fold.validation_speakers})),
            validation_speakers=fold.test_speakers,
            speakers_apart=False,
        )
        for fold in folds
    ]
