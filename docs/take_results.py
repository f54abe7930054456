"""Keeps what trained runs came to in `docs/results/`, for the pages that `make docs` writes of it.

    python docs/take_results.py d-mlp-random RUN OTHER_RUN --set epochs=60
    python docs/take_results.py leak-svm DIR --leaks --set epochs=60
    python docs/take_results.py b-brief RUN --brief --set epochs=1 --set versions=one

Several runs are those of several seeds: their answers are pooled, and a speaker's clips of all are
drawn together for the intervals. What `--set` says must be what the runs were trained with. Of the
leak meter, the folder of its `--out` is taken. `--brief` is for runs of so few epochs that nothing
is claimed of them, `--ablation` for those in which one thing was changed.
"""

import argparse
import json
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import pandas as pd

from ser_core import recipes
from ser_core.evaluation.metrics import scores
from ser_core.models import Baseline
from ser_core.tracking import Run, open_store
from ser_core.training.config import Recipe, override
from ser_core.training.environment import ENVIRONMENT
from ser_core.training.shapes import description

FOLDER = Path(__file__).with_name("results")
SCORES = ("uar", "war", "macro_f1")


def main() -> None:
    """Write a file of `docs/results`."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("name", help="of the file in docs/results")
    parser.add_argument("sources", nargs="+", help="ids of runs, or the leak meter's folder")
    parser.add_argument("--leaks", action="store_true", help="a folder of the leak meter is taken")
    parser.add_argument("--brief", action="store_true", help="too few epochs for any claim")
    parser.add_argument("--ablation", default="", help="what was changed, in words")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    changes = dict(text.split("=", 1) for text in options.set)
    if options.leaks:
        found = of_leak_meter(Path(options.sources[0]), changes)
    else:
        found = of_runs([open_store().find(source) for source in options.sources], changes)
        if options.brief:
            found |= {"kind": "brief"}
        if options.ablation:
            found |= {"kind": "ablation", "words": options.ablation}
    file = FOLDER / f"{options.name}.json"
    file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def of_leak_meter(folder: Path, changes: dict[str, str]) -> dict[str, Any]:
    """What the leak meter wrote, but for all settings of the recipe and where it lay."""
    found: dict[str, Any] = json.loads((folder / "leak-meter.json").read_text(encoding="utf-8"))
    epochs = found.pop("settings")["training"]["epochs"]
    del found["folder"]
    return {"kind": "leaks", **found, "changes": changes, "epochs": epochs, **_today()}


def of_runs(runs: list[Run], changes: dict[str, str]) -> dict[str, Any]:
    """Runs of one recipe under one protocol that differ in their seeds alone."""
    first = runs[0]
    recipe = override(recipes.load(first.recipe), {k: _value(v) for k, v in changes.items()})
    for run in runs:
        _check(run, recipe, first.protocol)
    folders = [_files(run) for run in runs]
    tables = [_predictions(folder) for folder in folders]
    made = _read(folders[0] / ENVIRONMENT)
    learned_at_once = isinstance(recipe.network(), Baseline)
    return {
        "kind": "run",
        "recipe": first.recipe,
        "title": recipe.title,
        "changes": changes,
        "protocol": first.protocol,
        "corpus": first.tags["corpus"],
        "seeds": [int(run.parameters["training.seed"]) for run in runs],
        "folds": int(tables[0]["fold"].nunique()),
        **_scored(tables),
        **({} if learned_at_once else _course(folders, recipe)),
        "environment": {key: made[key] for key in ("python", "packages", "cores", "commit")},
        **_today(),
    }


def _scored(tables: list[pd.DataFrame]) -> dict[str, Any]:
    table = pd.concat(tables)
    labels = sorted(set(table["emotion"]))
    found = scores(*(table[key].tolist() for key in ("emotion", "predicted", "speaker")), labels)
    by_fold = [
        scores(*(fold[key].tolist() for key in ("emotion", "predicted", "speaker")), labels)
        for each in tables
        for _, fold in each.groupby("fold")
    ]
    return {
        "clips": len(tables[0]),
        "speakers": found.speakers,
        **{name: getattr(found, name).as_dict() for name in SCORES},
        "recall": {label: round(part.value, 4) for label, part in found.recall.items()},
        "war_of_folds": [round(fold.war.value, 4) for fold in by_fold],
    }


def _course(folders: list[Path], recipe: Recipe) -> dict[str, Any]:
    """Epochs and parameters; seconds are not, for they are those of a machine that was shared."""
    folds = [fold for folder in folders for fold in _read(folder / "history.json")]
    return {
        "epochs": recipe.training.epochs,
        "epochs_of_folds": [len(fold["epochs"]) for fold in folds],
        "best_epoch": round(statistics.median(fold["best_epoch"] for fold in folds)),
        "parameters": description(recipe, 8).parameters,
    }


def _check(run: Run, recipe: Recipe, protocol: str) -> None:
    """A run whose settings are not those that are said must not stand under their name."""
    from ser_core.tracking.values import flat, text_of

    asked = {key: text_of(value) for key, value in flat(recipe.model_dump(mode="json"))}
    other = [
        key
        for key, value in run.parameters.items()
        if key in asked
        and asked[key] != value
        and key != "training.seed"
        and key.rpartition(".")[2] not in ("title", "description")  # words, of any day
    ]
    if run.status != "FINISHED" or run.protocol != protocol or other:
        sys.exit(f"run {run.run_id}: {run.status}, {run.protocol}, other settings: {other}")


def _files(run: Run) -> Path:
    folder = open_store().files(run.run_id)
    if folder is None:
        sys.exit(f"run {run.run_id}: its files are not on this machine")
    return folder


def _predictions(folder: Path) -> pd.DataFrame:
    words = dict.fromkeys(("clip", "speaker", "emotion", "predicted"), str)
    return pd.read_csv(folder / "predictions.csv", dtype=words, keep_default_na=False)


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _today() -> dict[str, str]:
    return {"date": datetime.now(tz=UTC).date().isoformat()}


if __name__ == "__main__":
    main()
