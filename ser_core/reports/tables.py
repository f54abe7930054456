"""Scores as tables and as text: for spreadsheets, for papers, for a terminal."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ser_core.comparison.pairs import Pair
from ser_core.comparison.results import Results
from ser_core.evaluation.intervals import Interval
from ser_core.words import clips_of, minus

UNITLESS = ("Brier score", "CCC", "RMSE")
"""Endings of measures that are no shares and so are not written in percent."""


def facts(results: Results) -> dict[str, Any]:
    """What has to stand beside every score of a run."""
    run = results.run
    return {
        "run": run.run_id,
        "name": run.name,
        "recipe": run.recipe,
        "corpus": run.corpus,
        "protocol": run.protocol,
        "folds": run.folds,
        "seeds": " ".join(run.seeds),
        "clips": results.scores.clips,
        "speakers": results.scores.speakers,
        "leaks": "; ".join(run.leaks),
        "left_out": sum(run.left_out.values()),
        "left_out_reasons": "; ".join(f"{n} ({why})" for why, n in run.left_out.items()),
    }


def score_table(results: Sequence[Results]) -> pd.DataFrame:
    """One row for each run and measure, with the ends of its 95 % interval over speakers."""
    rows = [
        {**facts(one), "measure": name, **_ends(score)}
        for one in results
        for name, score in one.measures().items()
    ]
    return pd.DataFrame(rows)


def class_table(results: Sequence[Results]) -> pd.DataFrame:
    """One row for each run and class: support, precision, recall and F1 with their intervals."""
    rows = []
    for one in results:
        for label, scores in one.scores.classes.items():
            row: dict[str, Any] = {"run": one.run.run_id, "name": one.run.name, "class": label}
            row["support"] = scores.support
            for name in ("precision", "recall", "f1"):
                score = getattr(scores, name)
                row |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
            rows.append(row)
    return pd.DataFrame(rows)


def pair_table(pairs: Sequence[Pair]) -> pd.DataFrame:
    """One row for every two runs that may be compared, the first minus the second."""
    rows = []
    for pair in pairs:
        row: dict[str, Any] = {"first": pair.first.run.title, "second": pair.second.run.title}
        row |= {"clips": pair.comparison.clips, "speakers": pair.comparison.speakers}
        for name in ("uar", "war", "macro_f1"):
            one = getattr(pair.comparison, name)
            ends = {f"{name}_low": one.interval.low, f"{name}_high": one.interval.high}
            row |= {name: one.interval.value, **ends, f"{name}_p": one.p}
        row |= {"uar_p_holm": pair.p, "mcnemar_p": pair.comparison.mcnemar_p}
        rows.append({**row, "sentence": pair.sentence})
    return pd.DataFrame(rows)


def report_text(results: Results) -> str:
    """A classification report to read in a terminal, every score with its interval."""
    run, scores = results.run, results.scores
    width = max(len("weighted F1"), *(len(label) for label in scores.classes))
    lines = [run.title, *about(results), ""]
    head = f"{'':<{width}}  {'precision':>20}  {'recall':>20}  {'F1':>20}  support"
    lines.append(head)
    for label, one in scores.classes.items():
        cells = "  ".join(f"{_three(x):>20}" for x in (one.precision, one.recall, one.f1))
        lines.append(f"{label:<{width}}  {cells}  {one.support:>7,}")
    lines.append("")
    lines += [f"{name:<{width}}  {_three(score)}" for name, score in results.measures().items()]
    lines += ["", "In brackets: 95 % bootstrap interval over speakers."]
    return "\n".join(lines) + "\n"


def about(results: Results) -> list[str]:
    """The facts in words: how it was tested, on what, and what was left out."""
    run, known = results.run, facts(results)
    folds = f"{run.folds} fold" + ("s" if run.folds != 1 else "")
    seeds = f"seed {known['seeds']}" if len(run.seeds) == 1 else f"seeds {known['seeds']}"
    recipe = f"recipe {run.recipe}" if run.recipe else ""
    corpus = f"corpus {run.corpus}" if run.corpus else ""
    tested = ", ".join(
        part for part in (recipe, corpus, run.protocol, folds, seeds if run.seeds else "") if part
    )
    clips = clips_of(results.scores.clips, results.scores.speakers, "test clip")
    left = known["left_out_reasons"]
    leaks = [f"this score leaks: {known['leaks']}"] if run.leaks else []
    return [*leaks, tested, clips + (f"; left out: {left}" if left else "; no clip was left out")]


def percent(score: Interval) -> str:
    """A share as people read it: 61.2 % [57.0, 65.3].

    >>> percent(Interval(0.612, 0.57, 0.653)), percent(Interval(0.5, math.nan, math.nan))
    ('61.2 % [57.0, 65.3]', '50.0 %')
    """
    if math.isnan(score.value):
        return "–"
    ends = "" if math.isnan(score.low) else f" [{100 * score.low:.1f}, {100 * score.high:.1f}]"
    return f"{100 * score.value:.1f} %{ends}"


def points(difference: Interval) -> str:
    """A difference of shares, in points.

    >>> points(Interval(-0.031, -0.059, 0.004))
    '−3.1 [−5.9, +0.4]'
    """
    ends = (
        ""
        if math.isnan(difference.low)
        else (f" [{100 * difference.low:+.1f}, {100 * difference.high:+.1f}]")
    )
    return minus(f"{100 * difference.value:+.1f}{ends}")


def written(name: str, score: Interval) -> str:
    """A measure in its own unit."""
    return _three(score) if name.endswith(UNITLESS) else percent(score)


def _three(score: Interval) -> str:
    if math.isnan(score.value):
        return "–"
    ends = "" if math.isnan(score.low) else f" [{score.low:.3f}, {score.high:.3f}]"
    return minus(f"{score.value:.3f}{ends}")


def _ends(score: Interval) -> dict[str, float]:
    return {"value": score.value, "low": score.low, "high": score.high}
