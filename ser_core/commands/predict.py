"""`predict`: the emotion in sound files."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import add_json, print_json
from ser_core.errors import AudioError, ParameterError

if TYPE_CHECKING:
    from ser_core.audio import Waveform
    from ser_core.inference import Prediction, Predictor


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("audio", nargs="+", type=Path, metavar="AUDIO")
    parser.add_argument(
        "--model",
        action="append",
        help="name or path of a model (default: the one chosen by promote --default); several "
        "times: each hears every file",
    )
    parser.add_argument(
        "--test-copies",
        type=int,
        default=0,
        metavar="N",
        help="hear N changed versions of each file too, made as in training, and average",
    )
    parser.add_argument("--seed", type=int, default=0, help="of what changes the versions")
    parser.add_argument(
        "--voice",
        action="append",
        default=[],
        type=Path,
        metavar="AUDIO",
        help="ordinary speech of who is heard, about 10 s: answers go by that voice; several "
        "times: all of it",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core import audio
    from ser_core.inference import Predictor, predict_all

    predictors = [Predictor.load(name) for name in options.model or [None]]
    if options.voice:
        predictors = _knowing(predictors, [audio.load(path) for path in options.voice])
    unable = [each.name for each in predictors if options.test_copies and each.changes is None]
    if unable:
        raise ParameterError(
            f"--test-copies: the training of {', '.join(unable)} changed no voices, so there is "
            f"nothing to make versions by; got {options.test_copies}"
        )
    document: list[dict[str, Any]] = []
    problems = []
    for path in options.audio:
        try:
            sound = audio.load(path)
            heard = predict_all(predictors, *sound, options.test_copies, options.seed)
        except AudioError as error:  # one bad file costs the others nothing
            problems.append(str(error))
            continue
        for predictor, prediction in zip(predictors, heard, strict=True):
            document.append(_row(path, predictor.name, prediction))
            if not options.json:
                name = f" [{predictor.name}]" if len(predictors) > 1 else ""
                print(f"{path}{name}: {_words(prediction)}")
    if options.json:
        print_json(document)
    if problems:
        raise AudioError("; ".join(problems))


def _knowing(
    predictors: "list[Predictor]", recordings: "list[tuple[Waveform, int]]"
) -> "list[Predictor]":
    """The same models, which go by a voice.

    Raises:
        AudioError: a recording is not fit to know a voice by, or all of them are too little.
        ModelError: a model cannot go by a voice.
    """
    from ser_core.inference.voice_check import check_speech

    check_speech(recordings)
    return [each.knowing(each.enrol(recordings)) for each in predictors]


def _row(path: Path, model: str, prediction: "Prediction") -> dict[str, Any]:
    return {
        "path": str(path),
        "model": model,
        "emotion": prediction.emotion,
        "probabilities": prediction.probabilities,
        "sure": prediction.sure,
        "notes": prediction.notes,
        "further": prediction.further,
        "versions": prediction.versions,
    }


def _words(prediction: "Prediction") -> str:
    from ser_core.inference.words import said_besides, versions_words

    top = ", ".join(f"{label} {share:.2f}" for label, share in prediction.top(3))
    lines = [f"{prediction.emotion} ({prediction.sure}; {top})"]
    besides = [f"{one.title.lower()} {one.words}" for one in said_besides(prediction.further)]
    lines += ["; ".join(besides)] if besides else []
    versions = versions_words(prediction)
    lines += [versions] if versions else []
    return "\n  ".join([*lines, *prediction.notes])
