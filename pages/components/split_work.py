"""A split that was asked for, worked out, and what there is to say about it. Draws nothing."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from pages.components.dataset_part import as_text
from ser_core.corpora.fold_grid import COLUMNS, FoldGrid, fold_grid
from ser_core.corpora.folds import people
from ser_core.corpora.labels import unusable
from ser_core.corpora.library import CorpusEntry
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.quality import with_problems
from ser_core.corpora.splits import (
    Fold,
    LeakCheck,
    balance,
    leak_check,
    protocol_folds,
    usable,
)
from ser_core.errors import CorpusError
from ser_core.jobs.tasks import Progress

_MOST_CELLS = 20_000_000  # clips times folds that one split may hold


@dataclass(frozen=True)
class Choice:
    """The split asked for."""

    protocol: str
    folds: int
    validation_speakers: int
    seed: int


@dataclass(frozen=True)
class Split:
    """A split and what there is to say about it."""

    table: pd.DataFrame  # the clips that were split
    left_out: dict[str, int]  # how many are not, by reason
    folds: list[Fold]
    held: pd.DataFrame
    check: LeakCheck
    audio_compared: bool
    grids: dict[str, FoldGrid]  # by what rows stand for


def work(table: pd.DataFrame, choice: Choice, with_audio: bool) -> Callable[[Progress], Split]:
    """What works a split out in the background, and looks for leaks.

    Args:
        table: all clips of the corpus.
        choice: the split asked for.
        with_audio: whether clips are compared by their samples, which opens each once, ever.
    """

    def split(progress: Progress) -> Split:
        plain_table = as_text(table)
        if with_audio:
            plain_table = with_problems(plain_table, progress)
        clips = usable(plain_table)
        _require_room(clips, choice)
        progress(0, 0, "dealing out clips")
        folds = protocol_folds(
            clips, choice.protocol, choice.folds, choice.validation_speakers, choice.seed
        )
        progress(0, 0, "looking for leaks")
        check = leak_check(clips, folds, with_audio, progress)
        held, grids = balance(clips, folds), _grids(clips, folds)
        return Split(clips, unusable(plain_table), folds, held, check, with_audio, grids)

    return split


def _grids(clips: pd.DataFrame, folds: list[Fold]) -> dict[str, FoldGrid]:
    """A grid for all that differs between the clips; of speakers where nothing does."""
    several = [by for by in COLUMNS if by in clips and clips[by].nunique() > 1]
    return {by: fold_grid(clips, folds, by) for by in several or ["speaker"]}


def _require_room(clips: pd.DataFrame, choice: Choice) -> None:
    """Raises CorpusError where a fold a speaker would be more than a page can hold."""
    if choice.protocol == "loso":
        count = people(clips).nunique()
        if count * len(clips) > _MOST_CELLS:
            raise CorpusError(
                f"a fold for each of {count:,} speakers is more than this page can hold; choose "
                "speaker-independent folds"
            )


def settings(choice: Choice) -> str:
    """What the protocol leaves open, as chosen, in JSON with sorted keys."""
    fields = PROTOCOLS.get(choice.protocol).config_type.model_fields
    chosen = {name: getattr(choice, name) for name in fields if hasattr(choice, name)}
    return json.dumps(chosen, sort_keys=True)


def train_command(corpus: CorpusEntry, choice: Choice) -> str:
    """`python -m ser_core train …` with this corpus, its labels and this split."""
    words = ["python", "-m", "ser_core", "train", "studio", *corpus.arguments()]
    words += ["--protocol", choice.protocol]
    fields = PROTOCOLS.get(choice.protocol).config_type.model_fields
    if "folds" in fields:
        words += ["--folds", str(choice.folds)]
    for name in ("validation_speakers", "seed"):
        if name in fields:
            words += ["--set", f"training.{name}={getattr(choice, name)}"]
    return shlex.join(words)
