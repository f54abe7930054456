"""The work behind the Dataset page's map: clips → features → points, kept on disk."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core import exploration, features, paths
from ser_core.errors import AudioError, ParameterError
from ser_core.exploration import maps
from ser_core.features import Extractor
from ser_core.features.store import FeatureStore, Request
from ser_core.store import (
    Progress,
    ResultStore,
    code_fingerprint,
    identified,
    identify,
    result_key,
)

Method = Literal["t-SNE", "PCA"]

_DIMENSIONS = 50  # what t-SNE arranges by, and what neighbours are found in
_STEP_S = 0.03  # of computing for each second of sound, on one core, for a usual extractor
USUAL_S = 3.0  # of a clip whose length is not known yet
_POINT_S = 0.012  # of t-SNE for each clip


@dataclass(frozen=True)
class Wanted:
    """Which map is asked for.

    Attributes:
        extractor: of one vector a clip.
        method: how points are found.
        within_speakers: features are standardised within each speaker.
    """

    extractor: Extractor
    method: Method
    within_speakers: bool

    def mark(self) -> str:
        """Tells maps of the same clips apart."""
        return f"{self.extractor.fingerprint()} {self.method} {self.within_speakers}"


@dataclass(frozen=True)
class ClipMap:
    """Where clips lie.

    Attributes:
        rows: (num_points,) rows of `clips_to_draw` that have a point; the others could not be used.
        points: (num_points, 2).
        near: (num_points, n) the features by which neighbours are found, the most telling first.
        shares: of the variance along each axis (2,), for PCA; otherwise empty.
    """

    rows: NDArray[np.intp]
    points: NDArray[np.float32]
    near: NDArray[np.float32]
    shares: NDArray[np.float64]


def clips_to_draw(table: pd.DataFrame) -> pd.DataFrame:
    """The clips without a problem; of very many, a sample that is always the same."""
    usable = table[table["problems"] == ""]
    return usable.iloc[maps.sample(len(usable))].reset_index(drop=True)


def find(clips: pd.DataFrame, wanted: Wanted) -> ClipMap | None:
    """The map where it was made before; no sound file is opened for it."""
    known = identified(list(clips["path"]))
    if len(known) < len(clips):
        return None
    kept = _store().get(result_key(known, _made(clips, wanted)))
    return None if kept is None else ClipMap(**kept)


def lacking(clips: pd.DataFrame, wanted: Wanted) -> int:
    """How many of the clips have no features on disk yet."""
    return len(clips) - FeatureStore().count(list(clips["path"]), Request(wanted.extractor))


def seconds(clips: pd.DataFrame, wanted: Wanted, missing: int) -> float:
    """Roughly how long `make` will take."""
    mean_s = float(clips["duration_s"].mean())
    sound_s = (mean_s if mean_s > 0 else USUAL_S) * missing
    arranging = _POINT_S * len(clips) if wanted.method == "t-SNE" else 0.0
    return sound_s * _STEP_S / (os.cpu_count() or 1) + arranging


def make(clips: pd.DataFrame, wanted: Wanted, progress: Progress) -> ClipMap:
    """Compute features where they are not kept, then the map, and keep it.

    Args:
        clips: see `clips_to_draw`.
        wanted: which map.
        progress: told of clips, then of steps; it may stop the work.

    Raises:
        AudioError: hardly a clip can be used.
        ParameterError: the extractor does not give one vector of the same length for each clip.
        StoreError: the disk is full.
    """
    here = there(clips["path"].to_numpy())
    vectors, rows = usable_vectors(clips["path"], here, wanted.extractor, progress)
    groups = clips["speaker"].astype(str).to_numpy()[rows] if wanted.within_speakers else None
    progress(0, 0, "finding what tells the clips apart")
    even = maps.standardise(vectors, groups)
    near, shares = maps.principal_components(even, _DIMENSIONS)
    if wanted.method == "PCA":
        points, explained = near[:, :2], shares[:2]
    else:
        points, explained = maps.t_sne(near, _steps(progress)), np.zeros(0)
    if points.shape[1] < 2:  # two clips, or one feature, differ along one line
        points = np.column_stack([points[:, 0], np.zeros(len(points))])
    made: dict[str, NDArray[Any]] = {
        "rows": rows,
        "points": points.astype(np.float32),
        "near": near.astype(np.float32),
        "shares": explained,
    }
    if len(here) == len(clips):
        _store().put(result_key(identify(list(clips["path"])), _made(clips, wanted)), made)
    return ClipMap(**made)


def usable_vectors(
    files: pd.Series, here: NDArray[np.intp], extractor: Extractor, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """One vector for each clip that the extractor can use, and the rows of these clips."""
    paths_of = files.to_numpy()
    store, request = FeatureStore(), Request(extractor)
    rows = here
    try:
        (found,) = store.fetch(list(paths_of[rows]), [request], progress)
    except AudioError as error:
        rows = with_features(store, request, paths_of, here)
        if len(rows) < 2:
            raise AudioError(f"a map needs two clips with features: {error}") from None
        (found,) = store.fetch(list(paths_of[rows]), [request])
    if len(rows) < 2:
        raise AudioError(f"a map needs two clips, {len(rows)} can be read")
    shapes = {vector.shape for vector in found}
    if len(shapes) > 1 or len(next(iter(shapes))) != 1:
        raise ParameterError(
            f"{extractor.name}: a map needs one vector of the same length for each clip, got "
            f"{' and '.join(map(str, sorted(shapes)[:3]))}"
        )
    return np.nan_to_num(np.stack(list(found))), rows


def there(files: NDArray[np.object_]) -> NDArray[np.intp]:
    """Rows of the files that are still there."""
    return np.flatnonzero([Path(file).is_file() for file in files])


def with_features(
    store: FeatureStore, request: Request, files: NDArray[np.object_], rows: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Those rows whose clips have features on disk, found by halves: few lack them."""
    kept = store.count(list(files[rows]), request)
    if kept in (0, len(rows)):
        return rows[:kept]
    half = len(rows) // 2
    parts = [with_features(store, request, files, part) for part in (rows[:half], rows[half:])]
    return np.concatenate(parts)


def _steps(progress: Progress) -> maps.Progress:
    return lambda done, total: progress(done, total, "arranging the clips")


def _store() -> ResultStore:
    return ResultStore(paths.home() / "cache" / "maps")


def _made(clips: pd.DataFrame, wanted: Wanted) -> list[str]:
    """All that a map depends on but the clips' content."""
    speakers = list(clips["speaker"].astype(str)) if wanted.within_speakers else []
    code = code_fingerprint(exploration, features)
    return [Request(wanted.extractor).fingerprint(), wanted.mark(), code, *speakers]
