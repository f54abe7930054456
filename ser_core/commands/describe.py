"""`describe`: layers, parameters and work of a recipe's network, or of an architecture."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ser_core.commands.shared import (
    add_json,
    add_set,
    aligned,
    assignments,
    called,
    check_out,
    print_json,
    set_options,
    write_file,
)
from ser_core.errors import ParameterError, UnknownNameError, listed

if TYPE_CHECKING:
    from ser_core.models.describe import Description


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="RECIPE|ARCHITECTURE", help="such as studio, or cnn_bilstm")
    add_set(parser, "change a recipe's field, or an architecture's setting")
    parser.add_argument(
        "--shape",
        action="append",
        default=[],
        metavar="[INPUT=]N,N",
        help="what an architecture is given, such as 94,40 or image=128,128,3 "
        "(default: what it had in the system that it comes from)",
    )
    parser.add_argument(
        "--emotions", type=int, default=8, metavar="N", help="outputs (default: %(default)s)"
    )
    parser.add_argument("--svg", type=Path, metavar="F.svg", help="write a picture of the layers")
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    if options.svg:
        check_out(options.svg, "layers.svg", "--svg")
    facts = _of_recipe(options) if _is_recipe(options.name) else _of_architecture(options)
    if options.svg:
        write_file(options.svg, facts.diagram.encode(), option="--svg")
    if options.json:
        print_json(facts.model_dump(mode="json"))
        return
    _print_table(facts)


def _print_table(facts: "Description") -> None:
    inputs = ", ".join(f"{name} {shape}" for name, shape in facts.shapes.items())
    print(f"{facts.title} ({facts.architecture}) on {inputs}")
    rows = [("layer", "what", "reads", "gives", "parameters", "MFLOP")]
    rows += [
        (
            layer.name,
            ", ".join(filter(None, (layer.kind, layer.details))),
            ", ".join(layer.inputs),
            str(layer.shape),
            f"{layer.parameters:,}" if layer.parameters else "",
            f"{layer.flops / 1e6:,.1f}" if layer.flops else "",
        )
        for layer in facts.layers
    ]
    for line in aligned(rows, {"parameters", "MFLOP"}):
        print(f"  {line}")
    print(_size(facts))


def _size(facts: "Description") -> str:
    if facts.parameters is None:
        return "how much it learns depends on the clips that it learns from"
    words = f"{facts.parameters:,} parameters, {facts.trainable:,} of them trained"
    return words if facts.flops is None else f"{words}; {facts.flops / 1e6:,.1f} MFLOP an example"


def _is_recipe(name: str) -> bool:
    from ser_core import recipes
    from ser_core.models import ARCHITECTURES

    if recipes.is_file(name):
        return True
    known = [*recipes.names(), *ARCHITECTURES.names()]
    if name not in known:
        raise UnknownNameError(
            f"recipe or architecture {name!r} is not known; {listed(name, known)}"
        )
    return name in recipes.names()


def _of_recipe(options: argparse.Namespace) -> "Description":
    from ser_core import recipes
    from ser_core.training.config import override
    from ser_core.training.shapes import description

    if options.shape:
        raise ParameterError("--shape: a recipe's extractors give the shapes; leave it out")
    changes = assignments(options.set)
    with called(set_options(changes)):
        recipe = override(recipes.load(options.name), changes)
    return description(recipe, options.emotions)


def _of_architecture(options: argparse.Namespace) -> "Description":
    from ser_core.models import ARCHITECTURES
    from ser_core.models.base import EMOTION
    from ser_core.models.describe import described

    settings = assignments(options.set)
    with called(set_options(settings)):
        made = ARCHITECTURES.create(options.name, **settings)
    usual = {name: shape for name, shape in made.usual.items() if name in made.inputs}
    shapes = usual | dict(_shape(text, made.inputs[0]) for text in options.shape)
    return described(options.name, settings, shapes, {EMOTION: options.emotions})


def _shape(text: str, usual: str) -> tuple[str, tuple[int, ...]]:
    name, _, sizes = text.rpartition("=")
    numbers = sizes.split(",")
    if not all(number.strip().isdigit() and int(number) for number in numbers):
        raise ParameterError(f"--shape: expected sizes such as 94,40, got {text!r}")
    return name or usual, tuple(int(number) for number in numbers)
