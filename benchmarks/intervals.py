"""How often 95 % intervals over speakers hold the truth, and how long fifty runs take.

Speakers are made up: how well a class of theirs is recognised differs by speaker and by speaker and
class (normal on the logit scale, deviations 0.6 and 0.8), with eight classes and, as in RAVDESS, 60
clips each, or with numbers of clips that differ as widely as in spontaneous speech (log-normal,
deviation 0.8). The truth is what all such speakers come to. Ours is compared with percentiles of
the same resamples, which is what "bootstrap" usually means.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ser_core.evaluation.intervals import GroupSums, estimate
from ser_core.evaluation.metrics import macro_f1, recall_per_class, scores, uar, war

CLASSES = 8
LABELS = [f"class {number}" for number in range(CLASSES)]
RECALL = np.array([0.45, 0.7, 0.5, 0.4, 0.75, 0.5, 0.6, 0.9])
NAMES = ("WAR", "UAR", "macro F1", "recall near .5", "recall near .9")
Floats = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    options = parser.parse_args()
    print("| speakers | clips | interval | " + " | ".join(NAMES) + " |")
    print("|--:|:--|:--|" + "--:|" * len(NAMES))
    for speakers in (3, 5, 10, 20):
        for uneven in (False, True):
            for name, share in coverage(speakers, uneven, options.trials).items():
                cells = " | ".join(f"{100 * one:.0f} %" for one in share)
                kind = "uneven" if uneven else "even"
                print(f"| {speakers} | {kind} | {name} | {cells} |", flush=True)
    print(f"\nfifty runs of 1,440 clips, 24 speakers: {fifty_runs():.2f} s (median of 5)")


def coverage(speakers: int, uneven: bool, trials: int) -> dict[str, Floats]:
    """How often each interval holds the truth, for each score."""
    truth = score(tables(np.random.default_rng(1), 40_000, uneven).sum(0))
    rng = np.random.default_rng(2)
    held: dict[str, list[Floats]] = {"ours": [], "percentile": []}
    for _ in range(trials):
        made = tables(rng, speakers, uneven).astype(float)
        sums = GroupSums(made.reshape(speakers, -1), made.sum((1, 2)))
        ours = estimate(sums, flat_score, repeats=400).intervals()
        ends = np.array([(one.low, one.high) for one in ours]).T
        drawn = rng.multinomial(speakers, np.full(speakers, 1 / speakers), 400)
        samples = flat_score(drawn @ sums.sums)
        plain = np.nanquantile(samples, [0.025, 0.975], axis=0)
        for name, (low, high) in (("ours", ends), ("percentile", plain)):
            # Where no interval can be drawn, none is counted.
            inside = np.where(np.isnan(low), np.nan, (low <= truth) & (truth <= high))
            held[name].append(inside)
    return {name: np.nanmean(inside, axis=0) for name, inside in held.items()}


def tables(rng: np.random.Generator, speakers: int, uneven: bool) -> NDArray[np.int64]:
    """Confusion tables (speakers, classes, classes) of made-up speakers."""
    clips = np.tile([4] + [8] * (CLASSES - 1), (speakers, 1))
    if uneven:
        factor = rng.lognormal(0, 0.8, (speakers, 1)) * rng.lognormal(0, 0.4, clips.shape)
        clips = np.round(clips * factor).astype(int)
    logit = np.log(RECALL / (1 - RECALL))
    ease = logit + rng.normal(0, 0.6, (speakers, 1)) + rng.normal(0, 0.8, clips.shape)
    hits = rng.binomial(clips, 1 / (1 + np.exp(-ease)))
    made = rng.multinomial(clips - hits, confusions())
    made[:, np.arange(CLASSES), np.arange(CLASSES)] += hits
    return made


def confusions() -> Floats:
    """What each class is taken for where it is missed."""
    shares = np.random.default_rng(0).dirichlet(np.full(CLASSES, 0.7), CLASSES)
    np.fill_diagonal(shares, 0)
    return shares / shares.sum(1, keepdims=True)


def flat_score(sums: Floats) -> Floats:
    return score(sums.reshape(*sums.shape[:-1], CLASSES, CLASSES))


def score(counts: Floats) -> Floats:
    recall = recall_per_class(counts)
    five = [war(counts), uar(counts), macro_f1(counts), recall[..., 0], recall[..., 7]]
    return np.stack(five, axis=-1)


def fifty_runs() -> float:
    """Seconds that all scores of fifty runs take, with their intervals."""
    rng = np.random.default_rng(0)
    true = rng.choice(LABELS, 1440)
    runs = [np.where(rng.random(1440) < 0.6, true, rng.choice(LABELS, 1440)) for _ in range(50)]
    speakers = np.arange(1440) % 24
    times = []
    for _ in range(5):
        began = time.perf_counter()
        for predicted in runs:
            scores(true, predicted, speakers, LABELS)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


if __name__ == "__main__":
    main()
