"""`predict`: the emotion in sound files."""

import argparse
from pathlib import Path
from typing import Any

from ser_core.commands.shared import add_json, print_json
from ser_core.errors import AudioError


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("audio", nargs="+", type=Path, metavar="AUDIO")
    parser.add_argument(
        "--model", help="name or path of a model (default: the one chosen by promote --default)"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.inference import Predictor

    predictor = Predictor.load(options.model)
    document: list[dict[str, Any]] = []
    problems = []
    for path in options.audio:
        try:
            prediction = predictor.predict_file(path)
        except AudioError as error:  # one bad file costs the others nothing
            problems.append(str(error))
            continue
        document.append(
            {
                "path": str(path),
                "model": predictor.name,
                "emotion": prediction.emotion,
                "probabilities": prediction.probabilities,
                "sure": prediction.sure,
                "notes": prediction.notes,
            }
        )
        if not options.json:
            top = ", ".join(f"{label} {share:.2f}" for label, share in prediction.top(3))
            notes = "".join(f"\n  {note}" for note in prediction.notes)
            print(f"{path}: {prediction.emotion} ({prediction.sure}; {top}){notes}")
    if options.json:
        print_json(document)
    if problems:
        raise AudioError("; ".join(problems))
