"""One training run from a recipe to a scored, saved model."""

import contextlib
import hashlib
import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from ser_core import paths
from ser_core.corpora import combine
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.quality import with_problems
from ser_core.corpora.splits import (
    LeakCheck,
    split_notes,
    split_words,
)
from ser_core.errors import TaskCancelled, TrackingError
from ser_core.evaluation.metrics import Interval
from ser_core.inference.model_file import ModelSpec, check_new_name
from ser_core.models import Baseline
from ser_core.store import identify
from ser_core.tracking import RunStore, open_store
from ser_core.training.baselines import FittedBaseline
from ser_core.training.checkpoint import clear
from ser_core.training.cross_validation import FOLD_MODELS, CrossValidation, FoldResult, Study
from ser_core.training.environment import DATA, ENVIRONMENT, data_fingerprint, environment
from ser_core.training.events import Finished, Message, ModelSaved, Report, silent
from ser_core.training.export import export_model, model_card, model_spec
from ser_core.training.failures import in_words, reason
from ser_core.training.faults import leak_warning, leak_words
from ser_core.training.order import Order
from ser_core.training.rows import copies_in
from ser_core.training.run_log import RunLog
from ser_core.training.starting_point import WEIGHTS, save_weights
from ser_core.training.trainer import Fitted
from ser_core.words import clips_of, count

__all__ = ["LIMITS", "RESPONSIBLE_USE", "STOPPED", "Order", "default_work", "summary", "train"]

LIMITS = (
    "Trained on the corpus named here only: its language, its speakers, its microphone.",
    "Acted emotion is clearer than everyday emotion; expect lower scores on spontaneous speech.",
    "Other rooms, microphones, accents, ages and languages were not measured.",
)
RESPONSIBLE_USE = (
    "Not a lie detector, not a diagnosis, and no basis for decisions about people.",
    "In the European Union, inferring emotions at work and in education is prohibited (Regulation "
    "2024/1689, Article 5(1)(f)), but for medical and safety reasons; elsewhere other laws apply.",
)


def train(
    order: Order,
    report: Report = silent,
    should_stop: Callable[[], bool] = lambda: False,
    work: Path | None = None,
    run_id: str | None = None,
) -> str:
    """Run all folds, keep scores and predictions in the run store, and save a model if asked.

    Args:
        report: told how it goes on.
        should_stop: asked between batches; the weights of the best epoch so far are then kept with
            the run.
        work: folder for checkpoints and finished folds; None for the one of this very order, which
            `order.resume` reads.
        run_id: of a run in the store that was announced or interrupted; None for a new one.

    Returns:
        The run's id.

    Raises:
        ParameterError: the model's name is not allowed.
        CorpusError: the corpus cannot be read or split.
        TaskCancelled: it was stopped; the run is marked KILLED.
        SerError: training failed; the run is marked FAILED, and its tag `reason` says why.
    """
    log = RunLog(open_store(), report, run_id)
    try:
        _train(order, report, should_stop, work or default_work(order), log)
    except (KeyboardInterrupt, TaskCancelled):
        log.end("KILLED")
        raise
    except BaseException as error:
        log.end("FAILED", reason(error))
        told = in_words(error)
        if told is error:
            raise
        raise told from error
    assert log.run_id is not None
    report(Finished(run_id=log.run_id))
    return log.run_id


def default_work(order: Order) -> Path:
    """Where an order's checkpoints and finished folds lie."""
    return paths.folder("runs", "work", _work_name(order))


def _train(
    order: Order, report: Report, should_stop: Callable[[], bool], work: Path, log: RunLog
) -> None:
    if order.model_name is not None:
        check_new_name(order.model_name)
    PROTOCOLS.get(order.protocol)  # a mistyped name shows before the corpus is read
    report(Message(words="looking at the clips"))
    table = with_problems(order.labels.apply(combine.read(order.sources)))
    keep = partial(_keep_fold, order) if order.keep_folds else None
    study = Study(table, order.recipe, work, report, should_stop, log.epochs, keep)
    if study.left_out:
        report(Message(words=_left_out_words(study)))
    folds = study.material.folds(order.protocol)
    for note in split_notes(folds):
        report(Message(words=f"{order.protocol}: {note}"))
    leaks = study.material.leaks(folds)
    report(Message(words=leaks.sentence))
    run_id = log.start(order.recipe.name, *_known_by(order))
    try:
        _keep_surroundings(log.store, run_id, study)
        results = study.cross_validate(folds, order.resume)
        log.write()
        _keep_results(log.store, run_id, order, study, results, leaks, work)
        report(Message(words=summary(results) + _manner(order)))
        if study.left_out:
            report(Message(words=_left_out_words(study)))
        if order.model_name:
            folder = paths.folder("models", order.model_name)
            _save_model(order, study, results, leaks, folder, run_id)
            log.store.log_artifact(run_id, folder)
            report(ModelSaved(name=order.model_name, folder=str(folder)))
    except (KeyboardInterrupt, TaskCancelled):
        _keep_stopped(log.store, run_id, study, work)
        raise
    log.store.finish(run_id)
    clear(work)  # what is left of the final model's


