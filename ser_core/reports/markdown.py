"""A comparison as Markdown: tables to put into a paper, an issue or a wiki."""

import itertools
import math
from collections.abc import Iterable, Sequence

from ser_core.comparison.comparability import why_not
from ser_core.comparison.pairs import Pair
from ser_core.comparison.reported import Reported
from ser_core.comparison.results import Results
from ser_core.comparison.table import MEASURES, measures_of
from ser_core.evaluation.intervals import Interval
from ser_core.reports.tables import percent, points, written


def markdown(
    results: Sequence[Results], pairs: Sequence[Pair], reported: Sequence[Reported] = ()
) -> str:
    """Runs, what others reported, differences and what keeps runs from being compared."""
    parts = ["## Scores", runs_markdown(results, reported), _FOOT]
    if pairs:
        sentences = "\n".join(f"- {_cell(pair.sentence)}" for pair in pairs)
        parts += ["## Differences", sentences, differences_markdown(pairs), _PAIRED]
    if apart := list(_not_comparable(results)):
        parts += ["## Not comparable", "\n".join(apart)]
    return "\n\n".join(parts) + "\n"


def runs_markdown(results: Sequence[Results], reported: Sequence[Reported] = ()) -> str:
    """One row for each run, then one for each reported result."""
    head = ["run", "protocol", "clips", "speakers", *MEASURES.values()]
    rows = [_run(one) for one in results] + [_reported(one) for one in reported]
    return _table(head, rows, numbers=2)


def differences_markdown(pairs: Sequence[Pair]) -> str:
    """One row for every two runs that may be compared."""
    head = ["points of", "UAR", "WAR", "macro F1", "p of UAR (Holm)", "p of McNemar"]
    return _table(head, [_pair(pair) for pair in pairs], numbers=1)


_FOOT = (
    "In brackets: 95 % bootstrap intervals over speakers. *Reported*: published by others, not "
    "measured here."
)
_PAIRED = (
    "Both runs are scored with the same speakers drawn. McNemar's test takes clips for "
    "independent, which those of one speaker are not: its p is too small."
)


def _run(one: Results) -> list[str]:
    found = measures_of(one)
    scores = [written(MEASURES[name], found[name]) if name in found else "" for name in MEASURES]
    speakers = f"{one.scores.speakers:,}" if one.scores.speakers else "unknown"
    facts = [one.run.title, one.run.protocol, f"{one.scores.clips:,}", speakers]
    return [*facts, *scores]


def _reported(one: Reported) -> list[str]:
    known = {str(name): value for name, value in one.scores.items()}
    scores = [
        percent(Interval(known[name], math.nan, math.nan)) if name in known else ""
        for name in MEASURES
    ]
    numbers = ["" if number is None else f"{number:,}" for number in (one.clips, one.speakers)]
    return [f"*reported:* {one.title}", one.protocol, *numbers, *scores]


def _pair(pair: Pair) -> list[str]:
    scores = (pair.comparison.uar, pair.comparison.war, pair.comparison.macro_f1)
    return [
        f"{pair.first.run.title} − {pair.second.run.title}",
        *(points(one.interval) for one in scores),
        p_value(pair.p),
        p_value(pair.comparison.mcnemar_p),
    ]


def p_value(value: float) -> str:
    """A p as people read it.

    >>> p_value(0.0421), p_value(0.00001), p_value(math.nan)
    ('0.042', '< 0.001', '–')
    """
    if math.isnan(value):  # no test was made
        return "–"
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _not_comparable(results: Sequence[Results]) -> Iterable[str]:
    for one, other in itertools.combinations(results, 2):
        if why := why_not(one.run, other.run):
            yield f"- {_cell(one.run.title)} and {_cell(other.run.title)}: {_cell(why)}."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """Columns from `numbers` on stand to the right."""
    rule = ["--:" if place >= numbers else ":--" for place in range(len(head))]
    lines = [head, rule, *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(words: str) -> str:
    """Words that cannot end a cell."""
    return words.replace("|", "\\|").replace("\n", " ")
