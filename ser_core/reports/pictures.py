"""The figures of a report, from the results of its runs."""

import itertools
from collections.abc import Sequence

import numpy as np

from ser_core import emotions, figures
from ser_core.comparison.comparability import key_of
from ser_core.comparison.history import measures
from ser_core.comparison.pairs import Pair
from ser_core.comparison.results import Results
from ser_core.evaluation.calibration import Reliability
from ser_core.evaluation.intervals import Interval
from ser_core.figures.confusion import Normalise
from ser_core.reports import several
from ser_core.reports.noise import noise_pictures
from ser_core.reports.picture import Picture, array
from ser_core.reports.several import GROUPS, TRAINING

_MOST_ROWS = 60  # speakers that a table of clips has room for
_FULLEST = 0.45  # of the scale, for the cell with most clips: an even corpus should not glare


CONFUSION, CLASSES, CALIBRATION, DATA = "Confusion", "Classes", "Calibration", "Test clips"


def pictures_of(results: Sequence[Results], pairs: Sequence[Pair]) -> list[Picture]:
    """All figures of a report, in its order."""
    is_one = len(results) == 1
    found = [] if is_one else several.overview(results)
    found += _side_by_side([_confusions(one) for one in results])
    found += [difference(pair.first, pair.second) for pair in pairs]
    found += classes(results)
    found += [reliability(results, "width"), reliability(results, "mass")]
    found += _all_groups(results)
    found += noise_pictures(results)
    found += several.agreement(pairs, results)
    found += [] if is_one else several.training(results)
    found += _side_by_side([training(one) for one in results])
    found += [] if is_one else several.settings(results)
    # The same clips are shown once.
    tested = {key_of(one.run).truth: one for one in reversed(results)}
    found += [picture for one in reversed(tested.values()) for picture in _data(one)]
    return found


def _side_by_side(of_runs: Sequence[Sequence[Picture]]) -> list[Picture]:
    """The same figure of every run, then the next figure of every run."""
    rows = itertools.zip_longest(*of_runs)
    return [picture for row in rows for picture in row if picture is not None]


def _confusions(results: Results) -> list[Picture]:
    run, counts = results.run, results.scores.counts
    kinds: dict[Normalise, str] = {
        "row": "percent of each row",
        "column": "percent of each column",
        "none": "clips",
    }
    return [
        Picture(
            f"confusion-{kind.replace('none', 'counts')}-{run.slug}",
            CONFUSION,
            f"{run.title}: {words}",
            figures.confusion_figure(run.labels, counts, kind),
        )
        for kind, words in kinds.items()
    ]


def difference(first: Results, second: Results) -> Picture:
    """One confusion matrix minus the other, in points of each row."""
    labels = emotions.order({*first.run.labels, *second.run.labels})
    one, other = (reordered(results, labels) for results in (first, second))
    return Picture(
        f"difference-{first.run.slug}-{second.run.slug}",
        CONFUSION,
        f"{first.run.title} minus {second.run.title}: points of each row",
        figures.confusion_difference_figure(labels, one, other),
    )


def reordered(results: Results, labels: list[str]) -> np.ndarray:
    """Its counts with rows and columns in the order of `labels`, zero where it knows none."""
    places = [labels.index(label) for label in results.run.labels]
    table = np.zeros((len(labels), len(labels)))
    table[np.ix_(places, places)] = results.scores.counts
    return table


def classes(results: Sequence[Results]) -> list[Picture]:
    """Precision, recall and F1 of each class: of one run together, of several apart."""
    kinds = {"precision": "precision", "recall": "recall", "f1": "F1"}
    if len(results) == 1:
        [one] = results
        series = {word: _of_classes(one, kind, one.run.labels) for kind, word in kinds.items()}
        figure = figures.score_bars(one.run.labels, series)
        return [Picture(f"classes-{one.run.slug}", CLASSES, f"{one.run.title}: classes", figure)]
    labels = emotions.order({label for one in results for label in one.run.labels})
    return [
        Picture(
            f"classes-{kind}",
            CLASSES,
            f"{word[0].upper()}{word[1:]} of each class",
            figures.score_bars(
                labels, {one.run.title: _of_classes(one, kind, labels) for one in results}
            ),
        )
        for kind, word in kinds.items()
    ]


