"""From clips to arrays: features of every clip, and of augmented copies of it, kept on disk.

Copies are made per clip and used only while that clip is a training clip, so that no fold is
tested or validated on a relative of what it was trained on.
"""

import hashlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import audio, paths
from ser_core.audio import Waveform
from ser_core.augment import Augmenter, WaveformAugmenter
from ser_core.errors import AudioError
from ser_core.features import Extractor
from ser_core.training.config import Recipe, augmenters

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Examples:
    """Features of a table's clips, in the table's order; arrays are memory-mapped.

    Attributes:
        versions: (num_clips, 1 + copies, num_frames, num_features) float16: the clip first, then
            its augmented copies, for training.
        windows: (num_windows, num_frames, num_features) float32: what a model is scored on, cut
            just as it is when someone speaks into the Live page.
        window_clip: (num_windows,) row of the clip each window is cut from.
    """

    versions: NDArray[np.float16]
    windows: NDArray[np.float32]
    window_clip: NDArray[np.intp]


def make_examples(
    table: pd.DataFrame, recipe: Recipe, progress: Progress | None = None
) -> Examples:
    """Features of every clip and of its augmented copies; read back if they were made before.

    Raises:
        AudioError: a clip cannot be read; the message names it.
    """
    folder = paths.folder("cache", "examples") / examples_key(table, recipe)
    if not folder.is_dir():
        _write(folder, table, recipe, progress)
    return Examples(
        versions=np.load(folder / "versions.npy", mmap_mode="r"),
        windows=np.load(folder / "windows.npy", mmap_mode="r"),
        window_clip=np.load(folder / "window_clip.npy"),
    )


def examples_key(table: pd.DataFrame, recipe: Recipe) -> str:
    """Names the arrays by what they are made from: clips (by size and date) and settings."""
    stats = [os.stat(path) for path in table["path"]]
    source = {
        "clips": [
            [path, stat.st_size, stat.st_mtime_ns]
            for path, stat in zip(table["path"], stats, strict=True)
        ],
        "recipe": recipe.model_dump(mode="json", include={"preprocessing", "features"}),
        "copies": recipe.augmentation.copies,
        "waveform": [step.model_dump(mode="json") for step in recipe.augmentation.waveform],
        "seed": recipe.training.seed,
    }
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()[:32]


def _write(folder: Path, table: pd.DataFrame, recipe: Recipe, progress: Progress | None) -> None:
    """Compute in parallel, then move the finished folder into place."""
    from joblib import Parallel, delayed

    clips = Parallel(n_jobs=os.cpu_count() or 1, return_as="generator")(
        delayed(_clip_examples)(path, recipe, row) for row, path in enumerate(table["path"])
    )
    draft = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        _collect(clips, draft, len(table), progress)
        if not folder.is_dir():  # another process may have been faster
            draft.rename(folder)
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib says that tasks were cancelled: they were
            clips.close()
        shutil.rmtree(draft, ignore_errors=True)


def _collect(clips: Iterable[Any], draft: Path, num_clips: int, progress: Progress | None) -> None:
    """Write the clips' arrays as they come, so that the copies need not fit into memory."""
    versions, windows, window_clip = None, [], []
    for row, (clip_versions, clip_windows) in enumerate(clips):
        if versions is None:
            versions = np.lib.format.open_memmap(
                draft / "versions.npy", "w+", np.float16, (num_clips, *clip_versions.shape)
            )
        versions[row] = clip_versions
        windows.append(clip_windows)
        window_clip += [row] * len(clip_windows)
        if progress is not None:
            progress(row + 1, num_clips)
    np.save(draft / "windows.npy", np.concatenate(windows))
    np.save(draft / "window_clip.npy", np.array(window_clip, np.intp))


def _clip_examples(
    path: str, recipe: Recipe, row: int
) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Features of one clip: (1 + copies, frames, features), and of its windows."""
    try:
        waveform, sampling_rate = audio.load(path)
        voice, _ = audio.prepare(waveform, sampling_rate, recipe.preprocessing)
    except AudioError as error:
        raise AudioError(f"{path}: {error}") from None
    extractor = recipe.extractor()
    rate = recipe.preprocessing.sampling_rate
    rng = np.random.default_rng([recipe.training.seed, row])
    chain = augmenters(recipe.augmentation.waveform)
    versions = [_placed(voice, recipe, rng)]
    versions += [
        _placed(_augmented(voice, rate, chain, rng), recipe, rng)
        for _ in range(recipe.augmentation.copies)
    ]
    windows, _ = audio.windows(voice, recipe.preprocessing)
    return _features(extractor, versions, rate).astype(np.float16), _features(
        extractor, list(windows), rate
    )


def _features(
    extractor: Extractor, waveforms: list[Waveform], sampling_rate: int
) -> NDArray[np.float32]:
    return np.stack([extractor.extract(waveform, sampling_rate) for waveform in waveforms])


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


def _placed(voice: Waveform, recipe: Recipe, rng: np.random.Generator) -> Waveform:
    """One model input: the voice at a drawn place in silence, or a drawn part of a longer voice."""
    length = round(recipe.preprocessing.window_s * recipe.preprocessing.sampling_rate)
    spare = length - voice.size
    start = int(rng.integers(0, abs(spare), endpoint=True))
    if spare < 0:
        return voice[start : start + length]
    return np.pad(voice, (start, spare - start))
