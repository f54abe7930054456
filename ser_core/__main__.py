"""The command line: the same library without a browser. See `python -m ser_core --help`."""

import argparse
import signal
import sys
from collections.abc import Sequence

from ser_core.commands import (
    augment,
    calibrate,
    compare,
    describe,
    download,
    evaluate,
    export,
    extract,
    index,
    jobs,
    leak_meter,
    models,
    predict,
    preserve,
    promote,
    quality,
    report,
    runs,
    splits,
    train,
    voice,
)
from ser_core.commands.shared import Parser, ProtocolHelp, reason
from ser_core.errors import SerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors meant for the user become one line on standard error."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except SerError as error:
        print(f"ser_core {options.command}: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that may not be written
        place = f"{error.filename}: " if error.filename else ""
        print(f"ser_core {options.command}: {place}{reason(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"ser_core {options.command}: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = Parser("python -m ser_core", description="Speech emotion recognition")
    commands = parser.add_subparsers(dest="command", required=True)
    index.add(commands.add_parser("index", help="clips, labels and problems of a corpus"))
    download.add(commands.add_parser("download", help="fetch a corpus that anybody may download"))
    extract.add(commands.add_parser("extract", help="features of one sound file"))
    augment.add(commands.add_parser("augment", help="one sound file, changed at random"))
    preserve.add(
        commands.add_parser("preserve", help="how often augmentation makes a model change its mind")
    )
    quality.add(commands.add_parser("quality", help="what is odd about the clips of a corpus"))
    splits.add(
        commands.add_parser(
            "splits", help="folds of a protocol, and what leaks", formatter_class=ProtocolHelp
        )
    )
    train.add(
        commands.add_parser("train", help="train a recipe over folds", formatter_class=ProtocolHelp)
    )
    leak_meter.add(
        commands.add_parser("leak-meter", help="what a leaky split adds to a recipe's score")
    )
    evaluate.add(commands.add_parser("evaluate", help="score a model on a corpus"))
    voice.add(
        commands.add_parser("voice", help="what it is worth to know how a speaker usually sounds")
    )
    predict.add(commands.add_parser("predict", help="the emotion in sound files"))
    describe.add(commands.add_parser("describe", help="layers, parameters and work of a network"))
    models.add(commands.add_parser("models", help="models to predict with"))
    runs.add(commands.add_parser("runs", help="all training runs"))
    jobs.add(commands.add_parser("jobs", help="training jobs: in line, running and done"))
    calibrate.add(
        commands.add_parser("calibrate", help="give a saved model the temperature of a run")
    )
    promote.add(commands.add_parser("promote", help="make the model of a run one to choose"))
    export.add(commands.add_parser("export", help="a saved model as an ONNX or a Keras file"))
    compare.add(commands.add_parser("compare", help="which run is better, and may it be luck"))
    report.add(commands.add_parser("report", help="figures, tables and one page of finished runs"))
    return parser


if __name__ == "__main__":
    # Whoever terminates a command means what Ctrl-C means: processes it has started end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
