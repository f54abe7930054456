"""From clips to arrays: features of every clip, and of augmented copies of it, kept on disk.

Copies are made per clip and used only while that clip is a training clip, so that no fold is
tested or validated on a relative of what it was trained on. Nothing here is standardised: that
depends on who is a training speaker.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import audio, augment
from ser_core.audio import Preprocessing, Waveform
from ser_core.augment import Augmenter, WaveformAugmenter
from ser_core.corpora.folds import people
from ser_core.features import Signal
from ser_core.features.source import recording
from ser_core.features.store import FeatureStore, Request
from ser_core.store import Clip, Progress, code_fingerprint
from ser_core.training.config import AugmentationStep, Recipe, augmenters

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Features of a table's clips, in the table's order; arrays are memory-mapped.

    Attributes:
        versions: for each clip (1 + copies, *input_shape) float32: the clip first, then its
            augmented copies, for training.
        windows: for each clip (num_windows, *input_shape) float32: what a model is scored on, cut
            just as it is when someone speaks into the Live page.
        speakers: who speaks in each clip.
    """

    versions: Sequence[Array]
    windows: Sequence[Array]
    speakers: NDArray[np.str_]

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one model input, such as (num_frames, num_features)."""
        return self.versions[0].shape[1:]


def make_examples(
    table: pd.DataFrame, recipe: Recipe, progress: Progress | None = None
) -> Examples:
    """Features of every clip and of its augmented copies; read back if they were made before.

    Raises:
        AudioError: a clip cannot be read; the message names it.
    """
    versions, windows = FeatureStore().fetch(table["path"].tolist(), _requests(recipe), progress)
    return Examples(versions, windows, people(table).to_numpy(str))


def examples_key(table: pd.DataFrame, recipe: Recipe) -> str:
    """Names the arrays by what they are made from: clips (by size and date) and settings."""
    source = {
        "clips": [[path, *_size_and_date(path)] for path in table["path"]],
        "requests": [request.fingerprint() for request in _requests(recipe)],
    }
    return hashlib.sha256(json.dumps(source).encode()).hexdigest()[:32]


def _size_and_date(path: str) -> tuple[int, int]:
    stat = Path(path).stat()
    return stat.st_size, stat.st_mtime_ns


def _requests(recipe: Recipe) -> list[Request]:
    extractor = recipe.extractor()
    augmentation, seed = recipe.augmentation, recipe.training.seed
    copies = Copies(recipe.preprocessing, augmentation.waveform, augmentation.copies, seed)
    return [Request(extractor, copies), Request(extractor, Windows(recipe.preprocessing))]


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
        windows, _ = audio.windows(_voice(clip, self.preprocessing), self.preprocessing)
        return [Signal(window, rate, clip.path).at(sampling_rate or rate) for window in windows]


@dataclass(frozen=True)
class Copies:
    """A clip and augmented copies of it, each as one model input.

    Draws are seeded by the seed and the clip's content: they depend on no other clip.
    """

    preprocessing: Preprocessing
    steps: tuple[AugmentationStep, ...]
    copies: int
    seed: int

    stacked = True

    def fingerprint(self) -> str:
        """See `ser_core.features.source.Source`."""
        steps = [step.fingerprint() for step in self.steps]
        settings = f"{self.preprocessing.fingerprint()} {steps} {self.copies} {self.seed}"
        return f"copies {settings} {code_fingerprint(augment)}"

    def describe(self) -> str:
        """See `ser_core.features.source.Source`."""
        return f"model inputs with {self.copies} augmented copies"

    def signals(self, clip: Clip, sampling_rate: int | None) -> list[Signal]:
        """See `ser_core.features.source.Source`."""
        rate = self.preprocessing.sampling_rate
        voice = _voice(clip, self.preprocessing)
        rng = np.random.default_rng([self.seed, int.from_bytes(clip.key[:8], "little")])
        chain = augmenters(self.steps)
        versions = [_placed(voice, self.preprocessing, rng)]
        versions += [
            _placed(_augmented(voice, rate, chain, rng), self.preprocessing, rng)
            for _ in range(self.copies)
        ]
        return [Signal(version, rate, clip.path).at(sampling_rate or rate) for version in versions]


def _voice(clip: Clip, preprocessing: Preprocessing) -> Waveform:
    """The clip, prepared once for all requests."""

    def prepare() -> Waveform:
        whole = recording(clip)
        return audio.prepare(whole.waveform, whole.sampling_rate, preprocessing)[0]

    return clip.once(("voice", preprocessing), prepare)


def _augmented(
    voice: Waveform,
    sampling_rate: int,
    chain: list[tuple[Augmenter, float]],
    rng: np.random.Generator,
) -> Waveform:
    for augmenter, probability in chain:
        assert isinstance(augmenter, WaveformAugmenter)
        if rng.random() < probability:
            voice = augmenter.apply(voice, sampling_rate, augmenter.draw(rng))
    return voice


def _placed(voice: Waveform, preprocessing: Preprocessing, rng: np.random.Generator) -> Waveform:
    """One model input: the voice at a drawn place in silence, or a drawn part of a longer voice."""
    length = round(preprocessing.window_s * preprocessing.sampling_rate)
    spare = length - voice.size
    start = int(rng.integers(0, abs(spare), endpoint=True))
    if spare < 0:
        return voice[start : start + length]
    return np.pad(voice, (start, spare - start))
