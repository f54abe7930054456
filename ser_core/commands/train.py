"""`train`: train a recipe over folds."""

import argparse
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import (
    USUAL_PROTOCOL,
    add_corpus,
    add_protocol,
    add_replace,
    assignments,
    called,
    check_folds,
    chosen_labels,
    chosen_sources,
    or_replace,
    set_options,
)
from ser_core.errors import ParameterError, UnknownNameError
from ser_core.training.events import Event, words

if TYPE_CHECKING:
    from ser_core.training.run import Order

_GOES_ON = (
    "what is finished is kept: the same command with --resume goes on after the last finished "
    "epoch; without it, training begins anew and replaces that"
)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="name of a recipe, such as studio, or a .toml file")
    add_corpus(parser)
    add_protocol(parser)
    parser.add_argument(
        "--faithful",
        action="store_true",
        help="augmentation and network as the original has them, faults included, and its "
        "protocol unless another is asked for",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a recipe's field; several values, as in seed=[0,1,2], are as many runs",
    )
    parser.add_argument(
        "--init-from",
        metavar="MODEL",
        help="start from a saved model, or a run that saved one; with --set frozen=true only the "
        "heads are trained",
    )
    _add_what_is_kept(parser)
    parser.add_argument(
        "--select",
        action="store_true",
        help="one run, in which each fold chooses among the values that --set lists, by inner "
        "folds of its own training speakers (nested selection); seeds stay a run each",
    )
    parser.set_defaults(run=run, protocol=None)  # --faithful has another one


def _add_what_is_kept(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="NAME", help="then train on everybody and save as NAME")
    add_replace(parser)
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on after the last epoch that an interrupted run of the same order has finished",
    )
    parser.add_argument(
        "--keep-folds",
        action="store_true",
        help="keep the model of each fold with the run, in its folder fold-models",
    )
    parser.add_argument(
        "--snr",
        nargs="*",
        type=float,
        metavar="DB",
        help="then hear the test clips of every fold under white and pink noise, at these "
        "signal-to-noise ratios (default: 30 25 … 0): with all of them they are heard 15 times; "
        "keeps fold models, too",
    )


def run(options: argparse.Namespace) -> None:
    chosen = orders(options)
    if options.model:
        _check_jobs(options.model)
    if options.snr is not None:
        _check_noise([order for _, order in chosen], options.snr)
    if len(chosen) > 1:
        _check_all([order for _, order in chosen])

    run_ids = []
    for number, (each, order) in enumerate(chosen, start=1):
        if len(chosen) > 1:
            print(f"run {number} of {len(chosen)}: {_words(each)}", flush=True)
        with or_replace():
            run_ids.append(_trained(order))
        if options.snr is not None:
            _hear_under_noise(run_ids[-1], order, options.snr)
    if len(chosen) > 1:
        print(_spread(run_ids, [each for each, _ in chosen]))
    print("\n".join(run_ids))


def _check_jobs(model_name: str) -> None:
    """A job's model would find its name taken, after hours perhaps."""
    from ser_core.jobs.manager import JobManager

    JobManager().check_name(model_name)  # not started: it reads only


def _check_noise(orders: "list[Order]", ratios: list[float]) -> None:
    """What would keep folds from being heard under noise once they are trained."""
    from ser_core.exploration.noise import COLOURS, check_noise

    check_noise(COLOURS, ratios)
    extractors = [each for order in orders for each in order.recipe.extractors().values()]
    if name := next((each.name for each in extractors if each.by_name), None):
        raise ParameterError(
            f"--snr: {name} looks features up by the clips' names, so that no noise gets into "
            "them; leave it out"
        )


def _check_all(orders: "list[Order]") -> None:
    """What stands in the way of a later run is said before the first, which may take hours."""
    from ser_core.corpora import combine
    from ser_core.training.preflight import check

    table = orders[0].labels.apply(combine.read(orders[0].sources))  # they differ in recipes only
    for order in orders:
        check(order, table)


def _trained(order: "Order") -> str:
    """Train, and keep what was said and drawn with the run."""
    from ser_core.reports.kept import keep_log, keep_what_is_drawn
    from ser_core.tracking import open_store
    from ser_core.training.run import train

    lines = []

    def told(event: Event) -> None:
        if said := words(event):
            print(said, flush=True)
            lines.append(f"{time.strftime('%H:%M:%S')} {said}")

    store = open_store()
    try:
        run_id = train(order, told, draw=partial(keep_what_is_drawn, store=store))
    except KeyboardInterrupt:
        print(_GOES_ON, flush=True)
        raise
    keep_log(run_id, lines, store)
    return run_id


