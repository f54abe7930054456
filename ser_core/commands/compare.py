"""`compare`: which of several runs is better, and whether that may be luck."""

import argparse
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import add_json, aligned, print_json
from ser_core.errors import ParameterError

if TYPE_CHECKING:
    from ser_core.comparison.pairs import Pair
    from ser_core.comparison.reported import Reported
    from ser_core.comparison.results import Results
    from ser_core.comparison.runs import FinishedRun

_FACTS = ("run", "protocol", "clips", "speakers")
_CAVEAT = (
    "McNemar takes clips for independent, which those of one speaker are not: its p is too small"
)
_LEFT = {"run", "protocol", "first - second"}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN",
        help="a run's id or the beginning of it (see `runs`), or a folder with its files",
    )
    parser.add_argument(
        "--ensemble",
        action="append",
        default=[],
        choices=("average", "stack"),
        help="the runs as one run more: their probabilities averaged, or weighed by what other "
        "speakers show; may be given twice",
    )
    parser.add_argument(
        "--reported", action="store_true", help="list what others reported on the same corpus"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.comparison.loading import load
    from ser_core.comparison.pairs import pairs_of
    from ser_core.comparison.reported import beside
    from ser_core.comparison.results import results_of
    from ser_core.tracking import open_store

    store = open_store()
    runs = [load(reference, store) for reference in options.runs]
    titles = [each.title for each in runs]
    if len(set(titles)) < len(titles):
        raise ParameterError(f"runs must differ from each other, got {', '.join(titles)}")
    runs += _ensembles(runs, options.ensemble)
    results = [results_of(each) for each in runs]
    pairs = pairs_of(results)
    reported = beside(each.corpus for each in runs if each.corpus) if options.reported else []
    if options.json:
        print_json(_document(results, pairs, reported))
        return
    for line in _lines(results, pairs, reported):
        print(line)


def _ensembles(runs: "list[FinishedRun]", kinds: Sequence[Any]) -> "list[FinishedRun]":
    from ser_core.comparison.ensembles import ensemble

    return [ensemble(runs, kind).run for kind in dict.fromkeys(kinds)]


def _lines(
    results: "list[Results]", pairs: "list[Pair]", reported: "list[Reported]"
) -> Iterator[str]:
    """Sentences first, then what they are about."""
    for pair in pairs:
        yield pair.sentence
        if pair.caution:
            yield f"  {pair.caution}"
    yield from (f"{line}." for line in _not_comparable(results))
    yield ""
    yield from _score_lines(results)
    if reported:
        yield ""
        yield "reported by others, not measured here:"
        yield from _reported_lines(reported)
    if pairs:
        yield ""
        yield from _pair_lines(pairs)
    yield "in brackets: 95 % bootstrap over speakers"


def _score_lines(results: "list[Results]") -> list[str]:
    from ser_core.comparison.table import MEASURES, measures_of
    from ser_core.reports.tables import written

    rows: list[Sequence[str]] = [(*_FACTS, *MEASURES.values())]
    for one in results:
        found = measures_of(one)
        scores = [
            written(word, found[name]) if name in found else "" for name, word in MEASURES.items()
        ]
        clips = f"{one.scores.clips:,}"
        speakers = f"{one.scores.speakers:,}" if one.scores.speakers else "unknown"
        rows.append((one.run.title, one.run.protocol, clips, speakers, *scores))
    return aligned(rows, {*rows[0]} - _LEFT)


def _pair_lines(pairs: "list[Pair]") -> list[str]:
    from ser_core.reports.markdown import p_value
    from ser_core.reports.tables import points

    heads = ("first - second", "UAR", "WAR", "macro F1", "p (Holm)", "p of McNemar")
    rows: list[Sequence[str]] = [heads]
    for pair in pairs:
        found = pair.comparison
        scores = (points(one.interval) for one in (found.uar, found.war, found.macro_f1))
        title = f"{pair.first.run.title} - {pair.second.run.title}"
        rows.append((title, *scores, p_value(pair.p), p_value(found.mcnemar_p)))
    return [*aligned(rows, {*heads} - _LEFT), _CAVEAT]


def _reported_lines(reported: "list[Reported]") -> list[str]:
    rows: list[Sequence[str]] = [("title", "protocol", "UAR", "WAR", "known fault")]
    for one in reported:
        shares = (
            f"{100 * one.scores[name]:.1f} %" if name in one.scores else ""
            for name in ("uar", "war")
        )
        rows.append((one.title, one.protocol, *shares, one.fault))
    return aligned(rows, {"UAR", "WAR"})


def _not_comparable(results: "list[Results]") -> Iterator[str]:
    from ser_core.comparison.comparability import why_not

    for one, other in itertools.combinations(results, 2):
        if why := why_not(one.run, other.run):
            yield f"{one.run.title} and {other.run.title} are not comparable: {why}"


def _document(
    results: "list[Results]", pairs: "list[Pair]", reported: "list[Reported]"
) -> dict[str, Any]:
    from ser_core.comparison.pairs import agreed

    return {
        "runs": [_run_document(one) for one in results],
        "pairs": [
            {
                "first": pair.first.run.run_id or pair.first.run.name,
                "second": pair.second.run.run_id or pair.second.run.name,
                "sentence": pair.sentence,
                "caution": pair.caution,
                **pair.comparison.as_dict(),
                "uar_p_holm": None if math.isnan(pair.p) else pair.p,
                "agreement": agreed(pair.first.run, pair.second.run).as_dict(),
            }
            for pair in pairs
        ],
        "not_comparable": list(_not_comparable(results)),
        "reported": [one.model_dump(mode="json") for one in reported],
    }


def _run_document(one: "Results") -> dict[str, Any]:
    from ser_core.comparison.comparability import key_of
    from ser_core.comparison.table import measures_of

    run = one.run
    return {
        "run_id": run.run_id,
        "name": run.name,
        "members": list(run.members),
        "recipe": run.recipe,
        "protocol": run.protocol,
        "corpus": run.corpus,
        "tested": key_of(run).mark,
        "clips": one.scores.clips,
        "speakers": one.scores.speakers,
        "scores": {name: score.as_dict() for name, score in measures_of(one).items()},
    }
