"""How far a clip's features lie from those of the training clips.

Of each clip there is the mean over time of what the network is given. The distance is that of
Mahalanobis with the features taken for independent: the root of the mean of squares, each feature
measured in standard deviations of the training clips.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ser_core.audio import Waveform
from ser_core.features import Extractor, Signal

MOST_FEATURES = 256  # of more, evenly spaced ones: a card is read by people, too
STEPS = tuple(range(0, 101, 5))
"""Percentiles of the training clips' own distances that a card holds."""

_PARTS = 5  # of the training clips: each is measured by the others, as a stranger's clip would be
_LEAST_CLIPS = 10
_DIGITS = 4


def usable(extractors: Iterable[Extractor]) -> list[Extractor]:
    """Those that take features from sound, not from a file by the clip's name."""
    return [each for each in extractors if not each.by_name]


def mean_features(
    voice: Waveform, sampling_rate: int, extractors: Iterable[Extractor]
) -> NDArray[np.float64]:
    """Means over time of a prepared voice, (num_features,), at most 256 of them."""
    signal = Signal(voice, sampling_rate)
    means = []
    for each in extractors:
        features = each.of(signal.at(each.sampling_rate or sampling_rate)).astype(np.float64)
        if each.kind == "frames":
            features = features.mean(axis=0)
        elif each.kind == "image":
            features = features.mean(axis=1)
        means.append(features.ravel())
    joined = np.concatenate(means)
    return joined[:: -(-joined.size // MOST_FEATURES)]


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
