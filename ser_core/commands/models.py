"""`models`: what can be predicted with; choose the default, remove one, measure its clips anew."""

import argparse
from typing import Any

from ser_core.commands.shared import (
    add_corpus,
    add_json,
    aligned,
    chosen_clips,
    chosen_labels,
    chosen_sources,
    print_json,
)
from ser_core.errors import ParameterError

_HEADINGS = ("model", "title", "corpus", "UAR", "date", "run")


def add(parser: argparse.ArgumentParser) -> None:
    add_json(parser)
    what = parser.add_subparsers(dest="what")
    for name, words in (
        ("default", "take a model from now on where none is asked for"),
        ("remove", "remove a promoted model; its run stays"),
    ):
        what.add_parser(name, help=words).add_argument("name", metavar="N")
    domain = what.add_parser("domain", help="write anew what a model's training clips sound like")
    domain.add_argument("name", metavar="N")
    add_corpus(domain)
    domain.add_argument("--channel", choices=("speech", "song"), help="measure only this channel")
    domain.add_argument("--speakers", nargs="+", metavar="S", help="measure only these speakers")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core import promotion

    if options.what == "default":
        promotion.set_default(options.name)
        print(f"{options.name} is the default now")
    elif options.what == "remove":
        print(f"{options.name} removed; the default is {promotion.remove_model(options.name)}")
    elif options.what == "domain":
        _measure(options)
    else:
        _list(options.json)


def _measure(options: argparse.Namespace) -> None:
    """For models whose card was written before it held all that recordings are compared with."""
    from ser_core.corpora import combine
    from ser_core.inference import Predictor
    from ser_core.inference.domain import domain_of
    from ser_core.inference.model_file import find_model

    folder = find_model(options.name)
    predictor = Predictor(folder)
    table = chosen_labels(options).apply(combine.read(chosen_sources(options)))
    table = chosen_clips(table, options.channel, options.speakers)
    paths = table.loc[table["problems"] == "", "path"].tolist()
    found = domain_of(paths, predictor.preprocessing, predictor.extractors.values())
    if not found:
        raise ParameterError(f"--corpus: none of {len(paths):,} clips can be read")
    folder.write_card({**predictor.card, "domain": found})
    print(f"{folder.name}: measured on {found['clips']:,} of {len(paths):,} clips")


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