def _hear_under_noise(run_id: str, order: "Order", ratios: list[float]) -> None:
    from ser_core.commands.evaluate_noise import keep_noise
    from ser_core.corpora import combine
    from ser_core.tracking import open_store

    found = keep_noise(
        open_store().find(run_id), order.labels.apply(combine.read(order.sources)), None, ratios
    )
    least = min(found.points, key=lambda point: point.scores.uar.value)
    print(
        f"under noise: UAR {found.clean.scores.uar.value:.3f} without, at least "
        f"{least.scores.uar.value:.3f} with ({least.colour}, {least.snr_db:g} dB)",
        flush=True,
    )


def orders(options: argparse.Namespace) -> "list[tuple[dict[str, Any], Order]]":
    """What the options ask for: an order for each run, with what is set in it.

    Raises:
        SerError: something is not known or not allowed.
    """
    from ser_core import recipes
    from ser_core.training.config import nested, override, variants
    from ser_core.training.run import Order

    sources, labels = chosen_sources(options), chosen_labels(options)
    protocol = _protocol(options)
    changes, names = _changes(options, protocol)
    recipe = recipes.load(options.recipe, options.faithful)
    choices: list[dict[str, Any]] = []
    with called(names):
        if options.select:
            chosen, choices = nested(recipe, changes)
        else:
            chosen = variants(recipe, changes)
    if len(chosen) > 1 and options.model:
        raise ParameterError(
            f"--model: a model is of one run, and {len(chosen)} are asked for; leave it out"
        )
    with called(names):
        wanted = [override(recipe, each) for each in chosen]  # mistakes show before the first run
    return [
        (
            each,
            Order(
                one,
                tuple(sources),
                protocol,
                labels,
                options.model,
                options.resume,
                options.keep_folds or options.snr is not None,
                tuple(choices),
                options.replace,
            ),
        )
        for each, one in zip(chosen, wanted, strict=True)
    ]


def _changes(options: argparse.Namespace, protocol: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Fields of the recipe that are set, and the option that each was set by."""
    changes = assignments(options.set)
    names = set_options(changes)
    if options.folds is not None:
        check_folds(protocol)
        changes["training.folds"] = options.folds
        names["training.folds"] = "--folds"
    if options.init_from is not None:
        changes["training.init_from"] = _model_of(options.init_from)
        names["training.init_from"] = "--init-from"
    return changes, names


def _protocol(options: argparse.Namespace) -> str:
    from ser_core import recipes

    if options.protocol or not options.faithful or recipes.is_file(options.recipe):
        return str(options.protocol or USUAL_PROTOCOL)
    return recipes.faithful_protocol(options.recipe)


def _model_of(run_or_model: str) -> str:
    """The name of a model, or of the model that a run saved.

    Raises:
        UnknownNameError: it is neither.
        ParameterError: the run saved none, or another run's has its name by now.
    """
    from ser_core.inference.model_file import find_model
    from ser_core.tracking import open_store

    try:
        find_model(run_or_model)
        return run_or_model
    except UnknownNameError as unknown:
        try:
            run = open_store().find(run_or_model)
        except UnknownNameError:
            raise unknown from None
    if not (name := run.tags.get("model", "")):
        raise ParameterError(f"--init-from: run {run.run_id} saved no model; train with --model")
    if find_model(name).card().get("run") != run.run_id:
        raise ParameterError(
            f"--init-from: the model {name!r} is not that of run {run.run_id} any more; name the "
            "model, or promote the run's under another name"
        )
    return name


def _words(changes: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in changes.items())


def _spread(run_ids: list[str], chosen: list[dict[str, Any]]) -> str:
    """UAR of each run, and mean and standard deviation over all of them."""
    from ser_core.tracking import open_store

    by_id = {run.run_id: run.metrics["uar"] for run in open_store().runs() if "uar" in run.metrics}
    scores = [by_id[run_id] for run_id in run_ids]
    lines = [f"UAR {score:.3f}: {_words(each)}" for score, each in zip(scores, chosen, strict=True)]
    mean, deviation = statistics.mean(scores), statistics.stdev(scores)
    lines.append(f"UAR of {len(scores)} runs: {mean:.3f} ± {deviation:.3f} (standard deviation)")
    return "\n".join(lines)
