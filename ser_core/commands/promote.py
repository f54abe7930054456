"""`promote`: the model of a finished run becomes one to choose on Live and for `predict`."""

import argparse

from ser_core.commands.shared import add_replace, or_replace


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run_id", metavar="RUN", help="a run's id or the beginning of it (see `runs`)"
    )
    parser.add_argument(
        "--name", default="", metavar="N", help="of the model (default: as the run called it)"
    )
    parser.add_argument(
        "--default", action="store_true", help="take it from now on where no model is asked for"
    )
    add_replace(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.promotion import promote

    with or_replace():
        model = promote(options.run_id, options.name, options.default, options.replace)
    more = ", and is the default now" if options.default else ""
    print(f"{model.name} can be chosen on Live and by predict --model {model.name}{more}")
