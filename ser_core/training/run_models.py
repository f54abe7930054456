"""The models that a run saves, each with its card."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ser_core.corpora import combine
from ser_core.corpora.splits import LeakCheck
from ser_core.errors import NameTakenError
from ser_core.inference import model_place
from ser_core.inference.domain import domain_of
from ser_core.inference.model_file import ModelSpec, find_model
from ser_core.inference.voice import STAGE
from ser_core.training.baselines import FittedBaseline
from ser_core.training.config import Recipe
from ser_core.training.cross_validation import Study
from ser_core.training.events import Event, Message, ModelSaved
from ser_core.training.export import export_model, model_card, model_spec
from ser_core.training.order import Order
from ser_core.training.results import CrossValidation, FoldResult
from ser_core.training.run_words import manner, split_of
from ser_core.training.starting_point import WEIGHTS, save_weights
from ser_core.training.trainer import Fitted
from ser_core.words import count

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


def keep_fold(order: Order, study: Study, result: FoldResult, fitted: Fitted, folder: Path) -> None:
    """Keep a fold's model, to be heard by its own test speakers.

    It has no temperature: that would be learned from the very clips that it is tested on.
    """
    alone = CrossValidation(study.labels, [result])
    facts = _facts(order, study, alone)
    met = [*result.fold.train, *result.fold.validation]  # the latter have chosen the epoch
    facts["trained_on"] = study.trained_on(order.corpus, met)
    card = model_card(f"fold-{result.number}", study.recipe, alone, facts, fitted)
    card |= {
        "training": f"{count(len(result.fold.train), 'clip')} of the fold's training part",
        "note": (
            f"The model of fold {result.number} and its scores on that fold's test clips, "
            f"{'whose speakers it never heard' if alone.speakers_apart else 'of speakers it knows'}"
        ),
    }
    _write_model(fitted, model_spec(study.recipe, alone, fitted), card, folder)


def check_name(order: Order) -> None:
    """Make sure that the model may be saved under its name.

    An order that is taken up again may find its own model there, if it was stopped after it.

    Raises:
        NameTakenError: another model has the name, and must stay.
        ParameterError: the name is not allowed.
    """
    name = order.model_name
    if name is not None:
        own = order.resume and model_place.card_of(name).get("order") == order.fingerprint
        model_place.check_free(name, order.replace or own)


def put_in_place(order: Order, made: Path) -> Event:
    """Give a trained model its name, unless somebody has taken that meanwhile; say which."""
    name = order.model_name or ""
    try:
        check_name(order)
    except NameTakenError:
        return Message(
            words=f"another model is called {name!r} by now: this one is kept with its run, and "
            "can be promoted under another name"
        )
    folder = model_place.place(made, name, replace=True).path
    return ModelSaved(name=name, folder=str(folder))


def save_model(
    order: Order,
    study: Study,
    results: CrossValidation,
    leaks: LeakCheck,
    folder: Path,
    run_id: str,
) -> None:
    """Train on everybody for as long as the folds' best epochs took, and save that."""
    fitted = study.fit_final(results.median_best_epoch())
    facts = _facts(order, study, results)
    facts |= {"run": run_id, "order": order.fingerprint, "leak_check": leaks.sentence}
    facts["trained_on"] = study.trained_on(order.corpus)
    paths, takers = study.table["path"].tolist(), study.recipe.extractors().values()
    facts["domain"] = domain_of(paths, study.recipe.preprocessing, takers) or None
    facts |= {"limits": _limits(study.recipe), "responsible_use": RESPONSIBLE_USE}
    learned = results.calibration()
    card = model_card(order.model_name or "", study.recipe, results, facts, fitted, learned)
    _write_model(fitted, model_spec(study.recipe, results, fitted, learned), card, folder)


def _write_model(fitted: Fitted, spec: ModelSpec, card: dict[str, Any], folder: Path) -> None:
    (folder / STAGE).unlink(missing_ok=True)  # of a network that had the name before
    export_model(fitted, spec, card, folder)
    if isinstance(fitted.network, FittedBaseline):
        # Of a network that had the name before, there may be some.
        (folder / WEIGHTS).unlink(missing_ok=True)
    else:
        save_weights(fitted.network, fitted.targets.heads, fitted.statistics, folder)


def _limits(recipe: Recipe) -> list[str]:
    start, limits = recipe.training.init_from, [*LIMITS]
    if start:
        limits[0] = (
            f"Trained further on the corpus named here, from the weights of {start!r}, whose card "
            "says what that learned from."
        )
    return [*limits, *([recipe.selection] if recipe.selection else [])]


def _facts(order: Order, study: Study, results: CrossValidation) -> dict[str, Any]:
    """What the order and its clips say in the card, and what the weights that it starts from do."""
    own, start = _own_facts(order, study, results), study.recipe.training.init_from
    return own | inherited(own, start) if start else own


def inherited(own: Mapping[str, Any], start: str) -> dict[str, Any]:
    """What changes in a card where training started from a saved model, which derives from more.

    Args:
        own: what the card would say of itself.
        start: name of that model.
    """
    before, found = find_model(start).card(), {"title": f"{own['title']}, trained further"}
    if licence := before.get("licence"):
        found["licence"] = f"{own['licence']}; through {start!r}, {licence}"
    if citation := before.get("citation"):
        found["citation"] = f"{own['citation']} Of {start!r}: {citation}"
    return found


def _own_facts(order: Order, study: Study, results: CrossValidation) -> dict[str, Any]:
    table = study.material.clips
    corpora = list({one.name: one.corpus() for one in order.sources}.values())
    channels = table["channel"].value_counts()
    clips = ", ".join(f"{number:,} {channel}" for channel, number in channels.items())
    people = table.loc[table["speaker"].ne(""), "speaker"].nunique()
    voices = f" of {count(people, 'speaker')}" if people else ", speakers unknown"
    return {
        "title": study.recipe.title,
        "corpus": combine.title([one.name for one in order.sources]),
        "language": ", ".join(sorted(set(table["language"].astype(str)) - {""})),
        "licence": "weights derive from "
        + "; ".join(f"{corpus.title}, {corpus.licence}" for corpus in corpora),
        "citation": " ".join(corpus.citation for corpus in corpora),
        "label_map": order.labels.as_dict(),
        "left_out": study.left_out,
        "protocol": f"{split_of(results)}{manner(order)}",
        "training": f"{clips} clips{voices}, {_length(float(table['duration_s'].sum()))}",
    }


def _length(seconds: float) -> str:
    """How long clips are together.

    >>> _length(37), _length(5400)
    ('0.6 min', '1.5 h')
    """
    return f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
