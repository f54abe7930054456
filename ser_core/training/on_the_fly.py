"""Augmented versions of training clips, drawn anew in every epoch.

Each version is drawn from a generator of its own, named by seed, fold, epoch and the clip's
content. So it depends on nothing that was drawn before, on no other clip, on no order and on no
number of workers: a run that is taken up again draws the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import audio, paths
from ser_core.audio import Preprocessing, Waveform
from ser_core.augment import Chain, generator, placed, version
from ser_core.features import Extractor, Signal
from ser_core.features.source import recording
from ser_core.store import Clip, ClipStore, Progress, code_fingerprint, identify
from ser_core.training.config import Recipe

__all__ = ["OnTheFly", "Voices", "placed", "prepared_voice"]

Array = NDArray[np.float32]


@dataclass(frozen=True)
class OnTheFly:
    """Makes versions of the clips of a table, for training, or to be averaged over in a test.

    Attributes:
        voices: prepared waveforms, memory-mapped.
        clips: the same clips' files and keys.
        emotions: of the clips, which steps may ask for.
    """

    voices: Sequence[Array]
    clips: Sequence[Clip]
    emotions: Sequence[str]
    chain: Chain
    preprocessing: Preprocessing
    extractors: dict[str, Extractor]
    seed: int

    @classmethod
    def of(
        cls, table: pd.DataFrame, recipe: Recipe, progress: Progress | None = None
    ) -> "OnTheFly":
        """For the clips of a table, whose voices are prepared unless they are kept already.

        Raises:
            AudioError: a clip cannot be read; the message names it.
        """
        files = table["path"].tolist()
        store = ClipStore(paths.home() / "cache" / "voices")
        (voices,) = store.fetch(files, [Voices(recipe.preprocessing)], progress)
        return cls(
            voices,
            identify(files),
            table["emotion"].tolist(),
            Chain(recipe.augmentation),
            recipe.preprocessing,
            recipe.extractors(),
            recipe.training.seed,
        )

    def waveform(self, row: int, fold: int, epoch: int) -> Waveform:
        """What is heard of a clip in an epoch of a fold: one model input, (num_samples,)."""
        rng = generator(self.seed, fold, epoch, self.clips[row].key)
        return self._changed(row, rng, self.emotions[row], epoch)

    def batch(self, rows: NDArray[np.intp], fold: int, epoch: int) -> dict[str, Array]:
        """Features (len(rows), *shape) of what is heard of some clips, by input."""
        return self._features([(row, self.waveform(row, fold, epoch)) for row in rows])

    def test_batch(self, rows: NDArray[np.intp], copy: int) -> dict[str, Array]:
        """Features of a version of test clips; what emotion they are is not looked at.

        Args:
            copy: which version, from 0.
        """
        versions = []
        for row in rows:
            rng = generator(self.seed, "test", copy, self.clips[row].key)
            versions.append((row, self._changed(row, rng, None, copy)))
        return self._features(versions)

    def _changed(
        self, row: int, rng: np.random.Generator, emotion: str | None, copy: int
    ) -> Waveform:
        return version(self.voices[row], self.chain, self.preprocessing, rng, emotion, copy)

    def _features(self, versions: Sequence[tuple[int, Waveform]]) -> dict[str, Array]:
        rate = self.preprocessing.sampling_rate
        signals = [Signal(waveform, rate, self.clips[row].path) for row, waveform in versions]
        return {
            name: np.stack([each.of(signal.at(each.sampling_rate or rate)) for signal in signals])
            for name, each in self.extractors.items()
        }


@dataclass(frozen=True)
class Voices:
    """Clips as `audio.prepare` leaves them, kept so that an epoch need not read their files."""

    preprocessing: Preprocessing

    def fingerprint(self) -> str:
        """See `ser_core.store.Product`."""
        return f"voices-{self.preprocessing.fingerprint()[:16]}-{code_fingerprint(audio)[:16]}"

    def key(self, clip: Clip) -> bytes:
        """See `ser_core.store.Product`."""
        return clip.key

    def compute(self, clip: Clip) -> Array:
        """See `ser_core.store.Product`."""
        return prepared_voice(clip, self.preprocessing)

    def about(self) -> dict[str, Any]:
        """See `ser_core.store.Product`."""
        return {"voices": self.preprocessing.model_dump(mode="json")}


def prepared_voice(clip: Clip, preprocessing: Preprocessing) -> Waveform:
    """The clip, prepared once for all requests."""

    def prepare() -> Waveform:
        whole = recording(clip)
        return audio.prepare(whole.waveform, whole.sampling_rate, preprocessing)[0]

    return clip.once(("voice", preprocessing), prepare)
