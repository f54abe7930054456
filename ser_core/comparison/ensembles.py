"""Several runs as one: their out-of-fold probabilities averaged, or weighed by what others show."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ser_core.comparison.comparability import why_not
from ser_core.comparison.runs import FinishedRun
from ser_core.errors import ParameterError

Floats = NDArray[np.float64]
Kind = Literal["average", "stack"]

_MOST_PARTS = 20  # in which speakers are left out; beyond, several at a time
_STEPS, _CLOSE = 500, 1e-7
_FLOOR = 1e-9  # probability that no label falls below, so that one sure mistake is not the end


@dataclass(frozen=True)
class Ensemble:
    """Runs as one.

    Attributes:
        run: shaped like a run that was trained, so that all that is asked of runs can be asked.
        weights: `(num_parts, num_runs)`, each row sums to 1; of an average there is one row.
            Weights that change much from part to part mean little.
    """

    run: FinishedRun
    weights: Floats


def ensemble(runs: Sequence[FinishedRun], kind: Kind = "average") -> Ensemble:
    """Runs on the same clips as one run more.

    "average" gives each run the same weight. "stack" gives the clips of each speaker weights that
    were learned from the clips of all others only (stacked generalisation; Wolpert 1992, Neural
    Networks 5), as many as there are runs and no more: few enough to learn from few speakers. The
    other speakers' answers came from networks that may have learned from this speaker, which the
    weights could carry over; with one number a run that is next to nothing.

    Args:
        runs: two or more.
        kind: how.

    Raises:
        ParameterError: there are fewer than two runs, some cannot be compared, or `kind` is not
            known.
    """
    if kind not in ("average", "stack"):
        raise ParameterError(f"kind must be 'average' or 'stack', got {kind!r}")
    if len(runs) < 2:
        raise ParameterError(f"an ensemble needs two runs or more, got {len(runs)}")
    first, *others = runs
    for other in others:
        if why := why_not(first, other):
            raise ParameterError(f"{first.title} and {other.title} make no ensemble: {why}")
        if set(other.labels) != set(first.labels):
            raise ParameterError(
                f"{first.title} and {other.title} make no ensemble: their labels differ"
            )
    said = np.stack([_probabilities(run, first) for run in runs])
    if kind == "average":
        weights, part = np.full((1, len(runs)), 1 / len(runs)), np.zeros(said.shape[1], np.intp)
    else:
        weights, part = _cross_fitted(said, first)
    pooled = np.einsum("nk,knl->nl", weights[part], said)
    return Ensemble(_as_run(runs, kind, pooled), weights)


def mixture_weights(of_truth: Floats, steps: int = _STEPS) -> Floats:
    """Weights under which a mixture of models makes the truth most probable.

    By expectation and maximisation, from equal weights: the likelihood of a mixture is concave in
    its weights, so what is found is the best there is (Dempster, Laird & Rubin 1977, "Maximum
    likelihood from incomplete data via the EM algorithm", JRSS B 39).

    Args:
        of_truth: `(num_models, num_clips)`, the probability that each gives to the true label.
        steps: at most.

    Returns:
        `(num_models,)`, 0 or more, summing to 1.

    Two clips on which the first is always surer: it gets all the weight.

    >>> mixture_weights(np.array([[0.9, 0.8], [0.1, 0.2]])).round(3).tolist()
    [1.0, 0.0]
    """
    everything = np.ones((1, of_truth.shape[1]))
    return np.asarray(_mixtures(of_truth, everything, steps)[0])


def _mixtures(of_truth: Floats, counted: Floats, steps: int = _STEPS) -> Floats:
    """The same for several choices of clips at once.

    Args:
        of_truth: as above.
        counted: `(num_choices, num_clips)`, 1 for a clip that counts and 0 for another.
        steps: at most.

    Returns:
        `(num_choices, num_models)`.
    """
    likelihood = np.maximum(of_truth, _FLOOR)
    weights = np.full((len(counted), len(likelihood)), 1 / len(likelihood))
    share = counted / counted.sum(1, keepdims=True)
    moving = np.ones((len(counted), 1), bool)  # each stops by itself: no choice depends on another
    for _ in range(steps):
        new = weights * ((share / (weights @ likelihood)) @ likelihood.T)
        moved = np.abs(new - weights).max(1, keepdims=True) >= _CLOSE
        weights, moving = np.where(moving, new, weights), moving & moved
        if not moving.any():
            break
    return weights


def _cross_fitted(said: Floats, run: FinishedRun) -> tuple[Floats, NDArray[np.intp]]:
    """Weights for each part of the speakers, learned from the others, and each clip's part."""
    speakers = pd.factorize(run.predictions["speaker"], sort=True)[0]
    number = int(speakers.max()) + 1
    if number < 2:
        raise ParameterError("a stack is learned from other speakers: two or more are needed")
    part = speakers % min(number, _MOST_PARTS)
    truth = pd.Index(run.labels).get_indexer(pd.Index(run.predictions["emotion"]))
    of_truth = said[:, np.arange(said.shape[1]), truth]
    others = part != np.arange(int(part.max()) + 1)[:, None]
    return _mixtures(of_truth, others.astype(float)), part.astype(np.intp)


def _probabilities(run: FinishedRun, first: FinishedRun) -> Floats:
    """`(num_clips, num_labels)`, in the order of the first run's clips and labels."""
    table, clips = run.predictions, first.predictions["clip"]
    if not table["clip"].equals(clips):
        table = table.set_index("clip").loc[clips]
    return table[first.labels].to_numpy(float)


def _as_run(runs: Sequence[FinishedRun], kind: Kind, pooled: Floats) -> FinishedRun:
    first = runs[0]
    table = first.predictions.drop(
        columns=[name for name in first.predictions if str(name).startswith("predicted_")]
    )
    table[first.labels] = pooled / pooled.sum(1, keepdims=True)
    table["predicted"] = np.array(first.labels)[pooled.argmax(1)]
    members = tuple(run.title for run in runs)
    ids = "-".join(sorted(run.run_id or run.digest for run in runs))
    return replace(
        first,
        run_id=f"{hashlib.blake2b(ids.encode(), digest_size=4).hexdigest()}-{kind}",
        name=f"{kind} of {len(runs)}",
        recipe="",
        seeds=tuple(sorted({seed for run in runs for seed in run.seeds})),
        predictions=table,
        history=[],
        parameters={},
        metrics={},
        started=None,
        ended=None,
        members=members,
        leaks=tuple(dict.fromkeys(words for run in runs for words in run.leaks)),
    )
