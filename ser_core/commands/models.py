"""`models`: what can be predicted with; choose the default, remove a promoted one."""

import argparse
from typing import Any

from ser_core.commands.shared import add_json, aligned, print_json

_HEADINGS = ("model", "title", "corpus", "UAR", "date", "run")


def add(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    what = parser.add_subparsers(dest="what")
    for name, words in (
        ("default", "take a model from now on where none is asked for"),
        ("remove", "remove a promoted model; its run stays"),
    ):
        what.add_parser(name, help=words).add_argument("name", metavar="N")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core import promotion

    if options.what == "default":
        promotion.set_default(options.name)
        print(f"{options.name} is the default now")
    elif options.what == "remove":
        print(f"{options.name} removed; the default is {promotion.remove_model(options.name)}")
    else:
        _list(options.json)


def _list(as_json: bool) -> None:
    from ser_core.inference.model_file import default_name, list_models, model_folders

    folders, chosen = model_folders(), default_name()
    cards = {name: folders[name].card() for name in list_models()}
    if as_json:
        print_json([_document(name, card, name == chosen) for name, card in cards.items()])
        return
    rows = [_row(name, card, name == chosen) for name, card in cards.items()]
    print("\n".join(aligned([_HEADINGS, *rows], set())))


def _row(name: str, card: dict[str, Any], default: bool) -> tuple[str, ...]:
    score = card.get("uar", {}).get("value")
    return (
        f"{name} (default)" if default else name,
        card.get("title", "no model card"),
        card.get("corpus", ""),
        "" if score is None else f"{score:.3f}",
        card.get("date", ""),
        card.get("run", ""),
    )


def _document(name: str, card: dict[str, Any], default: bool) -> dict[str, Any]:
    known = ("title", "corpus", "protocol", "uar", "war", "date", "run", "promoted")
    return {"model": name, "default": default, **{key: card.get(key) for key in known}}
