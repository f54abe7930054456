"""Runs as a table: what each one is, how it was tested, and its scores with their intervals."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ser_core.comparison.comparability import key_of
from ser_core.comparison.reported import Reported
from ser_core.comparison.results import Results
from ser_core.evaluation.intervals import Interval

MEASURES = {
    "uar": "UAR",
    "war": "WAR",
    "macro_f1": "macro F1",
    "top_3": "top-3",
    "ece": "ECE",
}
"""Columns of scores and what people call them; each has two more, `uar_low` and `uar_high`."""

MEASURED, REPORTED = "measured", "reported"


def runs_table(
    results: Sequence[Results], reported: Sequence[Reported] = (), digits: int | None = None
) -> pd.DataFrame:
    """One row for each run, then one for each reported result.

    Args:
        results: of the runs.
        reported: what others published; marked so in `kind`.
        digits: to which scores are rounded; None for not at all.

    Returns:
        `kind` ("measured" or "reported"), `id`, `title`, `started` (Unix seconds), `recipe`,
        `protocol`, `corpus`, `features`, `architecture`, `parameters`, `epochs`, `training_s`,
        `clips`, `speakers`, `folds`, `seeds`, `tested` (equal for runs that may be compared),
        `source`, and for each of `MEASURES` its value and the ends of its 95 % interval over
        speakers; nan and None where something is not known. `source` says where something was
        reported, or which runs an ensemble is made of.
    """
    rows = [_row(one) for one in results] + [_reported_row(one) for one in reported]
    table = pd.DataFrame(rows, columns=[*_FACTS, *_score_columns()])
    return table if digits is None else table.round(dict.fromkeys(_score_columns(), digits))


def measures_of(results: Results) -> dict[str, Interval]:
    """The scores of `MEASURES` that a run has."""
    scores, probability = results.scores, results.probability
    found = {"uar": scores.uar, "war": scores.war, "macro_f1": scores.macro_f1}
    if probability.k == 3:
        found["top_3"] = probability.top_k
    return found | {"ece": probability.ece}


_FACTS = (
    "kind",
    "id",
    "title",
    "started",
    "recipe",
    "protocol",
    "corpus",
    "features",
    "architecture",
    "parameters",
    "epochs",
    "training_s",
    "clips",
    "speakers",
    "folds",
    "seeds",
    "tested",
    "source",
)


def _score_columns() -> list[str]:
    return [f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high")]


def _row(results: Results) -> dict[str, Any]:
    run = results.run
    row: dict[str, Any] = {
        "kind": MEASURED,
        "id": run.run_id,
        "title": run.title,
        "started": run.started,
        "recipe": run.recipe,
        "protocol": run.protocol,
        "corpus": run.corpus,
        "features": run.features,
        "architecture": f"{len(run.members)} runs as one" if run.members else run.architecture,
        "parameters": run.num_parameters,
        "epochs": run.epochs,
        "training_s": run.training_s,
        "clips": results.scores.clips,
        "speakers": results.scores.speakers or None,
        "folds": run.folds,
        "seeds": " ".join(run.seeds),
        "tested": key_of(run).mark,
        "source": " + ".join(run.members),
    }
    for name, score in measures_of(results).items():
        row |= {name: score.value, f"{name}_low": score.low, f"{name}_high": score.high}
    return row


def _reported_row(one: Reported) -> dict[str, Any]:
    row: dict[str, Any] = {
        "kind": REPORTED,
        "id": one.key,
        "title": one.title,
        "recipe": one.recipe,
        "protocol": one.protocol,
        "corpus": one.corpus,
        "features": one.features,
        "architecture": one.architecture,
        "clips": one.clips,
        "speakers": one.speakers,
        "source": one.source,
        "seeds": "",
        "tested": "",
    }
    return row | {name: value for name, value in one.scores.items() if name in MEASURES}
