"""`leak-meter`: what a leaky split adds to a recipe's score."""

import argparse
import sys
from pathlib import Path

from ser_core.commands.shared import (
    add_corpus,
    add_json,
    add_set,
    assignments,
    called,
    chosen_labels,
    chosen_sources,
    print_json,
    set_options,
)
from ser_core.errors import ParameterError


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", help="name of a recipe that makes copies ahead, such as svm")
    add_corpus(parser)
    parser.add_argument("--folds", type=int, default=5, help="of each split (default: %(default)s)")
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        default=[0],
        metavar="N",
        help="a set of splits and networks for each (default: 0)",
    )
    add_set(parser, "change a recipe's field")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write the table, figures and predictions there"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core import recipes
    from ser_core.training.config import override
    from ser_core.training.leak_meter import LeakOrder, in_words, measure, write

    if options.out is not None and options.out.exists() and not options.out.is_dir():
        raise ParameterError(f"--out: {options.out} is no folder")
    changes = assignments(options.set)
    with called(set_options(changes)):
        recipe = override(recipes.load(options.recipe), changes)
    order = LeakOrder(
        recipe,
        tuple(chosen_sources(options)),
        chosen_labels(options),
        options.folds,
        tuple(options.seeds),
    )
    told = sys.stderr if options.json else sys.stdout
    reading = measure(order, lambda words: print(words, file=told, flush=True))
    if options.out is not None:
        write(reading, options.out)
    if options.json:
        print_json(reading.as_dict())
        return
    for line in in_words(reading):
        print(line)
