"""The clips that take part in a study and what is learned of them; checked before any feature."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.augment import BatchChain
from ser_core.augment.chain import ChainConfig, Step, check_classes
from ser_core.corpora import labels
from ser_core.corpora.folds import people
from ser_core.corpora.splits import Fold, LeakCheck, leak_check, protocol_folds
from ser_core.emotions import order
from ser_core.errors import CorpusError
from ser_core.models.base import Shapes
from ser_core.training.class_weights import class_weights
from ser_core.training.faults import faulty, leak_warning, leak_words
from ser_core.training.recipe import Channel, Recipe
from ser_core.training.rows import files_apart, rows_of, targets_by_row
from ser_core.training.shapes import input_shapes
from ser_core.training.starting_point import labels_from
from ser_core.training.targets import Targets, make_targets
from ser_core.words import count

INNER_FOLDS = 3
"""Folds, by speakers, on which settings are chosen; see `nested`."""

_FEW_CLIPS = 10  # of a speaker, for mean and deviation to be theirs and not the clips'


@dataclass(frozen=True)
class Material:
    """What a recipe learns from.

    Attributes:
        clips: the utterances that take part, one row each.
        table: the same, or with a row for each copy where copies are dealt out as if they were
            clips.
        labels: the emotions, in house order.
        targets: of each row of `table`.
        left_out: utterances that take no part, by reason.
        notes: what is to be said of the clips and of what is done to them.
    """

    recipe: Recipe
    clips: pd.DataFrame
    table: pd.DataFrame
    labels: list[str]
    targets: Targets
    left_out: dict[str, int]
    notes: list[str] = field(default_factory=list)

    def rows(self, channels: Sequence[str], clips: Sequence[str] | None = None) -> NDArray[np.intp]:
        """Rows of some channels; of these clips alone, where they are given."""
        chosen = self.table["channel"].isin(channels)
        if clips is not None:
            chosen &= self.table["clip"].isin(clips)
        return np.flatnonzero(chosen.to_numpy())

    def parts(self, fold: Fold) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Rows to train on, to validate on and to test."""
        data = self.recipe.data
        return (
            self.rows(data.train_channels, fold.train),
            self.rows(data.test_channels, fold.validation),
            self.rows(data.test_channels, fold.test),
        )

    def folds(self, protocol: str) -> list[Fold]:
        """The folds of a protocol, as the recipe uses them.

        Raises:
            UnknownNameError: no such protocol.
            CorpusError: the clips cannot be split so.
        """
        training = self.recipe.training
        number, held_out, seed = training.folds, training.validation_speakers, training.seed
        return faulty(
            protocol_folds(self.table, protocol, number, held_out, seed), self.recipe.faults
        )

    def inner_folds(self, fold: Fold | None = None) -> list[Fold]:
        """The clips that a fold may learn from, all where none is given, split by speakers.

        Raises:
            CorpusError: they cannot be split so.
        """
        rows, training = self.table, self.recipe.training
        if fold is not None:
            known = {*fold.train, *fold.validation} - {*fold.test}
            rows = rows[rows["clip"].isin(known)].reset_index(drop=True)
        held_out = training.validation_speakers
        return protocol_folds(rows, "speaker-independent", INNER_FOLDS, held_out, training.seed)

    def leaks(self, folds: Sequence[Fold]) -> LeakCheck:
        """What stands on both sides of folds, and what else makes their scores too high."""
        found = leak_check(files_apart(self.table), folds)
        more = leak_words(self.recipe.faults, folds[0].protocol)
        if not more:
            return found
        sentence = "; ".join([leak_warning(more), found.sentence])
        return replace(found, leaks=True, sentence=sentence)

    def check_fold(self, number: int, fold: Fold) -> None:
        """Make sure that a fold can be trained and scored.

        Raises:
            CorpusError: a label of the test clips has no training clip, a part is empty, or two
                share a clip.
        """
        what = f"fold {number} ({fold.name})" if fold.name else f"fold {number}"
        train, validation, test = self.parts(fold)
        data = self.recipe.data
        if not test.size or not validation.size or not train.size:
            raise CorpusError(
                f"{what}: no clip to train on, to validate on or to test in the channels that the "
                f"recipe asks for: {train.size} to train on in {', '.join(data.train_channels)}, "
                f"{validation.size} to validate on and {test.size} to test in "
                f"{', '.join(data.test_channels)}"
            )
        if self.recipe.faults.epoch_from_test:
            validation = validation[:0]  # they are the test clips
        rows = np.concatenate([train, validation, test])
        if np.unique(rows).size < rows.size:
            raise CorpusError(f"{what}: a clip stands in two parts")
        emotions = self.targets.emotions
        unseen = sorted(set(emotions[test]) - set(emotions[train]))
        if unseen:
            raise CorpusError(
                f"{what}: no training clip is labelled "
                f"{', '.join(self.labels[index] for index in unseen)}; use other folds, or leave "
                "out or map these labels"
            )


