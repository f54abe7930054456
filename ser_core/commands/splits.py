"""`splits`: folds of a protocol, and what leaks."""

import argparse
from typing import Any

from ser_core.commands.shared import (
    add_corpus,
    add_json,
    add_protocol,
    called,
    check_folds,
    chosen_labels,
    chosen_sources,
    left_out_words,
    print_json,
    progress_line,
)
from ser_core.words import count

_MOST_FOLDS, _MOST_PAIRS = 6, 10  # in words; the document has all


def add(parser: argparse.ArgumentParser) -> None:
    add_corpus(parser)
    add_protocol(parser)
    parser.add_argument(
        "--validation-speakers", type=int, default=2, metavar="N", help="who choose the epoch"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw, where there is one")
    parser.add_argument(
        "--names-only", action="store_true", help="do not read the files to compare their audio"
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    from ser_core.corpora import combine
    from ser_core.corpora.quality import with_problems
    from ser_core.corpora.splits import describe_split, leak_check, protocol_folds

    if options.folds is not None:
        check_folds(options.protocol)
    sources, labels = chosen_sources(options), chosen_labels(options)
    corpus = combine.key([source.name for source in sources])
    table = labels.apply(combine.read(sources))
    if not options.names_only:
        table = with_problems(table, progress_line("clips"))
    num_folds = 5 if options.folds is None else options.folds
    asked = ("folds", "validation_speakers", "seed")
    with called({name: f"--{name.replace('_', '-')}" for name in asked}):
        folds = protocol_folds(
            table, options.protocol, num_folds, options.validation_speakers, options.seed
        )
    check = leak_check(table, folds, not options.names_only, progress_line("clips"))
    document = {"corpus": corpus, "seed": options.seed, **describe_split(table, folds, check)}
    if options.json:
        print_json(document)
    else:
        _print_split(document)


def _print_split(split: dict[str, Any]) -> None:
    """What matters first: the split, what leaks and what is left out; then fold by fold."""
    print(f"{split['title']}: {split['words']}")
    print(f"  {split['leaks']['sentence']}")
    print(f"  {count(split['clips'], 'clip')}{left_out_words(split['left_out_reasons'])}")
    for note in split["notes"]:
        print(f"  note: {note}")
    print(f"  kept apart: {split['kept_apart']}")
    print(f"  not kept apart: {split['not_apart']}")
    for fold in split["folds"]:
        if fold["untrained"]:
            labels = ", ".join(fold["untrained"])
            name = f"fold {fold['fold']}"
            print(f"  {name} cannot be scored: no training clip is labelled {labels}")
    for fold in split["folds"][:_MOST_FOLDS]:
        print(f"fold {fold['fold']}{fold['name'] and ': ' + fold['name']}")
        for part in ("train", "validation", "test"):
            print(f"  {part:<10} {_part_words(fold[part])}")
    _more(len(split["folds"]) - _MOST_FOLDS, "fold")
    _print_pairs(split["leaks"]["clips"])


def _print_pairs(clips: list[dict[str, Any]]) -> None:
    """Clips of the test that were heard before, some of them."""
    pairs = [pair for pair in clips if pair["side"] == "test"]
    if pairs:
        print("heard before:")
    for pair in pairs[:_MOST_PAIRS]:
        print(
            f"  {pair['what']}: {pair['clip']} (test), {pair['other_clip']} ({pair['other_side']})"
        )
    _more(len(pairs) - _MOST_PAIRS, "pair")


def _more(number: int, thing: str) -> None:
    if number > 0:
        print(f"  and {count(number, f'more {thing}')} (--json has all)")


def _part_words(part: dict[str, Any]) -> str:
    names = part["speakers"]
    voices = f"speaker{'s' * (len(names) > 1)} {', '.join(names)}"
    if not names:
        voices = "unknown speakers"
    elif len(names) > 8:
        voices = count(len(names), "speaker")
    counts = {**part["genders"], **part["emotions"]}
    shares = ", ".join(f"{name} {number}" for name, number in counts.items() if number)
    return f"{count(part['clips'], 'clip'):>11} of {voices}: {shares}"
