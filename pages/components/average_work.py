"""The work behind the Dataset page's averages: clips → mean spectrogram and mean melody."""

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pages.components import map_work
from ser_core import emotions, exploration, features, paths
from ser_core.errors import AudioError, ParameterError
from ser_core.exploration import averages
from ser_core.features import EXTRACTORS
from ser_core.features.store import FeatureStore, Request
from ser_core.store import Progress, ResultStore, code_fingerprint, identified, identify, result_key

_STEP_S = 0.025  # of computing for each second of sound, on one core
_AVERAGE_S = 0.003  # of averaging for each clip
_VERSION = "voices by channel"  # another word where kept averages would be made otherwise today

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Averages:
    """What the clips of each emotion have in common.

    Attributes:
        names: emotions in house order.
        spectrograms: (num_emotions, steps, n_mels) in dB around each clip's mean level.
        melodies: (num_emotions, 4, steps): lower quartile, median and upper quartile in semitones
            from the speaker's usual pitch in that channel, and the share of clips that are voiced.
        clips: (num_emotions,) how many were averaged.
        speakers: (num_emotions,) how many people are known to have spoken in them.
        typical: (num_emotions,) rows of the clips whose spectrograms are nearest to the average.
    """

    names: NDArray[np.str_]
    spectrograms: Array
    melodies: Array
    clips: NDArray[np.int64]
    speakers: NDArray[np.int64]
    typical: NDArray[np.int64]


def requests() -> tuple[Request, Request]:
    """Log-mel and pitch, with their usual settings."""
    return Request(EXTRACTORS.create("log_mel")), Request(EXTRACTORS.create("f0"))


def lacking(clips: pd.DataFrame) -> int:
    """How many of the clips lack log-mel or pitch on disk."""
    store, files = FeatureStore(), list(clips["path"])
    return len(clips) - min(store.count(files, request) for request in requests())


def seconds(clips: pd.DataFrame, missing: int) -> float:
    """Roughly how long `make` will take."""
    mean_s = float(clips["duration_s"].mean())
    sound_s = (mean_s if mean_s > 0 else map_work.USUAL_S) * missing
    return sound_s * _STEP_S / (os.cpu_count() or 1) + _AVERAGE_S * len(clips)


def find(clips: pd.DataFrame, passed: NDArray[np.bool_]) -> Averages | None:
    """The averages where they were made before; no sound file is opened for it."""
    known = identified(list(clips["path"]))
    if len(known) < len(clips):
        return None
    kept = _store().get(result_key(known, _made(clips, passed)))
    return None if kept is None else Averages(**kept)


def make(clips: pd.DataFrame, passed: NDArray[np.bool_], progress: Progress) -> Averages:
    """Compute features where they are not kept, then the averages, and keep them.

    Args:
        clips: usable clips of the corpus, see `map_work.clips_to_draw`.
        passed: (num_clips,) those to average; the others say what is usual for their speakers.
        progress: told of clips, then of emotions; it may stop the work.

    Raises:
        AudioError: no clip can be used.
        StoreError: the disk is full.
    """
    files = clips["path"].to_numpy()
    rows, log_mel, f0 = _fetched(files, progress)
    inside = passed[rows]
    if not inside.any():
        raise AudioError("none of these clips can be used: see the remarks on the corpus")
    speaker = clips["speaker"].astype(str).to_numpy()[rows]
    emotion = clips["emotion"].astype(str).to_numpy()[rows]
    contours = [frames[:, 0] for frames in f0]
    voice = voices(clips)[rows]
    usual = averages.usual_pitch(contours, list(voice))
    names = emotions.order(set(emotion[inside]))
    parts = []
    for done, name in enumerate(names):
        progress(done, len(names), f"averaging {emotions.title(name).lower()}")
        own = np.flatnonzero(inside & (emotion == name))
        mean = averages.mean_spectrogram([log_mel[i] for i in own])
        melody = _melody([contours[i] for i in own], [usual[voice[i]] for i in own])
        typical = rows[own[_nearest([log_mel[i] for i in own], mean)]]
        parts.append((mean, melody, len(own), len(set(speaker[own]) - {""}), typical))
    columns = [np.array(column) for column in zip(*parts, strict=True)]
    fields = ("spectrograms", "melodies", "clips", "speakers", "typical")
    made: dict[str, NDArray[Any]] = {
        "names": np.array(names),
        **dict(zip(fields, columns, strict=True)),
    }
    if len(rows) == len(clips):
        _store().put(result_key(identify(list(files)), _made(clips, passed)), made)
    return Averages(**made)


def voices(clips: pd.DataFrame) -> NDArray[np.object_]:
    """Who is heard, and whether they speak or sing: sung pitch is no measure of spoken pitch."""
    pairs = zip(clips["speaker"].astype(str), clips["channel"].astype(str), strict=True)
    return np.array([f"{speaker} {channel}" for speaker, channel in pairs], dtype=object)


def _fetched(
    files: NDArray[np.object_], progress: Progress
) -> tuple[NDArray[np.intp], list[Array], list[Array]]:
    """Rows of the clips that can be used, with their log-mel and pitch frames."""
    store, wanted = FeatureStore(), list(requests())
    rows = map_work.there(files)
    try:
        log_mel, f0 = store.fetch(list(files[rows]), wanted, progress)
    except AudioError:
        for request in wanted:
            rows = map_work.with_features(store, request, files, rows)
        log_mel, f0 = store.fetch(list(files[rows]), wanted)
    return rows, list(log_mel), list(f0)


def _melody(contours: list[Array], usual_hz: list[float]) -> Array:
    """Quartiles and voicing along the voice, (4, steps); NaN where nobody is voiced."""
    try:
        found = averages.mean_melody(contours, usual_hz)
    except ParameterError:  # whispered, or too noisy for any pitch
        silent = np.full((4, averages.STEPS), np.nan, np.float32)
        silent[3] = 0
        return silent
    return np.stack([found.low, found.median, found.high, found.voiced])


def _nearest(clips: list[Array], mean: Array) -> int:
    """Which clip's spectrogram, stretched as the mean is, is nearest to it."""
    far = [float(np.square(averages.mean_spectrogram([clip]) - mean).mean()) for clip in clips]
    return int(np.argmin(far))


def _store() -> ResultStore:
    return ResultStore(paths.home() / "cache" / "averages")


def _made(clips: pd.DataFrame, passed: NDArray[np.bool_]) -> list[str]:
    """All that averages depend on but the clips' content."""
    labels = [list(clips[column].astype(str)) for column in ("emotion", "speaker", "channel")]
    code = code_fingerprint(exploration, features)
    asked = passed.tobytes().hex(), *(request.fingerprint() for request in requests())
    return [_VERSION, code, *asked, *labels[0], *labels[1], *labels[2]]
