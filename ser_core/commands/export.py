"""`export`: a saved model as an ONNX or a Keras file, or what made it as a recipe."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ser_core.commands.shared import check_out, write_file
from ser_core.errors import ModelError, ParameterError, UnknownNameError

if TYPE_CHECKING:
    from ser_core.inference.model_file import ModelFolder


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "model", metavar="MODEL", help="a model's name or path, or the id of the run that saved it"
    )
    parser.add_argument("--format", choices=("onnx", "keras", "recipe"), default="onnx")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="F",
        help="file to write, .onnx, .keras or, of a recipe, .toml; a network's card goes beside it",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    ending = ".toml" if options.format == "recipe" else f".{options.format}"
    check_out(options.out, f"model{ending}")
    if options.out.suffix != ending:
        raise ParameterError(f"--out: a name that ends in {ending} is needed, got {options.out}")
    if options.format == "recipe":
        _export_recipe(options.model, options.out)
        return
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


def _export_recipe(reference: str, out: Path) -> None:
    """Write what a run or model was trained by; its name is that of the file."""
    from ser_core import recipes
    from ser_core.training.config import Recipe, recipe_toml

    if out.stem in recipes.names():
        raise ParameterError(f"--out: {out.stem} is the name of a shipped recipe; take another")
    try:
        recipe = Recipe.parse({**_recipe_of(reference), "name": out.stem})
    except ParameterError as error:
        raise ModelError(
            f"{reference}: its recipe was kept by an earlier version, which named fields "
            f"otherwise ({error})"
        ) from None
    write_file(out, recipe_toml(recipe).encode())
    print(f"recipe written to {out}; train with it: python -m ser_core train {out} --corpus …")


def _recipe_of(reference: str) -> dict[str, Any]:
    """From the card of a model, or of the one that a run saved; else from what the run kept.

    Raises:
        UnknownNameError: it is neither, or kept no recipe.
        ParameterError: the run has no one recipe, as each of its folds chose settings.
    """
    from ser_core.tracking import open_store

    try:
        kept = _model(reference).card().get("recipe")
    except UnknownNameError as unknown:
        try:
            run = open_store().find(reference)
        except UnknownNameError:
            raise unknown from None
        files = open_store().files(run.run_id) or Path()
        if _read(files / "scores.json").get("selection"):
            raise ParameterError(
                f"run {run.run_id}: each fold chose settings of its own, which scores.json names; "
                "train with --model, for which they are chosen on everybody"
            ) from None
        kept = _read(files / "recipe.json")
    if not kept:
        raise UnknownNameError(f"{reference}: it was saved before recipes were kept")
    recipe: dict[str, Any] = kept
    return recipe


def _read(file: Path) -> dict[str, Any]:
    """A document that a run kept; empty where it did not."""
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return kept


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
