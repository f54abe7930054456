"""One training run from a recipe to a scored, saved model."""

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ser_core import paths
from ser_core.corpora import combine
from ser_core.corpora.combine import Source
from ser_core.corpora.labels import Labels
from ser_core.corpora.protocols import PROTOCOLS
from ser_core.corpora.quality import with_problems
from ser_core.corpora.splits import (
    LeakCheck,
    leak_check,
    protocol_folds,
    split_notes,
    split_words,
)
from ser_core.evaluation.metrics import Interval
from ser_core.inference.model_file import check_new_name
from ser_core.tracking import RunStore, open_store
from ser_core.training.config import Recipe
from ser_core.training.cross_validation import CrossValidation, Study
from ser_core.training.events import Finished, Message, ModelSaved, Report, RunStarted, silent
from ser_core.training.export import export_model, model_card, model_spec
from ser_core.training.starting_point import save_weights
from ser_core.words import clips_of, count

LIMITS = (
    "Trained on the corpus named here only: its language, its speakers, its microphone.",
    "Acted emotion is clearer than everyday emotion; expect lower scores on spontaneous speech.",
    "Other rooms, microphones, accents, ages and languages were not measured.",
)
_EPOCH_METRICS = (
    "loss",
    "accuracy",
    "validation_loss",
    "validation_accuracy",
    "validation_uar",
    "learning_rate",
)
RESPONSIBLE_USE = (
    "Not a lie detector, not a diagnosis, and no basis for decisions about people.",
    "In the European Union, inferring emotions at work and in education is prohibited (Regulation "
    "2024/1689, Article 5(1)(f)), but for medical and safety reasons; elsewhere other laws apply.",
)


@dataclass(frozen=True)
class Order:
    """What a user asks for: a recipe on one corpus or several, under a protocol.

    Attributes:
        sources: the corpora, in their folders.
        labels: which emotions count as which.
    """

    recipe: Recipe
    sources: tuple[Source, ...]
    protocol: str
    labels: Labels = field(default_factory=Labels)
    model_name: str | None = None
    resume: bool = False

    @property
    def corpus(self) -> str:
        """Registered name, or the names of several joined by "+"."""
        return combine.key([source.name for source in self.sources])

    @property
    def roots(self) -> str:
        """The folders, for people to read."""
        return ", ".join(str(source.root) for source in self.sources)


def train(order: Order, report: Report = silent) -> str:
    """Run all folds, keep scores and predictions in the run store, and save a model if asked.

    Returns:
        The run's id.

    Raises:
        ParameterError: the model's name is not allowed.
        CorpusError: the corpus cannot be read or split.
        SerError: training failed; the run is marked FAILED.
    """
    if order.model_name is not None:
        check_new_name(order.model_name)
    PROTOCOLS.get(order.protocol)  # a mistyped name shows before the corpus is read
    report(Message(words="looking at the clips"))
    table = with_problems(order.labels.apply(combine.read(order.sources)))
    training = order.recipe.training
    work = paths.folder("runs", "work", _work_name(order))
    study = Study(table, order.recipe, work, report)
    if study.left_out:
        report(Message(words=_left_out_words(study)))
    folds = protocol_folds(
        study.table, order.protocol, training.folds, training.validation_speakers, training.seed
    )
    for note in split_notes(folds):
        report(Message(words=f"{order.protocol}: {note}"))
    leaks = leak_check(study.table, folds)
    report(Message(words=leaks.sentence))
    store = open_store()
    run_id = store.start(
        order.recipe.name,
        {
            **order.recipe.model_dump(mode="json"),
            "corpus": order.corpus,
            "root": order.roots,
            "labels": order.labels.as_dict(),
        },
        {
            "recipe": order.recipe.name,
            "protocol": order.protocol,
            "corpus": order.corpus,
            "model": order.model_name or "",
        },
    )
    report(RunStarted(run_id=run_id))
    try:
        results = study.cross_validate(folds, order.resume)
        _log(store, run_id, order, study, results, work)
        report(Message(words=summary(results) + _manner(order)))
        if study.left_out:
            report(Message(words=_left_out_words(study)))
        if order.model_name:
            folder = paths.folder("models", order.model_name)
            _save_model(order, study, results, leaks, folder)
            store.log_artifact(run_id, folder)
            report(ModelSaved(name=order.model_name, folder=str(folder)))
    except KeyboardInterrupt:
        store.finish(run_id, "KILLED")
        raise
    except BaseException:
        store.finish(run_id, "FAILED")
        raise
    store.finish(run_id)
    report(Finished(run_id=run_id))
    return run_id


def summary(results: CrossValidation) -> str:
    """The run's scores in one line."""
    scores = results.scores()
    people = len(set(results.predictions["speaker"]) - {""})
    return (
        f"UAR {_with_ends(scores.uar)}, WAR {_with_ends(scores.war)} on "
        f"{clips_of(scores.clips, people)} (95 % bootstrap over speakers), "
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


def _log(
    store: RunStore,
    run_id: str,
    order: Order,
    study: Study,
    results: CrossValidation,
    work: Path,
) -> None:
    scores = results.scores()
    for result in results.folds:
        for epoch in result.history:
            metrics = {
                f"fold{result.number}.{name}": getattr(epoch, name) for name in _EPOCH_METRICS
            }
            store.log_metrics(run_id, metrics, step=epoch.number)
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


def _save_model(
    order: Order, study: Study, results: CrossValidation, leaks: LeakCheck, folder: Path
) -> None:
    fitted = study.fit_final(results.median_best_epoch())
    facts = _facts(order, study, results)
    facts["leak_check"] = leaks.sentence
    facts["trained_on"] = study.trained_on(order.corpus)
    selection = [order.recipe.selection] if order.recipe.selection else []
    facts |= {"limits": [*LIMITS, *selection], "responsible_use": RESPONSIBLE_USE}
    card = model_card(order.model_name or "", order.recipe, results, facts, fitted)
    export_model(fitted, model_spec(order.recipe, results, fitted), card, folder)
    save_weights(fitted.network, fitted.targets.heads, fitted.statistics, folder)


def _manner(order: Order) -> str:
    """What has to be said with the protocol."""
    words, training = "", order.recipe.training
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
    table = study.table
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