def _keep_surroundings(store: RunStore, run_id: str, study: Study) -> None:
    """Keep what the run is made with and of; at its beginning, for it may not see its end."""
    clips = identify(study.material.clips["path"].tolist(), study.feature_progress)
    with tempfile.TemporaryDirectory() as name:
        recipe = study.recipe.model_dump(mode="json")
        made = {ENVIRONMENT: environment(), DATA: data_fingerprint(clips), RECIPE: recipe}
        for file, facts in made.items():
            path = Path(name) / file
            path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
            store.log_artifact(run_id, path)


def _known_by(order: Order) -> tuple[dict[str, Any], dict[str, Any]]:
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
        "leaks": "; ".join(leak_words(order.recipe.faults)),
    }
    return parameters, tags


RECIPE = "recipe.json"
STOPPED = "stopped"
"""Folder among a stopped run's files: the weights of its best epoch so far."""


def _keep_stopped(store: RunStore, run_id: str, study: Study, work: Path) -> None:
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


def summary(results: CrossValidation) -> str:
    """The run's scores in one line."""
    scores = results.scores()
    people = len(set(results.predictions["speaker"]) - {""})
    copies = copies_in(results.predictions)
    some = f", of which {copies:,} are augmented copies" if copies else ""
    return (
        f"UAR {_with_ends(scores.uar)}, WAR {_with_ends(scores.war)} on "
        f"{clips_of(scores.clips, people)}{some} (95 % bootstrap over speakers), "
        f"{_split(results)}"
    )


def _left_out_words(study: Study) -> str:
    """How many clips the scores are not about, and why."""
    parts = [f"{number:,} ({reason})" for reason, number in study.left_out.items()]
    return f"left out: {', '.join(parts)}"


def _split(results: CrossValidation) -> str:
    """Folds, protocol and what has to be said with them: "partial", "folds reduced"."""
    folds = [result.fold for result in results.folds]
    return f"{split_words(folds)} ({'; '.join([folds[0].protocol, *split_notes(folds)])})"


def _with_ends(score: Interval) -> str:
    if math.isnan(score.low):
        return f"{score.value:.3f} (no interval: it needs two speakers)"
    return f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"