def _of_classes(results: Results, kind: str, labels: list[str]) -> np.ndarray:
    nothing = Interval(np.nan, np.nan, np.nan)
    known = {label: getattr(one, kind) for label, one in results.scores.classes.items()}
    return array([known.get(label, nothing) for label in labels])


def reliability(results: Sequence[Results], by: str) -> Picture:
    """Accuracy by confidence, in bins of equal "width" or of equal "mass"."""
    curves = {
        one.run.title: _curve(
            one.probability.reliability if by == "width" else one.probability.reliability_by_mass
        )
        for one in results
    }
    words = "bins of equal width" if by == "width" else "bins of equally many clips"
    return Picture(
        f"reliability-{by}",
        CALIBRATION,
        f"Reliability, {words}",
        figures.reliability_figure(curves),
    )


def _curve(reliability: Reliability) -> np.ndarray:
    return np.column_stack([reliability.confidence, array(reliability.accuracy), reliability.clips])


def _all_groups(results: Sequence[Results]) -> list[Picture]:
    """Of several runs together where all know the same groups, else of each by itself."""
    together = several.by_group(results) if len(results) > 1 else []
    known = {picture.name for picture in together}
    alone = [
        [one for one in _groups(each) if one.name.removesuffix(f"-{each.run.slug}") not in known]
        for each in results
    ]
    return together + _side_by_side(alone)


def _groups(results: Results) -> list[Picture]:
    return [
        Picture(
            f"by-{name}-{results.run.slug}",
            GROUPS,
            f"{results.run.title}: accuracy by {name} (clips)",
            figures.group_bars(
                [group.name or "not known" for group in groups],
                array([group.accuracy for group in groups]),
                [group.clips for group in groups],
                results.scores.war.value,
            ),
        )
        for name, groups in results.groups.items()
    ]


def training(results: Results) -> list[Picture]:
    """Loss, scores and the recall of each class by epoch, as far as they were kept."""
    run, known = results.run, measures(results.run.history)
    loss = {"training": known.get("loss"), "validation": known.get("validation_loss")}
    score = {
        "training accuracy": known.get("accuracy"),
        "validation accuracy": known.get("validation_accuracy"),
        "validation UAR": known.get("validation_uar"),
    }
    prefix = "validation_recall/"
    recall = {
        label: known[f"{prefix}{label}"] for label in run.labels if f"{prefix}{label}" in known
    }
    found = []
    for name, title, series, share in (
        ("loss", "loss", loss, False),
        ("scores", "score", score, True),
        ("recall", "recall on the validation clips", recall, True),
    ):
        there = {word: folds for word, folds in series.items() if folds}
        if there:
            words = f"{run.title}: {title} by epoch" + (", mean of the folds" * (name == "recall"))
            figure = figures.learning_figure(there, title, share, folds=name != "recall")
            found.append(Picture(f"training-{name}-{run.slug}", TRAINING, words, figure))
    return found


def _data(results: Results) -> list[Picture]:
    """How many test clips each speaker, and each gender, has of each emotion."""
    table, run = results.run.predictions, results.run
    words = [emotions.title(label) for label in run.labels]
    found = []
    for name in ("speaker", "gender"):
        if name not in table:
            continue
        known = table[name].fillna("").astype(str)
        rows = sorted(set(known))
        if not 1 < len(rows) <= _MOST_ROWS:
            continue
        counts = [
            [int((known.eq(row) & table["emotion"].eq(label)).sum()) for label in run.labels]
            for row in rows
        ]
        figure = figures.heatmap(counts, [row or "not known" for row in rows], words, "clips")
        figure.update_traces(zmax=max(map(max, counts)) / _FULLEST)
        title = f"{run.title}: test clips by {name} and emotion"
        found.append(Picture(f"clips-by-{name}-{run.slug}", DATA, title, figure))
    return found