def material(table: pd.DataFrame, recipe: Recipe) -> Material:
    """What a recipe learns from a corpus, with all checked that needs no features.

    Args:
        table: utterances; clips with problems or without an emotion are left out.

    Raises:
        CorpusError: no clip is left, or it is not known of them what is to be learned.
        UnknownNameError: the recipe names an emotion that is none, or a model that is none.
        ModelError: the weights of the model that training starts from were not kept.
        ParameterError: the network cannot take what the extractors give.
    """
    channels = {*recipe.data.train_channels, *recipe.data.test_channels}
    usable = table["problems"].eq("") & table["emotion"].ne("")
    usable &= table["channel"].isin(channels)
    if not usable.any():
        raise CorpusError(f"no usable clip in the channels {', '.join(sorted(channels))}")
    clips = rows = table[usable].reset_index(drop=True)
    training = recipe.training
    found = set(clips["emotion"])
    names = labels_from(training.init_from, found) if training.init_from else order(found)
    targets = make_targets(clips, names, training.heads, training.soft_labels)
    if recipe.faults.copies_before_split:
        versions = 1 + recipe.augmentation.copies
        rows, targets = rows_of(clips, versions), targets_by_row(targets, versions)
    _check_emotions(recipe, names, targets)
    check_shapes(recipe, targets.sizes)
    notes = _notes_on_steps(recipe.augmentation, names)
    notes += _notes_on_speakers(clips) if training.standardisation == "speaker" else []
    return Material(recipe, clips, rows, names, targets, _left_out(table, channels), notes)


def check_shapes(recipe: Recipe, heads: dict[str, int]) -> Shapes | None:
    """Make sure that the recipe's network can take what its extractors give.

    Args:
        heads: number of outputs of each, by its name.

    Returns:
        The shapes; None where they are not known without a corpus.

    Raises:
        ParameterError: it cannot; the message says what to change.
    """
    if any(extractor.by_name for extractor in recipe.extractors().values()):
        return None
    shapes = input_shapes(recipe)
    recipe.network().check(shapes, heads)
    return shapes


def _check_emotions(recipe: Recipe, names: Sequence[str], targets: Targets) -> None:
    """What the recipe says of emotions must be about emotions; mistyped ones are found here."""
    for step in (*recipe.augmentation.waveform, *recipe.augmentation.batch):
        check_classes(step, names)
    BatchChain(recipe.augmentation.batch, list(names))
    class_weights(recipe.training, targets, np.arange(len(targets.values)))


def _notes_on_steps(chain: ChainConfig, names: Sequence[str]) -> list[str]:
    """What only some emotions get tells them from the others, as nothing in their sound does."""
    steps = [*chain.waveform, *chain.batch]
    steps += [Step.parse(inner) for each in steps for inner in each.settings.get("before", ())]
    by_class: dict[tuple[str, ...], list[str]] = {}
    for step in steps:
        theirs = tuple(name for name in names if name in step.classes)
        if theirs and len(theirs) < len(names):
            by_class.setdefault(theirs, []).append(step.name)
    return [
        f"augmentation: {', '.join(done)} for {', '.join(theirs)} alone: a network can take that "
        "for their sign, and miss them in clips to which it is not done"
        for theirs, done in by_class.items()
    ]


def _notes_on_speakers(clips: pd.DataFrame) -> list[str]:
    """Whoever is measured against their own clips must be known, and have some."""
    each = people(clips).value_counts()
    if "" in each.index:
        raise CorpusError(
            'training.standardisation: "speaker" needs to know who speaks, and '
            f'{count(each[""], "clip does not say", "clips do not say")}; take "corpus"'
        )
    few = sorted(str(name) for name in each.index[each < _FEW_CLIPS])
    words = f"few clips to measure a voice against (under {_FEW_CLIPS})"
    return [f"{words}: {', '.join(few)}"] if few else []


def _left_out(table: pd.DataFrame, channels: set[Channel]) -> dict[str, int]:
    """How many clips take no part, by the first reason that holds."""
    sound = table["problems"].eq("")
    asked = table["channel"].isin(channels)
    reasons = {
        "problem with the clip": int((~sound).sum()),
        **labels.left_out(table[sound]),
        "channel not asked for": int((sound & table["emotion"].ne("") & ~asked).sum()),
    }
    return {reason: number for reason, number in reasons.items() if number}