def _work_name(order: Order) -> str:
    roots = [
        f"{one.name}={one.root.resolve()}{sorted(one.settings.items())}" for one in order.sources
    ]
    asked = [order.recipe.fingerprint(), *roots, order.protocol, str(order.labels.as_dict())]
    key = "-".join(asked)
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _keep_results(
    store: RunStore,
    run_id: str,
    order: Order,
    study: Study,
    results: CrossValidation,
    leaks: LeakCheck,
    work: Path,
) -> None:
    scores = results.scores()
    final: dict[str, float] = {}
    probability = results.probability_scores()
    kept = {name: getattr(scores, name) for name in ("war", "uar", "macro_f1", "weighted_f1")}
    kept |= {f"top_{probability.k}": probability.top_k, "ece": probability.ece}
    for name, interval in kept.items():
        final |= {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    store.log_metrics(run_id, final)
    results.predictions.to_csv(work / "predictions.csv", index=False)
    document = {
        **scores.as_dict(),
        **probability.as_dict(),
        "left_out": study.left_out,
        "label_map": order.labels.as_dict(),
        "leaks": leak_words(order.recipe.faults),
        "leak_check": leaks.sentence,
        "protocol": f"{_split(results)}{_manner(order)}",
        "copies": copies_in(results.predictions),
    }
    (work / "scores.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    history = [
        {
            "fold": result.number,
            "best_epoch": result.best_epoch,
            "epochs": [asdict(epoch) for epoch in result.history],
        }
        for result in results.folds
    ]
    (work / "history.json").write_text(json.dumps(history, indent=1), encoding="utf-8")
    for name in ("predictions.csv", "scores.json", "history.json"):
        store.log_artifact(run_id, work / name)
    if order.keep_folds:
        store.log_artifact(run_id, work / FOLD_MODELS)


def _keep_fold(
    order: Order, study: Study, result: FoldResult, fitted: Fitted, folder: Path
) -> None:
    """Keep a fold's model, to be heard by its own test speakers."""
    alone = CrossValidation(study.labels, [result])
    facts = _facts(order, study, alone)
    met = [*result.fold.train, *result.fold.validation]  # the latter have chosen the epoch
    facts["trained_on"] = study.trained_on(order.corpus, met)
    card = model_card(f"fold-{result.number}", order.recipe, alone, facts, fitted)
    card |= {
        "training": f"{count(len(result.fold.train), 'clip')} of the fold's training part",
        "note": (
            f"The model of fold {result.number} and its scores on that fold's test clips, "
            f"{'whose speakers it never heard' if alone.speakers_apart else 'of speakers it knows'}"
        ),
    }
    _write_model(fitted, model_spec(order.recipe, alone, fitted), card, folder)


def _save_model(
    order: Order,
    study: Study,
    results: CrossValidation,
    leaks: LeakCheck,
    folder: Path,
    run_id: str,
) -> None:
    fitted = study.fit_final(results.median_best_epoch())
    facts = _facts(order, study, results)
    facts |= {"run": run_id, "leak_check": leaks.sentence}
    facts["trained_on"] = study.trained_on(order.corpus)
    selection = [order.recipe.selection] if order.recipe.selection else []
    facts |= {"limits": [*LIMITS, *selection], "responsible_use": RESPONSIBLE_USE}
    card = model_card(order.model_name or "", order.recipe, results, facts, fitted)
    _write_model(fitted, model_spec(order.recipe, results, fitted), card, folder)


def _write_model(fitted: Fitted, spec: ModelSpec, card: dict[str, Any], folder: Path) -> None:
    export_model(fitted, spec, card, folder)
    if isinstance(fitted.network, FittedBaseline):
        # Of a network that had the name before, there may be some.
        (folder / WEIGHTS).unlink(missing_ok=True)
    else:
        save_weights(fitted.network, fitted.targets.heads, fitted.statistics, folder)


def _manner(order: Order) -> str:
    """What has to be said with the protocol."""
    training, leaks = order.recipe.training, leak_warning(leak_words(order.recipe.faults))
    words = f", {leaks}" if leaks else ""
    if order.recipe.faults.frozen_mixes:
        words += ", batches and their mixes drawn once for all epochs"
    if isinstance(order.recipe.network(), Baseline):
        words += (
            ", all training clips learned at once: no epochs, batches or optimiser, and validation "
            "clips choose nothing"
        )
    if training.standardisation == "speaker":
        words += ", features standardised by each speaker's own clips, test speakers' included"
    if training.test_copies:
        words += (
            f", answers averaged over each test clip and {training.test_copies} augmented versions "
            "of it, which a saved model does not do"
        )
    if training.init_from:
        words += f", starting from the weights of {training.init_from!r}"
    return words


def _facts(order: Order, study: Study, results: CrossValidation) -> dict[str, Any]:
    table = study.material.clips
    corpora = list({one.name: one.corpus() for one in order.sources}.values())
    channels = table["channel"].value_counts()
    clips = ", ".join(f"{number:,} {channel}" for channel, number in channels.items())
    people = table.loc[table["speaker"].ne(""), "speaker"].nunique()
    voices = f" of {count(people, 'speaker')}" if people else ", speakers unknown"
    return {
        "corpus": combine.title([one.name for one in order.sources]),
        "language": ", ".join(sorted(set(table["language"].astype(str)) - {""})),
        "licence": "weights derive from "
        + "; ".join(f"{corpus.title}, {corpus.licence}" for corpus in corpora),
        "citation": " ".join(corpus.citation for corpus in corpora),
        "label_map": order.labels.as_dict(),
        "left_out": study.left_out,
        "protocol": f"{_split(results)}{_manner(order)}",
        "training": (f"{clips} clips{voices}, {table['duration_s'].sum() / 3600:.1f} h"),
    }
