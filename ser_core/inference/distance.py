"""How far a clip's features lie from those of the training clips.

Of each clip there is the mean over time of what the network is given, pauses left out. The distance
is Mahalanobis' with the features taken for independent: the root of the mean of squares, each
feature measured in standard deviations of the training clips.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core import audio
from ser_core.audio import Preprocessing, Waveform
from ser_core.features import Extractor, Signal

MOST_FEATURES = 256  # of more, evenly spaced ones: a card is read by people, too
STEPS = tuple(range(0, 101, 5))
"""Percentiles of the training clips' own distances that a card holds."""

_PARTS = 5  # of the training clips: each is measured by the others, as a stranger's clip would be
_LEAST_CLIPS = 10
_DIGITS = 4
_LEVEL_S, _PAUSE_DB = 0.032, 30.0


def usable(extractors: Iterable[Extractor]) -> list[Extractor]:
    """Those that take features from sound, not from a file by the clip's name."""
    return [each for each in extractors if not each.by_name]


def mean_features(
    voice: Waveform, preprocessing: Preprocessing, extractors: Iterable[Extractor]
) -> NDArray[np.float64]:
    """Means over time of a prepared voice, (num_features,), at most 256 of them.

    Of a voice that does not fit into one window, the mean over its windows, as the model hears
    these. Frames more than 30 dB below the loudest are pauses, and count for nothing.
    """
    takers = list(extractors)
    windows, starts_s = audio.windows(voice, preprocessing)
    pieces = [voice]
    if len(starts_s) > 1:
        bounds = [audio.voice_bounds(each, preprocessing) for each in windows]
        pieces = [each[slice(*ends)] for each, ends in zip(windows, bounds, strict=True)]
    rate = preprocessing.sampling_rate
    means = [_means(Signal(each, rate), takers) for each in pieces]
    joined = np.mean(means, axis=0)
    return joined[:: -(-joined.size // MOST_FEATURES)]


def _means(signal: Signal, extractors: list[Extractor]) -> NDArray[np.float64]:
    means = []
    for each in extractors:
        features = each.of(signal.at(each.sampling_rate or signal.sampling_rate))
        if each.kind == "frames":
            features = features[_voiced(signal, len(features), each.hop_s)].mean(axis=0)
        elif each.kind == "image":
            features = features.mean(axis=1)
        means.append(features.astype(np.float64).ravel())
    return np.concatenate(means)


def _voiced(signal: Signal, frames: int, hop_s: float | None) -> NDArray[np.bool_]:
    """Which frames are no pause; all, where it is not known when they are."""
    if hop_s is None:
        return np.ones(frames, bool)
    around = round(_LEVEL_S / 2 * signal.sampling_rate)
    sums = np.concatenate(([0.0], np.cumsum(signal.waveform.astype(np.float64) ** 2)))
    middles = np.round(np.arange(frames) * hop_s * signal.sampling_rate).astype(int)
    last = signal.waveform.size
    ends = np.clip(middles + around, 0, last), np.clip(middles - around, 0, last)
    power = sums[ends[0]] - sums[ends[1]]
    return power >= power.max() * 10 ** (-_PAUSE_DB / 10)


def middle_of(means: NDArray[np.float64]) -> dict[str, Any]:
    """What a card says of the training clips' features.

    Clips are dealt into five parts in the order they come in, which keeps most speakers together;
    the distances of each part are from the middle of the others.

    Args:
        means: (num_clips, num_features).

    Returns:
        `mean` and `spread` by feature, and `distance`: its percentiles 0, 5, …, 100 over the
        clips. Empty for fewer than ten clips.
    """
    if len(means) < _LEAST_CLIPS:
        return {}
    parts = np.array_split(np.arange(len(means)), _PARTS)
    own = [_distances(means[part], *_fit(np.delete(means, part, axis=0))) for part in parts]
    mean, spread = _fit(means)
    return {
        "mean": _rounded(mean),
        "spread": _rounded(spread),
        "distance": _rounded(np.percentile(np.concatenate(own), STEPS)),
    }


def percentile(features: NDArray[np.float64], known: Mapping[str, Any]) -> float | None:
    """Of how many in a hundred training clips the features lie nearer to the middle.

    Args:
        features: (num_features,) of `mean_features`.
        known: as `middle_of` gives it.

    Returns:
        0 to 100; None where the card is about other features.
    """
    mean, spread = np.array(known["mean"]), np.array(known["spread"])
    if mean.shape != features.shape or spread.shape != features.shape:
        return None
    away = float(_distances(features[None], mean, spread)[0])
    return float(np.interp(away, known["distance"], STEPS))


def _fit(means: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return means.mean(axis=0), means.std(axis=0)


def _distances(
    means: NDArray[np.float64], mean: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(num_clips,); features that never vary in training count for nothing."""
    varies = spread > 0
    if not varies.any():
        return np.zeros(len(means))
    standardised = (means[:, varies] - mean[varies]) / spread[varies]
    distances: NDArray[np.float64] = np.sqrt(np.square(standardised).mean(axis=1))
    return distances


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values]
