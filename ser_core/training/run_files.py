"""What a run keeps in the store: what it is known by, what it was made with, and its scores."""

import contextlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ser_core.corpora.splits import LeakCheck
from ser_core.errors import TrackingError
from ser_core.store import identify
from ser_core.tracking import RunStore
from ser_core.training.cross_validation import FOLD_MODELS, Study
from ser_core.training.environment import DATA, ENVIRONMENT, data_fingerprint, environment
from ser_core.training.faults import leak_words
from ser_core.training.order import Order
from ser_core.training.results import CrossValidation
from ser_core.training.rows import copies_in
from ser_core.training.run_words import manner, split_of
from ser_core.training.starting_point import save_weights

RECIPE = "recipe.json"
UNCALIBRATED = "as the fold models gave them, not tempered"
"""What the probabilities in `predictions.csv` are."""

STOPPED = "stopped"
"""Folder among a stopped run's files: the weights of its best epoch so far."""


def keep_surroundings(store: RunStore, run_id: str, study: Study) -> None:
    """Keep what the run is made with and of; at its beginning, for it may not see its end."""
    clips = identify(study.material.clips["path"].tolist(), study.feature_progress)
    with tempfile.TemporaryDirectory() as name:
        recipe = study.recipe.model_dump(mode="json")
        made = {ENVIRONMENT: environment(), DATA: data_fingerprint(clips), RECIPE: recipe}
        for file, facts in made.items():
            path = Path(name) / file
            path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
            store.log_artifact(run_id, path)


def known_by(order: Order) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parameters and tags of the run."""
    parameters = {
        **order.recipe.model_dump(mode="json"),
        "corpus": order.corpus,
        "root": order.roots,
        "labels": order.labels.as_dict(),
    }
    tags = {
        "recipe": order.recipe.name,
        "protocol": order.protocol,
        "corpus": order.corpus,
        "model": order.model_name or "",
        "leaks": "; ".join(leak_words(order.recipe.faults, order.protocol)),
    }
    return parameters, tags


def keep_stopped(store: RunStore, run_id: str, study: Study, work: Path) -> None:
    """Keep the weights of the fold that was being trained; nothing is worth failing for here."""
    if study.stopped is None:
        return
    number, fitted = study.stopped
    folder = work / STOPPED
    facts = {
        "fold": number,
        "best_epoch": fitted.best_epoch,
        "epochs": [asdict(epoch) for epoch in fitted.history],
        "recipe": study.recipe.model_dump(mode="json"),
        "labels": study.labels,
    }
    with contextlib.suppress(OSError, TrackingError):
        folder.mkdir(parents=True, exist_ok=True)
        save_weights(fitted.network, fitted.targets.heads, fitted.statistics, folder)
        (folder / "about.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
        store.log_artifact(run_id, folder)


def keep_results(
    store: RunStore,
    run_id: str,
    order: Order,
    study: Study,
    results: CrossValidation,
    leaks: LeakCheck,
    work: Path,
    chosen: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write scores, predictions and the course of training, and tell the store of them.

    Args:
        chosen: settings of each fold, where they were chosen.
    """
    store.log_metrics(run_id, _numbers(results))
    results.predictions.to_csv(work / "predictions.csv", index=False)
    documents = {
        "scores.json": _scores_document(order, study, results, leaks, chosen),
        "history.json": _history(results),
    }
    for name, document in documents.items():
        (work / name).write_text(json.dumps(document, indent=1), encoding="utf-8")
    for name in ("predictions.csv", *documents):
        store.log_artifact(run_id, work / name)
    if order.keep_folds:
        store.log_artifact(run_id, work / FOLD_MODELS)


def _numbers(results: CrossValidation) -> dict[str, float]:
    """What runs are listed and ordered by, each score with the ends of its interval."""
    scores, probability = results.scores(), results.probability_scores()
    calibration = results.calibration()
    kept = {name: getattr(scores, name) for name in ("war", "uar", "macro_f1", "weighted_f1")}
    kept |= {f"top_{probability.k}": probability.top_k, "ece": probability.ece}
    kept |= {"ece_calibrated": calibration.after, **results.further_scores().numbers()}
    found: dict[str, float] = {}
    for name, interval in kept.items():
        found |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    if (parameters := results.parameters()) is not None:
        found["parameters"] = parameters
    return {**found, "temperature": calibration.temperature}


def _scores_document(
    order: Order,
    study: Study,
    results: CrossValidation,
    leaks: LeakCheck,
    chosen: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        **results.scores().as_dict(),
        **results.probability_scores().as_dict(),
        "further": results.further_scores().as_dict(),
        "calibration": {**results.calibration().as_dict(), "predictions": UNCALIBRATED},
        "left_out": study.left_out,
        "label_map": order.labels.as_dict(),
        "leaks": leak_words(order.recipe.faults, order.protocol),
        "leak_check": leaks.sentence,
        "protocol": f"{split_of(results)}{manner(order)}",
        "copies": copies_in(results.predictions),
        **({"selection": list(chosen)} if chosen else {}),
    }


def _history(results: CrossValidation) -> list[dict[str, Any]]:
    return [
        {
            "fold": result.number,
            "best_epoch": result.best_epoch,
            "epochs": [asdict(epoch) for epoch in result.history],
        }
        for result in results.folds
    ]
