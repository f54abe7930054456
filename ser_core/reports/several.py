"""Figures of a report that set several runs side by side, and beside what others reported."""

from collections.abc import Sequence

from numpy.typing import ArrayLike

from ser_core import emotions, figures
from ser_core.comparison import leaks
from ser_core.comparison.ablation import ablations
from ser_core.comparison.comparability import comparable, groups
from ser_core.comparison.history import measures
from ser_core.comparison.pairs import Pair, agreed
from ser_core.comparison.reported import lines
from ser_core.comparison.results import Results
from ser_core.comparison.table import MEASURES, measures_of
from ser_core.evaluation.agreement import kappa_matrix
from ser_core.evaluation.groups import GroupScore
from ser_core.reports.picture import Picture, array

OVERVIEW, AGREEMENT, GROUPS, TRAINING, SETTINGS = (
    "Overview",
    "Agreement",
    "Groups",
    "Training",
    "Settings and splits",
)
_DRAWN = ("uar", "war")
_CHANCE = "Chance (reported)"
_MOST_PAIRS = 15
_MOST_ABLATIONS = 6


def overview(results: Sequence[Results]) -> list[Picture]:
    """Every run's score with its interval, beside reported ones of the same corpus."""
    corpora = {one.run.corpus for one in results}
    corpus = corpora.pop() if len(corpora) == 1 else ""
    apart = [one.run.title for one in results if not comparable(results[0].run, one.run)]
    found = []
    for measure in _DRAWN:
        reported = dict(lines(measure, corpus)) if corpus else {}
        chance = reported.pop(_CHANCE, None)
        scores = {one.run.title: array([measures_of(one)[measure]])[0] for one in results}
        figure = figures.forest_figure(
            scores,
            {title.removesuffix(" (reported)"): value for title, value in reported.items()},
            {} if chance is None else {"chance": chance},
            MEASURES[measure],
            apart,
        )
        words = f"{MEASURES[measure]} of every run" + " and as reported by others" * bool(reported)
        found.append(Picture(f"overview-{measure}", OVERVIEW, words, figure))
    return found


def agreement(pairs: Sequence[Pair], results: Sequence[Results]) -> list[Picture]:
    """How often comparable runs say the same, and which clips they get right together."""
    if not pairs:
        return []
    home = groups([one.run for one in results])[0]
    labels = emotions.order({label for run in home for label in run.labels})
    codes = {label: place for place, label in enumerate(labels)}
    clips = home[0].predictions["clip"]
    answers = [
        run.predictions.set_index("clip")["predicted"].loc[clips].map(codes).to_numpy()
        for run in home
    ]
    kappas = figures.agreement_figure([run.title for run in home], kappa_matrix(answers))
    shares = {}
    for pair in pairs[:_MOST_PAIRS]:
        one = agreed(pair.first.run, pair.second.run)
        title = f"{pair.first.run.title} and {pair.second.run.title}"
        shares[title] = [one.both_right, one.only_first, one.only_second, one.both_wrong]
    shared = figures.shared_figure(shares)
    return [
        Picture("agreement-kappa", AGREEMENT, "Cohen's kappa of every two runs", kappas),
        Picture("agreement-right", AGREEMENT, "Clips that both, one or none got right", shared),
    ]


def by_group(results: Sequence[Results]) -> list[Picture]:
    """Accuracy of all runs by every grouping that they share."""
    first, *others = results
    found = []
    for name, scores in first.groups.items():
        names = [group.name for group in scores]
        shared = [one for one in others if _names(one.groups.get(name, [])) == names]
        if len(shared) < len(others):
            continue
        series = {
            one.run.title: array([group.accuracy for group in one.groups[name]]) for one in results
        }
        words = [group or "not known" for group in names]
        clips = zip(*([group.clips for group in one.groups[name]] for one in results), strict=True)
        figure = figures.group_points(words, series, [_number(each) for each in clips])
        title = f"Accuracy of all runs by {name} (clips)"
        found.append(Picture(f"by-{name}", GROUPS, title, figure))
    return found


def training(results: Sequence[Results]) -> list[Picture]:
    """Loss and score of all runs by epoch, on the clips that chose the epoch."""
    histories = {one.run.title: measures(one.run.history) for one in with_epochs(results)}
    titles, found = [one.run.title for one in results], []
    for measure, words, share in (
        ("validation_loss", "validation loss", False),
        ("validation_uar", "validation UAR", True),
    ):
        series: dict[str, Sequence[ArrayLike]] = {
            title: known[measure] for title, known in histories.items() if measure in known
        }
        if len(series) > 1:
            figure = figures.learning_figure(series, words, share, False, titles)
            title = f"All runs: {words} by epoch, mean of the folds"
            found.append(Picture(f"training-{measure.replace('_', '-')}", TRAINING, title, figure))
    return found


def with_epochs(results: Sequence[Results]) -> list[Results]:
    """Those that learned in epochs: of a baseline one is kept, which makes no curve."""
    return [one for one in results if (one.run.epochs or 0) > 1]


def settings(results: Sequence[Results]) -> list[Picture]:
    """Runs that differ in one setting, and one network under several splits."""
    known = {id(one.run): one for one in results}
    found = []
    for each in ablations([one.run for one in results])[:_MOST_ABLATIONS]:
        scores = [known[id(run)].scores for run in each.runs]
        series = {"UAR": array([one.uar for one in scores])}
        figure = figures.ablation_figure(each.setting, each.values, series, what="UAR")
        name = f"setting-{each.setting.replace('.', '-')}-{each.runs[0].slug}"
        found.append(Picture(name, SETTINGS, f"UAR by {each.setting}", figure))
    for number, (splits, networks) in enumerate(leaks.side_by_side(leaks.of_runs(results)), 1):
        figure = figures.leak_figure(splits, networks)
        title = "UAR of one network under several splits"
        found.append(Picture(f"splits-{number}", SETTINGS, title, figure))
    return found


def _number(clips: Sequence[int]) -> str:
    """Of a group, which may have more clips in one run than in another.

    >>> _number([1200, 1200]), _number([60, 12])
    ('1,200', '12 to 60')
    """
    least, most = min(clips), max(clips)
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _names(scores: Sequence[GroupScore]) -> list[str]:
    return [group.name for group in scores]
