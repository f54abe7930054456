"""`export`: a saved model as an ONNX or a Keras file."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.commands.shared import check_out, write_file
from ser_core.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from ser_core.inference.model_file import ModelFolder


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="MODEL", help="a model's name or path, or the id of the run that saved it"
    )
    parser.add_argument("--format", choices=("onnx", "keras"), default="onnx")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="F",
        help="file to write; its card goes beside it",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    ending = f".{options.format}"
    check_out(options.out, f"model{ending}")
    if options.out.suffix != ending:
        raise ParameterError(f"--out: a name that ends in {ending} is needed, got {options.out}")
    model = _model(options.model)
    if options.format == "onnx":
        write_file(options.out, model.network.read_bytes())
    else:
        from ser_core.training.keras_file import write_keras

        write_keras(model, options.out)
    card = options.out.with_suffix(".card.json")
    text = json.dumps(model.card(), indent=1, ensure_ascii=False)
    write_file(card, text.encode())
    print(f"{model.name} written to {options.out}, its card to {card}")


def _model(reference: str) -> "ModelFolder":
    """By name or path, else what a run saved."""
    from ser_core.inference.model_file import NETWORK, ModelFolder, find_model
    from ser_core.tracking import open_store

    try:
        return find_model(reference)
    except UnknownNameError as unknown:
        try:
            run = open_store().find(reference)
        except UnknownNameError:
            raise unknown from None
        kept = open_store().files(run.run_id)
        networks = sorted(kept.glob(f"*/{NETWORK}")) if kept else []
        if not networks:
            raise UnknownNameError(
                f"run {run.run_id} saved no model; train with --model NAME"
            ) from None
        return ModelFolder(networks[0].parent.name, networks[0].parent)
