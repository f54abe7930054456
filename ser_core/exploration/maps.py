"""Maps of a corpus: every clip a point, those that sound alike near one another."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ser_core.errors import ParameterError

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

MAX_POINTS = 5_000
_COMPONENTS = 50
_EARLY, _LATE, _TOLD_EVERY = 250, 500, 10  # iterations


def sample(num_clips: int, most: int = MAX_POINTS, seed: int = 0) -> NDArray[np.intp]:
    """Rows to draw: all of them, or `most` drawn at random, in order.

    >>> sample(3).tolist(), len(sample(100_000))
    ([0, 1, 2], 5000)
    """
    if num_clips <= most:
        return np.arange(num_clips)
    chosen = np.random.default_rng(seed).choice(num_clips, most, replace=False)
    return np.sort(chosen)


def standardise(features: ArrayLike, groups: ArrayLike | None = None) -> Array:
    """Every feature with mean 0 and deviation 1, over all clips or within each group.

    Args:
        features: (num_clips, num_features).
        groups: (num_clips,) such as speakers: what tells them apart is then taken away.

    Returns:
        (num_clips, num_features); a feature that does not vary becomes 0.
    """
    values = np.asarray(features, np.float64)
    labels = np.zeros(len(values), int) if groups is None else np.asarray(groups)
    result = np.zeros_like(values)
    for label in np.unique(labels):
        rows = labels == label
        deviation = values[rows].std(axis=0)
        centred = values[rows] - values[rows].mean(axis=0)
        result[rows] = np.divide(
            centred, deviation, out=np.zeros_like(centred), where=deviation > 1e-9
        )
    return result


def principal_components(features: Array, count: int = 2) -> tuple[Array, Array]:
    """Principal component analysis of centred features.

    Args:
        features: (num_clips, num_features).
        count: components wanted.

    Returns:
        Scores (num_clips, n) and the share of the variance that each explains (n,), with n the
        smaller of `count` and what the data hold. Signs are such that each component's largest
        loading is positive.

    Raises:
        ParameterError: fewer than two clips.
    """
    _check(features)
    centred = features - features.mean(axis=0)
    left, size, right = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(right).argmax(axis=1)
    signs = np.where(right[np.arange(len(right)), largest] < 0, -1.0, 1.0)
    total = max(float(np.square(size).sum()), 1e-12)
    scores: Array = (left * size * signs)[:, :count]
    return scores, np.square(size)[:count] / total


def t_sne(features: Array, progress: Progress | None = None, seed: int = 0) -> Array:
    """t-SNE: neighbours stay neighbours, distances between groups mean little.

    Van der Maaten & Hinton (2008), "Visualizing data using t-SNE", JMLR 9; by openTSNE
    (Poličar et al. 2024), started from the first two principal components, after reduction to 50.

    Args:
        features: (num_clips, num_features), standardised.
        progress: called with (iterations, all); it may raise to stop the work.
        seed: of the rounding of ties; the start is the same for every seed.

    Returns:
        (num_clips, 2).

    Raises:
        ParameterError: fewer than two clips.
    """
    _check(features)
    reduced, _ = principal_components(features, _COMPONENTS)
    if len(features) < 10:  # nothing to arrange: neighbours need company
        return principal_components(features)[0]
    from openTSNE import TSNE

    done = 0

    def told(*_: Any) -> bool:
        nonlocal done
        done += _TOLD_EVERY
        if progress is not None:
            progress(min(done, _EARLY + _LATE), _EARLY + _LATE)
        return False

    if progress is not None:
        progress(0, _EARLY + _LATE)
    points = TSNE(
        perplexity=min(30, (len(features) - 1) / 3),
        initialization="pca",
        negative_gradient_method="bh",
        early_exaggeration_iter=_EARLY,
        n_iter=_LATE,
        callbacks=told,
        callbacks_every_iters=_TOLD_EVERY,
        random_state=seed,
    ).fit(reduced)
    return np.asarray(points, np.float64)


def neighbours(features: Array, row: int, count: int = 5) -> list[tuple[int, float]]:
    """The clips that sound most like one, nearest first, with their distance.

    Args:
        features: (num_clips, num_features), standardised.
        row: the clip.
        count: how many.

    Returns:
        Rows and Euclidean distances, divided by the median distance of all clips to this one: 0 is
        the same sound, 1 is like any other.
    """
    distance = np.linalg.norm(features - features[row], axis=1)
    usual = float(np.median(distance)) or 1.0
    nearest = [int(other) for other in np.argsort(distance, kind="stable") if other != row]
    return [(other, float(distance[other] / usual)) for other in nearest[:count]]


def _check(features: Array) -> None:
    if features.ndim != 2 or len(features) < 2:
        raise ParameterError(
            f"features: at least two clips (num_clips, num_features), got {features.shape}"
        )
