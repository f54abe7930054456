"""From clips to arrays: features of every clip, and of augmented copies of it, kept on disk.

Copies are made per clip and used only while that clip is a training clip, so that no fold is
tested or validated on a relative of what it was trained on. Nothing here is standardised: that
depends on who is a training speaker.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import audio, augment
from ser_core.audio import Preprocessing
from ser_core.augment import Chain, ChainConfig
from ser_core.corpora.folds import people
from ser_core.errors import CorpusError
from ser_core.features import Signal
from ser_core.features.source import Source
from ser_core.features.store import FeatureStore, Request
from ser_core.store import Clip, Progress, code_fingerprint
from ser_core.store.shelf import Arrays
from ser_core.training.config import Recipe
from ser_core.training.on_the_fly import OnTheFly, placed, prepared_voice

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Features of a table's clips, in the table's order; arrays are memory-mapped.

    Attributes:
        versions: by the network's inputs, for each clip (1 + copies, *shape) float32: the clip
            first, then its augmented copies, for training.
        windows: by the network's inputs, for each clip (num_windows, *shape) float32: what a model
            is scored on, cut just as it is when someone speaks into the Live page.
        speakers: who speaks in each clip.
        on_the_fly: makes versions for training anew in every epoch, in place of `versions`.
        in_tests: makes versions of test clips, to average over.
    """

    versions: Mapping[str, Sequence[Array]]
    windows: Mapping[str, Sequence[Array]]
    speakers: NDArray[np.str_]
    on_the_fly: OnTheFly | None = None
    in_tests: OnTheFly | None = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of one example of each input, such as (num_frames, num_features)."""
        return {name: clips[0].shape[1:] for name, clips in self.windows.items()}

    def num_windows(self, row: int) -> int:
        """Windows of a clip."""
        return len(next(iter(self.windows.values()))[row])


def make_examples(
    table: pd.DataFrame, recipe: Recipe, progress: Progress | None = None
) -> Examples:
    """Features of every clip and of its augmented copies; read back if they were made before.

    Raises:
        AudioError: a clip cannot be read; the message names it.
    """
    store, names = FeatureStore(), list(recipe.extractors())
    made: list[list[tuple[NDArray[np.intp], Arrays]]] = [[] for _ in names * 2]
    for emotion, rows in _groups(table, recipe.augmentation).items():
        paths = table["path"].iloc[rows].tolist()
        arrays = store.fetch(paths, _requests(recipe, emotion), progress)
        for parts, part in zip(made, arrays, strict=True):
            parts.append((rows, part))
    whole = [Arrays.together(parts) for parts in made]
    live = None
    if recipe.on_the_fly or recipe.training.test_copies:
        live = OnTheFly.of(table, recipe, progress)
    return Examples(
        dict(zip(names, whole[: len(names)], strict=True)),
        dict(zip(names, whole[len(names) :], strict=True)),
        people(table).to_numpy(str),
        on_the_fly=live if recipe.on_the_fly else None,
        in_tests=live if recipe.training.test_copies else None,
    )


def _groups(table: pd.DataFrame, chain: ChainConfig) -> dict[str | None, NDArray[np.intp]]:
    """Rows by emotion, where steps treat it differently; all others under None."""
    named = {emotion for step in chain.waveform for emotion in step.classes}
    kinds = [emotion if emotion in named else None for emotion in table["emotion"]]
    return {kind: np.flatnonzero([each == kind for each in kinds]) for kind in dict.fromkeys(kinds)}


def examples_key(table: pd.DataFrame, recipe: Recipe) -> str:
    """Names what is learned from: clips (by size and date), emotions and settings.

    Raises:
        CorpusError: a clip is gone; the message names it.
    """
    emotions = sorted(_groups(table, recipe.augmentation), key=str)
    requests = [each for emotion in emotions for each in _requests(recipe, emotion)]
    source = {
        "clips": [[path, *_size_and_date(path)] for path in table["path"]],
        "emotions": table["emotion"].tolist(),
        "requests": [request.fingerprint() for request in requests],
    }
    return hashlib.sha256(json.dumps(source).encode()).hexdigest()[:32]


def _size_and_date(path: str) -> tuple[int, int]:
    try:
        stat = Path(path).stat()
    except OSError as error:
        raise CorpusError(
            f"{path}: cannot be read any more ({error.strerror}); was the corpus moved?"
        ) from None
    return stat.st_size, stat.st_mtime_ns


def _requests(recipe: Recipe, emotion: str | None) -> list[Request]:
    """Copies for every input, then windows for every input."""
    copies = Copies(recipe.preprocessing, recipe.augmentation, recipe.training.seed, emotion)
    sources: list[Source] = [copies, Windows(recipe.preprocessing)]
    extractors = recipe.extractors().values()
    return [Request(extractor, source) for source in sources for extractor in extractors]


@dataclass(frozen=True)
class Windows:
    """A clip cut into model inputs, as a recording is on the Live page."""

    preprocessing: Preprocessing

    stacked = True

    def fingerprint(self) -> str:
        """See `ser_core.features.source.Source`."""
        return f"windows {self.preprocessing.fingerprint()}"

    def describe(self) -> str:
        """See `ser_core.features.source.Source`."""
        return "model inputs"

    def signals(self, clip: Clip, sampling_rate: int | None) -> list[Signal]:
        """See `ser_core.features.source.Source`."""
        rate = self.preprocessing.sampling_rate
        windows, _ = audio.windows(prepared_voice(clip, self.preprocessing), self.preprocessing)
        return [Signal(window, rate, clip.path).at(sampling_rate or rate) for window in windows]


@dataclass(frozen=True)
class Copies:
    """A clip and augmented copies of it, each as one model input.

    Draws are seeded by the seed and the clip's content: they depend on no other clip.

    Attributes:
        emotion: of the clips, where it matters to a step.
    """

    preprocessing: Preprocessing
    chain: ChainConfig
    seed: int
    emotion: str | None = None

    stacked = True

    def fingerprint(self) -> str:
        """See `ser_core.features.source.Source`."""
        chain = self.chain
        steps = [step.fingerprint() for step in chain.waveform] if chain.copies else []
        draws = f"{chain.use} {steps} {chain.copies} {self.seed} {self.emotion}"
        return f"copies {self.preprocessing.fingerprint()} {draws} {code_fingerprint(augment)}"

    def describe(self) -> str:
        """See `ser_core.features.source.Source`."""
        return f"model inputs with {self.chain.copies} augmented copies"

    def signals(self, clip: Clip, sampling_rate: int | None) -> list[Signal]:
        """See `ser_core.features.source.Source`."""
        rate = self.preprocessing.sampling_rate
        made = clip.once(("versions", self.fingerprint()), lambda: self._made(clip))
        return [signal.at(sampling_rate or rate) for signal in made]

    def _made(self, clip: Clip) -> list[Signal]:
        """The clip and its copies, made once for all extractors."""
        rate = self.preprocessing.sampling_rate
        voice = prepared_voice(clip, self.preprocessing)
        rng = np.random.default_rng([self.seed, int.from_bytes(clip.key[:8], "little")])
        chain = Chain(self.chain)
        versions = [placed(voice, self.preprocessing, rng)]
        for copy in range(self.chain.copies):
            drawn = chain.draw(rng, self.emotion, copy)
            changed = chain.apply(voice, rate, drawn)
            versions.append(placed(changed, self.preprocessing, rng))
        return [Signal(version, rate, clip.path) for version in versions]
