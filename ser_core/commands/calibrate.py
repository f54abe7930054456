"""`calibrate`: a model that was saved without a temperature gets that of a run of its recipe."""

import argparse

from ser_core.commands.shared import add_json, print_json


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", help="name of a model, or the path of its folder")
    parser.add_argument(
        "run_id",
        metavar="RUN",
        help="of the same recipe on the same clips: a run's id or the beginning of it",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.tracking import open_store
    from ser_core.training.recalibrate import recalibrate

    learned = recalibrate(options.model, options.run_id, open_store())
    if options.json:
        print_json(learned.as_dict())
        return
    before, after = (
        f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"
        for one in (learned.before, learned.after)
    )
    print(
        f"temperature {learned.temperature:.2f}; expected calibration error {before} before, "
        f"{after} after, on speakers whose clips it was not learned from"
    )
