"""`train`: train a recipe over folds."""

import argparse

from ser_core.commands.shared import (
    add_corpus,
    add_protocol,
    assignment,
    check_folds,
    chosen_labels,
    chosen_sources,
)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="name of a recipe, such as studio")
    add_corpus(parser)
    add_protocol(parser)
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="change a recipe's field"
    )
    parser.add_argument("--model", metavar="NAME", help="then train on everybody and save as NAME")
    parser.add_argument(
        "--resume", action="store_true", help="keep the folds an interrupted run has finished"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core import recipes
    from ser_core.training.config import override

    sources, labels = chosen_sources(options), chosen_labels(options)
    changes = dict(assignment(text) for text in options.set)
    if options.folds is not None:
        check_folds(options.protocol)
        changes["training.folds"] = options.folds
    recipe = override(recipes.load(options.recipe), changes)
    from ser_core.training.run import Order, train

    order = Order(recipe, tuple(sources), options.protocol, labels, options.model, options.resume)
    print(train(order, lambda words: print(words, flush=True)))
